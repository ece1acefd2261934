"""Columns two by two: trend error.

The definition is that of TabSyn (arXiv:2310.09656, section 5) and of SDMetrics up to 0.26: the mean
over all pairs. Since 0.27 the QualityReport of SDMetrics leaves out the pairs whose real
association is weak (`real_correlation_threshold`, `real_association_threshold`); with both set to 0
and `num_rows_subsample=None` its Column Pair Trends of 0.32 is 1 - error / 100 with `bins="own"`.
Two deviations: a correlation that does not exist (a constant column) counts as 0, where SDMetrics
leaves the pair out; and missing numbers are a bin of their own, where SDMetrics puts them into the
last one.
"""

from typing import Literal

import numpy as np

from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.marginals import total_variation

BINS = 10
DENSE_CELLS = 1 << 20


def trend_error(
    real: EncodedTable, synthetic: EncodedTable, bins: Literal["real", "own"] = "real"
) -> float:
    """Mean distance between the joint distributions of all pairs of columns, in percent.

    Range 0 to 100, lower is better; a perfect generator gets what a real holdout gets, which is
    above 0 by sampling alone, and the same table gets 0. A table of one column has no pairs: 0.

    Unit: %. Range: 0 to 100. Better: lower. Source: TabSyn (arXiv:2310.09656), section 5; SDMetrics
    up to 0.26, Column Pair Trends.

    Args:
        real: the table that is imitated.
        synthetic: the table that imitates.
        bins: "real" cuts the numbers of both tables at the edges of the real table; "own" cuts each
            table at its own edges, as SDMetrics and TabSyn do, so that one extreme value in either
            moves the figure by as much as a point.
    """
    errors = trend_errors(real, synthetic, bins)
    if len(real.columns) < 2:
        return 0.0
    return float(errors[np.triu_indices(len(real.columns), k=1)].mean())


def trend_error_own_bins(real: EncodedTable, synthetic: EncodedTable) -> float:
    """Trend error with each table cut at its own edges, as SDMetrics and TabSyn do, in percent.

    Unit: %. Range: 0 to 100. Better: lower. Source: SDMetrics up to 0.26, Column Pair Trends.
    """
    return trend_error(real, synthetic, bins="own")


def trend_errors(
    real: EncodedTable, synthetic: EncodedTable, bins: Literal["real", "own"] = "real"
) -> np.ndarray:
    """(columns, columns) symmetric distances in percent (0 to 100, lower is better).

    Two numbers: half the difference of their Pearson correlations, over the rows that have both.
    Otherwise: half the sum of |p_real(a, b) - p_synthetic(a, b)|, a number being cut into ten bins
    of equal width, with one more below and one above, and missing being a category.
    """
    count = len(real.columns)
    errors = np.zeros((count, count))
    numeric = np.flatnonzero(real.numeric)
    correlations = np.abs(_correlations(real, numeric) - _correlations(synthetic, numeric)) / 2
    errors[np.ix_(numeric, numeric)] = 100.0 * correlations
    real_codes, synthetic_codes, levels = _cut(real, synthetic, bins)
    for first in range(count):
        for second in range(first + 1, count):
            if real.columns[first].numeric and real.columns[second].numeric:
                continue
            distance = _joint_variation(
                real_codes[first] * levels[second] + real_codes[second],
                synthetic_codes[first] * levels[second] + synthetic_codes[second],
                levels[first] * levels[second],
            )
            errors[first, second] = errors[second, first] = 100.0 * distance
    return errors


def _cut(
    real: EncodedTable, synthetic: EncodedTable, bins: str
) -> tuple[list[np.ndarray], list[np.ndarray], list[int]]:
    real_codes, synthetic_codes, levels = [], [], []
    for position, column in enumerate(real.columns):
        if column.numeric:
            ours, theirs = real.values[:, position], synthetic.values[:, position]
            edges = _edges(ours)
            real_codes.append(_bin(ours, edges))
            synthetic_codes.append(_bin(theirs, edges if bins == "real" else _edges(theirs)))
            levels.append(BINS + 3)
        else:
            real_codes.append(real.codes(position))
            synthetic_codes.append(synthetic.codes(position))
            levels.append(column.levels)
    return real_codes, synthetic_codes, levels


def _edges(values: np.ndarray) -> np.ndarray:
    present = values[~np.isnan(values)]
    low, high = (present.min(), present.max()) if len(present) else (0.0, 0.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    # Of halves, whose distance is finite; edges may repeat where there is no number between them.
    return 2 * np.linspace(low / 2, high / 2, BINS + 1)


def _bin(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    codes = np.digitize(values, edges)
    codes[np.isnan(values)] = BINS + 2
    return codes


def _joint_variation(first: np.ndarray, second: np.ndarray, cells: int) -> float:
    if cells > DENSE_CELLS:
        # Two columns of many categories: only the cells that occur are counted.
        _, joined = np.unique(np.concatenate([first, second]), return_inverse=True)
        first, second = joined[: len(first)], joined[len(first) :]
        cells = int(joined.max()) + 1
    return total_variation(first, second, cells)


def _correlations(table: EncodedTable, numeric: np.ndarray) -> np.ndarray:
    """(numeric, numeric) Pearson correlations over pairwise complete rows; 0 where undefined."""
    values = table.values[:, numeric]
    present = ~np.isnan(values)
    # In powers of two, so that the squares of large numbers are finite and all others the same.
    _, exponents = np.frexp(np.where(present, np.abs(values), 0.0).max(axis=0, initial=0.0))
    values = np.ldexp(values, -exponents)
    counts = np.maximum(present.sum(axis=0), 1)
    centred = np.where(present, values, 0.0)
    centred = np.where(present, centred - centred.sum(axis=0) / counts, 0.0)
    spread = np.sqrt((centred**2).sum(axis=0) / counts)
    # Unit spread before the sums of products, as dates in seconds would cancel otherwise.
    centred /= np.where(spread > 0, spread, 1.0)
    there = present.astype(np.float64)
    rows = np.maximum(there.T @ there, 1.0)
    means = centred.T @ there / rows
    squares = (centred**2).T @ there / rows
    variances = np.maximum(squares - means**2, 0.0)
    covariances = centred.T @ centred / rows - means * means.T
    scale = np.sqrt(variances * variances.T)
    defined = (variances > 1e-12) & (variances.T > 1e-12)
    return np.where(defined, covariances / np.where(defined, scale, 1.0), 0.0).clip(-1.0, 1.0)
