"""Single numbers that many rows share, found by a closer look into the fullest fine cells."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth_dl.privacy.ledger import Budget
from synth_dl.privacy.mechanisms import noisy_counts
from synth_dl.tables.private.grids import CELLS, Grid

_CELLS = 16  # that are looked into
_WIDEST = 4096  # numbers in a cell; of more of them, most would hold noise alone
_MOST = 32  # numbers that are found
_CLEARLY = 6.0  # standard deviations, which chance does not come to
_SHARE = 0.002  # of the rows, below which a number is not worth a code


def may_hold_popular(low: int, high: int) -> bool:
    """Whether whole numbers between limits lie in cells of several, and of not too many."""
    return CELLS < high - low + 1 <= CELLS * _WIDEST


def popular_numbers(
    numbers: NDArray[np.int64], grid: Grid, noisy: NDArray[Any], sigma: float, budget: Budget,
    rho: float, name: str,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:  # fmt: skip
    """Ascending numbers that clearly many rows share, and their noisy counts.

    Args:
        numbers: [N] whole ones.
        grid: of fine cells of several numbers each.
        noisy: counts of its cells and points.
        sigma: of their noise.
        budget, rho: what pays, and what it may cost.
        name: of the column, for the ledger.
    """
    held = noisy[: grid.cells]
    most = np.argsort(-held, kind="stable")[:_CELLS]
    cells = np.sort(most[held[most] > _CLEARLY * sigma])
    if not len(cells):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    spans = [np.arange(int(grid.edges[cell]), int(grid.edges[cell + 1])) for cell in cells]
    single = np.concatenate(spans)
    own = numbers[np.isin(grid.place(numbers), cells)]
    counts = np.bincount(np.searchsorted(single, own), minlength=len(single))
    found, spread = noisy_counts(counts, budget, rho, f"single numbers of {name}")
    clear = np.flatnonzero(found > max(_CLEARLY * spread, _SHARE * float(noisy.sum())))
    clear = np.sort(clear[np.argsort(-found[clear], kind="stable")[:_MOST]])
    return single[clear], found[clear]
