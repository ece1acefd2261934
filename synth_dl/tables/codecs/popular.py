"""Values that far more rows share than those around them: round prices, limits, defaults."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST = 512  # of one column; each takes a code of its own
LEAST_SHARE = 0.0002  # of the rows, below which a value is not worth a code
NEIGHBOURS = 8  # on either side
CLEARLY = 4.0  # standard deviations above what its neighbours let expect


def popular_values(
    distinct: NDArray[Any], counts: NDArray[np.int64], min_count: int
) -> NDArray[np.bool_]:
    """[D] which values are clearly more frequent than those around them.

    Spread over a bin, their rows would fall on values that hardly any real row has, as a price of
    1,200,413. What to expect of a value is the mean of its neighbours: on a grid of all points
    among them, so that values which stand alone are found too; on the real line of the values that
    occur.

    Args:
        distinct: [D] int64 (a grid) or floats, ascending.
        counts: [D] rows of each.
        min_count: rows that a value rests on.
    """
    place = np.arange(len(distinct))
    first = np.maximum(place - NEIGHBOURS, 0)
    last = np.minimum(place + NEIGHBOURS, len(distinct) - 1)
    sums = np.append(0, np.cumsum(counts))
    others = sums[last + 1] - sums[first] - counts
    points = (last - first).astype(np.float64)
    if distinct.dtype.kind == "i":
        points = distinct[last].astype(np.float64) - distinct[first].astype(np.float64)
    expected = others / np.maximum(points, 1)
    clearly = expected + CLEARLY * np.sqrt(expected + 1)
    found = counts >= np.maximum(clearly, max(min_count, LEAST_SHARE * sums[-1]))
    if found.sum() > MOST:
        excess = np.where(found, counts - expected, -1.0)
        found[np.argsort(-excess, kind="stable")[MOST:]] = False
    return found
