"""The quick assessment that ends every training."""

import io
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from torch import Tensor

import synth_dl
from synth_dl.cli import train
from synth_dl.errors import DataError
from synth_dl.metrics.figures import Assessment, Figure, read_assessment
from synth_dl.runs.console import assessment_table
from synth_dl.tables.assessment import assess_table
from synth_dl.tables.data import TableData
from synth_dl.tables.reading.table import table_from_frame
from synth_dl.training.batches import Batches
from synth_dl.training.split import split

SMALL = ("network.context=16", "network.width=16", "callbacks.pictures=0")
OF_TABLES = ["shape_error", "trend_error", "two_sample_auc", "efficiency", "validation_nats",
             "training_seconds", "sampling_seconds"]  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test starts in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def words(few_csv: Path) -> list[str]:
    return ["data=csv", f"data.path={few_csv}", "data.target=income", "trainer.steps=20", *SMALL]


def by_name(found: Assessment) -> dict[str, Figure]:
    return {figure.name: figure for figure in found.figures}


def printed(table: Any) -> str:
    console = Console(width=140, record=True, file=io.StringIO())
    console.print(table)
    return console.export_text()


def test_a_run_ends_with_its_figures(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert train([*words, "run_dir=run", "seed=3"]) == 0
    found = read_assessment(Path("run"))
    assert (found.model, found.data, found.kind, found.seed) == (
        "autoregressive", "few", "table", 3
    )  # fmt: skip
    assert (found.likelihood, found.records) == ("exact", 30)
    assert (found.options["steps"], found.options["network"]) == (20, "conditionals")
    figures = by_name(found)
    assert list(figures) == OF_TABLES
    for name in OF_TABLES[:4]:
        figure = figures[name]
        assert None not in (figure.value, figure.perfect, figure.trivial)
    assert 0 < (figures["training_seconds"].value or 0) < 60
    shown = capsys.readouterr().out
    assert "30 drawn rows against as many of validation" in shown
    assert "efficiency on income, AUC" in shown
    assert "run/assessment.json" in shown


def test_tensorboard_gets_one_row_in_the_run_itself(words: list[str]) -> None:
    assert train([*words, "run_dir=run"]) == 0
    files = list(Path("run/tensorboard").iterdir())
    assert all(file.is_file() for file in files)
    board = b"".join(file.read_bytes() for file in files)
    plugin = "_hparams_/session_start_info"
    for tag in ("nats/validation", plugin, *(f"assessment/{name}" for name in OF_TABLES)):
        assert tag.encode() in board, tag


def test_the_rows_are_those_that_were_set_apart_for_validation(words: list[str]) -> None:
    assert train([*words, "run_dir=run", "data.holdout=0.2", "seed=5", "logger=null"]) == 0
    known = pd.read_parquet("run/data/train.parquet")
    synthesizer = synth_dl.load("run/artifact")
    watched = split(len(known), 0.1, 5)[1].numpy()
    nats = -synthesizer.log_prob(known.iloc[watched]).mean()
    found = read_assessment(Path("run"))
    assert found.records == len(watched) == 24
    assert by_name(found)["validation_nats"].value == pytest.approx(nats, rel=1e-5)


def test_the_task_gives_the_same_figures_again(few_csv: Path, words: list[str]) -> None:
    assert train([*words, "run_dir=run", "logger=null"]) == 0
    data = TableData(few_csv, target="income", validation=0.1)
    data.read()
    model = synth_dl.load("run/artifact").model
    count, figures = data.assess(model)
    stored = by_name(read_assessment(Path("run")))
    assert count == 30
    for figure in figures:
        if figure.unit != "s":
            assert figure.value == pytest.approx(stored[figure.name].value, rel=1e-4)


def test_good_and_bad_generators_are_told_apart() -> None:
    """Of a family without a likelihood, as far as an assessment sees one."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=1200)
    columns = {"x": x, "y": x + rng.normal(size=1200), "z": np.where(x > 0, "up", "down")}
    frame = pd.DataFrame(columns).round(2)
    train_rows, fresh, validation = frame[:400], frame[400:800], frame[800:]
    shuffled = fresh.apply(lambda column: rng.permutation(column.to_numpy()))
    codec = SimpleNamespace(schema=table_from_frame(frame).schema)

    def figures(made: pd.DataFrame) -> dict[str, Figure]:
        family = SimpleNamespace(
            codec=codec, model=SimpleNamespace(likelihood_kind=None),
            stream=lambda start, stop, seed: iter([made[start:stop]]),
        )  # fmt: skip
        count, found = assess_table(family, train_rows, validation, "z")  # type: ignore[arg-type]
        assert count == 400
        return {figure.name: figure for figure in found}

    good, bad = figures(fresh), figures(shuffled)
    assert list(good) == [*OF_TABLES[:4], "sampling_seconds"]
    for name in ("trend_error", "two_sample_auc", "efficiency"):
        sign = -1.0 if name == "efficiency" else 1.0
        near, far = (
            [sign * (value or 0.0) for value in values]
            for values in (
                (good[name].value, good[name].perfect, bad[name].perfect),
                (bad[name].value, bad[name].trivial, good[name].trivial),
            )
        )
        assert max(near) + 0.05 < min(far), name
    assert good["shape_error"].value == pytest.approx(bad["shape_error"].value)


@pytest.mark.parametrize(
    ("value", "trivial", "trend", "records", "said"),
    [
        (0.95, 0.95, 5.0, 1000, True),
        (0.99, 0.95, 7.0, 1000, True),
        (0.70, 0.95, 5.0, 1000, False),
        (0.995, 0.995, 1.0, 1000, False),  # all draws are told apart, and yet far better
        (0.55, 0.52, 5.0, 1000, False),  # columns that do not depend on each other
        (0.99, 0.95, 5.0, 50, False),
        (None, 0.95, 5.0, 1000, False),
        (0.995, None, 5.0, 1000, False),
    ],
)
def test_draws_no_better_than_independent_ones_are_called_so(
    value: float | None, trivial: float | None, trend: float, records: int, said: bool
) -> None:
    figures = (
        Figure("trend_error", "trend error", "%", "lower", trend, 1.0, 5.0),
        Figure("two_sample_auc", "two-sample", "AUC", "0.5", value, 0.5, trivial),
    )
    found = Assessment("gan", "d", "table", 0, None, records, {}, figures, 0.1)
    assert ("smaller model.learning_rate" in printed(assessment_table(found))) == said


@pytest.mark.parametrize("kind", ["exact", "bound", None])
def test_what_is_known_of_a_likelihood_is_said(kind: str | None) -> None:
    nats = [Figure("validation_nats", "nats", "nats a row", "lower", 9.5)] if kind else []
    found = Assessment("vae", "d", "table", 0, kind, 1000, {}, tuple(nats), 0.1)
    text = printed(assessment_table(found))
    assert ("≤ 9.5" in text) == (kind == "bound")
    assert ("9.5" in text) == (kind is not None)


def test_it_can_be_left_out(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert train([*words, "run_dir=run", "assess=false"]) == 0
    assert not Path("run/assessment.json").exists()
    assert "drawn rows" not in capsys.readouterr().out


def test_a_failing_one_loses_nothing(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: Any, **__: Any) -> float:
        raise RuntimeError("no trees today")

    monkeypatch.setattr("sklearn.metrics.roc_auc_score", broken)
    assert train([*words, "run_dir=run"]) == 0
    assert not Path("run/assessment.json").exists()
    assert len(synth_dl.load("run/artifact").sample(5)) == 5
    assert json.loads(Path("run/run.json").read_text(encoding="utf-8"))["finished"] is True
    shown = capsys.readouterr().out
    assert shown.count("note: the model stands, but could not be assessed (no trees today)") == 1
    assert "no trees today" in Path("run/train.log").read_text(encoding="utf-8")


def test_an_interrupted_run_is_assessed_once_it_is_resumed(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*words, "trainer.steps=60", "run_dir=run", "logger=null"]
    plain = Batches.__iter__

    def interrupted(self: Batches) -> Iterator[Tensor]:
        for place, batch in enumerate(plain(self), self.first):
            if place == 25:
                os.kill(os.getpid(), signal.SIGINT)
            yield batch

    with monkeypatch.context() as patch:
        patch.setattr(Batches, "__iter__", interrupted)
        with pytest.raises(SystemExit):
            train(words)
    assert not Path("run/assessment.json").exists()
    assert train([*words, "resume=true"]) == 0
    # Only a part of the training is known, which would look fast.
    assert by_name(read_assessment(Path("run")))["training_seconds"].value is None
    capsys.readouterr()
    assert train([*words, "resume=true"]) == 0
    assert capsys.readouterr().out == "run: this run is finished; nothing is left to do\n"


def test_tables_in_memory_are_assessed_where_a_folder_is_given(mixed: pd.DataFrame) -> None:
    options: dict[str, Any] = {
        "network__context": 16, "network__width": 16, "trainer__steps": 20, "progress": False
    }  # fmt: skip
    synth_dl.fit(mixed, run_dir="run", **options)
    found = read_assessment(Path("run"))
    assert found.data == "300 rows in memory"
    assert "efficiency" not in by_name(found)
    assert not Path("runs").exists()


def test_images_are_assessed(capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 1000)
    images = (rng.random((1000, 5, 5)) < np.where(labels, 0.8, 0.2)[:, None, None]).astype(int)
    synth_dl.fit(
        images, labels, run_dir="run", trainer__steps=30, network__channels=8, network__blocks=1,
        network__hidden=8, callbacks__pictures=0, progress=False,
    )  # fmt: skip
    found = read_assessment(Path("run"))
    figures = by_name(found)
    assert (found.kind, found.data, found.records) == ("images", "1,000 images in memory", 100)
    assert list(figures) == ["frechet_distance", "two_sample_auc", "efficiency", "validation_nats",
                             "training_seconds", "sampling_seconds"]  # fmt: skip
    efficiency = figures["efficiency"]
    assert efficiency.perfect is not None
    assert efficiency.perfect > 0.8
    assert efficiency.trivial is not None
    assert efficiency.trivial < efficiency.perfect


def test_a_sweep_goes_on_after_a_run_that_fails(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status = train(["-m", *words, "logger=null", "model.learning_rate=1e30,0.004,0.002"])
    assert status == 2
    captured = capsys.readouterr()
    assert "run 3 of 3: model.learning_rate=0.002" in captured.out
    assert "smaller model.learning_rate" in captured.err
    assert captured.err.endswith("error: 1 of 3 runs failed: model.learning_rate=1e+30\n")
    ranking = captured.out.rpartition("runs on mixed")[2]
    assert ranking
    for name in ("model.learning_rate=0.004", "model.learning_rate=0.002", "(perfect)"):
        assert name in ranking
    runs = sorted(path.parent.name for path in Path("runs/sweep").glob("*/assessment.json"))
    assert runs == ["model.learning_rate=0.002", "model.learning_rate=0.004"]


@pytest.mark.parametrize(
    "word",
    ["data.min_count=5,many", "trainer.validation=0.1,2", "trainer.max_time=1s,soon",
     "callbacks.pictures=0,-1"],
)  # fmt: skip
def test_a_mistyped_value_stops_a_sweep_before_its_first_run(
    word: str, words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(["-m", *words, word]) == 2
    captured = capsys.readouterr()
    assert word.partition("=")[0].removeprefix("trainer.") in captured.err
    assert captured.out == ""
    assert list(folder.iterdir()) == []


def test_a_stored_one_reads_back_as_it_was(folder: Path) -> None:
    figure = Figure("two_sample_auc", "two-sample", "AUC", "0.5", 0.6, None, 0.9, "few rows")
    found = Assessment("gan", "d", "table", 1, None, 10, {"width": 3}, (figure,), 1.5)
    (folder / "assessment.json").write_text(json.dumps(found.to_dict()), encoding="utf-8")
    assert read_assessment(folder) == found


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 1}', '{"format": 99}', "\x00"], ids=repr
)
def test_damaged_ones_are_refused(text: str, folder: Path) -> None:
    (folder / "assessment.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="train the run again"):
        read_assessment(folder)
