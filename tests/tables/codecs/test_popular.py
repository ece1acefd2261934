"""Values that far more rows share than those around them are exact, and others are not."""

import numpy as np
import pytest
from numpy.typing import NDArray

from synth_dl.tables.codecs.number import NumberCodec


def atoms_of(values: NDArray[np.generic], min_count: int = 5) -> NDArray[np.generic]:
    """[A] the values that a codec keeps as they are."""
    codec = NumberCodec.fit(values, np.ones(len(values), bool), min_count=min_count)
    return codec.lows[codec.is_atom]


def test_round_prices_are_exact_though_each_has_few_rows() -> None:
    generator = np.random.default_rng(0)
    prices = generator.integers(200_000, 2_000_000, 6000)
    rounded = generator.random(6000) < 0.5
    prices[rounded] = prices[rounded] // 10_000 * 10_000
    found = atoms_of(prices)
    assert len(found) > 150
    assert (found % 10_000 == 0).all()


@pytest.mark.parametrize("whole", [True, False])
def test_values_of_a_smooth_distribution_are_none(whole: bool) -> None:
    values = np.random.default_rng(1).normal(0, 300, 20_000)
    assert len(atoms_of(values.round().astype(np.int64) if whole else values)) == 0


def test_values_that_stand_alone_on_their_grid_are_exact() -> None:
    generator = np.random.default_rng(2)
    towns = np.sort(generator.choice(20_000, 300, replace=False))
    rows = np.repeat(towns, generator.integers(5, 40, 300))
    found = atoms_of(rows)
    assert len(found) > 290  # but for a few that others stand right beside
    assert np.isin(found, towns).all()


@pytest.mark.parametrize("min_count", [5, 20])
def test_no_value_is_exact_that_fewer_rows_share(min_count: int) -> None:
    generator = np.random.default_rng(3)
    values = np.repeat(
        generator.choice(100_000, 400, replace=False), generator.integers(1, 30, 400)
    )
    shared = dict(zip(*np.unique(values, return_counts=True), strict=True))
    found = atoms_of(values, min_count)
    assert len(found) > 50
    assert min(shared[value] for value in found) >= min_count


def test_of_very_many_the_clearest_are_exact() -> None:
    values = np.repeat(np.arange(2000) * 1000, 10)
    values[values == 7000] = 8000  # 20 rows
    found = atoms_of(values)
    assert len(found) == 512
    assert 8000 in found
