"""How far two tables are apart in pairs of columns, numbers being cut by quantiles of the first."""

from itertools import combinations

import numpy as np

from synth_dl.metrics.encoded import EncodedTable

BINS = 20


def two_way_error(real: EncodedTable, other: EncodedTable) -> float:
    """Mean total variation over all pairs of columns, in percent.

    Numbers are cut at the quantiles of `real`, at 20 bins each or fewer where many rows share one
    number; missing is a bin of its own. Categories stay as they are.
    """
    first, second, sizes = binned(real, other)
    found = [
        0.5 * np.abs(_shares(first, sizes, *pair) - _shares(second, sizes, *pair)).sum()
        for pair in combinations(range(len(sizes)), 2)
    ]
    return 100.0 * float(np.mean(found))


def binned(real: EncodedTable, other: EncodedTable) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Codes of both tables, and how many each column has."""
    columns: list[tuple[np.ndarray, np.ndarray]] = []
    sizes = []
    for place, column in enumerate(real.columns):
        pair = real.values[:, place], other.values[:, place]
        if column.numeric:
            known = pair[0][~np.isnan(pair[0])]
            cuts = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1]))
            columns.append((_cut(pair[0], cuts), _cut(pair[1], cuts)))
            sizes.append(len(cuts) + 2)
        else:
            columns.append((pair[0].astype(np.int64), pair[1].astype(np.int64)))
            sizes.append(column.levels)
    firsts, seconds = zip(*columns, strict=True)
    return np.column_stack(firsts), np.column_stack(seconds), sizes


def _cut(values: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), len(cuts) + 1, np.searchsorted(cuts, values, side="left"))


def _shares(codes: np.ndarray, sizes: list[int], first: int, second: int) -> np.ndarray:
    cells = codes[:, first] * sizes[second] + codes[:, second]
    return np.bincount(cells, minlength=sizes[first] * sizes[second]) / len(codes)
