"""What is wrong in a recipe is said in one sentence with its file, its line and its cure."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import synth_dl
from synth_dl.errors import DataError
from synth_dl.recipes import Recipe

WRONG: list[tuple[str, int | None, str]] = [
    ("columns:\n  x: {distribution: nromal}", 2, "did you mean 'normal'"),
    ("columns:\n  a: {boolean: 0.5}\n  x:\n    distribution: gamma\n    a: -1", 3, "a = -1"),
    ("columns:\n  x:\n    values:\n      a: 1\n      b: -2", 5, "a weight from 0 on"),
    ("columns:\n  x: {values: {a: 0, b: 0}}", 2, "all weights are 0"),
    ("columns:\n  x: {values: {}}", 2, "there are no values"),
    ("columns:\n  x: {values: [a, a]}", 2, "stands twice"),
    ("columns:\n  x: {values: [a, b], weights: [1]}", 2, "2 values and 1 weights"),
    ("columns:\n  x: {values: [a, true]}", 2, "several kinds"),
    ("columns:\n  x: {formula: y}\n  y: {formula: x}", 2, "circle: x → y → x"),
    ("columns:\n  x: {formula: \"x.__class__\"}", 2, "not allowed"),
    ("columns:\n  x: {formula: \"__import__('os')\"}", 2, "no function '__import__'"),
    ("columns:\n  x: {boolean: 0.5}\n  y: {formula: [x]}", 3, "not a list"),
    ("columns:\n  x: !!set {a, b}", 2, "such as !!set"),
    ("columns:\n  x: {values: {a: 1, null: 1}}", 2, "null is no value"),
    ("columns:\n  x: {values: {1: 1, 1.0: 1}}", 2, "'1.0' stands here twice"),
    ("columns:\n  x: {values: {1: 1, true: 1}}", 2, "several kinds"),
    ("columns:\n  x: {values: [1, 2]}\n  y: {by: x, cases: {2024-01-01: {values: [1]}}, "
     "values: [2]}", 3, "to choose a case by"),
    ("columns:\n  x: {boolean: 1.5}", 2, "from 0 to 1"),
    ("columns:\n  x: {distribution: normal, between: [3, 1]}", 2, "ends before it begins"),
    ("columns:\n  x: {distribution: expon, between: [-3, -1]}", 2, "no value of the distribution"),
    ("columns:\n  x: {distribution: normal, between: 3}", 2, "two numbers"),
    ("columns:\n  x: {distribution: normal, decimals: 1.5}", 2, "whole number of decimals"),
    ("columns:\n  x: {distribution: normal, zero: 0.7, spikes: {1: 0.7}}", 2, "at most 1 together"),
    ("columns:\n  x: {distribution: normal, zero: 0.7, spikes: {0: 0.1}}", 2, "in `spikes` too"),
    ("columns:\n  x: {distribution: normal, spikes: {a: 0.1}}", 2, "stands at a number"),
    ("columns:\n  x: {quantiles: [3, 1]}", 2, "at least the one before"),
    ("columns:\n  x: {quantiles: [1]}", 2, "two numbers or more"),
    ("columns:\n  x: {mixture: []}", 2, "no parts"),
    ("columns:\n  x:\n    mixture:\n      - {distribution: normal}", 4, "needs its `weight`"),
    ("columns:\n  x: {distribution: normal, quantiles: [1, 2]}", 2, "remove one"),
    ("columns:\n  x: {between: [2020-01-01, 2019-01-01]}", 2, "earlier date first"),
    ("columns:\n  x: {between: [2020-01-01, 5]}", 2, "takes two dates"),
    ("columns:\n  x: {between: [2020-01-01, 2020-02-01], weekdays: [1, 2]}", 2, "7 weights"),
    ("columns:\n  x: {between: [2020-01-06, 2020-01-07], weekdays: [0,0,1,1,1,1,1]}", 2,
     "no moment between"),
    ("columns:\n  x: {between: [2020-13-01, 2020-02-01]}", 2, "no calendar has 2020-13-01"),
    ("columns:\n  x: {between: [0001-01-01, 9999-01-01]}", 2, "too far apart"),
    ("columns:\n  x: {sequence: a}", 2, "first whole number"),
    ("columns:\n  x: {sequence: {start: 1, step: 0}}", 2, "must not be 0"),
    ("columns:\n  x: {uuid: 4}", 2, "uuid: true"),
    ("columns:\n  x: {pattern: \"[0-9]*\"}", 2, "repeat by"),
    ("columns:\n  x: {pattern: \"[9-0]\"}", 2, "no range"),
    ("columns:\n  x: {pattern: \"[0-9]{999}\"}", 2, "at most 256"),
    ("columns:\n  x: {realistic: emial}", 2, "did you mean 'email'"),
    ("columns:\n  x: {realistic: email, locale: dee}", 2, "did you mean 'de'"),
    ("columns:\n  x: {uuid: true, missing: 0.5}", 2, "never missing"),
    ("columns:\n  x: {vales: [a]}", 2, "did you mean 'values'"),
    ("columns:\n  x: {}", 2, "nothing to come from"),
    ("columns:\n  x: normal", 2, "what the column holds"),
    ("columns:\n  x: {distribution: normal, mising: 0.1}", 2, "did you mean 'missing'"),
    ("columns: {}", 1, "not hidden"),
    ("columns: [a]", 1, "columns by name"),
    ("colums: {x: {uuid: true}}", 1, "did you mean 'columns'"),
    ("rows: 3", 1, "needs its `columns`"),
    ("rows: 0\ncolumns: {x: {uuid: true}}", 1, "from 1 on"),
    ("rows: many\ncolumns: {x: {uuid: true}}", 1, "from 1 on"),
    ("columns:\n  x: {uuid: true}\n  x: {uuid: true}", 3, "stands here twice"),
    ("columns:\n  x: !!python/object/apply:os.system [echo]", 2, "no tags"),
    ("columns:\n  x: !!str a", 2, "no tags"),
    ("columns:\n  x: &a {uuid: true}\n  y: *a", 2, "refers to another"),
    ("columns: {x: [1, 2", 2, "not valid YAML"),
    ("a: b: c", 1, "not valid YAML"),
    ("just words", 1, "entries by name"),
    ("- 1\n- 2", 1, "entries by name"),
    ("", None, "empty"),
    ("# nothing", None, "empty"),
    ("[" * 60 + "]" * 60, 1, "too deep"),
    ("\x00", None, "not valid YAML"),
    ("columns: {x: {uuid: true}}\n---\nrows: 1", 2, "not valid YAML"),
    ("? [a]\n: 1", 1, "no list"),
    ("columns:\n  x: {values: [a], by: y, cases: {}}\n  y: {boolean: 0.5}", 2, "no cases"),
]  # fmt: skip
TABLES = [
    ("tables:\n  a: {parent: b, foreign_key: c, children: 2, columns: {x: {uuid: true}}}", 2,
     "no table 'b' for the foreign key"),
    ("tables:\n  aa: {columns: {x: {uuid: true}}}\n"
     "  b: {parent: a, foreign_key: c, children: 2, columns: {x: {uuid: true}}}", 3, "mean 'aa'"),
    ("tables:\n  a: {columns: {x: {uuid: true}}}\n"
     "  b: {parent: a, foreign_key: c, children: 2, columns: {x: {uuid: true}}}", 3, "no `key`"),
    ("tables:\n  a: {key: y, columns: {x: {uuid: true}}}", 2, "no column 'y' for the key"),
    ("tables:\n  a: {key: x, columns: {x: {boolean: 0.3}}}", 2, "tells rows apart"),
    ("tables:\n  a: {key: x, columns: {x: {uuid: true}}}\n"
     "  b: {parent: a, columns: {x: {uuid: true}}}", 3, "needs its `children`"),
    ("tables:\n  a: {key: x, columns: {x: {uuid: true}}}\n"
     "  b: {parent: a, foreign_key: x, children: 2, columns: {x: {uuid: true}}}", 3, "is filled"),
    ("tables:\n  a: {key: x, columns: {x: {uuid: true}}}\n  b:\n    parent: a\n    foreign_key: y\n"
     "    children: {distribution: normal}\n    columns: {x: {uuid: true}}", 6, "must be whole"),
    ("tables:\n  a: {key: x, columns: {x: {uuid: true}}}\n  b:\n    parent: a\n    foreign_key: y\n"
     "    children: {distribution: poisson, mu: age}\n    columns: {x: {uuid: true}}", 6,
     "no column 'age'"),
    ("tables:\n  a: {key: x, columns: {x: {uuid: true}}}\n  b: {rows: 3, columns: {x: {uuid: "
     "true}}}", 3, "no `parent`"),
    ("tables:\n  a: {parent: b, foreign_key: c, children: 2, columns: {x: {uuid: true}}}\n"
     "  b: {parent: a, foreign_key: c, children: 2, columns: {x: {uuid: true}}}", 1, "circle"),
    ("tables: {}", 1, "no tables"),
    ("tables: {a: {columns: {x: {uuid: true}}}}\ncolumns: {x: {uuid: true}}", 2, "beside `tables`"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "words"), [*WRONG, *TABLES], ids=[w for _, _, w in [*WRONG, *TABLES]]
)
def test_what_is_wrong_is_said_with_file_line_and_cure(
    text: str, line: int | None, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "loans.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as error:
        synth_dl.Recipe.load(path)
    said = str(error.value)
    assert words in said
    assert said.startswith(f"{path}, line {line}" if line is not None else f"{path}")
    assert "\n" not in said
    assert len(said) < 700


@pytest.mark.parametrize(("text", "words"), [
    (b"\xff\xfe", "UTF-8"), (b"columns: {x: {uuid: true}}" + b" " * 10_000_000, "more than"),
])  # fmt: skip
def test_a_file_that_is_no_recipe_is_refused(text: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "loans.yaml"
    path.write_bytes(text)
    with pytest.raises(DataError, match=words):
        Recipe.load(path)
    with pytest.raises(DataError, match="no such file"):
        Recipe.load(tmp_path / "loan.yaml")
    with pytest.raises(DataError, match="a folder"):
        Recipe.load(tmp_path)


@pytest.mark.parametrize("n", [0, -1, 1.5, True, "10", float("nan"), 10**15])
def test_a_number_of_rows_that_is_none_is_refused(n: Any) -> None:
    recipe = Recipe.parse("columns: {x: {distribution: normal}}")
    with pytest.raises(DataError, match="n="):
        recipe.sample(n)
    with pytest.raises(DataError, match="does not say how many rows"):
        recipe.sample()
    with pytest.raises(DataError, match="start="):
        recipe.sample(3, start=-1)
    with pytest.raises(DataError, match="seed="):
        recipe.sample(3, seed="a")  # type: ignore[arg-type]


def test_dictionaries_are_refused_by_their_place() -> None:
    with pytest.raises(DataError, match=r"the recipe \(columns.x.scale\): this must be a number"):
        Recipe.parse({"columns": {"x": {"distribution": "normal", "scale": None}}})
    with pytest.raises(DataError, match="not object"):
        Recipe.parse({"columns": {"x": {"distribution": object()}}})
    endless: dict[str, Any] = {}
    endless["columns"] = endless
    with pytest.raises(DataError, match="too deep"):
        Recipe.parse(endless)


def test_more_rows_than_a_pattern_has_texts_are_refused() -> None:
    recipe = Recipe.parse({"columns": {"x": {"pattern": "A[0-9]"}}})
    assert recipe.sample(10)["x"].nunique() == 10
    with pytest.raises(DataError, match="10 texts only, too few for 11 rows"):
        recipe.sample(11)


@pytest.mark.parametrize(("frame", "words"), [
    ({"x": [1.0], "z": [2]}, "no column 'z'"), ({"x": [1.0]}, "lacks the column 'k'"),
    ({"x": ["a"], "k": ["a"]}, "column 'x' holds other cells than numbers"),
    ({"x": [pd.Timestamp("2020-01-01")], "k": ["a"]}, "column 'x' holds other cells"),
])  # fmt: skip
def test_a_table_with_other_columns_has_no_probability(frame: Any, words: str) -> None:
    recipe = Recipe.parse({"columns": {"x": {"distribution": "normal"}, "k": {"values": ["a"]}}})
    with pytest.raises(DataError, match=words):
        recipe.log_prob(pd.DataFrame(frame))
    assert len(recipe.log_prob(pd.DataFrame({"x": np.zeros(0), "k": []}))) == 0


def _doubled(times: int) -> dict[str, Any]:
    steps = [f"a{k}" for k in range(times)]
    first: dict[str, Any] = {"a0": {"values": {"x": 1}}}
    return first | {later: {"formula": f"{before} + {before}"} for before, later in pairwise(steps)}


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ({"columns": _doubled(40)}, r"columns\.a16\.formula.*the texts become longer than"),
        (
            {"columns": {"a": {"distribution": "normal"}, "b": {"formula": "round(a, 10 ** 9)"}}},
            "is a number, and here must be a whole number",
        ),
        ({"columns": {"a": {"pattern": ""}}}, r"^the recipe \(columns\.a\.pattern\): this must be"),
        ({"columns": {"a": {"values": {"x": 1e308, "y": 1e308}}}}, "give smaller ones"),
        ({"columns": {f"c{k}": {"boolean": 0.3} for k in range(5001)}}, "at most 5,000"),
        (
            "columns: {a: {values: [" + ",".join(map(str, range(200_001))) + "]}}",
            "names and values",
        ),
    ],
)
def test_what_would_fill_the_memory_or_mislead_is_one_sentence(recipe: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        Recipe.parse(recipe).sample(10, seed=1)


def test_dates_beyond_all_calendars_are_missing_without_a_warning(
    recwarn: pytest.WarningsRecorder,
) -> None:
    formula = "date('2020-01-01') + a"
    columns = {"a": {"distribution": "normal", "sd": 1e13}, "b": {"formula": formula}}
    drawn: Any = Recipe.parse({"columns": columns}).sample(50, seed=1)
    assert drawn["b"].isna().any()
    assert not [each for each in recwarn if each.category is RuntimeWarning]


def test_a_row_without_a_case_is_said_with_one_place() -> None:
    recipe = Recipe.parse("""
    columns:
      x: {distribution: poisson, mu: 3}
      y: {by: x, cases: {0: {boolean: 0.5}}}
    """)
    with pytest.raises(DataError) as error:
        recipe.sample(50, seed=1)
    assert str(error.value).startswith("the recipe, line 4 (columns.y.cases): there is no case")


@pytest.mark.filterwarnings("error")
def test_a_part_of_a_mixture_may_have_no_weight() -> None:
    parts = [{"weight": 1, "distribution": "poisson", "mu": 3},
             {"weight": 0, "distribution": "normal"}]  # fmt: skip
    recipe = Recipe.parse({"columns": {"x": {"mixture": parts}}})
    assert np.isfinite(recipe.log_prob(recipe.sample(50, seed=1))).all()
