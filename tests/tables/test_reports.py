"""Evaluation of files and of run folders, on Fisher's irises."""

import json
from pathlib import Path

import pandas as pd
import pytest
from sklearn.datasets import load_iris

from synth_dl.cli import evaluate, train
from synth_dl.metrics.privacy.canaries import plant_canaries
from synth_dl.runs.reading import TableRun, read_run
from synth_dl.tables.reading.table import read_table


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three disjoint parts of one real table: to train on, to hold out, and to judge."""
    flowers = load_iris(as_frame=True)
    frame: pd.DataFrame = flowers.frame.drop_duplicates()
    frame["target"] = [flowers.target_names[code] for code in frame["target"]]
    frame = frame.rename(columns={"target": "kind, of flower"}).sample(frac=1, random_state=0)
    for number, name in enumerate(("train", "holdout", "drawn")):
        frame.iloc[number * 49 : (number + 1) * 49].to_csv(tmp_path / f"{name}.csv", index=False)
    return tmp_path


def test_files_are_compared_and_a_report_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        f"{key}={folder / name}.csv" for key, name in (("real", "train"), ("synthetic", "drawn"))
    ]
    words += [f"holdout={folder}/holdout.csv", "target=kind, of flower", f"out={folder}/report"]
    assert evaluate(words) == 0, capsys.readouterr().err
    metrics = json.loads((folder / "report" / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["target"] == "kind, of flower"
    assert metrics["rows"] == {"real": 49, "synthetic": 49, "holdout": 49}
    assert "shape error" in capsys.readouterr().out


def test_a_run_folder_knows_its_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    read_table(folder / "train.csv").schema.save(folder / "schema.yaml")
    state = {
        "train": "train.csv",
        "holdout": str(folder / "holdout.csv"),
        "target": "kind, of flower",
        "schema": "schema.yaml",
        "synthetic": "drawn.csv",
    }
    (folder / "run.json").write_text(json.dumps(state), encoding="utf-8")
    known = read_run(folder)
    assert isinstance(known, TableRun)
    assert known.holdout == folder / "holdout.csv"
    assert evaluate([f"run={folder}"]) == 0, capsys.readouterr().err
    assert (folder / "report" / "metrics.json").is_file()


def test_a_synthetic_file_without_a_header_row_is_read_by_the_schema_of_the_real_one(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (folder / "drawn.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "bare.csv").write_text("".join(lines[1:]), encoding="utf-8")
    words = [f"real={folder}/train.csv", f"synthetic={folder}/bare.csv", f"out={folder}/report"]
    assert evaluate(words) == 0, capsys.readouterr().err
    metrics = json.loads((folder / "report" / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["rows"] == {"real": 49, "synthetic": 49}


def test_a_holdout_that_is_the_real_file_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [f"real={folder}/train.csv", f"synthetic={folder}/drawn.csv", f"out={folder}/report"]
    assert evaluate([*words, f"holdout={folder}/../{folder.name}/train.csv"]) == 2
    assert "this is the file of the real rows itself" in capsys.readouterr().err
    assert not (folder / "report").exists()
    path = f"{folder}/train.csv"
    words = ["data=csv", f"data.path={path}", f"data.holdout={path}", f"run_dir={folder}/new"]
    assert train(words) == 2
    assert f"data.holdout={path}: this is the file" in capsys.readouterr().err
    assert not (folder / "new").exists()


def test_canaries_of_a_file_are_judged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train, drawn = (pd.read_csv(folder / f"{name}.csv") for name in ("train", "drawn"))
    canaries = plant_canaries(train, count=12)
    marked = [canaries.planted.assign(planted=True), canaries.withheld.assign(planted=False)]
    pd.concat(marked).to_csv(folder / "canaries.csv", index=False)
    pd.concat([drawn, canaries.planted]).to_csv(folder / "copied.csv", index=False)
    words = [f"real={folder}/train.csv", f"holdout={folder}/holdout.csv", f"out={folder}/report"]
    words += [f"synthetic={folder}/copied.csv", f"canaries={folder}/canaries.csv"]
    assert evaluate(words) == 0, capsys.readouterr().err
    metrics = json.loads((folder / "report" / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["metrics"]["membership_auc_canaries"]["synthetic"] > 0.8
    marked[0].to_csv(folder / "canaries.csv", index=False)
    assert evaluate([*words, "overwrite=true"]) == 2
    assert "some rows have true and some false" in capsys.readouterr().err
