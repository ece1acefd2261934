"""Controls that a report must tell apart: copy, independent columns, flips, fresh rows, picks."""

import numpy as np
import pytest
from known_tables import fresh, known

from synth_dl.metrics.encoded import EncodedTable, independent_columns
from synth_dl.metrics.picking import PICKED, low_order_ratio
from synth_dl.metrics.privacy.attacks import attack_scores
from synth_dl.metrics.privacy.membership import membership_success
from synth_dl.metrics.privacy.parts import Parts
from synth_dl.metrics.two_sample import two_sample_score

ROWS, SWAPS = 1_000, 4_000


def flipped(train: EncodedTable, seed: int) -> EncodedTable:
    """30 % of the cells are those of another row."""
    rng = np.random.default_rng(seed)
    other = independent_columns(train, seed).values
    return EncodedTable(train.columns, np.where(rng.random(other.shape) < 0.3, other, train.values))


def picked(train: EncodedTable, seed: int) -> EncodedTable:
    """Fresh rows, swapped for others while the counts of pairs come nearer to those of train."""
    rng = np.random.default_rng(seed)
    pool = known(5 * ROWS, seed)
    edges = np.quantile(train.values, np.arange(1, 10) / 10, axis=0)

    def cells(table: EncodedTable) -> np.ndarray:
        """[N, P] the cell of each pair of columns, numbers being cut into ten parts."""
        codes = np.stack([np.searchsorted(edges[:, k], table.values[:, k]) for k in range(5)], 1)
        first, second = np.triu_indices(5, k=1)
        return 10 * codes[:, first] + codes[:, second] + 100 * np.arange(len(first))

    wanted = np.bincount(cells(train).ravel(), minlength=1000)
    known_cells, chosen = cells(pool), np.arange(ROWS)
    left = np.bincount(known_cells[chosen].ravel(), minlength=1000) - wanted
    for _ in range(SWAPS):
        place, new = rng.integers(ROWS), rng.integers(len(pool))
        change = np.zeros(1000, dtype=np.int64)
        np.add.at(change, known_cells[new], 1)
        np.add.at(change, known_cells[chosen[place]], -1)
        if np.abs(left + change).sum() < np.abs(left).sum():
            left, chosen[place] = left + change, new
    return pool.take(chosen)


def judged(train: EncodedTable, holdout: EncodedTable, made: EncodedTable) -> tuple[bool, ...]:
    """Whether the rows give members away, are told from fresh ones, and were picked."""
    parts = Parts.of(train, holdout)
    assert parts is not None
    success = membership_success([attack_scores(parts, made)], parts.members)
    auc = two_sample_score(holdout, made)
    assert success is not None
    assert auc is not None
    return success.accused, auc > 0.6, low_order_ratio(train, made) < PICKED


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_five_controls_are_told_apart(seed: int) -> None:
    train, holdout = known(ROWS, 10 * seed), known(ROWS, 10 * seed + 1)
    assert judged(train, holdout, train) == (True, False, True)
    # Their cells are those of training rows, which gives a little away; so that is not asked.
    assert judged(train, holdout, independent_columns(train))[1:] == (True, False)
    assert judged(train, holdout, flipped(train, seed)) == (True, True, False)
    assert judged(train, holdout, fresh(train, 10 * seed + 2)) == (False, False, False)
    assert judged(train, holdout, picked(train, 10 * seed + 3)) == (False, False, True)
