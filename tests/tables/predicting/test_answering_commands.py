"""The commands that answer for the rows of a file, as a user sees them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import synth_dl
from synth_dl.cli import impute, predict, score
from synth_dl.errors import DataError
from synth_dl.tables.predicting import blocks, commands, imputing
from synth_dl.tables.predicting.blocks import Blocks
from synth_dl.tables.schema import Schema

COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "predict": predict, "impute": impute, "score": score
}  # fmt: skip


@pytest.fixture
def rows(mixed: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """90 rows with holes in `rows.csv`."""
    frame = mixed.head(90).drop(columns=["nothing", "zip"])
    holes = frame.mask(np.random.default_rng(8).random(frame.shape) < 0.2)
    holes = holes.astype({"age": "Int64", "sons": "Int64", "smokes": "boolean"})
    holes.to_csv("rows.csv", index=False)
    return holes


def test_a_class_is_predicted_with_the_probability_of_each(
    artifact: Path, rows: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [f"artifact={artifact}", "given=rows.csv"]
    assert predict([*words, "target=income", "out=p.csv"]) == 0
    assert capsys.readouterr().out == "90 rows in p.csv\n"
    found, synth = pd.read_csv("p.csv"), synth_dl.load(artifact)
    assert list(found.columns) == ["income", "income=<=50K", "income=>50K"]
    wanted = synth.predict_proba(rows, "income")
    np.testing.assert_allclose(found.iloc[:, 1:], wanted, atol=1e-5)
    assert list(found["income"]) == list(synth.predict(rows, "income"))
    assert predict([*words, "target=age", "interval=0.5", "value=median", "out=a.parquet"]) == 0
    ages = pd.read_parquet("a.parquet")
    assert_frame_equal(ages, synth.predict(rows, "age", value="median", interval=0.5))


def test_missing_cells_are_filled_so_many_times(artifact: Path, rows: pd.DataFrame) -> None:
    words = [f"artifact={artifact}", "given=rows.csv", "seed=4"]
    assert impute([*words, "draws=3", "out=three.csv"]) == 0
    assert impute([*words, "out=one.parquet"]) == 0
    three, one = pd.read_csv("three.csv"), pd.read_parquet("one.parquet")
    assert list(three.columns[:2]) == ["row", "draw"]
    assert list(three["row"]) == list(np.repeat(np.arange(90) + 1, 3))
    assert list(three["draw"]) == [1, 2, 3] * 90
    assert three["income"].notna().all()
    first = three[three["draw"] == 1]
    assert list(first["income"]) == list(one["income"])
    assert list(one["income"]) == list(synth_dl.load(artifact).impute(rows, seed=4)["income"])
    known = rows["age"].notna()
    assert list(first["age"][known.to_numpy()]) == list(rows["age"][known])


def test_rows_are_scored_and_explained(artifact: Path, rows: pd.DataFrame) -> None:
    assert score([f"artifact={artifact}", "given=rows.csv", "explain=2", "out=s.csv"]) == 0
    found, synth = pd.read_csv("s.csv"), synth_dl.load(artifact)
    wanted = synth.score(rows)
    assert list(found.columns[:3]) == ["log_prob", "percentile", "unseen"]
    np.testing.assert_allclose(found["log_prob"], wanted["log_prob"], atol=1e-4)
    np.testing.assert_allclose(found["percentile"], wanted["percentile"], atol=0.02)
    reasons = synth.explain(rows.iloc[[7]])
    assert found.loc[7, "column_1"] == reasons.index[0]
    assert found.loc[7, "nats_2"] == pytest.approx(reasons["nats"].iloc[1], abs=1e-4)


def test_pieces_of_a_file_give_the_rows_of_the_whole(
    artifact: Path, rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pieces of a text are far smaller than a block, and blocks than the file."""
    rows.to_parquet("rows.parquet")
    whole = {}
    for size in ("whole", "small"):
        for name, words in (
            ("predict", ["target=income"]), ("impute", ["draws=2"]), ("score", []),
        ):  # fmt: skip
            for ending in ("csv", "parquet"):
                out = f"{size}-{name}-{ending}.csv"
                given = [f"artifact={artifact}", f"given=rows.{ending}", f"out={out}", *words]
                assert COMMANDS[name](given) == 0
                read = pd.read_csv(out)
                assert_frame_equal(read, whole.setdefault((name, ending), read), atol=1e-5)
        monkeypatch.setattr(blocks, "PIECE", 300)
    with pytest.MonkeyPatch.context() as patch:
        for module in (commands, imputing):
            patch.setattr(module, "BLOCK", 32)
        assert predict([f"artifact={artifact}", "given=rows.csv", "target=income"]) == 0
    assert_frame_equal(pd.read_csv("predicted.csv"), whole["predict", "csv"], atol=1e-5)


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("piece", [1, 5, 23, 1000])
def test_a_text_is_cut_between_records(
    piece: int, header: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Quotes hold separators and line breaks; a bad cell is named by its line in the file."""
    monkeypatch.setattr(blocks, "PIECE", piece)
    types = {"a": "category", "n": "number"}
    columns = [{"name": name, "type": kind} for name, kind in types.items()]
    schema = Schema.from_dict({"dialect": {"decimal": ","}, "columns": columns})
    words = ["x\n;" * (k % 3) + str(k % 4) for k in range(40)]
    lines = [f'"{word}";{k},5' for k, word in enumerate(words)]
    text = "\n".join([*["a;n"] * header, *lines]) + "\n"
    Path("t.csv").write_text(text)
    read = list(Blocks(Path("t.csv"), schema, list, 16))
    assert [len(block) for block in read] == [16, 16, 8]
    values = pd.concat([block.values for block in read])
    assert list(values["n"]) == [k + 0.5 for k in range(40)]
    assert list(values["a"]) == words
    Path("t.csv").write_text(text.replace("39,5", "bad"))
    last = text.count("\n")
    with pytest.raises(DataError, match=f"line {last} holds 'bad'"):
        list(Blocks(Path("t.csv"), schema, list, 16))


BAD: list[tuple[str, list[str], str]] = [
    ("predict", ["target=incom"], "target names 'incom', which is no column: did you mean"),
    ("predict", ["target=land"], "one value only"),
    ("predict", ["target=zip"], "cannot be predicted"),
    ("predict", [], "'target' has no value: add target=VALUE"),
    ("predict", ["target=income", "value=median"], "value=median is for numbers"),
    ("predict", ["target=age", "interval=1"], "between 0 and 1"),
    ("predict", ["target=age", "given=none.csv"], "there is no such file"),
    ("predict", ["target=age", "given=strange.csv"], "has no column that the model knows"),
    ("predict", ["target=age", "given=empty.csv"], "empty.csv"),
    ("predict", ["target=age", "given=words.csv"], "line 2 holds 'many' in column 'sons'"),
    ("predict", ["target=age", "out=rows.csv", "overwrite=true"], "read from"),
    ("predict", ["target=age", "out=strange.csv"], "add overwrite=true"),
    ("predict", ["target=age", "out=x.json"], "the ending '.json' is not known"),
    ("predict", ["target=age", "n=4"], "unknown option 'n'"),
    ("predict", ["target=age", "artifact=nothing"], "nothing"),
    ("impute", ["draws=0"], "draws=0: it must be a whole number from 1 on"),
    ("impute", ["value=nearest"], "value=nearest: it must be one of draw, mean, median, mode"),
    ("impute", ["seed=x"], "seed"),
    ("impute", ["draws=3", "value=median"], "draws=3 and value=median exclude each other"),
    ("score", ["explain=0"], "explain=0: it must be a whole number from 1 on"),
    ("score", ["where.age=3"], "is an option of synth-sample"),
    ("score", ["new.csv"], "write given=new.csv"),
]


@pytest.mark.parametrize(("name", "words", "said"), BAD)
def test_what_makes_no_sense_is_refused_in_a_sentence(
    name: str, words: list[str], said: str, artifact: Path, rows: pd.DataFrame, folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    Path("strange.csv").write_text("u,v\n1,2\n")
    Path("empty.csv").write_text("age,income\n")
    Path("words.csv").write_text("sons,smokes\nmany,True\n")
    before = sorted(folder.iterdir())
    given = [f"artifact={artifact}", "given=rows.csv"]
    assert COMMANDS[name]([*given, *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert said in captured.err
    assert sorted(folder.iterdir()) == before


def test_columns_that_are_passed_over_or_lacking_are_said(
    artifact: Path, rows: pd.DataFrame, caplog: pytest.LogCaptureFixture
) -> None:
    rows[["age", "income"]].assign(more=1, income="no such class").to_csv("few.csv", index=False)
    assert predict([f"artifact={artifact}", "given=few.csv", "target=income"]) == 0
    said = [record.getMessage() for record in caplog.records]
    assert said[0] == "the model does not know more of few.csv, which the result does not hold"
    assert said[1].startswith("few.csv has no hours a week, weight.kg, marital-status")
    assert len(pd.read_csv("predicted.csv")) == 90
