"""Rounding and spikes of numbers, and quantiles that rest on enough rows."""

import numpy as np
import pytest

from synth_dl.recipes.fitting.lattice import decimals_of, find_spikes, without
from synth_dl.recipes.fitting.observed import Observed, Vector
from synth_dl.recipes.fitting.quantiles import roundest, smoothed_quantiles


@pytest.mark.parametrize(
    ("values", "decimals"),
    [
        ([1.0, 2, 7], 0),
        ([0.1, 0.25], 2),
        ([100.0, 2300], -2),
        ([np.pi, 1], None),
        ([0.0, 0], 0),
        ([1.7e9, 1.7e9 + 0.25], 2),
        ([1.7e9, 1.7e9 + 7], 0),
        ([0.1 + 0.2, 1e6 / 3 * 3], 1),
        ([-(10.0**14), 0.5], 1),
        ([1e15 + 0.125, 1.0], None),
        ([1e9, 1e9 + 1e-3, 1e9 + 2e-3], 3),
    ],
)
def test_decimals(values: list[float], decimals: int | None) -> None:
    assert decimals_of(np.array(values)) == decimals


def spikes_of(rows: Vector, step: float | None = None) -> set[float]:
    return {spike.value for spike in find_spikes(Observed.of(rows, step), step, 10)}


def test_values_with_rows_of_their_own_are_spikes() -> None:
    generator = np.random.default_rng(0)
    exact = np.where(generator.random(5000) < 0.2, 0.0, generator.lognormal(3, 1, 5000))
    whole = np.where(generator.random(5000) < 0.1, 99, generator.poisson(20, 5000))
    heaped = np.where(generator.random(5000) < 0.3, 40, generator.normal(38, 9, 5000).round())
    assert spikes_of(exact) == {0.0}
    assert spikes_of(whole, 1.0) == {99.0}
    assert spikes_of(heaped, 1.0) == {40.0}


@pytest.mark.parametrize("name", ["geometric", "poisson", "zipf", "uniform"])
def test_steep_counts_have_no_spikes_inside(name: str) -> None:
    generator = np.random.default_rng(1)
    rows = {
        "geometric": generator.geometric(0.5, 5000),
        "poisson": generator.poisson(0.8, 5000),
        "zipf": generator.zipf(2.5, 5000),
        "uniform": generator.integers(1, 7, 5000),
    }[name].astype(float)
    assert spikes_of(rows, 1.0) == set()


def test_a_spike_leaves_what_its_neighbours_let_expect() -> None:
    generator = np.random.default_rng(2)
    rows = np.where(generator.random(20000) < 0.3, 0, generator.poisson(4, 20000)).astype(float)
    observed = Observed.of(rows, 1.0)
    rest = without(observed, find_spikes(observed, 1.0, 10))
    share = rest.counts[rest.values == 0].sum() / rest.total
    assert share == pytest.approx(np.exp(-4), abs=0.01)


def test_quantiles_rest_on_enough_rows() -> None:
    rows = np.sort(np.random.default_rng(0).exponential(size=3000))
    found = smoothed_quantiles(rows, 10)
    assert (np.diff(found) > 0).all()
    assert (rows <= found[0]).sum() >= 10
    assert (rows >= found[-1]).sum() >= 10
    assert found[50] == pytest.approx(np.log(2), abs=0.05)
    # One row more or less, however far off, moves the ends by no more than to the next rows.
    moved = smoothed_quantiles(np.append(rows[:-1], 1e9), 10)
    assert moved[-1] == pytest.approx(found[-1])


def test_few_rows_tell_their_mean_and_spread_only() -> None:
    found = smoothed_quantiles(np.arange(12.0), 10)
    assert found.mean() == pytest.approx(5.5)
    assert len(found) == 2


@pytest.mark.parametrize(
    ("low", "high", "number"),
    [(-0.01, 0.02, 0.0), (0.96, 1.03, 1.0), (88.7, 91.2, 90.0), (1234.1, 1234.9, 1234.5)],
)
def test_the_roundest_number_between_two(low: float, high: float, number: float) -> None:
    assert roundest(low, high) == pytest.approx(number)
