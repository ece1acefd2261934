"""Quantiles that rest on enough rows: what stands in for a family, and ends of a support."""

import numpy as np

from synth_dl.recipes.fitting.observed import Observed, Vector

PARTS = 100


def sorted_rows(observed: Observed, step: float | None = None) -> Vector:
    """[N] the rows in order, those of one value spread evenly over its rounding cell."""
    repeats = np.maximum(np.round(observed.counts), 1).astype(np.int64)
    rows = np.repeat(observed.values, repeats)
    if step is None:
        return rows
    first = np.repeat(np.cumsum(repeats) - repeats, repeats)
    rank = np.arange(len(rows)) - first + 0.5
    return rows + step * (rank / np.repeat(repeats, repeats) - 0.5)


def smoothed_quantiles(rows: Vector, min_count: int, parts: int = PARTS) -> Vector:
    """Values at equally spaced levels from 0 to 1, each the mean of `min_count` neighbours.

    The ends are the means of the rows ranked `min_count` to `2 * min_count - 1`: enough rows reach
    them, and no fewer can move them past the next rows.

    Args:
        rows: [N] in order.
        min_count: rows that each value rests on.
        parts: intervals at most; there are fewer where they would hold fewer than `min_count` rows.

    Returns:
        [parts + 1] ascending without repeats; two values about the mean where rows are too few.
    """
    count = len(rows)
    if count < 4 * min_count:
        half = max(float(np.std(rows)) * np.sqrt(3), 1e-6 * max(1.0, abs(float(np.mean(rows)))))
        return float(np.mean(rows)) + np.array([-half, half])
    parts = max(1, min(parts, count // min_count))
    sums = np.concatenate([[0.0], np.cumsum(rows - rows[0])])
    centre = np.round(np.linspace(0, count, parts + 1)).astype(np.int64)
    start = np.clip(centre - min_count // 2, min_count - 1, count - 2 * min_count + 1)
    values = rows[0] + (sums[start + min_count] - sums[start]) / min_count
    values = np.maximum.accumulate(values).astype(np.float64)
    nudge = 1e-9 * max(float(values[-1] - values[0]), 1e-9 * max(1.0, abs(float(values[0]))))
    return values + nudge * np.arange(len(values)) if np.any(np.diff(values) <= 0) else values


def roundest(low: float, high: float) -> float:
    """The number between two with the fewest digits; of several the one nearest to the middle."""
    if not high > low:
        return low
    if low <= 0 <= high:
        return 0.0
    size = int(np.floor(np.log10(high - low))) + 1
    for digits in (10.0**size, 5 * 10.0 ** (size - 1), 10.0 ** (size - 1)):
        first, last = np.ceil(low / digits), np.floor(high / digits)
        if first <= last:
            middle = np.clip(np.rint((low + high) / 2 / digits), first, last)
            return float(f"{middle * digits:.15g}")
    return (low + high) / 2
