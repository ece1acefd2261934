"""Rows of which some columns stay as they are given, or come from a recipe."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import synth_dl
from synth_dl.cli import sample
from synth_dl.errors import ConfigError, DataError

RECIPE = """\
columns:
  income: {values: {">50K": 0.9, "<=50K": 0.1}}
  age: {distribution: uniform, loc: 30, scale: 20, decimals: 0}
"""


def test_kept_columns_stay_and_the_others_are_drawn(
    synth: synth_dl.Synthesizer, mixed: pd.DataFrame, artifact: Path, mixed_csv: Path,
    folder: Path, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    drawn = synth.sample(given=mixed, keep=["age", "marital-status"], seed=3)
    stay = ["age", "marital-status"]
    assert_frame_equal(drawn[stay], mixed.loc[:, stay])
    assert drawn["marital-status"].isna().any()  # as missing cells stay missing
    for name in ("income", "hours a week", "weight.kg", "zip", "joined"):
        assert not drawn[name].equals(mixed[name]), name
    cells = dict.fromkeys(mixed.columns, 0) | {"age": 300, "marital-status": 300}
    assert synth.real_cells == cells
    others = [name for name in mixed.columns if name not in ("age", "marital-status")]
    again = synth.sample(given=mixed, synthesize=others, seed=3)
    assert_frame_equal(again, drawn)
    words = [f"artifact={artifact}", f"given={mixed_csv}", "seed=3"]
    assert sample([*words, "keep=[age,marital-status]", "out=keep.csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "300 rows in keep.csv"
    assert lines[2].split() == ["age", "300", "0"]
    assert lines[4].split() == ["income", "0", "300"]
    assert lines[-1].split() == ["all", "600", "2,700"]
    assert len(lines) == 3 + len(mixed.columns)
    listed = ",".join(others)
    assert sample([*words, f"synthesize=[{listed}]", "out=others.csv", "batch_size=1"]) == 0
    assert Path("keep.csv").read_bytes() == Path("others.csv").read_bytes()
    assert sample([*words, "keep=[age,marital-status]", "rows=100:300", "out=part.csv"]) == 0
    part = Path("part.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert part == Path("keep.csv").read_text(encoding="utf-8").splitlines()[101:]
    synth.sample(3)
    assert synth.real_cells is None


def test_the_others_follow_from_what_is_kept(synth: synth_dl.Synthesizer) -> None:
    ages = pd.DataFrame({"age": [20] * 300 + [75] * 300})
    drawn = synth.sample(given=ages, keep="age", seed=1)
    given = synth.sample(given=ages, seed=1)
    assert_frame_equal(drawn, given)


def test_columns_that_the_model_does_not_know_are_left_out_and_named(
    synth: synth_dl.Synthesizer, mixed: pd.DataFrame, artifact: Path, folder: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    more = mixed[["age", "income"]].assign(name="Ann", born="1970-01-01")
    strange = more.assign(parts=[[1, 2]] * len(more))  # of no type that a table can have here
    assert_frame_equal(
        synth.sample(given=strange, keep="age"), synth.sample(given=more, keep="age")
    )
    drawn = synth.sample(given=more, synthesize=["income"], seed=1)
    assert list(drawn.columns) == list(mixed.columns)
    assert "does not know name, born of the given rows" in caplog.text
    more.to_csv("more.csv", index=False)
    assert sample([f"artifact={artifact}", "given=more.csv", "keep=age", "out=a.csv"]) == 0
    assert "Ann" not in Path("a.csv").read_text(encoding="utf-8")
    more.to_parquet("more.parquet")
    assert sample([f"artifact={artifact}", "given=more.parquet", "keep=age", "out=b.csv"]) == 0
    assert Path("a.csv").read_bytes() == Path("b.csv").read_bytes()


def test_a_recipe_gives_some_columns_and_the_model_the_others(
    synth: synth_dl.Synthesizer, artifact: Path, folder: Path
) -> None:
    Path("people.yaml").write_text(RECIPE, encoding="utf-8")
    recipe = synth_dl.Recipe.load("people.yaml")
    drawn = synth.sample(3000, given=recipe, seed=4)
    rows: Any = recipe.sample(3000, 4)
    assert (drawn["income"] == rows["income"]).all()
    assert (drawn["age"] == rows["age"]).all()
    assert drawn["marital-status"].nunique() == 3
    words = [f"artifact={artifact}", "given=recipe:people.yaml", "n=3000", "seed=4"]
    assert sample([*words, "out=whole.csv"]) == 0
    assert sample([*words, "rows=2000:2600", "batch_size=1", "out=part.csv"]) == 0
    whole = Path("whole.csv").read_text(encoding="utf-8").splitlines()
    assert len(whole) == 3001
    assert Path("part.csv").read_text(encoding="utf-8").splitlines()[1:] == whole[2001:2601]
    for own, n in ((None, 300), (40, 40)):  # as many as were trained on, or as the recipe says
        text = RECIPE if own is None else f"rows: {own}\n{RECIPE}"
        assert len(synth.sample(given=synth_dl.Recipe.parse(text))) == n


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["given=real.csv", "keep=[agee]"], "keep names 'agee', which is no column: did you mean"),
        (["given=real.csv", "synthesize=[incme]"], "did you mean 'income'?"),
        (["given=real.csv", "keep=[]"], "keep names no column"),
        (["given=real.csv", "keep=[zip]"], "keep names 'zip', which the given rows do not have"),
        (["given=real.csv", "synthesize=[age,income]"], "leaves no given column to stay"),
        (["given=whole.csv", "synthesize=what"], "which is no column"),
        (["given=real.csv", "keep=age", "synthesize=income"], "keep and synthesize exclude"),
        (["keep=age"], "keep without given; add given="),
        (["synthesize=age"], "synthesize without given"),
        (["given=real.csv", "keep=age", "n=9"], "n=9, but real.csv has 2 rows"),
        (["given=real.csv", "keep=age", "where.income=>50K"], "exclude each other"),
        (["given=recipe:people.yaml", "keep=age"], "keep and synthesize are for given rows"),
        (["given=recipe:nowhere.yaml"], "nowhere.yaml"),
        (["given=recipe:"], "given=recipe: names no file: write given=recipe:FILE.yaml."),
        (["given=recipe:strange.yaml"],
         "recipe:strange.yaml: '>51K' of column 'income' was seen in fewer than 5 training rows "
         "(min_count) or never, so nothing is known of what goes with it; did you mean '>50K'?"),
        (["given=recipe:column.yaml"],
         "recipe:column.yaml names 'incme', which is no column: did you mean 'income'?"),
        (["given=recipe:linked.yaml"], "it is a recipe of linked tables"),
        (["given=recipe:people.yaml", "n=0"], "n=0"),
        (["given=recipe:people.yaml", "where.income=>50K"], "exclude each other"),
        (["given=recipe:people.yaml", "out=people.yaml"], "people.yaml"),
        (["mask=top", "given=real.csv"], "mask is for models of images"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_one_sentence_and_leaves_no_file(
    artifact: Path, refused: Callable[..., str], words: list[str], sentence: str
) -> None:
    Path("real.csv").write_text("age,income\n30,>50K\n40,<=50K\n", encoding="utf-8")
    Path("people.yaml").write_text(RECIPE, encoding="utf-8")
    Path("strange.yaml").write_text(RECIPE.replace(">50K", ">51K"), encoding="utf-8")
    Path("column.yaml").write_text(RECIPE.replace("income", "incme"), encoding="utf-8")
    Path("linked.yaml").write_text(
        "tables:\n  a:\n    rows: 3\n    key: k\n    columns:\n      k: {uuid: true}\n"
        "  b:\n    parent: a\n    foreign_key: a_id\n    children: {values: [1]}\n"
        "    columns:\n      x: {values: {1: 1}}\n",
        encoding="utf-8",
    )
    assert sentence in refused(f"artifact={artifact}", *words)


def test_a_recipe_of_all_columns_or_of_another_type_is_refused(
    mixed: pd.DataFrame, synth: synth_dl.Synthesizer
) -> None:
    few = synth_dl.fit(mixed[["income", "smokes"]], model="chow_liu", progress=False)
    every = "columns:\n  income: {values: [a, b]}\n  smokes: {values: [true, false]}\n"
    with pytest.raises(ConfigError, match="nothing left to draw"):
        few.sample(5, given=synth_dl.Recipe.parse(every))
    with pytest.raises(DataError, match="age"):
        synth.sample(5, given=synth_dl.Recipe.parse("columns:\n  age: {values: [old, young]}\n"))
    with pytest.raises(ConfigError, match="keep leaves no column to draw"):
        synth.sample(given=mixed, keep=list(mixed.columns))


def test_columns_are_kept_by_what_a_frame_calls_them() -> None:
    frame = pd.DataFrame({0: ["a", "b"] * 60, 1: ["c", "d"] * 60})
    synth = synth_dl.fit(frame, model="chow_liu", progress=False)
    drawn = synth.sample(given=frame, keep=[0], seed=1)
    assert (drawn[0] == frame[0]).all()
