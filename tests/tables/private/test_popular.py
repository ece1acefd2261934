"""Numbers that many rows share are found in wide cells, and nothing that a few rows hold."""

import numpy as np
import pytest

from synth_dl.privacy.ledger import Budget
from synth_dl.privacy.mechanisms import noisy_counts
from synth_dl.tables.private.bins import number_codec
from synth_dl.tables.private.grids import Grid
from synth_dl.tables.private.popular import may_hold_popular, popular_numbers

WHOLE = np.dtype("int64")


def look(numbers: np.ndarray, budget: Budget):
    grid = Grid.between(0, 100_000, WHOLE)
    counts = np.bincount(grid.place(numbers), minlength=grid.cells + len(grid.points))
    noisy, sigma = noisy_counts(counts, budget, 0.01, "cells")
    found = popular_numbers(numbers, grid, noisy, sigma, budget, 0.01, "x")
    return grid, noisy, sigma, found


def test_popular_numbers_become_codes_and_rare_ones_do_not() -> None:
    random = np.random.default_rng(0)
    numbers = np.concatenate([
        random.integers(0, 100_000, 20_000), np.full(900, 7688), np.full(700, 15_024),
        np.full(500, 7700), np.full(3, 7691),
    ])  # fmt: skip
    budget = Budget(5.0, 1e-5)
    grid, noisy, sigma, (single, rows) = look(numbers, budget)
    assert single.tolist() == [7688, 7700, 15_024]
    np.testing.assert_allclose(rows, [900, 500, 700], atol=60)
    codec = number_codec(grid, noisy, sigma, 16, (single, rows))
    assert {7688, 7700, 15_024} <= {*codec.lows[codec.is_atom].tolist()}
    # Their rows are not counted twice.
    assert codec.shares.sum() == pytest.approx(1)
    around = codec.shares[(codec.lows <= 7600) & (codec.highs > 7800)]
    assert around.sum() < 0.12
    assert budget.ledger.spent <= 0.02


def test_where_no_cell_is_full_nothing_is_asked() -> None:
    budget = Budget(5.0, 1e-5)
    *_, (single, _) = look(np.arange(0, 100_000, 50), budget)
    assert not len(single)
    assert len(budget.ledger.entries) == 1


def test_cells_of_one_number_or_of_too_many_are_not_looked_into() -> None:
    assert [may_hold_popular(0, high) for high in (255, 256, 10**6, 10**7)] == [
        False, True, True, False
    ]  # fmt: skip
