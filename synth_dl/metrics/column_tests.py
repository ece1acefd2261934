"""Whether each column alone shows that rows are not real, corrected for the number of columns."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from synth_dl.metrics.encoded import EncodedTable

FEWEST = 5  # rows that are expected of a category, below which categories are joined
MOST_ROWS = 20_000


@dataclass(frozen=True)
class ColumnTest:
    """A two-sample test of one column; p-values go from 0 to 1, small where the samples differ.

    Attributes:
        column: its name.
        test: "Kolmogorov-Smirnov" or "chi-squared".
        p_value: of this column alone.
        corrected: for asking about all columns (Holm 1979).
    """

    column: str
    test: str
    p_value: float
    corrected: float = 1.0


def column_tests(real: EncodedTable, synthetic: EncodedTable, seed: int = 0) -> list[ColumnTest]:
    """Two-sample tests of each column, with p-values corrected for the number of columns.

    Numbers: Kolmogorov-Smirnov, a missing number standing below all numbers; for values that repeat
    it errs towards no difference. Categories: chi-squared, missing being a category and those of
    fewer than 5 expected rows being one. Of more than 20,000 rows that many are drawn, since any
    difference shows in rows enough.

    Unit: p-value. Range: 0 to 1. Better: not small.
    Source: scipy.stats.ks_2samp and chi2_contingency; Holm 1979.
    """
    rng = np.random.default_rng(seed)
    real, synthetic = real.at_most(MOST_ROWS, rng), synthetic.at_most(MOST_ROWS, rng)
    found = []
    for place, column in enumerate(real.columns):
        if column.numeric:
            p_value = _kolmogorov_smirnov(real.values[:, place], synthetic.values[:, place])
            found.append(ColumnTest(column.name, "Kolmogorov-Smirnov", p_value))
            continue
        counts = [np.bincount(each.codes(place), minlength=column.levels)
                  for each in (real, synthetic)]  # fmt: skip
        found.append(ColumnTest(column.name, "chi-squared", _chi_squared(np.array(counts))))
    corrected = holm(np.array([each.p_value for each in found]))
    return [replace(each, corrected=float(p)) for each, p in zip(found, corrected, strict=True)]


def holm(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """[N] p-values such that one below x occurs by chance in a share of x of all families."""
    order = np.argsort(p_values, kind="stable")
    factors = len(p_values) - np.arange(len(p_values))
    corrected = np.empty(len(p_values))
    corrected[order] = np.maximum.accumulate(p_values[order] * factors).clip(max=1.0)
    return corrected


def _kolmogorov_smirnov(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    from scipy.stats import ks_2samp

    if min(len(first), len(second)) < 2:
        return 1.0  # one row tells nothing apart, and the asymptotic distribution is not there
    lowest = np.finfo(np.float64).min
    both = (np.nan_to_num(each, nan=lowest) for each in (first, second))
    return float(ks_2samp(*both, method="asymp").pvalue)  # pyright: ignore


def _chi_squared(counts: NDArray[np.int64]) -> float:
    from scipy.stats import chi2_contingency

    counts = counts[:, counts.sum(axis=0) > 0]
    expected = counts.sum(axis=0) * (counts.sum(axis=1).min() / counts.sum())
    rare = expected < FEWEST
    if rare.any():
        joined = counts[:, rare].sum(axis=1, keepdims=True)
        counts = np.concatenate([counts[:, ~rare], joined], axis=1)
    if counts.shape[1] < 2:
        return 1.0
    return float(chi2_contingency(counts, correction=False)[1])  # pyright: ignore
