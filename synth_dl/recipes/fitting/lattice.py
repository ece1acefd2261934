"""How finely numbers are rounded, and which values are repeated more often than those around."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth_dl.recipes.fitting.observed import Observed, Vector

MOST_DECIMALS = 8
WIDE = 2000  # cells between the ends, above which neighbours are counted by distinct values
BESIDE = 6  # cells on either side that make the neighbourhood
TIMES = 3.0  # a spike has so many times the rows of its neighbourhood, ...
TIMES_AT_END = 1.7  # (there it is held against steep families once more)
DEVIATIONS = 5.0  # ... is so many standard deviations above it, ...
SHARE = 0.005  # ... and rises above it by so large a share of all rows
MOST_SPIKES = 20
ENOUGH = 30.0  # rows of a cell to go on from
STEEPEST = 30.0  # times its neighbourhood that the first value of a steep family may have


@dataclass(frozen=True)
class Spike:
    """A value with rows of its own.

    Attributes:
        value: the value.
        rows: how many rows it has above its neighbourhood.
        at_end: whether it is the least or the largest value, so that a steep family could do too.
    """

    value: float
    rows: float
    at_end: bool


def decimals_of(values: Vector) -> int | None:
    """Decimals to which all values are rounded; below 0 for tens, hundreds; None if they are not.

    Args:
        values: [N] finite.
    """
    size = float(np.abs(values).max(initial=0.0))
    for decimals in range(MOST_DECIMALS + 1):
        shifted = values * 10.0**decimals
        # Digits that a float does not hold say nothing.
        if size * 10.0**decimals > 1e15:
            return None
        noise = min(1e-9 + 1e-13 * size * 10.0**decimals, 0.01)  # of sums and products in floats
        if np.abs(shifted - np.rint(shifted)).max(initial=0.0) <= noise:
            break
    else:
        return None
    while decimals <= 0 and size > 0 and not np.any(values % 10.0 ** (1 - decimals)):
        decimals -= 1
    return decimals


def find_spikes(observed: Observed, step: float | None, min_count: int) -> list[Spike]:
    """Values with mass much above their neighbourhood, such as 0 or 99.

    Args:
        observed: the distinct values with their rows.
        step: of the lattice on which they lie, or None.
        min_count: rows that a spike has at least.
    """
    values, counts, total = observed.values, observed.counts, observed.total
    least = max(min_count, SHARE * total)
    found = []
    for place in np.flatnonzero(counts >= least):
        level, at_end = _level(observed, step, int(place))
        rows = float(counts[place]) - level
        times = TIMES_AT_END if at_end and step is not None else TIMES
        above = counts[place] > times * level + DEVIATIONS * np.sqrt(level)
        if rows >= least and above:
            found.append(Spike(float(values[place]), rows, at_end and level > rows / STEEPEST))
    return sorted(found, key=lambda spike: -spike.rows)[:MOST_SPIKES]


def without(observed: Observed, spikes: list[Spike]) -> Observed:
    """The rows that the spikes leave."""
    counts = observed.counts.copy()
    for spike in spikes:
        counts[np.searchsorted(observed.values, spike.value)] -= spike.rows
    left = counts > 0.5
    return Observed(observed.values[left], counts[left], observed.step)


def _level(observed: Observed, step: float | None, place: int) -> tuple[float, bool]:
    """Rows that the neighbourhood lets expect at a value, and whether it stands at an end."""
    values, counts = observed.values, observed.counts
    at_end = place in (0, len(values) - 1)
    if step is None:
        return 0.0, at_end
    if values[-1] - values[0] > WIDE * step:
        beside = np.arange(max(place - BESIDE, 0), min(place + BESIDE + 1, len(values)))
        cells = (values[beside[-1]] - values[beside[0]]) / step
        rest = counts[beside[beside != place]]
        return float(np.median(rest) * len(rest) / max(cells, 1.0)), at_end

    def rows_at(offsets: NDArray[np.int64]) -> Vector:
        wanted = values[place] + offsets * step
        nearest = np.clip(np.searchsorted(values, wanted - step / 2), 0, len(values) - 1)
        return np.where(np.abs(values[nearest] - wanted) < step / 2, counts[nearest], 0.0)

    if at_end:
        return _beyond(rows_at(np.array([1, 2, 3]) * (1 if place == 0 else -1))), True
    offsets = np.delete(np.arange(-BESIDE, BESIDE + 1), BESIDE)
    within = (values[place] + offsets * step >= values[0] - step / 2) & (
        values[place] + offsets * step <= values[-1] + step / 2
    )
    left, right = rows_at(np.array([-1, 1]))
    return max(float(np.median(rows_at(offsets[within]))), float(np.sqrt(left * right))), False


def _beyond(rows: Vector) -> float:
    """Rows of the cell before three others, by a parabola of their logarithms."""
    first, second, third = rows
    if min(first, second, third) < ENOUGH:
        return float(max(first, first**2 / max(second, 1.0)))
    return float((first / second) ** 3 * third)
