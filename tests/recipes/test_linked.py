"""Linked tables: keys, numbers of children, columns of parents, and their probability."""

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from synth_dl.errors import DataError
from synth_dl.recipes import Recipe

BANK = """
tables:
  payments:
    parent: accounts
    foreign_key: account
    children: {distribution: poisson, mu: {by: region, cases: {north: 0.5, south: 3}}}
    columns:
      amount: {distribution: expon, scale: "balance + 1", decimals: 2}
  customers:
    rows: 300
    key: id
    columns:
      id: {sequence: 100}
      region: {values: {north: 0.5, south: 0.5}}
      age: {distribution: normal, loc: 45, scale: 12, between: [18, 90], decimals: 0}
  accounts:
    parent: customers
    key: number
    foreign_key: customer
    children: {distribution: poisson, mu: "age / 20"}
    columns:
      number: {pattern: "[A-Z]{2}[0-9]{6}"}
      balance: {distribution: gamma, a: 2, scale: "age * 10"}
  cards:
    parent: customers
    foreign_key: holder
    children: 2
    columns:
      number: {pattern: "[0-9]{16}"}
"""


def test_tables_are_linked_by_their_keys() -> None:
    recipe = Recipe.parse(BANK)
    assert recipe.tables == {
        "payments": ("account", "amount"), "customers": ("id", "region", "age"),
        "accounts": ("number", "customer", "balance"), "cards": ("holder", "number"),
    }  # fmt: skip
    frames = recipe.sample()
    assert {name: tuple(frame.columns) for name, frame in frames.items()} == recipe.tables
    assert frames["customers"]["id"].tolist() == list(range(100, 400))
    assert frames["accounts"]["number"].is_unique
    assert frames["accounts"]["customer"].isin(frames["customers"]["id"]).all()
    assert frames["payments"]["account"].isin(frames["accounts"]["number"]).all()
    assert frames["cards"]["holder"].value_counts().eq(2).all()


def test_children_follow_their_parents() -> None:
    frames = Recipe.parse(BANK).sample(5000, seed=2)
    customers = frames["customers"].set_index("id")
    numbers = frames["accounts"]["customer"].value_counts().reindex(customers.index, fill_value=0)
    mean = customers["age"] / 20
    jitter = np.random.default_rng(1).random(5000)
    middle = stats.poisson(mean).cdf(numbers) - stats.poisson(mean).pmf(numbers) * jitter
    assert stats.kstest(middle, "uniform").pvalue > 1e-4
    ages = customers["age"].loc[frames["accounts"]["customer"]].to_numpy()
    placed = stats.gamma(2, scale=ages * 10).cdf(frames["accounts"]["balance"])
    assert stats.kstest(placed, "uniform").pvalue > 1e-4


def test_a_row_has_the_same_children_in_any_sample() -> None:
    whole = Recipe.parse(BANK).sample(3000, seed=1)
    ends = [0, 1, 700, 1500, 3000]
    recipe = Recipe.parse(BANK)
    order = list(itertools.pairwise(ends))
    parts = {a: recipe.sample(b - a, seed=1, start=a) for a, b in [*order[2:], *order[:2]]}
    for name, frame in whole.items():
        joined = pd.concat([parts[a][name] for a, _ in order], ignore_index=True)
        pd.testing.assert_frame_equal(joined, frame)
    batches = list(recipe.batches(3000, seed=1, size=500))
    for name, frame in whole.items():
        joined = pd.concat([part[name] for part in batches], ignore_index=True)
        pd.testing.assert_frame_equal(joined, frame)


SMALL = """
tables:
  homes:
    key: id
    columns:
      id: {sequence: 1}
      size: {values: {small: 1, large: 2}}
  people:
    parent: homes
    foreign_key: home
    children: {by: size, cases: {small: {values: {0: 1, 1: 2}}, large: {values: {0: 1, 2: 1}}}}
    columns:
      sick: {boolean: "where(size == 'small', 0.2, 0.6)"}
"""


def test_the_probability_of_a_parent_with_all_its_children_is_one_together() -> None:
    recipe = Recipe.parse(SMALL)
    homes, people = [], []
    for size, count in itertools.product(["small", "large"], range(4)):
        for sick in itertools.product([True, False], repeat=count):
            homes.append({"id": len(homes), "size": size})
            people += [{"home": len(homes) - 1, "sick": each} for each in sick]
    frames = {"homes": pd.DataFrame(homes), "people": pd.DataFrame(people).sample(frac=1)}
    shares = np.exp(recipe.log_prob(frames))
    assert shares.sum() == pytest.approx(1)
    assert shares[0] == pytest.approx(1 / 3 * 1 / 3)


def test_the_probability_of_three_levels_is_the_sum_of_all_parts() -> None:
    frames = Recipe.parse(BANK).sample(50, seed=4)
    nats = Recipe.parse(BANK).log_prob(frames)
    assert nats.shape == (50,)
    assert np.isfinite(nats).all()
    lost = {**frames, "payments": frames["payments"].iloc[:-1]}
    assert (Recipe.parse(BANK).log_prob(lost) != nats).sum() == 1


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"people": pd.DataFrame({"home": [9], "sick": [True]})}, "is no key of 'homes'"),
    ({"people": pd.DataFrame({"sick": [True]})}, "lacks its foreign key 'home'"),
    ({"homes": pd.DataFrame({"id": [1, 1], "size": ["small"] * 2})}, "same key twice"),
    ({"homes": pd.DataFrame({"size": ["small"]})}, "lacks its key 'id'"),
    ({"dogs": pd.DataFrame()}, "no table 'dogs'"),
]


@pytest.mark.parametrize(("changed", "words"), WRONG, ids=[words for _, words in WRONG])
def test_tables_that_do_not_go_together_are_refused(changed: dict[str, Any], words: str) -> None:
    recipe = Recipe.parse(SMALL)
    frames = recipe.sample(5)
    assert isinstance(frames, dict)
    with pytest.raises(DataError, match=words):
        recipe.log_prob({**frames, **changed})
    with pytest.raises(DataError, match="'people' of the recipe is not given"):
        recipe.log_prob({"homes": frames["homes"]})
    with pytest.raises(DataError, match="several tables"):
        recipe.log_prob(frames["homes"])


def test_too_many_children_are_refused() -> None:
    text = SMALL.replace("{by: size, cases: {small: {values: {0: 1, 1: 2}}, large: {values: "
                         "{0: 1, 2: 1}}}}", "{distribution: poisson, mu: 3, loc: -3}")  # fmt: skip
    with pytest.raises(DataError, match="a row would have -"):
        Recipe.parse(text).sample(100)
