"""Whether synthetic rows help: by `synth-augment` and by `synth_dl.augment`, on tiny tables."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import synth_dl
from synth_dl.cli import augment, train
from synth_dl.errors import ConfigError, DataError
from synth_dl.metrics.augmentation import TITLES

QUICK = {"model": "chow_liu", "repeats": 2}


def symptoms(rows: int, seed: int, rare: float = 0.06) -> pd.DataFrame:
    """Twelve signs that know nothing of each other but by a rare illness."""
    rng = np.random.default_rng(seed)
    ill = np.arange(rows) < round(rare * rows)
    often = np.where(ill[:, None], 0.6, 0.3)
    signs = np.where(rng.random((rows, 12)) < often, "yes", "no")
    frame = pd.DataFrame(signs, columns=[f"sign {place}" for place in range(12)])
    frame["ill"] = np.where(ill, "ill", "well")
    return frame.sample(frac=1, random_state=seed).reset_index(drop=True)


def measured(rows: int, seed: int) -> pd.DataFrame:
    """A number, a category with holes, a date and a key, and classes of them."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "size": rng.normal(size=rows).round(3),
        "kind": rng.choice(["a", "b"], rows),
        "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 400, rows), "D"),
        "number": [f"{seed}-{place:06d}" for place in range(rows)],
        "count": rng.integers(0, 2, rows),
        "always": "so",
    })  # fmt: skip
    frame["class"] = np.where(frame["size"] > 1, "high", np.where(frame["size"] < -1, "low", "mid"))
    frame["kind"] = frame["kind"].mask(rng.random(rows) < 0.1)
    return frame


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With two tables of the same kind."""
    measured(200, 0).to_csv(tmp_path / "train.csv", index=False)
    measured(150, 1).to_csv(tmp_path / "test.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


WORDS = ["real=train.csv", "holdout=test.csv", "target=class", "model=chow_liu", "repeats=2"]


def figures(folder: str) -> dict[str, Any]:
    found = json.loads(Path(folder, "metrics.json").read_text(encoding="utf-8"))
    assert found.pop("seconds") > 0
    return found


def test_the_command_prints_and_writes_figures_of_every_way(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert augment(WORDS) == 0, capsys.readouterr().err
    said = capsys.readouterr().out
    found = figures("augmentation")
    assert found["verdict"] in said
    assert list(found["metrics"]) == list(TITLES)
    assert found["rows"]["high"]["real"] == (measured(200, 0)["class"] == "high").sum()
    for way in found["metrics"].values():
        for measure in ("log_loss", "auc", "average_precision"):
            scores = way[measure]
            assert scores["low"] <= scores["value"] <= scores["high"]
    # The model itself as anybody can ask it, and the same seed again.
    assert all(title in said for title in TITLES.values())
    page = Path("augmentation/table.md").read_text(encoding="utf-8")
    assert found["verdict"] in page
    assert any("means over all classes" in note for note in found["notes"])
    assert augment([*WORDS, "out=again"]) == 0
    assert figures("again") == found
    assert augment([*WORDS, "seed=1", "overwrite=true", "repeats=1"]) == 0
    assert figures("augmentation") != found


def test_a_report_is_replaced_only_where_that_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("augmentation").mkdir()
    Path("augmentation/table.md").write_text("mine", encoding="utf-8")
    for words, said in (([], "it exists already"), (["overwrite=true"], "not known to come from")):
        assert augment([*WORDS, *words]) == 2
        assert said in capsys.readouterr().err
    assert [path.name for path in Path("augmentation").iterdir()] == ["table.md"]


Change = Callable[[pd.DataFrame], pd.DataFrame]
REFUSALS: list[tuple[Change, Change, str, str]] = [
    (lambda t: t, lambda t: t, "size", "'size' is a number"),
    (lambda t: t, lambda t: t, "day", "'day' is a date"),
    (lambda t: t, lambda t: t, "always", "'always' has fewer than two values"),
    (lambda t: t, lambda t: t, "number", "is a key or free text"),
    (lambda t: t, lambda t: t, "clas", "did you mean 'class'?"),
    (lambda t: t, lambda t: t.drop(columns="kind"), "class", "kind"),
    (lambda t: t, lambda t: t.assign(more=1), "class", "more"),
    (lambda t: t, lambda t: measured(200, 0).head(60), "class", "60 of 60 rows of the holdout"),
    (lambda t: t, lambda t: t[t["class"] != "low"], "class", "no row of the class 'low'"),
    (lambda t: t[t["class"] != "low"], lambda t: t, "class", "which no real row has"),
    (lambda t: pd.concat([t[t["class"] != "low"], t[t["class"] == "low"].head(3)]), lambda t: t,
     "class", "the class 'low' of 'class' has 3 rows in the real table, and 10 are needed"),
    (lambda t: t, lambda t: pd.concat([t[t["class"] != "low"], t[t["class"] == "low"].head(1)]),
     "class", "the class 'low' of 'class' has 1 row in the holdout table, and 5 are needed"),
    (lambda t: t[["number", "class"]], lambda t: t[["number", "class"]], "class",
     "no column beside the target 'class'"),
    (lambda t: t.assign(kind=np.arange(200) // 10 + 0.5), lambda t: t, "kind", "kind"),
    (lambda t: t.assign(kind=[f"k{each // 6}" for each in range(200)]),
     lambda t: t.assign(kind=[f"k{each // 6}" for each in range(150)]), "kind", "34 classes"),
    (lambda t: t.assign(kind="<=5K"), lambda t: t.assign(kind=["<=5K", ">5K"] * 75), "kind",
     "The target 'kind' has fewer than two values in the real table"),
]  # fmt: skip


@pytest.mark.parametrize(("real", "holdout", "target", "said"), REFUSALS)
def test_what_cannot_be_compared_is_refused_in_one_sentence(
    real: Change, holdout: Change, target: str, said: str, folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    real(measured(200, 0)).to_csv("train.csv", index=False)
    holdout(measured(150, 1)).to_csv("test.csv", index=False)
    assert augment([*WORDS[:2], f"target={target}", *WORDS[3:]]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert said in error
    assert sorted(path.name for path in folder.iterdir()) == ["test.csv", "train.csv"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([*WORDS, "repeats=0"], "repeats=0: it must be a whole number from 1 on, 100 at most"),
        ([*WORDS, "seed=x"], "whole number"),
        ([*WORDS, "model=nothing"], "choose model=autoregressive|chow_liu"),
        ([*WORDS, "trainer.max_time=soon"], "max_time=soon: this is no length of time"),
        ([*WORDS, "trainer.stps=3"], "did you mean 'trainer.steps'?"),
        (WORDS[:2], "'target' has no value: add target=VALUE"),
        ([*WORDS, "holdout=no.csv"], "no.csv"),
        ([*WORDS, "artifact=no"], "no: there is no such artifact"),
        ([*WORDS, "where.class=low"], "an option of synth-sample"),
        (["train.csv"], "write real=train.csv"),
    ],
)
def test_options_are_refused_in_one_sentence(
    words: Sequence[str], said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert augment(words) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert sorted(path.name for path in folder.iterdir()) == ["test.csv", "train.csv"]


def test_a_model_that_is_there_is_taken_as_it_is(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["data=csv", "data.path=train.csv", "model=chow_liu", "run_dir=run", "assess=false"]
    assert train(words) == 0, capsys.readouterr().err
    ready = [*WORDS[:3], "repeats=2", "artifact=run/artifact"]
    assert augment(ready) == 0, capsys.readouterr().err
    found = figures("augmentation")
    assert any("no row of the holdout cannot be checked" in note for note in found["notes"])
    assert any("It was trained on" in note for note in found["notes"])
    for words, said in (
        (["trainer.steps=1"], "trainer.steps is for training: leave it out"),
        (["real=test.csv", "holdout=train.csv"], "the model was trained on this file"),
    ):
        assert augment([*ready, *words, "out=other"]) == 2
        assert said in capsys.readouterr().err
    assert not Path("other").exists()
    asked = synth_dl.load("run").predict_proba(measured(150, 1), "class")
    log_loss = -np.log(np.take_along_axis(
        asked[["high", "low", "mid"]].to_numpy(),
        measured(150, 1)["class"].map({"high": 0, "low": 1, "mid": 2}).to_numpy()[:, None], 1,
    )).mean()  # fmt: skip
    assert found["metrics"]["model"]["log_loss"]["value"] == pytest.approx(log_loss)


def test_smote_is_left_out_where_its_library_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imblearn.over_sampling", None)
    report = synth_dl.augment(symptoms(200, 0, 0.2), symptoms(200, 1, 0.2), "ill", **QUICK)
    assert "SMOTE-NC" not in report.table.index
    assert any(
        "imbalanced-learn is not installed: pip install 'synth_dl[augment]'" in note
        for note in report.notes
    )
    assert any("of the class 'ill'" in note for note in report.notes)


def test_a_model_without_probabilities_is_no_classifier_and_numbers_may_be_classes() -> None:
    tables = [measured(200, seed).drop(columns=["number", "day"]) for seed in (0, 1)]
    tables = [table.rename(columns={"count": "target, of 0 or 1"}) for table in tables]
    report = synth_dl.augment(*tables, "target, of 0 or 1", model="gan", repeats=1,
                              trainer__steps=1, network__width=8, model__noise=2)  # fmt: skip
    assert report.table.index.tolist() == [
        title for name, title in TITLES.items() if name != "model"
    ]
    assert any(note.startswith("The model itself is left out: ") for note in report.notes)
    assert any("With one repeat" in note for note in report.notes)


def test_the_verdict_is_yes_where_a_model_knows_more_than_the_real_rows_show() -> None:
    learnt = synth_dl.fit(symptoms(8000, 9), model="copula", progress=False)
    tables = symptoms(300, 0), symptoms(3000, 1)
    report = synth_dl.augment(*tables, "ill", artifact=learnt, repeats=2)
    assert report.verdict.startswith("Yes: ")
    assert report["synthetic"].changes["average_precision"].low > 0
    with pytest.raises(ConfigError, match="model is for training: leave it out"):
        synth_dl.augment(*tables, "ill", artifact=learnt, model="vae")


def test_the_verdict_is_no_where_there_is_nothing_to_learn() -> None:
    real, holdout = symptoms(300, 0, 0.2), symptoms(300, 1, 0.2)
    for seed, table in enumerate((real, holdout)):
        table["ill"] = table["ill"].sample(frac=1, random_state=seed).to_numpy()
    report = synth_dl.augment(real, holdout, "ill", **QUICK)
    assert report.verdict.startswith("No: ")
    change = report["synthetic"].changes["average_precision"]
    assert change.low < 0 < change.high


def test_classes_are_called_as_the_table_writes_them(folder: Path) -> None:
    for file in ("train.csv", "test.csv"):
        table = pd.read_csv(file)
        bought = np.where(table["size"] + table["count"] > 1.3, "TRUE", "FALSE")
        table.assign(bought=bought).to_csv(file, index=False)
    assert augment([*WORDS[:2], "target=bought", "model=chow_liu", "repeats=1"]) == 0
    found = figures("augmentation")
    assert sorted(found["rows"]) == ["FALSE", "TRUE"]
    assert any("of the class 'TRUE'" in note for note in found["notes"])
    assert found["metrics"]["model"]["auc"]["value"] > 0.7  # not the other way round


def test_errors_in_python() -> None:
    table = measured(200, 0)
    with pytest.raises(DataError, match="the holdout is of type int"):
        synth_dl.augment(table, 3, "class")
    with pytest.raises(ConfigError, match="fit has no option 'steps'"):
        synth_dl.augment(table, measured(150, 1), "class", steps=3)
