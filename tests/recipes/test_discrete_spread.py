"""Discrete distributions whose quantiles scipy searches one by one: drawn at once, or refused."""

import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import zeta

from synth_dl import Recipe
from synth_dl.errors import DataError

SECONDS = 20


def recipe(**entries: object) -> Recipe:
    return Recipe.parse({"columns": {"a": entries}})


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("zipf", {"a": 2.0}),
        ("zipf", {"a": 3.5}),
        ("yulesimon", {"alpha": 0.7}),
        ("logser", {"p": 0.9}),
        ("betabinom", {"n": 40, "a": 0.5, "b": 2.0}),
        ("hypergeom", {"M": 100_000_000, "n": 50_000_000, "N": 40_000_000}),
        ("nhypergeom", {"M": 1000, "n": 500, "r": 40}),
        ("zipfian", {"a": 0.9, "n": 100_000}),
        ("nchypergeom_fisher", {"M": 100, "n": 50, "N": 40, "odds": 3.0}),
    ],
)
def test_rows_are_the_quantiles_of_their_distribution(
    name: str, parameters: dict[str, float]
) -> None:
    began = time.monotonic()
    drawn = recipe(distribution=name, **parameters).sample(4000, seed=1)["a"].to_numpy()
    assert time.monotonic() - began < SECONDS
    frozen = getattr(stats, name)(**parameters)
    for value in np.unique(np.quantile(drawn, [0.1, 0.5, 0.9], method="lower")):
        share = (drawn <= value).mean()
        assert share == pytest.approx(frozen.cdf(value), abs=0.03)


def test_the_share_of_a_bounded_power_law_is_found_at_once() -> None:
    began = time.monotonic()
    told = recipe(distribution="zipfian", a=0.7, n=1_000_000)
    told.log_prob(told.sample(50_000, seed=1))
    assert time.monotonic() - began < SECONDS
    values = np.array([0, 1, 7, 400, 401])
    exact = stats.zipfian.logpmf(values, 0.7, 400)
    found = recipe(distribution="zipfian", a=0.7, n=400).log_prob(pd.DataFrame({"a": values}))
    assert found == pytest.approx(exact)
    own = {"values": {20: 1, 400: 1}}
    both = Recipe.parse({"columns": {"n": own, "a": {"distribution": "zipfian", "a": 1, "n": "n"}}})
    frame = pd.DataFrame({"n": [20, 20, 400], "a": [20, 21, 21]})
    exact = stats.zipfian.logpmf(frame["a"], 1, frame["n"]) - np.log(2)
    assert both.log_prob(frame) == pytest.approx(exact)


def test_rows_with_parameters_of_their_own_are_as_those_of_one_parameter() -> None:
    told = {"values": {1.5: 1, 2.5: 1}}
    both = Recipe.parse({"columns": {"b": told, "a": {"distribution": "zipf", "a": "b"}}})
    found: Any = both.sample(2000, seed=3)
    for shape, rows in found.groupby("b"):
        share = (rows["a"] == 1).mean()
        assert share == pytest.approx(1 / zeta(shape), abs=0.05)
    apart = {"by": "b", "cases": {20: 0.5, 30: 2.0}}
    told = {"values": {20: 1, 30: 1}}
    column = {"distribution": "betabinom", "n": "b", "a": apart, "b": 1.0}
    found = Recipe.parse({"columns": {"b": told, "a": column}}).sample(3000, seed=3)
    for size, shape in ((20, 0.5), (30, 2.0)):
        rows = found[found.b == size]
        assert rows["a"].mean() == pytest.approx(stats.betabinom(size, shape, 1).mean(), rel=0.1)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("binom", {"n": 1e18, "p": 0.5}),
        ("nbinom", {"n": 1e18, "p": 0.5}),
        ("betabinom", {"n": 1e12, "a": 1, "b": 2}),
        ("logser", {"p": 0.9999999}),
        ("skellam", {"mu1": 1e12, "mu2": 1}),
        ("zipfian", {"a": 0.9, "n": 1e12}),
        ("nchypergeom_wallenius", {"M": 1e6, "n": 5e5, "N": 4e4, "odds": 3}),
        ("betanbinom", {"n": 5, "a": 0.5, "b": 1}),
    ],
)
def test_too_many_values_are_refused_soon(name: str, parameters: dict[str, float]) -> None:
    began = time.monotonic()
    with pytest.raises(DataError, match=r"columns\.a.*too many to draw from"):
        recipe(distribution=name, **parameters)
    assert time.monotonic() - began < SECONDS


@pytest.mark.parametrize(
    "entries",
    [
        {"distribution": "poisson", "mu": 1e300},
        {"distribution": "zipf", "a": 1.0001},
        {"distribution": "geom", "p": 1e-300},
        {"distribution": "pareto", "b": 0.0001},
        {"distribution": "normal", "mean": 1e308, "decimals": 2},
    ],
)
def test_values_that_no_cell_can_hold_are_refused_with_their_place(
    entries: dict[str, object], recwarn: pytest.WarningsRecorder
) -> None:
    with pytest.raises(DataError, match=r"columns\.a.*some of its values lie beyond"):
        recipe(**entries).sample(1000, seed=1)
    assert not [each for each in recwarn if each.category is RuntimeWarning]
