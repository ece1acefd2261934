"""Finer cells where the rows are, for limits that are far wider than what lies between them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth_dl.privacy.ledger import Budget
from synth_dl.privacy.mechanisms import noisy_counts
from synth_dl.tables.private.grids import CELLS, Grid

_CLEARLY = 4.5  # standard deviations, which hardly one of a hundred empty cells comes to
_FEW = CELLS // 8  # cells next to each other, between which all that are clearly filled lie


def busy_stretch(grid: Grid, noisy: NDArray[Any], sigma: float) -> tuple[int, int] | None:
    """The first and the last cell that clearly hold rows, where they are near each other and hold
    more than one number each; else None."""
    clear = np.flatnonzero(noisy[: grid.cells] > _CLEARLY * sigma)
    if not len(clear) or clear[-1] - clear[0] >= _FEW:
        return None
    first, last = int(clear[0]), int(clear[-1])
    numbers = int(grid.edges[last + 1] - grid.edges[first]) if grid.whole else CELLS
    return (first, last) if numbers > last - first + 1 else None


def finer_grid(
    numbers: NDArray[Any], grid: Grid, noisy: NDArray[Any], stretch: tuple[int, int],
    budget: Budget, rho: float, name: str,
) -> tuple[Grid, NDArray[Any], float]:  # fmt: skip
    """The grid with finer cells in a stretch, its noisy counts, and the noise of the finer ones.

    Args:
        numbers: [N] that are counted.
        grid, noisy: the cells as they were, and their counts.
        stretch: the first and the last cell that are made finer.
        budget, rho: what pays, and what it may cost.
        name: of the column, for the ledger.
    """
    first, last = stretch
    own = Grid.between(grid.edges[first], grid.edges[last + 1] - grid.whole, grid.edges.dtype).edges
    inside = grid.place(numbers)
    inside = (inside >= first) & (inside <= last)
    place = np.clip(np.searchsorted(own, numbers[inside], side="right") - 1, 0, len(own) - 2)
    counts = np.bincount(place, minlength=len(own) - 1)
    found, sigma = noisy_counts(counts, budget, rho, f"finer cells of {name}")
    edges = np.concatenate([grid.edges[:first], own, grid.edges[last + 2 :]])
    held = np.concatenate([noisy[:first], found, noisy[last + 1 :]])
    return Grid(edges, grid.points), held, sigma
