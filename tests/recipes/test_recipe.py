"""A recipe in use: the same row in any sample, saving, identifiers, and those that are kept."""

import itertools
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

import synth_dl
from synth_dl.errors import DataError
from synth_dl.recipes import Recipe

TRUTH = Path(synth_dl.__file__).parent / "recipes" / "truth"
KEPT = ["correlated", "heavy", "modes", "tree", "loans"]
ALL = """
rows: 100
columns:
  id: {sequence: {start: 5, step: 2}}
  uid: {uuid: true}
  code: {pattern: "(A|B)-[0-9]{4,5}x?"}
  name: {realistic: email}
  kind: {values: {NO: 0.5, yes: 0.3, "on": 0.2}, ordered: true}
  x: {distribution: gamma, a: 2, zero: 0.3, missing: "where(flag, 0.5, 0)"}
  n: {distribution: poisson, mu: "exp(x / 4)"}
  flag: {boolean: {by: kind, cases: {NO: 0.5, yes: 0.1}, default: 0.9}}
  day: {between: [2019-01-01, 2024-12-31], weekdays: [1, 1, 1, 1, 1, 0.2, 0.1]}
  word: {formula: "lower(kind) + '-' + n"}
correlation: {measure: spearman, pairs: [[kind, x, 0.3], [x, day, -0.2]]}
"""


@pytest.mark.parametrize("text", [ALL, *KEPT], ids=["all", *KEPT])
def test_a_row_is_the_same_in_any_sample(text: str) -> None:
    recipe = Recipe.parse(text) if text is ALL else Recipe.load(TRUTH / f"{text}.yaml")
    rows = 9000
    whole = recipe.sample(rows, seed=3)
    ends = [0, 1, 2, 10, 8191, 8193, rows]
    parts = [recipe.sample(b - a, seed=3, start=a) for a, b in itertools.pairwise(ends)]
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole)
    batches = pd.concat(recipe.batches(rows, seed=3, size=700), ignore_index=True)
    pd.testing.assert_frame_equal(batches, whole)
    assert not recipe.sample(100, seed=4).equals(whole[:100])


def test_columns_and_words_are_as_they_are_written() -> None:
    recipe = Recipe.parse(ALL)
    frame = recipe.sample()
    assert list(frame.columns) == list(recipe.columns)
    assert len(frame) == recipe.rows == 100
    assert frame["kind"].cat.categories.tolist() == ["NO", "yes", "on"]
    assert frame["id"].tolist() == list(range(5, 205, 2))
    assert (frame["word"] == frame["kind"].astype("str").str.lower() + "-"
            + frame["n"].astype("str")).all()  # fmt: skip


def test_names_may_look_like_numbers_truth_values_and_dates() -> None:
    recipe = Recipe.parse("""
    tables:
      1:
        key: 7
        columns:
          7: {sequence: 1}
          true: {values: {1.50: 1, x: 2}}
          1: {distribution: normal}
          2024-01-01: {distribution: normal, mean: "`1` + where(`true` == 'x', 100, 0)"}
        correlation: {measure: spearman, pairs: [[1, 2024-01-01, 0.5]]}
      false:
        parent: 1
        foreign_key: 2
        children: {by: true, cases: {1.50: {values: [1]}, x: {values: [2]}}}
        columns:
          null: {by: [true], cases: {1.50: {values: [3]}}, values: [4]}
    """)
    assert recipe.tables == {"1": ("7", "true", "1", "2024-01-01"), "false": ("2", "null")}
    frames: Any = recipe.sample(200, seed=1)
    parents, children = frames["1"], frames["false"]
    assert {*parents["true"]} == {"1.50", "x"}
    assert ((parents["2024-01-01"] - parents["1"] > 50) == (parents["true"] == "x")).all()
    joined = children.merge(parents, left_on="2", right_on="7")
    assert (joined["null"] == np.where(joined["true"] == "x", 4, 3)).all()
    assert np.isfinite(recipe.log_prob(frames)).all()
    told = Recipe.parse({"columns": {1: {"boolean": 1}, "true": {"values": {True: 1, False: 0}}}})
    assert told.sample(2, seed=1).columns.tolist() == ["1", "true"]  # type: ignore[union-attr]


def test_identifiers_follow_their_pattern_and_none_comes_twice() -> None:
    frame = Recipe.parse(ALL).sample(400, seed=9)
    for name, pattern in {
        "uid": "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        "code": "(A|B)-[0-9]{4,5}x?", "name": r".+@example\.\w+",
    }.items():  # fmt: skip
        assert frame[name].map(lambda text, pattern=pattern: re.fullmatch(pattern, text)).all()
        assert frame[name].is_unique


def test_rows_may_be_named_otherwise_where_their_probability_is_asked_for() -> None:
    recipe = Recipe.parse("columns: {id: {sequence: 1}, x: {distribution: normal}}")
    frame = pd.DataFrame({"id": ["K-7", "K-8"], "x": [0.1, 0.2]})
    assert recipe.log_prob(frame) == pytest.approx(stats.norm.logpdf([0.1, 0.2]))
    used = Recipe.parse("columns: {id: {sequence: 1}, x: {formula: '2 * id'}}")
    with pytest.raises(DataError, match="'id' holds other cells than numbers"):
        used.log_prob(frame)


def test_a_long_pattern_is_random_in_all_places() -> None:
    recipe = Recipe.parse({"columns": {"x": {"pattern": "[A-Z]{4}[a-z]{4}[0-9]{12}"}}})
    texts = recipe.sample(5000)["x"]
    assert texts.is_unique
    for place in range(20):
        assert stats.chisquare(texts.str[place].value_counts()).pvalue > 1e-5


def test_texts_may_repeat_where_that_is_said() -> None:
    recipe = Recipe.parse({"columns": {"x": {"pattern": "[ab]{2}", "unique": False}}})
    assert stats.chisquare(recipe.sample(4000)["x"].value_counts()).pvalue > 1e-4


def test_a_saved_recipe_is_the_same(tmp_path: Path) -> None:
    recipe = Recipe.parse(ALL)
    recipe.save(tmp_path / "a.yaml")
    assert (tmp_path / "a.yaml").read_text(encoding="utf-8") == ALL
    told: dict[str, Any] = {"columns": {
        "no": {"values": {"no": 1, "1": np.int64(2), "2020-01-01": 1}, "missing": 0.1},
        "day": {"between": [pd.Timestamp("2020-01-01"), pd.Timestamp("2020-02-01 10:30")]},
        "x": {"distribution": "normal", "loc": np.float64(1e-7), "between": (None, 1e22)},
    }}  # fmt: skip
    first = Recipe.parse(told)
    first.save(tmp_path / "b.yaml")
    again = Recipe.load(tmp_path / "b.yaml")
    pd.testing.assert_frame_equal(first.sample(500), again.sample(500))


@pytest.mark.parametrize("name", KEPT)
def test_the_entropy_of_a_kept_recipe_agrees_with_its_draws(name: str) -> None:
    recipe = Recipe.load(TRUTH / f"{name}.yaml")
    nats = recipe.log_prob(recipe.sample(8000, seed=1))
    assert np.isfinite(nats).all()
    other = recipe.log_prob(recipe.sample(8000, seed=2))
    assert stats.ks_2samp(nats, other).pvalue > 1e-3


def test_two_dimensions_of_modes_integrate_to_one() -> None:
    recipe = Recipe.load(TRUTH / "modes.yaml")
    step = 0.05
    axis = np.arange(-5, 22, step)
    x, y = np.meshgrid(axis, axis)
    mass = np.exp(recipe.log_prob(pd.DataFrame({"x": x.ravel(), "y": y.ravel()}))) * step**2
    assert mass.sum() == pytest.approx(1, abs=1e-6)
    drawn = recipe.sample(20_000)
    cells = np.histogram2d(drawn["x"], drawn["y"], bins=[axis[::20], axis[::20]])[0]
    bins = np.histogram2d(x.ravel(), y.ravel(), bins=[axis[::20], axis[::20]], weights=mass)[0]
    assert np.abs(cells / 20_000 - bins).sum() < 0.12


def test_the_tree_of_categories_agrees_with_counts() -> None:
    recipe = Recipe.load(TRUTH / "tree.yaml")
    drawn = recipe.sample(100_000, seed=1)
    nats = recipe.log_prob(drawn)
    # Each column given its parent, counted.
    parents = {"climate": "region", "crop": "climate", "soil": "region", "machine": "crop",
               "owner": "region", "debt": "owner", "insured": "debt", "buyer": "crop",
               "payment": "buyer", "season": "crop", "grade": "season"}  # fmt: skip
    counted = np.log(drawn["region"].map(drawn["region"].value_counts(normalize=True)))
    for child, parent in parents.items():
        pairs = drawn.groupby([parent, child]).size() / drawn.groupby(parent).size()
        index = pd.MultiIndex.from_frame(drawn[[parent, child]])
        counted = counted + np.log(pairs.loc[index].to_numpy())
    assert counted.mean() - nats.mean() == pytest.approx(0, abs=0.01)


def test_the_loan_book_has_a_density_that_adds_up() -> None:
    recipe = Recipe.load(TRUTH / "loans.yaml")
    frame = recipe.sample(4, seed=5)
    # Summed over all that is possible in some columns, it is that of the others.
    told = yaml.safe_load((TRUTH / "loans.yaml").read_text(encoding="utf-8"))
    told["columns"] = {k: c for k, c in told["columns"].items() if k not in ("late", "default")}
    total = np.zeros(4)
    for late, default in itertools.product(range(60), [True, False]):
        total += np.exp(recipe.log_prob(frame.assign(late=late, default=default)))
    others = np.exp(Recipe.parse(told).log_prob(frame[list(told["columns"])]))
    assert total == pytest.approx(others)


def test_the_loan_book_is_correlated_as_it_says() -> None:
    book = Recipe.load(TRUTH / "loans.yaml").sample(60_000, seed=2)
    codes = book["grade"].cat.codes
    assert stats.spearmanr(book["age"], codes)[0] == pytest.approx(-0.2, abs=0.015)
    for region in ("north", "west"):  # in each, as income is another in each
        known = book["income"].notna() & (book["region"] == region)
        found = stats.spearmanr(book["income"][known], codes[known])[0]
        assert found == pytest.approx(-0.4, abs=0.03)


def test_a_recipe_loads_no_torch() -> None:
    program = ("import sys, synth_dl; synth_dl.Recipe.parse('columns: {x: {distribution: normal}}')"
               ".sample(3); print('torch' in sys.modules)")  # fmt: skip
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "False"
