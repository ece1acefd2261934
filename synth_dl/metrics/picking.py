"""Figures that are too good: rows that were picked, not drawn."""

import numpy as np

from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.marginals import shape_error
from synth_dl.metrics.trends import trend_error

DRAWS = 5
PICKED = 0.8  # of what draws of the training rows themselves get, below which rows were picked


def low_order_ratio(train: EncodedTable, synthetic: EncodedTable, seed: int = 0) -> float:
    """Shape and trend error, as a share of those of draws from the training rows themselves.

    Draws with replacement from the training rows are what a generator makes that knows their
    distribution exactly: a generator that draws gets 1 or more. Rows that are picked until one- and
    two-way figures fit (raking, swaps), or that are the training rows once each, get less; below
    0.8 that is no chance. Rows picked so are worth no more, and other figures do not follow.

    Unit: ratio. Range: from 0. Better: at least 1.
    Source: the picked rows of the winner of a public accuracy contest (mostlyai-qa, accuracy above
    its theoretical maximum); the mean of 5 draws is the reference.
    """
    rng = np.random.default_rng(seed)
    drawn = [train.take(rng.integers(len(train), size=len(synthetic))) for _ in range(DRAWS)]
    expected = float(np.mean([low_order_error(train, each) for each in drawn]))
    return low_order_error(train, synthetic) / expected if expected > 0 else 1.0


def low_order_error(train: EncodedTable, rows: EncodedTable) -> float:
    """Shape and trend error together, in percent."""
    return shape_error(train, rows) + trend_error(train, rows)
