"""Bins end where counts change, single numbers stand alone, and noise makes neither."""

import numpy as np

from synth_dl.tables.private.bins import bins_worth_having, number_codec, single_numbers
from synth_dl.tables.private.grids import Grid

WHOLE, REAL = np.dtype("int64"), np.dtype("float64")


def counted(grid: Grid, numbers: np.ndarray, sigma: float, seed: int = 0) -> np.ndarray:
    counts = np.bincount(grid.place(numbers), minlength=grid.cells + len(grid.points))
    noise = np.random.default_rng(seed).normal(0, sigma, len(counts))
    return counts + np.rint(noise).astype(np.int64)


def test_an_empty_stretch_is_a_bin_of_its_own() -> None:
    random = np.random.default_rng(0)
    grid, numbers = Grid.between(0, 200, WHOLE), random.integers(50, 100, 20_000)
    codec = number_codec(grid, counted(grid, numbers, 20), 20, 12)
    assert {50, 100} <= {*codec.lows.tolist()}
    assert 12 <= codec.values < 20
    filled = (codec.lows >= 50) & (codec.highs <= 100)
    assert codec.shares[filled].sum() > 0.97
    # No bin holds far more than its part.
    assert codec.shares.max() < 2 / 12


def test_popular_numbers_have_codes_of_their_own() -> None:
    random = np.random.default_rng(0)
    spread = random.integers(0, 100_000, 5000)
    numbers = np.concatenate([spread, np.zeros(10_000, int), np.full(2000, 100_000)])
    for dtype in (WHOLE, REAL):
        grid = Grid.between(0, 100_000, dtype)
        codec = number_codec(grid, counted(grid, numbers.astype(dtype), 20), 20, 8)
        assert codec.lows[codec.is_atom].tolist() == [0, 100_000]
        values, _ = codec.decode(np.arange(codec.values)[:, None], np.full(codec.values, 0.5))
        assert ((values >= 0) & (values <= 100_000)).all()


def test_noise_alone_makes_one_bin() -> None:
    grid = Grid.between(0.0, 1.0, REAL)
    wrong = 0
    for seed in range(20):
        codec = number_codec(grid, counted(grid, np.zeros(0), 30, seed), 30, 8)
        wrong += codec.is_atom.any()
        # What chance leaves above zero is cut evenly.
        assert codec.values <= 16
    assert not wrong


def test_every_number_of_a_small_grid_is_a_code() -> None:
    codec = single_numbers(Grid.between(1, 16, WHOLE))
    assert codec.is_atom.all()
    assert codec.lows.tolist() == list(range(1, 17))


def test_more_rows_let_more_bins_stand() -> None:
    assert bins_worth_having(0, 0.03) == bins_worth_having(-50, 0.03) == 8
    assert bins_worth_having(32_561, 0.0306) == 16
    assert bins_worth_having(1e6, 1.8) == 32
