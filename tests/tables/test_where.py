"""Rows under conditions, as users ask for them: a range, a set, not a value, several at once."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import synth_dl
from synth_dl import Not
from synth_dl.cli import sample
from synth_dl.errors import ConfigError
from synth_dl.sampling.drawing import CHUNK

HELD: dict[str, tuple[Mapping[str, Any], list[str], Any]] = {
    "a range": (
        {"age": (30, 40)}, ["age=[30,40]"], lambda rows: rows["age"].between(30, 40)
    ),
    "an open range": (
        {"age": (60, None)}, ["age=[60,null]"], lambda rows: rows["age"] >= 60
    ),
    "decimals": (
        {"hours a week": (20.05, 30.1)}, ["hours a week=[20.05,30.1]"],
        lambda rows: (rows["hours a week"] > 20.0) & (rows["hours a week"] <= 30.1),
    ),
    "a continuous range": (
        {"weight.kg": (None, 70.5)}, ["weight.kg=[null,70.5]"],
        lambda rows: rows["weight.kg"] <= 70.5,
    ),
    "dates": (
        {"joined": ("2020-03-01", "2020-06-30")}, ["joined=[2020-03-01,2020-06-30]"],
        lambda rows: rows["joined"].between("2020-03-01", "2020-06-30"),
    ),
    "a set": (
        {"marital-status": {"married", "divorced"}}, ["marital-status={married,divorced}"],
        lambda rows: rows["marital-status"].isin(["married", "divorced"]),
    ),
    "a set with missing": (
        {"marital-status": {"married", None}}, ["marital-status={married,?missing}"],
        lambda rows: rows["marital-status"].isin(["married"]) | rows["marital-status"].isna(),
    ),
    "not a value": (
        {"marital-status": Not("married")}, ["marital-status!=married"],
        lambda rows: rows["marital-status"] != "married",
    ),
    "not missing": (
        {"marital-status": Not(None)}, ["marital-status!=?missing"],
        lambda rows: rows["marital-status"].notna(),
    ),
    "not a range": (
        {"age": Not((20, 60))}, ["age!=[20,60]"], lambda rows: ~rows["age"].between(20, 60)
    ),
    "a boolean": (
        {"smokes": Not(True)}, ["smokes!=true"], lambda rows: ~rows["smokes"]
    ),
    "a constant": (
        {"land": {"Öland", "Åland"}, "age": (30, 40)}, [], lambda rows: rows["age"].between(30, 40)
    ),
    "several": (
        {"income": ">50K", "age": (20, 50), "marital-status": Not("married"), "sons": {0, 1, 2}},
        ["income=>50K", "age=[20,50]", "marital-status!=married", "sons={0,1,2}"],
        lambda rows: (rows["income"] == ">50K") & rows["age"].between(20, 50)
        & (rows["marital-status"] != "married") & rows["sons"].isin([0, 1, 2]),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in HELD if name != "a constant"])
def test_every_row_meets_what_is_asked_for(
    synth: synth_dl.Synthesizer, artifact: Path, folder: Path, name: str
) -> None:
    where, words, meets = HELD[name]
    rows = synth.sample(2500, where=where, seed=5)
    assert meets(rows).fillna(False).all()
    assert len(rows.drop_duplicates()) > 2000
    assert [str(dtype) for dtype in rows.dtypes] == [str(d) for d in synth.sample(2500).dtypes]
    common = [f"artifact={artifact}", "n=2500", "seed=5"]
    assert sample([*common, "out=a.parquet", *(f"where.{word}" for word in words)]) == 0
    assert_frame_equal(pd.read_parquet("a.parquet"), rows)
    written = pd.read_csv("a.csv") if sample([*common, "out=a.csv", *(
        f"where.{word}" for word in words)]) == 0 else rows  # fmt: skip
    if "joined" not in where and "smokes" not in where:
        assert meets(written).fillna(False).all()  # as the file has them, too


def test_a_file_says_the_same(synth: synth_dl.Synthesizer, artifact: Path, folder: Path) -> None:
    lines = ["age: [20, 50]", "income: '>50K'", "marital-status: {not: married}",
             "sons: {0, 1, 2}", "smokes: {not: {not: false}}"]  # fmt: skip
    Path("where.yaml").write_text("\n".join(lines), encoding="utf-8")
    words = [f"artifact={artifact}", "n=300", "out=b.parquet", "where=where.yaml"]
    assert sample(words) == 0
    where = {**HELD["several"][0], "smokes": {False}}
    assert_frame_equal(pd.read_parquet("b.parquet"), synth.sample(300, where=where))


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ("{not: ?missing}", Not(None)),
        ("{ not:  ?missing }", Not(None)),
        ("{married, ?missing}", {"married", None}),
        ("[?missing,\n    married]", {"married", None}),
        ("{not: {?missing, married}}", Not({"married", None})),
        ("?missing", None),
        ('{not: "?missing"}', Not(None)),
    ],
)
def test_a_file_says_missing_in_braces_without_quotes(
    synth: synth_dl.Synthesizer, artifact: Path, folder: Path, said: str, where: Any
) -> None:
    Path("where.yaml").write_text(f"marital-status: {said}\nage: [20, 60]\n", encoding="utf-8")
    assert sample([f"artifact={artifact}", "n=200", "out=m.parquet", "where=where.yaml"]) == 0
    wanted = synth.sample(200, where={"marital-status": where, "age": (20, 60)})
    assert_frame_equal(pd.read_parquet("m.parquet"), wanted)


@pytest.mark.parametrize("said", ["null", "~", "{not: null}", "{not: None}"])
def test_a_file_that_means_missing_otherwise_is_told_how_to_say_it(
    artifact: Path, folder: Path, said: str, refused: Callable[..., str]
) -> None:
    Path("where.yaml").write_text(f"marital-status: {said}\n", encoding="utf-8")
    error = refused(f"artifact={artifact}", "n=5", "where=where.yaml")
    assert "; ?missing says that a cell is missing" in error


def test_a_file_without_columns_is_refused(
    artifact: Path, folder: Path, refused: Callable[..., str]
) -> None:
    Path("where.yaml").write_text("# age: 3\n", encoding="utf-8")
    error = refused(f"artifact={artifact}", "n=5", "where=where.yaml")
    assert "'where.yaml' holds no columns: write one `column: value` a line." in error


def test_several_things_are_kept_out_of_one_column(artifact: Path, folder: Path) -> None:
    words = ["age=[20,60]", "age!=[30,40]", "age!=50", "marital-status!=married",
             "marital-status!=?missing"]  # fmt: skip
    said = [f"where.{word}" for word in words]
    assert sample([f"artifact={artifact}", "n=500", "out=k.parquet", *said]) == 0
    rows = pd.read_parquet("k.parquet")
    assert rows["age"].between(20, 60).all()
    assert not (rows["age"].between(30, 40) | (rows["age"] == 50)).any()
    assert rows["marital-status"].notna().all()
    assert "married" not in set(rows["marital-status"])


def test_arrays_ranges_and_series_are_as_lists(synth: synth_dl.Synthesizer) -> None:
    wanted = synth.sample(50, where={"sons": {0, 1, 2}})
    for said in (range(3), np.arange(3), pd.Series([0, 1, 2])):
        assert_frame_equal(synth.sample(50, where={"sons": said}), wanted)


@pytest.mark.parametrize("where", ["age=3", [("age", 3)], 3, {"age"}])
def test_what_is_no_mapping_is_refused(synth: synth_dl.Synthesizer, where: Any) -> None:
    with pytest.raises(ConfigError, match=r"^where is of type \w+; give a mapping of columns"):
        synth.sample(5, where=where)


@pytest.mark.parametrize(
    ("word", "cure"),
    [
        ("where.age>30", "'where.age=[30,null]'"),
        ("where.age>=30", "'where.age=[30,null]'"),
        ("where.hours a week < 20.5", "'where.hours a week=[null,20.5]'"),
        ("where.agee>30", "names 'agee>30', which is no column"),
    ],
)
def test_a_comparison_is_told_as_a_range(
    artifact: Path, word: str, cure: str, refused: Callable[..., str]
) -> None:
    assert cure in refused(f"artifact={artifact}", "n=5", word)


def test_a_constant_in_a_set_changes_nothing(synth: synth_dl.Synthesizer) -> None:
    where = {"age": (30, 40)}
    wanted = synth.sample(100, where=where)
    assert_frame_equal(synth.sample(100, where={**where, "land": Not(None)}), wanted)
    assert (synth.sample(20, where={"land": Not("")})["land"] == "Öland").all()


@pytest.mark.parametrize("name", ["a range", "several"])
def test_rows_are_the_same_however_they_are_asked_for(
    synth: synth_dl.Synthesizer, name: str
) -> None:
    where = HELD[name][0]
    whole = synth.sample(2 * CHUNK + 40, where=where, seed=7)
    part = synth.sample(2 * CHUNK + 40, where=where, seed=7, rows=(CHUNK - 5, CHUNK + 60))
    assert_frame_equal(part, whole.iloc[CHUNK - 5 : CHUNK + 60].reset_index(drop=True))
    assert_frame_equal(synth.sample(30, where=where, seed=7), whole.head(30))
    assert not synth.sample(30, where=where, seed=8).equals(whole.head(30))


def test_how_likely_it_is_and_how_well_it_went_is_told(
    synth: synth_dl.Synthesizer, artifact: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [f"artifact={artifact}", "n=50", *(f"where.{word}" for word in HELD["several"][1])]
    assert sample([*words, "out=a.csv"]) == 0
    said = capsys.readouterr().out
    probability = synth.probability(HELD["several"][0])
    assert f"what where asks for has a probability of {probability:.3g} by the model" in said
    assert "effective sample size: " in said
    rows = synth.sample(4000, seed=3)
    for where, share in (
        ({"smokes": True}, rows["smokes"].mean()),
        ({"marital-status": {"married", "divorced"}},
         rows["marital-status"].isin(["married", "divorced"]).mean()),
        ({"age": (30, 40)}, rows["age"].between(30, 40).mean()),
        ({"age": 35}, (rows["age"] == 35).mean()),
        ({"age": Not((30, 40)), "smokes": Not(True)},
         (~rows["age"].between(30, 40) & ~rows["smokes"]).mean()),
    ):  # fmt: skip
        assert synth.probability(where) == pytest.approx(share, abs=0.05)
    assert synth.probability({"land": Not(None)}) == 1.0
    synth.sample(5, where={"age": (30, 40)})
    assert synth.probability_of_where is not None
    synth.sample(5)
    assert synth.probability_of_where is None


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["age=[50,20]"], "[50,20] of column 'age' is empty; swap its ends"),
        (["joined=[2021-01-01,2020-01-01]"], "of column 'joined' is empty; swap its ends"),
        (["age=[200,300]"], "meets [200,300], so the model gives it a probability of 0; it keeps"),
        (["joined=[1950,1960]"], "so the model gives it a probability of 0; it keeps 20"),
        (["age=[old,60]"], "'old' is no end of a range of column 'age'"),
        (["joined=[soon,null]"], "'soon' is no value of column 'joined'"),
        (["smokes=[false,true]"], None),
        (["income=[<=50K,null]"], "column 'income' has no order; give a set of values in braces"),
        (["marital-status={maried,divorced}"], "did you mean 'married'?"),
        (["income!=>50k"], "did you mean '>50K'?"),
        (["incme!=>50K"], "names 'incme', which is no column: did you mean 'income'?"),
        (["age={}"], "a set without values allows nothing"),
        (["age={20,x}"], "'x' is no value of column 'age'"),
        (["age={20,900}"], "'900' of column 'age' was seen in fewer than"),
        (["age=[20,21,3x]"], "'3x' is no value of column 'age'"),
        (["income=>50K", "income!=>50K"], "the model gives it a probability of 0"),
        (["age=[30,40]", "age!=[20,50]"], "[30,40] and not [20,50], so the model gives"),
        (["marital-status={a,b}", "marital-status={c}"], "'marital-status' twice"),
        (["zip={00001,00002}"], "which is of type key, the model knows the form alone"),
        (["zip=[00001,null]"], "has no order"),
        (["land!=Öland"], "of column 'land' that the model knows meets not Öland"),
        (["land={Aland,Gotland}"], "did you mean 'Öland'?"),
        (["smokes={true,maybe}"], "'maybe' is no value of column 'smokes'"),
        (["age=[30,40]", "given"], "exclude each other"),
    ],
)
def test_what_makes_no_sense_is_one_sentence_and_leaves_no_file(
    artifact: Path, folder: Path, capsys: pytest.CaptureFixture[str],
    words: list[str], sentence: str | None,
) -> None:  # fmt: skip
    Path("given.csv").write_text("age\n30\n", encoding="utf-8")
    asked = ["given=given.csv" if word == "given" else f"where.{word}" for word in words]
    status = sample([f"artifact={artifact}", "n=20", "out=rows.csv", *asked])
    captured = capsys.readouterr()
    if sentence is None:  # of a column without an order, a list is a set
        assert status == 0
        return
    assert status == 2
    assert captured.err.startswith("error: where")
    assert captured.err.count("\n") == 1
    assert sentence in captured.err
    assert [path.name for path in folder.iterdir()] == ["given.csv"]


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ({"age": (40, 30)}, "is empty"),
        ({"age": (1, 2, 3)}, "is no range"),
        ({"age": set()}, "without values"),
        ({"age": ("a", 3)}, "'a' is no end of a range"),
        ({"age": (float("nan"), 3)}, "no end of a range"),
        ({"age": (True, 3)}, "no end of a range"),
        ({"age": {1: 2}}, "no value of column 'age'"),
        ({"income": (">50K", "<=50K")}, "has no order"),
        ({"incme": Not(3)}, "did you mean 'income'"),
        ({"zip": Not("00001")}, "the form alone"),
    ],
)
def test_what_makes_no_sense_in_python(
    synth: synth_dl.Synthesizer, where: Any, sentence: str
) -> None:
    for ask in (lambda: synth.sample(5, where=where), lambda: synth.probability(where)):
        with pytest.raises(ConfigError, match=sentence) as refused:
            ask()
        assert "\n" not in str(refused.value)


def test_conditions_that_never_hold_together_say_how_likely_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    countries = pd.Series(["France", "Italy", "Spain"] * 1000)
    capitals = countries.map({"France": "Paris", "Italy": "Rome", "Spain": "Madrid"})
    ages = pd.Series(range(20, 80)).repeat(50).reset_index(drop=True)
    frame = pd.DataFrame({"country": countries, "capital": capitals, "age": ages})
    synth = synth_dl.fit(frame, model="chow_liu", progress=False)
    synth.save(tmp_path / "model")
    words = [f"artifact={tmp_path / 'model'}", "n=10", f"out={tmp_path / 'rows.csv'}"]
    together = ["where.country={France,Spain}", "where.capital!={Paris,Madrid}"]
    assert sample([*words, *together]) == 2
    said = capsys.readouterr().err
    assert "error: where: what is said of country and capital never holds together" in said
    assert "the model gives it a probability of" in said
    assert not (tmp_path / "rows.csv").exists()
    caplog.clear()
    rows = synth.sample(50, where={"age": (20, 20), "country": Not("Italy")})
    assert (rows["age"] == 20).all()
    assert "a probability of 0.011 by the model" not in caplog.text  # 33 rows are enough
