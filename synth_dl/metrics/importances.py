"""Which columns a model learns from, and whether synthetic rows teach it the same ones."""

from collections.abc import Mapping, Sequence

import numpy as np

from synth_dl.metrics.predictions import Predictions


def importance_agreement(first: Mapping[str, float], second: Mapping[str, float]) -> float:
    """How far a model of synthetic rows learns from the same columns as one of real rows.

    The overlap of the shares of the columns in the gain of LightGBM: the sum over columns of the
    smaller of both shares. Unlike a correlation of ranks it is not moved by the order of columns
    that hardly matter.

    Unit: %. Range: 0 to 100. Better: higher.
    Source: one less the total variation of gain importances (Friedman 2001, section 8.1).

    Args:
        first: share of each column, in percent.
        second: of the same columns.
    """
    return float(sum(min(share, second[name]) for name, share in first.items()))


def rank_correlation(first: Mapping[str, float], second: Mapping[str, float]) -> float | None:
    """Spearman's rho of the shares of columns, from -1 to 1; None where all are alike."""
    from scipy.stats import rankdata

    ranks = [rankdata([shares[name] for name in first]) for shares in (first, second)]
    if any(np.ptp(each) == 0 for each in ranks):
        return None
    return float(np.corrcoef(*ranks)[0, 1])


def importance_shares(
    predictions: Predictions | None, names: Sequence[str], target: str
) -> dict[str, float] | None:
    """Share of each column but the target in what the model gained, in percent.

    None where the model tells nothing, as it made no split.

    Args:
        predictions: of the model.
        names: of all columns, in their order.
        target: the one that was predicted.
    """
    if predictions is None or predictions.gains is None or not predictions.gains.sum() > 0:
        return None
    shares = 100 * predictions.gains / predictions.gains.sum()
    return dict(zip((name for name in names if name != target), map(float, shares), strict=True))
