"""Fidelity and diversity apart: alpha-precision and beta-recall, and patterns of missing cells."""

import numpy as np
from numpy.typing import NDArray

from synth_dl.metrics.embedding import Embedding, nearest, nearest_others
from synth_dl.metrics.encoded import EncodedTable

LEVELS = np.linspace(0.0, 1.0, 30)
MOST_ROWS = 5_000


def alpha_precision(real: EncodedTable, synthetic: EncodedTable, seed: int = 0) -> float:
    """How well the share of synthetic rows in the core of the real ones is as it should be.

    For 30 shares alpha from 0 to 1: P is the share of synthetic rows in the ball around the mean of
    the real rows that holds a share alpha of these; the figure is 100 (1 - sum |P - alpha| / sum
    alpha). Points are those of `Embedding`, of at most 5,000 rows of either kind. Independent
    columns score high: the ball knows no dependence, so that it finds outliers and crowding alone.

    Unit: %. Range: 0 to 100. Better: higher.
    Source: Alaa et al. 2022 (arXiv:2102.08921), section 3; synthcity, naive variant.
    """
    ours, theirs = _points(real, synthetic, seed)
    centre = ours.mean(axis=0)
    edges = np.quantile(np.linalg.norm(ours - centre, axis=1), LEVELS)
    found = (np.linalg.norm(theirs - centre, axis=1)[:, None] <= edges).mean(axis=0)
    return _agreement(found)


def beta_recall(real: EncodedTable, synthetic: EncodedTable, seed: int = 0) -> float:
    """How well real rows are covered by the core of the synthetic ones.

    A real row is covered where its nearest synthetic row is no farther than its nearest other real
    row. For 30 shares beta from 0 to 1: R is the share of real rows that are covered by one of the
    share beta of those synthetic rows that lie nearest to the mean of the synthetic rows; the
    figure is 100 (1 - sum |R - beta| / sum beta). Even a perfect generator covers about half of
    the rows only, so that the holdout is the reference.

    Unit: %. Range: 0 to 100. Better: higher.
    Source: Alaa et al. 2022 (arXiv:2102.08921), section 3; synthcity, naive variant.
    """
    ours, theirs = _points(real, synthetic, seed)
    if len(ours) < 2:
        return 0.0
    between, places = nearest(ours, theirs)
    covered = between[:, 0] <= nearest_others(ours)[0][:, 0]
    apart = np.linalg.norm(theirs[places[:, 0]] - theirs.mean(axis=0), axis=1)
    edges = np.quantile(apart, LEVELS)
    return _agreement((covered[:, None] & (apart[:, None] <= edges)).mean(axis=0))


def missing_pattern_error(real: EncodedTable, synthetic: EncodedTable) -> float:
    """Distance between the distributions of the pattern in which a row misses cells.

    Half the sum of |p_real - p_synthetic| over the sets of columns that miss their cell in one row.

    Unit: %. Range: 0 to 100. Better: lower.
    Source: total variation; the patterns are those of Rubin 1976.
    """
    sizes = len(real), len(synthetic)
    missing = [np.column_stack([each.missing(place) for place in range(len(each.columns))])
               for each in (real, synthetic)]  # fmt: skip
    _, pattern = np.unique(np.concatenate(missing), axis=0, return_inverse=True)
    first, second = pattern.ravel()[: sizes[0]], pattern.ravel()[sizes[0] :]
    count = int(pattern.max()) + 1
    shares = [np.bincount(each, minlength=count) / len(each) for each in (first, second)]
    return 50.0 * float(np.abs(shares[0] - shares[1]).sum())


def _points(
    real: EncodedTable, synthetic: EncodedTable, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    embedding = Embedding.of(real)
    size = min(len(real), len(synthetic), MOST_ROWS)
    return embedding(real.at_most(size, rng)), embedding(synthetic.at_most(size, rng))


def _agreement(found: NDArray[np.float64]) -> float:
    return 100.0 * float(1.0 - np.abs(LEVELS - found).sum() / LEVELS.sum())
