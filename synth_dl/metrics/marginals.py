"""Each column on its own: shape error and missing error.

Where nothing is missing, the shape error is 100 (1 - Column Shapes) of SDMetrics 0.32 (mean of
KSComplement for numbers and TVComplement for categories) and the shape error of TabSyn
(arXiv:2310.09656, section 5). Where cells are missing the three differ: SDMetrics drops them, so
that it cannot see a wrong share of missing cells; TabSyn makes them a category of categorical
columns, as we do, and has no missing numbers. Here a missing number stands below all numbers, so
that the Kolmogorov-Smirnov distance sees it too.
"""

import numpy as np

from synth_dl.metrics.encoded import EncodedTable


def shape_error(real: EncodedTable, synthetic: EncodedTable) -> float:
    """Mean distance between the marginals of the columns, in percent.

    Range 0 to 100, lower is better; a perfect generator gets what a real holdout gets, which is
    above 0 by sampling alone, and the same table gets 0.

    Unit: %. Range: 0 to 100. Better: lower. Source: SDMetrics 0.32, Column Shapes; TabSyn
    (arXiv:2310.09656), section 5.
    """
    return float(np.mean(list(shape_errors(real, synthetic).values())))


def shape_errors(real: EncodedTable, synthetic: EncodedTable) -> dict[str, float]:
    """Distance between the marginals of each column, in percent (0 to 100, lower is better).

    Numbers: Kolmogorov-Smirnov distance sup |F_real - F_synthetic|, a missing number standing
    below all numbers. Categories: total variation, half the sum of |p_real - p_synthetic|, missing
    being a category.
    """
    errors = {}
    for position, column in enumerate(real.columns):
        if column.numeric:
            distance = _kolmogorov_smirnov(real.values[:, position], synthetic.values[:, position])
        else:
            codes = real.codes(position), synthetic.codes(position)
            distance = total_variation(*codes, column.levels)
        errors[column.name] = 100.0 * distance
    return errors


def missing_error(real: EncodedTable, synthetic: EncodedTable) -> float:
    """Mean difference of the shares of missing cells, in percentage points.

    The mean goes over the columns in which either table misses a cell; 0 if there are none. Range
    0 to 100, lower is better; a perfect generator gets what a real holdout gets, near 0. It is the
    complement of SDMetrics' MissingValueSimilarity, restricted to the columns where it says
    something.

    Unit: points. Range: 0 to 100. Better: lower. Source: SDMetrics 0.32, MissingValueSimilarity.
    """
    differences = []
    for position in range(len(real.columns)):
        shares = [float(table.missing(position).mean()) for table in (real, synthetic)]
        if max(shares) > 0:
            differences.append(abs(shares[0] - shares[1]))
    return 100.0 * float(np.mean(differences)) if differences else 0.0


def _kolmogorov_smirnov(first: np.ndarray, second: np.ndarray) -> float:
    # scipy.stats.ks_2samp spends most of its time on the p-value, which nobody asks for here.
    first = np.sort(np.nan_to_num(first, nan=-np.inf))
    second = np.sort(np.nan_to_num(second, nan=-np.inf))
    both = np.concatenate([first, second])
    share_first = np.searchsorted(first, both, side="right") / len(first)
    share_second = np.searchsorted(second, both, side="right") / len(second)
    return float(np.abs(share_first - share_second).max())


def total_variation(first: np.ndarray, second: np.ndarray, levels: int) -> float:
    """Half the sum of |p_first - p_second| over the codes from 0 to `levels` - 1."""
    share_first = np.bincount(first, minlength=levels) / len(first)
    share_second = np.bincount(second, minlength=levels) / len(second)
    return 0.5 * float(np.abs(share_first - share_second).sum())
