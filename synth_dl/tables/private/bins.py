"""Bins of a number from noisy counts of fine cells: what is made of these costs nothing more."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth_dl.tables.codecs.number import NumberCodec
from synth_dl.tables.private.grids import Grid

FEWEST, MOST = 8, 32  # bins of a number
_ROWS_OF_BIN = 350.0  # rows times the root of rho that a bin is worth
_HEAVY = 6.0  # standard deviations, from which on one number has a code of its own
_SHARE = 0.01  # of the rows, that it holds besides
_PENALTY = 2.5  # of a further bin, times the logarithm of the cells
_STRICTER = 1.5
_CHANGES = 2  # as many bins, where counts change so often


def bins_worth_having(rows: float, rho: float) -> int:
    """How many bins of a number the noise lets stand."""
    return int(np.clip(max(rows, 0.0) * np.sqrt(rho) / _ROWS_OF_BIN, FEWEST, MOST))


def number_codec(
    grid: Grid,
    noisy: NDArray[np.integer],
    sigma: float,
    bins: int,
    popular: tuple[NDArray[Any], NDArray[Any]] | None = None,
) -> NumberCodec:
    """Codes of single numbers that many rows share, and bins where the rest lies.

    A bin ends where the counts change more than noise would let them, so that empty stretches are
    bins of their own, and no bin holds far more rows than others.

    Args:
        grid: that the rows were counted on.
        noisy: [B + P] counts of its cells and points.
        sigma: standard deviation of their noise.
        bins: about so many.
        popular: single numbers of the cells that have codes of their own, and their counts.
    """
    counts = noisy.astype(np.float64)
    heavy = counts > max(_HEAVY * sigma, _SHARE * float(counts.sum()))
    held, points = counts[: grid.cells].copy(), counts[grid.cells :]
    apart = heavy[grid.cells :]
    np.add.at(held, grid.cell(grid.points[~apart]), points[~apart])
    numbers, shared = grid.points[apart], points[apart]
    if popular is not None:
        np.subtract.at(held, grid.cell(popular[0]), popular[1])
        numbers, shared = (
            np.concatenate(each) for each in zip((numbers, shared), popular, strict=True)
        )
    starts = _starts(held, sigma, bins)
    lows, highs = grid.edges[starts], grid.edges[np.append(starts[1:], grid.cells)]
    alone = heavy[starts] & (highs - lows == 1) & grid.whole
    highs = np.where(alone, lows, highs)
    rows = np.concatenate([shared, np.add.reduceat(held, starts)])
    return _codec(np.concatenate([numbers, lows]), np.concatenate([numbers, highs]), rows)


def single_numbers(grid: Grid) -> NumberCodec:
    """A code for each number of a grid that has few."""
    numbers = grid.edges[:-1]
    return _codec(numbers, numbers, np.ones(len(numbers)))


def _codec(lows: NDArray[Any], highs: NDArray[Any], rows: NDArray[np.float64]) -> NumberCodec:
    order, rows = np.lexsort((highs, lows / 2 + highs / 2)), np.maximum(rows, 0)
    shares = rows[order] / max(1.0, float(rows.sum()))
    return NumberCodec(
        lows[order], highs[order], shares, tuple(lows[:0] for _ in order), missing=True
    )


def _starts(held: NDArray[np.float64], sigma: float, bins: int) -> NDArray[np.int64]:
    """[bins] the first cell of each bin: where the counts change, and inside what is left large."""
    # The spread of these is 1 wherever rows are counted and noise is added.
    level = 2 * np.sqrt(np.maximum(held + sigma**2 + 3 / 8, 0))
    penalty = _PENALTY * np.log(len(held) + 1.0)
    while len(starts := _changes(level, penalty)) > _CHANGES * bins:
        penalty *= _STRICTER
    ends = np.append(starts[1:], len(held))
    rows = np.maximum(np.add.reduceat(held, starts), 0)
    parts = np.rint(rows / max(rows.sum() / bins, 1.0)).astype(np.int64)
    parts = np.clip(parts, 1, ends - starts)
    cuts = [
        first + (last - first) * np.arange(count) // count
        for first, last, count in zip(starts, ends, parts, strict=True)
    ]
    return np.concatenate(cuts)


def _changes(level: NDArray[np.float64], penalty: float) -> NDArray[np.int64]:
    """The first cells of stretches in which a level is about the same: those with the least sum of
    squares, where each further stretch costs a penalty."""
    sums, squares = (np.append(0.0, np.cumsum(part)) for part in (level, level**2))
    cost, before = np.full(len(level) + 1, np.inf), np.zeros(len(level) + 1, np.int64)
    cost[0] = -penalty
    for end in range(1, len(level) + 1):
        first = np.arange(end)
        within = squares[end] - squares[first] - (sums[end] - sums[first]) ** 2 / (end - first)
        total = cost[first] + within + penalty
        before[end] = int(np.argmin(total))
        cost[end] = total[before[end]]
    starts = [len(level)]
    while starts[-1]:
        starts.append(int(before[starts[-1]]))
    return np.array(starts[:0:-1], np.int64)
