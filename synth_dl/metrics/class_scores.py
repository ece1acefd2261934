"""Log-loss, AUC and average precision of class probabilities, and how sure they are.

Every score is computed for many weightings of the holdout rows at once, as the bootstrap asks for:
scores are sorted once, whatever the weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MEASURES = ("log_loss", "auc", "average_precision")
RESAMPLES = 500
LEVEL = 0.95
BLOCK = 50  # weightings at once, for the sake of memory


@dataclass(frozen=True)
class Interval:
    """A figure and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Bootstrap:
    """Resamples of splits and of holdout rows, the same for all that is compared.

    Holdout rows are drawn with replacement within each class, so that no class is ever missing.

    Attributes:
        rows: [1 + RESAMPLES, N] how often each holdout row counts; once in the first line.
        splits: [RESAMPLES, R] which splits are averaged over.
    """

    rows: NDArray[np.uint16]
    splits: NDArray[np.int64]

    @classmethod
    def of(cls, classes: NDArray[np.int64], splits: int, seed: int) -> "Bootstrap":
        """Resamples of [N] holdout rows with these classes and of so many splits."""
        generator = np.random.default_rng(seed)
        rows = np.ones((1 + RESAMPLES, len(classes)), np.uint16)
        for label in np.unique(classes):
            own = np.flatnonzero(classes == label)
            for line in rows[1:]:
                drawn = generator.integers(len(own), size=len(own))
                line[own] = np.bincount(drawn, minlength=len(own))
        return cls(rows, generator.integers(splits, size=(RESAMPLES, splits)))

    def intervals(self, scores: NDArray[np.float64]) -> list[Interval]:
        """The mean over splits of each measure, with its interval.

        Args:
            scores: [R, 1 + RESAMPLES, M] as `class_scores` gives them of each split, or paired
                differences of two such.
        """
        splits = len(scores)
        means = scores.mean(0)
        found = means[1:]
        if splits > 1:
            each = np.arange(1, len(means))
            drawn = scores[self.splits, each[:, None]].mean(1)
            # As few splits vary less in their resamples than the splits themselves.
            found = found + (drawn - found) * np.sqrt(splits / (splits - 1))
        low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
        ends = zip(means[0], low, high, strict=True)
        return [Interval(*(float(each) for each in figures)) for figures in ends]


def class_scores(
    answers: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    scored: Sequence[int],
    weights: NDArray[np.uint16],
) -> NDArray[np.float64]:
    """[B, 3] log-loss in nats, AUC and average precision under each weighting of the rows.

    Args:
        answers: [N] classes, whole numbers from 0 on.
        probabilities: [N, K] of each class.
        scored: the classes over which AUC and average precision, one against the rest, are averaged
            with equal weight.
        weights: [B, N] of the rows.
    """
    least = np.finfo(np.float64).eps  # as scikit-learn has it
    clipped = np.clip(probabilities, least, 1)
    clipped /= clipped.sum(1, keepdims=True)
    losses = -np.log(clipped[np.arange(len(answers)), answers])
    found = np.zeros((len(weights), len(MEASURES)))
    found[:, 0] = weights @ losses / weights.sum(1)
    for label in scored:
        order = np.argsort(-probabilities[:, label], kind="stable")
        ranked = probabilities[order, label]
        starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
        own = answers[order] == label
        for first in range(0, len(weights), BLOCK):
            block = slice(first, first + BLOCK)
            found[block, 1:] += _ranking(weights[block, order], own, starts)
    found[:, 1:] /= len(scored)
    return found


def _ranking(
    weights: NDArray[np.uint16], own: NDArray[np.bool_], starts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """[B, 2] AUC and average precision of rows that stand in descending order of their scores.

    Args:
        weights: [B, N] of the rows.
        own: [N] which rows are of the class.
        starts: where another score begins; rows of one score are a tie.
    """
    total = np.add.reduceat(weights, starts, axis=1, dtype=np.float64)
    hits = np.add.reduceat(weights * own, starts, axis=1, dtype=np.float64)
    misses = total - hits
    found = hits.cumsum(1)
    # Each row of another class is compared with those of the class: those above it, and half a tie.
    above = (misses * (found - hits / 2)).sum(1)
    auc = above / (found[:, -1] * misses.sum(1))
    seen = np.maximum(total.cumsum(1), 1)  # 0 only where nothing was found either
    return np.column_stack([auc, (hits * found / seen).sum(1) / found[:, -1]])
