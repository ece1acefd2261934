"""A private run by the command: what it keeps, says, goes on with, and what its draws carry."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from private_run import EXTREME, NOTE, ROWS, SECRET, private_words, table

import synth_dl
from synth_dl.cli import evaluate, sample, train
from synth_dl.errors import ConfigError
from synth_dl.tables.schema import Schema
from synth_dl.training.batches import Batches

STEPS = ("model=autoregressive", "trainer.steps=40", "network.context=16", "network.width=16",
         "logger=null")  # fmt: skip


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A training but for the promise."""
    return private_words(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def run(words: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of a mixture."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    assert train([*words, "privacy.epsilon=1", f"run_dir={folder}"]) == 0
    return folder


def card(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "model.json").read_text(encoding="utf-8"))


def ledger(folder: Path) -> dict[str, Any]:
    return card(folder)["codec"]["ledger"]


def test_neither_the_folder_nor_the_output_tells_of_single_rows(
    words: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    assert train([*words, "privacy.epsilon=1", f"run_dir={folder}"]) == 0
    said = capfd.readouterr()
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    held = {name: path.read_bytes() for name, path in files.items() if path.is_file()}
    assert "private/model.json" in held
    assert any("tfevents" in name for name in held)
    for name in ("data", "metrics.json", "assessment.json", "report.html"):
        assert name not in held
    assert not [name for name in held if name.endswith((".png", ".parquet", ".csv"))]
    texts = {**held, "output": (said.out + said.err).encode()}
    traces = [SECRET, NOTE, "p00001", str(EXTREME), "987,654", str(ROWS), f"{ROWS:,}",
              f"{round(0.9 * ROWS):,}", "text of"]  # fmt: skip
    for name, content in texts.items():
        assert not [trace for trace in traces if trace.encode() in content], name
        # Four bytes and eight, as weights and events would hold them.
        for number in (np.float32(EXTREME), np.float64(EXTREME), np.int64(ROWS)):
            assert number.tobytes() not in content, name
    assert "rows, shown by 20,000 draws" in said.out.replace("\n", " ")
    assert "another private run on these rows adds its epsilon" in said.out


def test_the_number_of_rows_is_told_with_noise(run: Path) -> None:
    found = card(run / "artifact")["facts"]["rows"]
    assert found == pytest.approx(ROWS, abs=150)
    assert found == card(run / "private")["facts"]["rows"]


def test_the_ledger_is_of_what_was_asked(run: Path) -> None:
    found = ledger(run / "artifact")
    assert (found["epsilon"], found["delta"], found["unit"]) == (1, 1e-5, "row")
    assert found == ledger(run / "private")
    assert sum(entry["rho"] for entry in found["entries"]) <= found["rho"]
    readme = (run / "artifact" / "README.md").read_text(encoding="utf-8")
    assert "epsilon = 1, delta = 1e-05 for each row" in readme


def test_a_finished_run_is_not_taken_for_one_of_another_promise(
    words: list[str], run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (run / "artifact" / "model.json").read_bytes()
    same = [*words, f"run_dir={run}", "resume=true"]
    assert train([*same, "privacy.epsilon=1"]) == 0
    assert "nothing is left to do" in capsys.readouterr().out
    assert train([*same, "privacy.epsilon=2"]) == 2
    assert "other options (privacy.epsilon)" in capsys.readouterr().err
    assert (run / "artifact" / "model.json").read_bytes() == before


def test_an_interrupted_run_goes_on_and_pays_nothing_again(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    folder = tmp_path / "run"
    asked = [*words, *STEPS, f"run_dir={folder}"]
    plain = Batches.__iter__

    def stopped(self: Batches) -> Any:
        for place, batch in enumerate(plain(self), self.first):
            if place == 20:
                os.kill(os.getpid(), signal.SIGINT)
            yield batch

    with monkeypatch.context() as patch:
        patch.setattr(Batches, "__iter__", stopped)
        with pytest.raises(SystemExit) as end:
            raise SystemExit(train([*asked, "privacy.epsilon=1"]))
    assert end.value.code == 130
    paid, state = ledger(folder / "private"), (folder / "run.json").read_bytes()
    capsys.readouterr()
    for word, said in (
        ("privacy.epsilon=2", "another promise"), ("privacy.most=2", "privacy.unit"),
        ("privacy.delta=1e-6", "other options of privacy"),
        ("privacy.leave_out=[note,patient,town]", "other options of privacy"),
        ("data.target=sick", "other options of privacy or data"),
    ):  # fmt: skip
        assert train([*asked, "privacy.epsilon=1", word, "resume=true"]) == 2
        assert said in capsys.readouterr().err
        assert (folder / "run.json").read_bytes() == state
    # The rows are looked at no more.
    elsewhere = [word for word in asked if not word.startswith("data.path")]
    place = tmp_path / "empty" / "patients.csv"
    place.parent.mkdir()
    place.write_text("nothing\n", encoding="utf-8")
    assert train([*elsewhere, f"data.path={place}", "privacy.epsilon=1", "resume=true"]) == 0
    assert ledger(folder / "private") == ledger(folder / "artifact") == paid
    assert json.loads((folder / "run.json").read_bytes())["finished"]
    # Another run looks anew.
    assert train([*asked, "privacy.epsilon=3", "overwrite=true"]) == 0
    assert ledger(folder / "private")["epsilon"] == ledger(folder / "artifact")["epsilon"] == 3


def test_without_what_was_learnt_a_run_does_not_go_on(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    asked = [*words, "privacy.epsilon=1", f"run_dir={folder}"]
    assert train(asked) == 0
    state = json.loads((folder / "run.json").read_bytes())
    (folder / "run.json").write_text(json.dumps({**state, "finished": False}), encoding="utf-8")
    (folder / "private" / "model.json").unlink()
    assert train([*asked, "resume=true"]) == 2
    assert "what this run learnt under privacy.epsilon cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_draws_carry_the_ledger_and_real_cells_none(run: Path, tmp_path: Path, ending: str) -> None:
    words = [f"artifact={run / 'artifact'}", "n=50"]
    out, mixed = tmp_path / f"out{ending}", tmp_path / f"mixed{ending}"
    assert sample([*words, f"out={out}"]) == 0
    paid = ledger(run / "artifact")

    def beside(path: Path) -> tuple[dict[str, Any], str]:
        if ending == ".parquet":
            stored = pq.read_schema(path).metadata or {}
            state = next(json.loads(v) for k, v in stored.items() if b"synth_dl" in k)
        else:
            state = json.loads(Path(f"{path}.json").read_text(encoding="utf-8"))
        return state, Path(f"{path}.md").read_text(encoding="utf-8")

    state, text = beside(out)
    assert state["ledger"] == paid
    assert state["privacy"].startswith("epsilon = 1")
    assert "counts of age" in text
    assert "Declared, and so not paid for: age: number" in text
    given = tmp_path / "given.csv"
    table(40).loc[:, ["age", "town"]].to_csv(given, index=False)
    assert sample([words[0], f"given={given}", f"out={mixed}"]) == 0
    state, text = beside(mixed)
    assert "ledger" not in state
    assert state["privacy"] == "no formal guarantee"
    assert "counts of age" not in text


def test_kept_columns_of_real_rows_carry_no_ledger(run: Path, tmp_path: Path) -> None:
    out, real = tmp_path / "out.csv", tmp_path / "real.csv"
    table(60).loc[:, ["age", "income", "town", "sick"]].to_csv(real, index=False)
    words = [f"artifact={run / 'artifact'}", f"given={real}", "keep=[age]", f"out={out}"]
    assert sample(words) == 0
    assert "ledger" not in json.loads(Path(f"{out}.json").read_text(encoding="utf-8"))


def test_the_report_page_shows_the_ledger(run: Path, tmp_path: Path) -> None:
    real, out, place = (tmp_path / name for name in ("real.csv", "out.csv", "report"))
    table(400).loc[:, ["age", "income", "town", "sick"]].to_csv(real, index=False)
    assert sample([f"artifact={run / 'artifact'}", "n=300", f"out={out}"]) == 0
    assert evaluate([f"real={real}", f"synthetic={out}", f"out={place}"]) == 0
    page = (place / "report.html").read_text(encoding="utf-8")
    assert "What was asked of the real rows" in page
    assert "counts of age" in page


def test_a_run_is_evaluated_with_the_columns_that_it_learnt(run: Path, tmp_path: Path) -> None:
    assert evaluate([f"run={run}", f"out={tmp_path / 'report'}"]) == 0


def test_fit_learns_a_frame_privately(tmp_path: Path) -> None:
    schema = Schema.from_dict({"columns": [
        {"name": "age", "type": "number", "decimals": 0, "minimum": 0, "maximum": 120},
        {"name": "sick", "type": "category", "levels": ["no", "yes"]},
    ]})  # fmt: skip
    frame = table().loc[:, ["age", "sick"]]
    asked: dict[str, Any] = {"schema": schema, "model": "mixture"}
    synth = synth_dl.fit(
        frame, privacy=synth_dl.Privacy(epsilon=1), run_dir=tmp_path / "run", **asked
    )
    assert synth.codec.ledger.epsilon == 1
    assert not list((tmp_path / "run").rglob("*.parquet"))
    drawn = synth.sample(2000)
    assert list(drawn.columns) == ["age", "sick"]
    ill = drawn.groupby("sick")["age"].mean()
    assert ill["yes"] > ill["no"] + 15
    assert synth_dl.fit(frame, privacy=2.0, **asked).codec.ledger.epsilon == 2
    with pytest.raises(ConfigError, match=r"privacy.epsilon=0"):
        synth_dl.fit(frame, privacy=0, **asked)


def test_options_of_the_mixture_are_used(words: list[str], run: Path, tmp_path: Path) -> None:
    few = tmp_path / "run"
    asked = [*words, "privacy.epsilon=1", "model.components=7", f"run_dir={few}"]
    assert train(asked) == 0
    counts = [len(synth_dl.load(each / "artifact").model.weights) for each in (run, few)]
    assert counts[1] == 7 < counts[0]
    assert ledger(few / "artifact")["epsilon"] == 1


def test_rows_of_persons_are_left_out_and_said(words: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "run"
    asked = [word for word in words if not word.startswith("privacy")]
    unit = ["privacy.epsilon=2", "privacy.unit=patient", "privacy.most=1",
            "privacy.leave_out=[note]"]  # fmt: skip
    assert train([*asked, *unit, f"run_dir={folder}"]) == 0
    assert card(folder / "artifact")["facts"]["rows"] == pytest.approx(ROWS / 2, abs=150)
    assert ledger(folder / "artifact")["unit"] == "patient"
    # The schema of the run is that of the file, where persons and notes are, as declared.
    assert Schema.load(folder / "schema.yaml").names == tuple(table(2).columns)
    # Another run that promises nothing leaves nothing of this one.
    plain = [word for word in asked if "leave_out" not in word]
    assert train([*plain, "assess=false", f"run_dir={folder}", "overwrite=true"]) == 0
    assert not (folder / "private").exists()
    assert "ledger" not in card(folder / "artifact")["codec"]
