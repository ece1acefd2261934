"""Counts of the combinations of some columns of codes, exact or with noise."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Marginal:
    """How many records have each combination of codes of some columns.

    Attributes:
        columns: indices of the columns, ascending.
        counts: records of each combination, [K_i, K_j, ...]; below zero where noise made them so.
        sigma: standard deviation of the noise on each count; 0 for exact counts.
    """

    columns: tuple[int, ...]
    counts: np.ndarray
    sigma: float


def exact_marginal(codes: np.ndarray, sizes: Sequence[int], columns: Sequence[int]) -> Marginal:
    """The exact counts of some columns of [N, V] codes, each in 0 ... size - 1; records in which
    one of them is unknown (-1) are not counted."""
    shape = tuple(sizes[column] for column in columns)
    own = codes.T[list(columns)]
    cells = np.ravel_multi_index(tuple(own[:, (own >= 0).all(0)]), shape)
    counts = np.bincount(cells, minlength=int(np.prod(shape))).reshape(shape)
    return Marginal(tuple(columns), counts.astype(np.float64), 0.0)


def rows_of(marginals: Sequence[Marginal], rounding: float = 0.0) -> float:
    """The number of rows by the sums of noisy counts, the surer ones weighing more; 1 at least.

    Args:
        marginals: with noise, or all of them exact.
        rounding: a standard deviation on each count beside the noise.
    """
    totals = np.array([each.counts.sum() for each in marginals])
    variances = np.array([each.counts.size * (each.sigma**2 + rounding**2) for each in marginals])
    weights = 1 / np.maximum(variances, np.finfo(float).tiny)
    return max(1.0, float(totals @ weights / weights.sum()))
