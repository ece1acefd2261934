"""A column of numbers becomes an entry of a recipe."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from synth_dl.recipes import Recipe
from synth_dl.recipes.fitting.numbers import NumberFit, fit_number
from synth_dl.recipes.fitting.observed import Vector

GENERATOR = np.random.default_rng(5)
ROWS = 4000


def draws(entry: dict[str, Any], rows: int = ROWS) -> Vector:
    return Recipe.parse({"columns": {"x": entry}}).sample(rows, seed=1)["x"].to_numpy(float)


def distance(first: Vector, second: Vector) -> float:
    both = np.concatenate([first, second])
    shares = [
        np.searchsorted(np.sort(rows), both, side="right") / len(rows) for rows in (first, second)
    ]
    return float(np.abs(shares[0] - shares[1]).max())


TABLES = {
    "normal, rounded": GENERATOR.normal(45, 12, ROWS).round(),
    "gamma, cents": GENERATOR.gamma(2, 1000, ROWS).round(2),
    "zeros and lognormal": np.where(
        GENERATOR.random(ROWS) < 0.3, 0, GENERATOR.lognormal(10, 0.5, ROWS)
    ),
    "poisson and 99": np.where(GENERATOR.random(ROWS) < 0.1, 99, GENERATOR.poisson(4, ROWS)),
    "zeros and poisson": np.where(GENERATOR.random(ROWS) < 0.3, 0, GENERATOR.poisson(4, ROWS)),
    "geometric": GENERATOR.geometric(0.5, ROWS),
    "uniform": GENERATOR.uniform(0, 1, ROWS),
    "exponential from 100": 100 + GENERATOR.exponential(5, ROWS),
    "two hills": np.concatenate([GENERATOR.normal(0, 1, 3000), GENERATOR.normal(8, 2, 1000)]),
    "few values": GENERATOR.choice([1, 2, 3, 5], ROWS, p=[0.5, 0.1, 0.1, 0.3]),
    "a tariff": GENERATOR.choice(GENERATOR.integers(0, 99999, 40), ROWS),
    "one value": np.full(ROWS, 7.0),
    "hundreds": GENERATOR.normal(5000, 1000, ROWS).round(-2),
    "far normal": GENERATOR.normal(12_345_678, 3, ROWS),
    "seconds": (1.7e9 + GENERATOR.gamma(2, 50, ROWS)).round(1),
    "far hills": 1e9 + GENERATOR.choice([0, 50], ROWS) + GENERATOR.normal(0, 2, ROWS),
    "far uniform": 1.7e9 + GENERATOR.integers(0, 60, ROWS),
    "far and cut off": np.maximum(2e6 + GENERATOR.normal(0, 20, ROWS), 2e6 - 20).round(2),
    "a narrow strip": 1e9 + GENERATOR.exponential(1e-4, ROWS),
    "gamma far above its end": 1000 + GENERATOR.gamma(100, 3, 5 * ROWS),
    "beta far inside its ends": GENERATOR.beta(60, 40, 5 * ROWS),
}


@cache
def fitted(name: str) -> NumberFit:
    """One of the tables, fitted once for all tests; none changes it."""
    return fit_number(TABLES[name].astype(float))


def test_numbers_that_differ_by_the_noise_of_floats_count_as_one() -> None:
    tidy = np.repeat([0.0, 1e8], 2000)
    noise = np.random.default_rng(0).choice([-1.5e-8, 0.0, 1.5e-8], 4000)
    assert fit_number(tidy + noise * (tidy > 0)).entry == {"values": {0: 0.5, 100_000_000: 0.5}}


@pytest.mark.parametrize("name", TABLES)
def test_draws_are_distributed_as_the_column(name: str) -> None:
    rows = TABLES[name].astype(float)
    assert distance(draws(fitted(name).entry), rows) < 0.045


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("normal, rounded", {"distribution": "norm", "decimals": 0}),
        ("gamma, cents", {"distribution": "gamma", "decimals": 2}),
        ("far normal", {"distribution": "norm"}),
        ("seconds", {"distribution": "gamma", "decimals": 1}),
        ("zeros and lognormal", {"distribution": "lognorm", "spikes": {0.0: 0.3}}),
        ("poisson and 99", {"distribution": "poisson", "spikes": {99: 0.1}}),
        ("zeros and poisson", {"distribution": "poisson", "spikes": {0: 0.3}}),
        ("geometric", {"distribution": "geom"}),
        ("uniform", {"distribution": "uniform"}),
        ("exponential from 100", {"distribution": "expon", "loc": 100.0}),
    ],
)
def test_known_distributions_are_named(name: str, expected: dict[str, Any]) -> None:
    fit = fitted(name)
    assert fit.accepted
    assert expected["distribution"] in fit.note
    for key, value in expected.items():
        if isinstance(value, dict):
            assert fit.entry[key] == pytest.approx(value, abs=0.03)
        else:
            assert fit.entry[key] == (pytest.approx(value) if key == "loc" else value)


def test_no_family_fits_is_an_answer() -> None:
    fit = fitted("two hills")
    assert not fit.accepted
    assert "no family fits" in fit.note
    assert set(fit.entry) == {"quantiles"}


def test_repeated_values_far_apart_are_listed_with_weights() -> None:
    assert len(fitted("a tariff").entry["values"]) == 40


def test_a_cut_off_family_is_the_family_between_its_ends() -> None:
    rows = GENERATOR.normal(30, 15, 12000)
    entry = fit_number(rows[(rows > 18) & (rows < 60)]).entry
    assert entry["distribution"] in ("norm", "weibull_min")
    assert entry["between"] == pytest.approx([18, 60], abs=0.3)


def test_what_is_never_negative_is_not_drawn_negative() -> None:
    rows = np.abs(GENERATOR.normal(3, 1.2, 3000))
    assert draws(fit_number(rows).entry).min() >= 0


@pytest.mark.parametrize("name", ["uniform", "exponential from 100", "two hills", "hundreds"])
def test_no_cell_of_an_extreme_row_is_told(name: str) -> None:
    rows = TABLES[name].astype(float)
    rare = {value for value in np.sort(rows)[[0, 1, 2, -3, -2, -1]] if (rows == value).sum() < 10}
    told = np.array(_numbers(fitted(name).entry))
    for value in rare:
        assert not np.isclose(told, value, rtol=1e-5, atol=0).any(), value


def test_rows_fewer_than_enough_tell_nothing() -> None:
    assert fit_number(np.arange(9.0)).entry == {"values": [0]}


def test_rare_values_are_not_listed() -> None:
    rows = np.repeat([1.0, 2, 3, 40], [400, 300, 295, 5])
    assert set(fit_number(rows).entry["values"]) == {1, 2, 3}


def _numbers(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [number for pair in value.items() for each in pair for number in _numbers(each)]
    if isinstance(value, list):
        return [number for each in value for number in _numbers(each)]
    return [float(value)] if isinstance(value, int | float) else []
