"""Wide limits cost no detail: cells are finer where the rows are."""

import numpy as np
import pytest

from synth_dl.privacy.ledger import Budget
from synth_dl.privacy.mechanisms import noisy_counts
from synth_dl.tables.private.bins import number_codec
from synth_dl.tables.private.focus import busy_stretch, finer_grid
from synth_dl.tables.private.grids import CELLS, Grid


@pytest.mark.parametrize("dtype", ["int64", "float64"])
def test_cells_are_finer_where_the_rows_are(dtype: str) -> None:
    random, budget = np.random.default_rng(0), Budget(5.0, 1e-5)
    numbers = random.integers(18_000, 18_400, 5000).astype(dtype)
    grid = Grid.between(-25_000, 100_000, np.dtype(dtype))
    counts = np.bincount(grid.place(numbers), minlength=grid.cells + len(grid.points))
    noisy, sigma = noisy_counts(counts, budget, 0.01, "cells")
    coarse = number_codec(grid, noisy, sigma, 16)
    stretch = busy_stretch(grid, noisy, sigma)
    assert stretch is not None
    finer, held, sigma = finer_grid(numbers, grid, noisy, stretch, budget, 0.01, "x")
    assert (np.diff(finer.edges) > 0).all()
    assert finer.edges[[0, -1]].tolist() == grid.edges[[0, -1]].tolist()
    assert len(held) == finer.cells + len(finer.points)
    assert finer.cells > CELLS
    exact = np.bincount(finer.place(numbers), minlength=len(held))
    assert np.abs(held - exact).max() < 6 * sigma
    fine = number_codec(finer, held, sigma, 16)
    inside = [c.shares[(c.lows >= 17_990) & (c.highs <= 18_410)].sum() for c in (coarse, fine)]
    assert inside[1] > 0.9 > inside[0]
    assert budget.ledger.spent <= 0.02


def test_rows_that_lie_everywhere_nowhere_or_in_single_numbers_need_no_finer_cells() -> None:
    wide, small = (Grid.between(0, high, np.dtype("int64")) for high in (10**5, 200))
    counts = np.zeros(wide.cells + len(wide.points))
    assert busy_stretch(wide, counts, 10.0) is None
    counts[[3, 200]] = 500
    assert busy_stretch(wide, counts, 10.0) is None
    counts[200] = 0
    assert busy_stretch(wide, counts, 10.0) == (3, 3)
    assert busy_stretch(small, np.where(np.arange(201) == 3, 500.0, 0), 10.0) is None
