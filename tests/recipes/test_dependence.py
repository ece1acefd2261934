"""Columns that depend on others: by cases and expressions, hidden and missing ones."""

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from recipe_truths import check_counts
from scipy import stats

from synth_dl.errors import DataError
from synth_dl.recipes import Recipe

NETWORK = """
columns:
  season: {values: {dry: 2, wet: 3}}
  rain: {boolean: {by: season, cases: {dry: 0.1, wet: 0.6}}}
  crop:
    by: [season, rain]
    cases:
      dry: {true: {values: {rice: 1, corn: 1}}, false: {values: {corn: 3, none: 1}}}
      wet: {true: {values: [rice]}, false: {values: {rice: 2, corn: 1, none: 1}}}
  visits: {distribution: poisson, mu: "where(rain, 0.3, 0.8)", between: [0, 3]}
  sold: {values: {no: 1, yes: "visits * 2 + 0.5"}, missing: "where(crop == 'none', 0.9, 0.1)"}
"""
LEVELS = {"season": ["dry", "wet"], "rain": [True, False], "crop": ["rice", "corn", "none"],
          "visits": [0, 1, 2, 3], "sold": ["yes", "no", None]}  # fmt: skip


def everything(levels: dict[str, list[Any]]) -> pd.DataFrame:
    return pd.DataFrame(list(itertools.product(*levels.values())), columns=list(levels))


def check_enumerated(recipe: Recipe, levels: dict[str, list[Any]], rows: int = 40_000) -> None:
    """Probabilities of all rows are one together, and draws follow them."""
    frame = everything(levels)
    shares = np.exp(recipe.log_prob(frame))
    assert shares.sum() == pytest.approx(1)
    names = list(levels)
    drawn = recipe.sample(rows, seed=7)[names].astype(object)
    drawn = drawn.where(drawn.notna(), "?").value_counts()
    keys = frame.astype(object).where(frame.notna(), "?")
    counts = np.array([drawn.get(tuple(key), 0) for key in keys.itertuples(index=False)])
    assert counts.sum() == rows
    check_counts(counts, shares)


def test_a_network_of_categories_is_drawn_by_its_probabilities() -> None:
    check_enumerated(Recipe.parse(NETWORK), LEVELS)


def test_a_missing_cell_is_summed_over_where_others_depend_on_it() -> None:
    recipe = Recipe.parse("""
columns:
  kind: {values: {a: 1, b: 3}, missing: 0.2}
  count: {distribution: poisson, mu: {by: kind, cases: {a: 0.2, b: 1}}, between: [0, 4]}
  flag: {boolean: "where(kind == 'a', 0.9, 0.2)", missing: "where(kind == 'a', 0.5, 0.1)"}
""")
    check_enumerated(recipe, {"kind": ["a", "b", None], "count": [0, 1, 2, 3, 4],
                              "flag": [True, False, None]})  # fmt: skip


def test_a_cell_may_be_missing_by_its_own_value() -> None:
    recipe = Recipe.parse("""
columns:
  grade: {values: {1: 0.5, 2: 0.3, 3: 0.2}, missing: "0.1 * grade"}
""")
    check_enumerated(recipe, {"grade": [1, 2, 3, None]})
    frame = pd.DataFrame({"grade": pd.array([None], "Int64")})
    assert np.exp(recipe.log_prob(frame)) == pytest.approx(0.05 + 0.06 + 0.06)


def test_hidden_columns_are_summed_over() -> None:
    recipe = Recipe.parse("""
columns:
  group: {values: {0: 0.5, 1: 0.3, 2: 0.2}, hidden: true}
  shift: {formula: "group * 2", hidden: true}
  unused: {distribution: normal, hidden: true}
  x: {values: {low: "3 - group", high: "group"}}
  y: {distribution: binom, n: 3, p: "0.1 + shift / 8"}
""")
    assert recipe.columns == ("x", "y")
    check_enumerated(recipe, {"x": ["low", "high"], "y": [0, 1, 2, 3]})


def test_a_mixture_by_a_hidden_column_has_the_density_of_a_mixture() -> None:
    told = """
columns:
  mode: {values: {-2: 0.3, 5: 0.7}, hidden: true}
  x: {distribution: normal, loc: mode, scale: "1 + abs(mode) / 10"}
"""
    frame = pd.DataFrame({"x": np.linspace(-6, 9, 200)})
    expected = (0.3 * stats.norm(-2, 1.2).pdf(frame["x"])
                + 0.7 * stats.norm(5, 1.5).pdf(frame["x"]))  # fmt: skip
    assert np.exp(Recipe.parse(told).log_prob(frame)) == pytest.approx(expected)
    mixture = Recipe.parse({"columns": {"x": {"mixture": [
        {"weight": 3, "distribution": "normal", "loc": -2, "scale": 1.2},
        {"weight": 7, "distribution": "normal", "loc": 5, "scale": 1.5}]}}})  # fmt: skip
    assert np.exp(mixture.log_prob(frame)) == pytest.approx(expected)
    both = [Recipe.parse(told).sample(20_000)["x"], mixture.sample(20_000, seed=1)["x"]]
    assert stats.ks_2samp(*both).pvalue > 1e-4


def test_parameters_depend_on_rows_of_other_columns() -> None:
    recipe = Recipe.parse("""
columns:
  age: {distribution: uniform, low: 20, high: 60}
  place: {values: [north, south]}
  pay:
    distribution: gamma
    a: "age / 10"
    scale: {by: place, cases: {north: 2, south: "age / 20"}}
    between: ["age / 20", null]
    decimals: 1
""")
    frame = recipe.sample(5000)
    scale = np.where(frame["place"] == "north", 2, frame["age"] / 20)
    family = stats.gamma(frame["age"] / 10, scale=scale)
    low = frame["age"] / 20
    start, end = np.maximum(frame["pay"] - 0.05, low), np.maximum(frame["pay"] + 0.05, low)
    expected = (family.cdf(end) - family.cdf(start)) / family.sf(low)
    assert np.exp(recipe.log_prob(frame)) == pytest.approx(expected / 40 / 2, rel=1e-6)
    middle = family.cdf(start) + (family.cdf(end) - family.cdf(start)) / 2
    placed = (middle - family.cdf(low)) / family.sf(low)
    assert stats.kstest(placed, "uniform").pvalue > 1e-4


def test_cases_lie_over_what_stands_beside_by() -> None:
    recipe = Recipe.parse("""
columns:
  kind: {values: [a, b, c, d]}
  x:
    distribution: normal
    scale: 2
    decimals: 1
    missing: 0.1
    by: kind
    cases:
      a: {loc: 100}
      b: {distribution: uniform, low: 5, high: 6}
      c: {missing: 1}
""")
    frame = recipe.sample(8000)
    groups = frame.groupby("kind")["x"]
    assert groups.mean()["a"] == pytest.approx(100, abs=0.3)
    assert groups.std()["a"] == pytest.approx(2, abs=0.2)
    assert groups.agg(["min", "max"]).loc["b"].tolist() == [5, 6]
    assert groups.mean()["d"] == pytest.approx(0, abs=0.3)
    missing = frame["x"].isna().groupby(frame["kind"]).mean()
    assert missing.to_dict() == pytest.approx({"a": 0.1, "b": 0.1, "c": 1, "d": 0.1}, abs=0.03)
    assert np.isfinite(recipe.log_prob(frame)).all()
    assert (frame["x"].dropna() * 10).round(6).mod(1).eq(0).all()


def test_listed_numbers_may_stand_beside_a_distribution() -> None:
    recipe = Recipe.parse("""
columns:
  kind: {values: [a, b, c]}
  x:
    by: kind
    cases:
      a: {values: {10: 1, 0: 3}}
      b: {distribution: poisson, mu: 3}
      c: {by: kind, cases: {c: {values: {77: 1}}}, values: [5]}
  y: {by: kind, cases: {a: {values: [2, 1]}, b: {distribution: normal}, c: {distribution: expon}}}
""")
    frame: Any = recipe.sample(8000)
    assert frame["x"].dtype == "int64"
    found = frame.groupby("kind")["x"]
    assert found.value_counts(normalize=True)["a"].to_dict() == pytest.approx(
        {0: 0.75, 10: 0.25}, abs=0.03
    )
    assert found.mean()["b"] == pytest.approx(3, abs=0.1)
    assert found.agg(["min", "max"]).loc["c"].tolist() == [77, 77]
    told = pd.DataFrame({"kind": ["a", "a", "b"], "x": [10, 3, 4], "y": [2.0, 2.0, 0.5]})
    expected = [np.log(0.25 / 2 / 3), -np.inf,
                stats.poisson(3).logpmf(4) + stats.norm.logpdf(0.5) - np.log(3)]  # fmt: skip
    assert recipe.log_prob(told) == pytest.approx(expected)


def test_cases_may_lie_in_cases_and_go_by_dates() -> None:
    recipe = Recipe.parse("""
columns:
  day: {values: [2024-01-01, 2024-02-01]}
  flag: {boolean: 0.5}
  word:
    by: day
    cases:
      2024-01-01: {by: flag, cases: {true: {values: [p, q]}, false: {values: [r]}}}
      2024-02-01: {values: {p: 1, s: 3}}
  number: {by: word, cases: {s: {values: [1]}}, values: [0]}
""")
    frame: Any = recipe.sample(4000)
    words = {key: {*group} for key, group in frame.groupby(["day", "flag"])["word"]}
    first, second = sorted(frame["day"].unique())
    assert words == {(first, False): {"r"}, (first, True): {"p", "q"},
                     (second, False): {"p", "s"}, (second, True): {"p", "s"}}  # fmt: skip
    assert (frame["number"] == (frame["word"] == "s")).all()
    nats = recipe.log_prob(frame)
    assert nats[(frame["word"] == "s").to_numpy()] == pytest.approx(np.log(0.25 * 0.75))


def test_a_whole_number_that_is_infinite_is_missing_in_the_probability_too() -> None:
    recipe = Recipe.parse("""
columns:
  a: {distribution: poisson, mu: 2}
  b: {formula: "10 // a"}
""")
    frame: Any = recipe.sample(500)
    assert frame["b"].isna().any()
    assert recipe.log_prob(frame) == pytest.approx(stats.poisson(2).logpmf(frame["a"]))


def test_a_formula_has_all_probability_or_none() -> None:
    recipe = Recipe.parse("""
columns:
  a: {values: [1, 2, 3]}
  b: {formula: "a * a"}
  c: {formula: "'no ' + a"}
""")
    frame = pd.DataFrame({"a": [1, 2, 3], "b": [1, 4, 8], "c": ["no 1", "no 3", "no 3"]})
    assert np.exp(recipe.log_prob(frame)).tolist() == pytest.approx([1 / 3, 0, 0])


def test_a_row_whose_probability_is_an_integral_is_refused() -> None:
    recipe = Recipe.parse("""
columns:
  income: {distribution: lognormal, sigma: 1, missing: 0.5}
  limit: {formula: "income * 0.3"}
""")
    frame = recipe.sample(20)
    known = frame[frame["income"].notna()]
    assert np.isfinite(recipe.log_prob(known)).all()
    with pytest.raises(DataError, match="'income' is missing is not known in closed form"):
        recipe.log_prob(frame)
    hidden = Recipe.parse("""
columns:
  z: {distribution: normal, hidden: true}
  x: {distribution: normal, loc: z}
""")
    with pytest.raises(DataError, match="'z' is hidden"):
        hidden.log_prob(hidden.sample(3))


WRONG = [
    ({"a": {"formula": "b"}, "b": {"formula": "c + 1"}, "c": {"formula": "a"}}, "circle"),
    ({"a": {"formula": "a + 1"}}, "circle: a → a"),
    ({"a": {"distribution": "normal", "loc": "bb"}, "b": {"boolean": 0.5}}, "'bb'"),
    ({"k": {"values": ["a", "b"]}, "x": {"by": "k", "cases": {"a": {"values": [1]}}}},
     "no case for the value 'b'"),
    ({"k": {"values": ["aa", "b"]}, "x": {"values": [1], "by": "k", "cases": {"a": {}}}},
     "did you mean 'aa'"),
    ({"k": {"values": ["a"]}, "x": {"values": [1], "by": "kk", "cases": {"a": {}}}},
     "did you mean 'k'"),
    ({"k": {"values": ["a"]}, "x": {"values": [1], "by": "k"}}, "go together"),
    ({"k": {"values": ["a", "b"]},
      "x": {"by": "k", "cases": {"a": {"values": ["x"]}, "b": {"distribution": "normal"}}}},
     "several kinds"),
    ({"k": {"boolean": 0.5}, "x": {"values": [1], "by": "k", "cases": {"yes": {}}}}, "'yes'"),
    ({"x": {"distribution": "normal", "missing": 1.5}}, "from 0 to 1"),
    ({"a": {"distribution": "normal"}, "x": {"boolean": "a > 0"}}, "write where(…, 1, 0)"),
    ({"x": {"between": ["08:00", "18:00"]}}, "takes two dates"),
    ({"x": {"distribution": "normal", "missing": "x > 2"}}, "must give a number"),
    ({"x": {"distribution": "normal", "hidden": True}}, "not hidden"),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "words"), WRONG, ids=[words for _, words in WRONG])
def test_wrong_dependence_is_refused_with_its_cure(columns: Any, words: str) -> None:
    with pytest.raises(DataError) as error:
        Recipe.parse({"columns": columns})
    assert words in str(error.value)


@pytest.mark.parametrize(("column", "words"), [
    ({"distribution": "normal", "scale": "a - 0.5"}, "scale = -0.5"),
    ({"boolean": "a * 2"}, "a share is 2"),
    ({"values": {"x": "a - 0.5", "y": 1}}, "a weight is -0.5"),
    ({"values": {"x": "a", "y": "a"}}, "all weights are 0"),
    ({"distribution": "normal", "zero": "a + 0.5"}, "a share is 1.5"),
    ({"distribution": "normal", "between": ["a", "a - 1"]}, "ends before it begins"),
    ({"distribution": "expon", "between": [-2, "-a"]}, "no value of the distribution falls"),
    ({"distribution": "normal", "missing": "a * 3"}, "a share is 3"),
    ({"distribution": "poisson", "mu": "log(a - 1)"}, "mu = nan"),
])  # fmt: skip
def test_parameters_that_a_row_takes_out_of_range_are_refused(column: Any, words: str) -> None:
    recipe = Recipe.parse({"columns": {"a": {"values": [0, 1]}, "x": column}})
    with pytest.raises(DataError) as error:
        recipe.sample(50)
    assert words in str(error.value)
    assert "columns.x" in str(error.value)
