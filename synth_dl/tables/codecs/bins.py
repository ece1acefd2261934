"""Where the bins of a number lie: edges that rest on enough rows, and coarse groups of bins."""

from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray


def bin_edges(rest: NDArray[Any], min_count: int, parts: int) -> NDArray[Any]:
    """Ascending edges of at most `parts` bins over sorted `rest`, or none where rows are too few.

    An inner edge is the mean of `min_count` neighbouring rows. An extreme is the mean of the rows
    ranked `min_count` to `2 * min_count - 1` from its end: `min_count` rows reach it, and no fewer
    can move it past the next rows. At least `min_count` rows lie between any two edges.

    Args:
        rest: [N] int64 (a grid; the last edge is exclusive) or floats, ascending.
        min_count: rows that an edge rests on.
        parts: bins at most; fewer where a bin would have less than about `2 * min_count` rows.
    """
    size = len(rest)
    # Fewer rows have no window for both extremes.
    if size < 3 * min_count - 2:
        return rest[:0]
    first = min_count - 1
    low = _mean(rest[first : first + min_count])
    high = _mean(rest[size - first - min_count : size - first])
    if rest.dtype.kind == "i":
        high = high + 1
    wanted = max(1, min(parts, _rounded_down((size + min_count - 1) // (2 * min_count))))
    starts = np.unique(np.linspace(0, size, wanted + 1).round().astype(np.int64)[1:-1])
    starts = starts - min_count // 2
    starts = starts[(starts >= 0) & (starts + min_count <= size)]
    inner = np.unique(_mean(rest[starts[:, None] + np.arange(min_count)]))
    inner = inner[(inner > low) & (inner < high)]
    return _thin(np.concatenate([[low], inner, [high]]).astype(rest.dtype), rest, min_count)


def middle_value(rest: NDArray[Any], min_count: int) -> NDArray[Any]:
    """[1] the roundest number in the middle of rows too few for `bin_edges`, or none of them.

    It has the fewest binary digits of all that `min_count` rows lie at or below, and as many at or
    above; so it is nobody's cell but by chance, and fewer rows do not move it past the others.

    Args:
        rest: [N] as for `bin_edges`; below `2 * min_count` rows have no such middle.
        min_count: rows on either side.
    """
    if len(rest) < 2 * min_count:
        return rest[:0]
    low, high = (Fraction(rest[place].item()) for place in (min_count - 1, len(rest) - min_count))
    if low == high:
        return rest[:0]
    step = Fraction(2) ** int(max(abs(low), abs(high))).bit_length()
    while (found := ceil(low / step) * step) > high:
        step /= 2
    return np.array([int(found) if rest.dtype.kind == "i" else float(found)], rest.dtype)


def group_bins(
    bounds: NDArray[Any], rest: NDArray[Any], coarse: int, fine: int
) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int64], list[NDArray[Any]]]:
    """Neighbouring bins in groups: bounds of each group, its rows and its inner edges.

    Rows beyond the outermost edges belong to the outermost groups.

    Args:
        bounds: [parts + 1] ascending edges, or none.
        rest: [N] the rows in the bins.
        coarse: groups at most.
        fine: bins in a group at most.
    """
    parts = max(0, len(bounds) - 1)
    if not parts:
        return rest[:0], rest[:0], np.zeros(0, np.int64), []
    groups = max(1, min(coarse, parts), -(-parts // fine))
    cuts = np.unique(np.linspace(0, parts, groups + 1).round().astype(np.int64))
    lows, highs = bounds[cuts[:-1]], bounds[cuts[1:]]
    place = np.clip(np.searchsorted(lows, rest, side="right") - 1, 0, len(lows) - 1)
    inner = [bounds[a + 1 : b] for a, b in pairwise(cuts)]
    return lows, highs, np.bincount(place, minlength=len(lows)), inner


def _rounded_down(count: int) -> int:
    """The largest of 1, 2, 3, 4, 6, 8, 12, 16, 24, ... up to a count, which a few rows rarely move;
    0 for 0."""
    step = 1 << max(0, count.bit_length() - 2)
    return count // step * step


def _mean(rows: NDArray[Any]) -> Any:
    """Mean over the last axis, between the least and the largest; on a grid rounded up."""
    if rows.dtype.kind == "i":
        base = rows[..., :1]
        return base[..., 0] + np.ceil((rows - base).mean(-1)).astype(np.int64)
    mean = (rows.astype(np.float64) / rows.shape[-1]).sum(-1).astype(rows.dtype)
    return np.clip(mean, rows[..., 0], rows[..., -1])


def _thin(edges: NDArray[Any], rest: NDArray[Any], min_count: int) -> NDArray[Any]:
    """Drop inner edges until at least `min_count` rows lie between any two; all, if none do."""
    below = np.searchsorted(rest, edges, side="left")
    if rest.dtype.kind != "i":
        below[-1] = np.searchsorted(rest, edges[-1], side="right")
    if below[-1] - below[0] < min_count or not edges[-1] > edges[0]:
        return edges[:0]
    kept = [0]
    for index in range(1, len(edges) - 1):
        enough = below[index] - below[kept[-1]] >= min_count
        if enough and below[-1] - below[index] >= min_count:
            kept.append(index)
    return edges[[*kept, len(edges) - 1]]
