"""What a model predicts of fresh rows, and how well, with the error that the choice of rows makes.

Every figure comes from predictions that stand, so that one fit answers all questions. The error is
that of the influence of each row on the score: the closed form of drawing the rows anew.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

MAX_CLASSES = 20


@dataclass(frozen=True)
class Score:
    """A score and what each row adds to it.

    Attributes:
        value: of all rows.
        influence: [M] of each row; their mean is 0.
    """

    value: float
    influence: NDArray[np.float64]

    @property
    def standard_error(self) -> float:
        """Of the value, over draws of the rows; 0 of a single row."""
        return standard_error(self.influence)


@dataclass(frozen=True)
class Predictions:
    """What a model that learnt from some rows says of the target of others.

    Attributes:
        answers: [M] the real values, of a category its code.
        classes: [K] those that are scored; none where the target is a quantity.
        predicted: [M, K] probability of each class, or any number that grows with it; [M, 1] the
            value of a quantity.
        rows: learnt from.
        gains: [F] how much each feature told the model, or None where it does not say.
        notes: what to know.
    """

    answers: NDArray[np.float64]
    classes: NDArray[np.float64]
    predicted: NDArray[np.float64]
    rows: int
    gains: NDArray[np.float64] | None = None
    notes: tuple[str, ...] = ()

    @property
    def measure(self) -> str:
        """ "AUC", the mean of one class against the rest, or "R2"."""
        return "AUC" if len(self.classes) else "R2"

    @cached_property
    def judged(self) -> Score:
        """AUC or R2."""
        if not len(self.classes):
            return explained_share(self.answers, self.predicted[:, 0])
        areas = [
            area_under_curve(self.answers == label, predicted)
            for label, predicted in zip(self.classes, self.predicted.T, strict=True)
        ]
        influence = np.mean([each.influence for each in areas], axis=0)
        return Score(float(np.mean([each.value for each in areas])), influence)


def area_under_curve(positive: NDArray[np.bool_], scores: NDArray[np.float64]) -> Score:
    """Area under the ROC curve, ties half.

    The error is that of DeLong et al. 1988 (Biometrics 44), by ranks as in Sun and Xu 2014 (IEEE
    Signal Processing Letters 21), algorithm 2.

    Args:
        positive: [M] which rows are of the class; some are and some are not.
        scores: [M] higher where a row is taken for one of the class.
    """
    from scipy.stats import rankdata

    within = np.empty(len(scores))
    for kind in (positive, ~positive):
        within[kind] = rankdata(scores[kind])
    others = np.where(positive, (~positive).sum(), positive.sum())
    below = (rankdata(scores) - within) / others  # share of the other kind
    right = np.where(positive, below, 1 - below)
    area = float(right[positive].mean())
    return Score(area, (right - area) * len(scores) / (len(scores) - others))


def explained_share(answers: NDArray[np.float64], predicted: NDArray[np.float64]) -> Score:
    """R2: the share of the squares of numbers around their mean that predictions explain.

    Args:
        answers: [M] numbers, not all the same.
        predicted: [M] of each.
    """
    scale = np.abs(answers).max()  # so that squares stay finite
    answers, predicted = answers / scale, predicted / scale
    errors, spread = (answers - predicted) ** 2, (answers - answers.mean()) ** 2
    left = errors.mean() / spread.mean()
    return Score(float(1 - left), (left * spread - errors) / spread.mean())


def standard_error(influence: NDArray[np.float64]) -> float:
    """Of a figure to which each of [M] rows adds so much; 0 of a single row."""
    return float(influence.std() / np.sqrt(max(len(influence) - 1, 1)))


def scored_classes(answers: NDArray[np.float64]) -> tuple[NDArray[np.float64], int]:
    """[K] at most 20 classes, the most frequent where there are more, and how many there are."""
    classes, counts = np.unique(answers, return_counts=True)
    if len(classes) <= MAX_CLASSES:
        return classes, len(classes)
    return classes[np.argsort(-counts, kind="stable")[:MAX_CLASSES]], len(classes)
