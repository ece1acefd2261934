"""Canaries: made-up rows of which some are planted among the training rows.

Whoever trains on a table with planted rows can tell afterwards whether the planted ones are found
and the withheld ones are not; both were made alike, so that nothing else tells them apart
(Carlini et al. 2019, arXiv:1802.08232).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from synth_dl.errors import ConfigError


@dataclass(frozen=True)
class Canaries:
    """Rows to train on, and rows that were made alike and kept back.

    Attributes:
        training: the real rows and the planted ones, in random order.
        planted: each once.
        withheld: as many.
    """

    training: pd.DataFrame
    planted: pd.DataFrame
    withheld: pd.DataFrame


def plant_canaries(
    frame: pd.DataFrame, count: int = 50, repeats: int = 1, seed: int = 0
) -> Canaries:
    """A training table with canaries, and the canaries that were kept back.

    A canary takes each cell from another random row, so that its cells are real and their
    combination is not.

    Args:
        frame: the real training rows.
        count: canaries that are planted, and as many that are not.
        repeats: how often each planted one stands in the training table.
        seed: of the canaries and the order of rows.

    Raises:
        ConfigError: if count or repeats is below 1, or the table has fewer than two rows.
    """
    if count < 1 or repeats < 1:
        raise ConfigError("canaries: count and repeats are whole numbers from 1 on")
    if len(frame) < 2:
        raise ConfigError("canaries need a table of at least two rows to take their cells from")
    rng = np.random.default_rng(seed)
    columns = [
        frame.iloc[rng.integers(len(frame), size=2 * count), place].reset_index(drop=True)
        for place in range(frame.shape[1])
    ]
    made = pd.concat(columns, axis=1)
    planted, withheld = made.iloc[:count], made.iloc[count:].reset_index(drop=True)
    training = pd.concat([frame, *[planted] * repeats], ignore_index=True)
    order = rng.permutation(len(training))
    return Canaries(training.iloc[order].reset_index(drop=True), planted, withheld)
