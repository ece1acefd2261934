"""Runs: what they leave, what they refuse, and what they follow."""

import io
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from rich.console import Console

import synth_dl
from synth_dl.building import OWN_CLASSES
from synth_dl.cli import evaluate, train
from synth_dl.configuration.compose import compose
from synth_dl.errors import ConfigError
from synth_dl.models.autoregressive import Autoregressive
from synth_dl.spec import Spec, Variable
from synth_dl.tables.describing import schema_table
from synth_dl.tables.reading.sources import load_sources
from synth_dl.training.batches import Batches
from synth_dl.training.plan import make_plan, parse_duration
from synth_dl.training.timing import process_start

TABLE = Spec((Variable("a", 3, 0),), ("a",))
SMALL = ("network.context=16", "network.width=16", "trainer.steps=20")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test starts in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def state(run: str | Path) -> dict[str, Any]:
    return json.loads((Path(run) / "run.json").read_text(encoding="utf-8"))


def test_a_run_leaves_everything_in_its_folder(
    mixed_csv: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(["data=csv", f"data.path={mixed_csv}", "data.target=income", *SMALL]) == 0
    assert [path.name for path in folder.iterdir()] == ["runs"]
    run = Path("runs/mixed")
    assert sorted(path.name for path in run.iterdir()) == [
        ".synth_dl", "artifact", "assessment.json", "checkpoints", "config.yaml", "plan.json",
        "run.json", "schema.yaml", "tensorboard", "train.log",
    ]  # fmt: skip
    assert state(run) == {
        "train": str(mixed_csv), "holdout": None, "target": "income", "schema": "schema.yaml",
        "finished": True,
    }  # fmt: skip
    captured = capsys.readouterr()
    for words in ("300 rows, 11 columns", "marital-status", "runs/mixed/artifact",
                  "runs/mixed/tensorboard", "runs/mixed/train.log"):  # fmt: skip
        assert words in captured.out
    assert captured.err == ""
    assert "nats/validation" in (run / "train.log").read_text(encoding="utf-8")
    board = b"".join(path.read_bytes() for path in (run / "tensorboard").iterdir())
    for tag in (b"nats/train", b"nats/validation", b"learning_rate", b"marginals"):
        assert tag in board
    facts = synth_dl.load(run / "artifact").facts
    assert facts["target"] == "income"
    assert facts["rows"] == 300


def test_an_existing_run_is_kept_unless_told(
    few_csv: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["data=csv", f"data.path={few_csv}", "run_dir=run", "logger=null", *SMALL]
    words += ["assess=false", "callbacks.pictures=0"]
    (folder / "run").mkdir()
    (folder / "run" / "mine.txt").write_text("x", encoding="utf-8")
    for more, said in (
        ([], "the folder is not empty"),
        (["overwrite=true"], "files that are no run"),
        (["resume=true"], "there is no run to resume"),
        (["resume=true", "overwrite=true"], "exclude each other"),
        (["run_dir=run/mine.txt"], "this is a file"),
        (["run_dir=run/mine.txt/deep"], "cannot be written"),
    ):
        assert train([*words, *more]) == 2
        assert said in capsys.readouterr().err
        assert [path.name for path in (folder / "run").iterdir()] == ["mine.txt"]
    (folder / "run" / "mine.txt").rename(folder / "mine.txt")
    assert train(words) == 0
    (folder / "mine.txt").rename(folder / "run" / "mine.txt")
    first = (folder / "run" / "artifact" / "weights.safetensors").read_bytes()
    assert train(words) == 2
    assert train([*words, "overwrite=true", "data.path=nothing.csv"]) == 2
    assert (folder / "run" / "artifact" / "weights.safetensors").read_bytes() == first
    assert train([*words, "overwrite=true", "seed=1"]) == 0
    assert (folder / "run" / "artifact" / "weights.safetensors").read_bytes() != first
    assert (folder / "run" / "mine.txt").read_text(encoding="utf-8") == "x"


def test_a_holdout_is_kept_for_the_evaluation(
    mixed_csv: Path, mixed: pd.DataFrame, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["data=csv", f"data.path={mixed_csv}", "data.holdout=0.2", "data.target=income"]
    assert train([*words, *SMALL, "run_dir=run", "logger=null"]) == 0
    kept = [pd.read_parquet(f"run/data/{name}.parquet") for name in ("train", "holdout")]
    assert [len(part) for part in kept] == [240, 60]
    assert sorted(pd.concat(kept)["zip"]) == sorted(mixed["zip"])
    assert evaluate(["run=run"]) == 0
    assert json.loads(Path("run/report/metrics.json").read_text(encoding="utf-8"))
    assert "the report is in run/report" in capsys.readouterr().out


def test_files_without_a_header_row_and_with_words_for_missing_cells(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for name, rows in (("train", 120), ("test", 60)):
        frame = pd.DataFrame({"a": rng.integers(0, 40, rows), "b": rng.choice(["x", "y"], rows)})
        frame["c"] = np.where(rng.random(rows) < 0.2, "gone", rng.choice(["u", "v"], rows))
        frame.to_csv(f"{name}.csv", header=False, index=False)
    words = ["data=csv", "data.path=train.csv", "data.columns=[age, \"city, state\", c]",
             "data.missing=[gone]", "data.holdout=test.csv", "data.target=c"]  # fmt: skip
    assert train([*words, *SMALL, "logger=null"]) == 0
    assert list(synth_dl.load("runs/train/artifact").sample(5)) == ["age", "city, state", "c"]
    assert evaluate(["run=runs/train"]) == 0
    assert not set(synth_dl.load("runs/train/artifact").sample(200)["c"].dropna()) - {"u", "v"}


def test_an_edited_schema_is_followed(few_csv: Path, folder: Path) -> None:
    words = ["data=csv", f"data.path={few_csv}", *SMALL, "logger=null", "assess=false"]
    assert train([*words, "run_dir=first"]) == 0
    text = Path("first/schema.yaml").read_text(encoding="utf-8")
    assert "name: sons\n  type: number" in text
    edited = text.replace("name: sons\n  type: number", "name: sons\n  type: category")
    Path("edited.yaml").write_text(edited, encoding="utf-8")
    assert train([*words, "run_dir=second", "data.schema=edited.yaml"]) == 0
    assert synth_dl.load("second/artifact").codec.schema.column("sons").type == "category"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["data.path=nothing.csv"], "nothing.csv"),
        (["data.min_count=0"], "data.min_count=0"),
        (["data.holdout=1.5"], "share between 0 and 1"),
        (["data.holdout=gone.csv"], "data.holdout=gone.csv: there is no such file"),
        (["data.target=what"], "data.target=what: there is no such column"),
        (["data.schema=gone.yaml"], "gone.yaml"),
        (["trainer.max_time=soon"], "no length of time"),
        (["trainer.steps=0"], "trainer.steps=0"),
        (["trainer.epochs=-2"], "trainer.epochs=-2"),
        (["trainer.batch_size=1.5"], "trainer.batch_size=1.5: it must be a whole number from 1 on"),
        (["trainer.validation=1"], "share between 0 and 1"),
        (["trainer.precision=8"], "known are auto"),
        (["trainer.accelerator=tpu"], "known are auto"),
        (["callbacks.pictures=-1"], "callbacks.pictures=-1"),
        (
            ["+network.colour=red"],
            "'network.colour': Conditionals has no such option; leave it out",
        ),
        (["model._target_=os.system"], "trusted"),
        (["model.learning_rate=1e30", "callbacks.pictures=0"], "smaller model.learning_rate"),
    ],
)
def test_what_cannot_be_trained_leaves_no_artifact(
    mixed_csv: Path, folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    common = ["data=csv", f"data.path={mixed_csv}", "logger=null", "trainer.steps=20"]
    assert train([*common, *words]) == 2
    captured = capsys.readouterr().err
    assert said in captured
    assert captured.count("\n") == 1
    assert not list(folder.rglob("artifact"))
    if "learning_rate" not in said:
        assert not list(folder.iterdir()) or not list(Path("runs").iterdir())


def test_options_of_files_do_not_go_with_embedded_tables(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert train(["data=anes96", "data.schema=x.yaml"]) == 2
    assert "add data=csv data.path=FILE" in capsys.readouterr().err


def test_a_seed_may_be_any_whole_number(folder: Path) -> None:
    config = compose("train", ["data=anes96", "seed=-5"])
    sources = load_sources(config.data, seed=config.seed)
    assert sources.holdout is not None
    assert len(sources.holdout) == 189


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60s", 60), ("5min", 300), ("00:05:00", 300), ("1h", 3600), ("1.5m", 90), (90, 90)],
)
def test_lengths_of_time(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds
    config = compose("train", [f"trainer.max_time={text}"])
    assert parse_duration(config.trainer.max_time) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5s", "0", "5 parsecs", "1:2", True])
def test_what_is_no_length_of_time(text: Any) -> None:
    with pytest.raises(ConfigError, match="00:05:00"):
        parse_duration(text)


def test_the_time_limit_counts_from_the_start_of_the_process() -> None:
    assert 0.1 < time.monotonic() - process_start() < 3600


@pytest.mark.parametrize("rows", [1, 10, 300, 30_000, 1_000_000])
def test_plans_follow_the_number_of_rows(rows: int) -> None:
    course = Autoregressive.course(rows, TABLE)
    known = rows, 0, course.batch_size, course.epochs
    plan = make_plan(*known)
    assert 32 <= plan.batch_size == course.batch_size <= 512
    assert plan.steps == plan.rounds * plan.steps_per_round
    assert 1 <= course.epochs <= 50
    assert make_plan(*known, most_steps=3).steps == 20
    assert make_plan(*known, steps=7).steps == 7


def test_batches_depend_on_seed_and_step_alone() -> None:
    codes = torch.arange(70)[:, None]
    plan = make_plan(70, 3, 32, 1, steps=12)
    every = list(Batches(codes, plan, 0, 12))
    later = list(Batches(codes, plan, 5, 12))
    assert all(torch.equal(a, b) for a, b in zip(every[5:], later, strict=True))
    assert len(torch.cat(every[:2]).unique()) == 64
    assert all(len(batch) == 32 for batch in every)


@pytest.mark.parametrize("width", [80, 100, 140])
def test_the_schema_is_readable_in_narrow_windows(
    synth: synth_dl.Synthesizer, mixed: pd.DataFrame, width: int
) -> None:
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(schema_table(synth.codec, mixed, width))
    shown = console.export_text()
    assert max(map(len, shown.splitlines())) <= width
    for words in (*mixed.columns, "category", "boolean", "datetime", "key", "constant", "empty"):
        assert words in shown


def test_open_options_follow_the_number_of_rows_and_set_ones_stay() -> None:
    groups = {
        "model": {
            "_target_": "synth_dl.models.autoregressive.Autoregressive",
            "weight_decay": None,
        },
        "network": {"_target_": "n", "width": None, "context": None, "dropout": 0.1},
        "likelihood": {"_target_": "l"},
    }
    few, many = (OWN_CLASSES.fill_options(groups, rows, TABLE) for rows in (300, 30_000))
    assert few["network"]["width"] < many["network"]["width"]
    assert few["model"]["weight_decay"] > many["model"]["weight_decay"]
    assert few["network"]["dropout"] == many["network"]["dropout"] == 0.1
    assert groups["network"]["width"] is None
