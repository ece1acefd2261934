"""The simplest model of noisy counts: it knows what was measured, and takes all else for
independent."""

from collections.abc import Sequence

import numpy as np

from synth_dl.privacy.marginals import Marginal

Shares = dict[tuple[int, ...], np.ndarray]


def fit(marginals: Sequence[Marginal], sizes: Sequence[int]) -> Shares:
    """The shares of all that was measured."""
    found = {each.columns: np.maximum(each.counts, 0) for each in marginals}
    return {columns: (counts + 1e-9) / (counts + 1e-9).sum() for columns, counts in found.items()}


def marginal_of(model: Shares, columns: tuple[int, ...]) -> np.ndarray:
    """The shares of some columns' combinations."""
    if columns in model:
        return model[columns]
    shares = np.ones(())
    for column in columns:
        shares = np.multiply.outer(shares, model[(column,)])
    return shares
