"""Whether probabilities that a model says hold, and numbers that it says are right on average."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from synth_dl.metrics.predictions import Predictions

BINS, ROWS_EACH = 10, 20  # of as many rows each, fewer bins where rows are few
MOST_ROWS = 20_000
DRAWS = 200


@dataclass(frozen=True)
class ReliabilityPoint:
    """Rows of which a model says about the same.

    Attributes:
        said: mean of what it says: a probability, or a number of the target's unit.
        found: share of these rows that are of the class, or the mean of the target.
        rows: as many.
    """

    said: float
    found: float
    rows: int


def calibration_error(predictions: Predictions, seed: int = 0) -> float:
    """How far what a model says lies from what holds, over rows of which it says about the same.

    The root of the calibration part of the Brier score, over 10 bins of as many holdout rows each,
    less what chance alone makes of it, and the mean over classes within the root. Of a quantity the
    same part of the mean squared error, in percent of its standard deviation. A model that knows
    nothing but the shares of the classes is calibrated too, so that it tells nothing by itself. At
    most 20,000 rows are asked.

    Unit: points, or % of a standard deviation. Range: from 0. Better: lower.
    Source: Murphy 1973, decomposition of the Brier score; less its bias as in Kumar et al. 2019
    (arXiv:1909.10155).
    """
    return _error(*_residuals(_few(predictions, seed)))


def calibration_standard_error(predictions: Predictions, seed: int = 0) -> float:
    """Standard error of `calibration_error`: 200 draws of the rows, on predictions that stand."""
    residuals, bins = _residuals(_few(predictions, seed))
    rng = np.random.default_rng(seed)
    draws = (rng.integers(len(bins), size=len(bins)) for _ in range(DRAWS))
    return float(np.std([_error(residuals[rows], bins[rows]) for rows in draws], ddof=1))


def reliability_curve(predictions: Predictions, label: float | None) -> list[ReliabilityPoint]:
    """What a model says and what holds, of 10 bins of as many rows each, the lowest first.

    Args:
        predictions: of the model.
        label: the class whose probability is meant; of classes, None means all together.
    """
    said, found = _sides(predictions)
    if label is not None:
        chosen = predictions.classes == label
        said, found = said[:, chosen], found[:, chosen]
    said, found = said.ravel(), found.ravel()
    bins = _bins(said)
    counts = np.bincount(bins)
    held = np.flatnonzero(counts)
    return [ReliabilityPoint(float(said[bins == each].mean()), float(found[bins == each].mean()),
                             int(counts[each])) for each in held]  # fmt: skip


def _few(predictions: Predictions, seed: int) -> Predictions:
    if len(predictions.answers) <= MOST_ROWS:
        return predictions
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(predictions.answers), MOST_ROWS, replace=False)
    answers, predicted = predictions.answers[rows], predictions.predicted[rows]
    return replace(predictions, answers=answers, predicted=predicted)


def _sides(predictions: Predictions) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """[M, K] what is said, and what is; K is 1 for a quantity."""
    answers = predictions.answers[:, None]
    if not len(predictions.classes):
        return predictions.predicted, answers
    return predictions.predicted, (answers == predictions.classes).astype(np.float64)


def _residuals(predictions: Predictions) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """[M, K] what is said less what is, in points, and its bin, others for each class."""
    said, found = _sides(predictions)
    scale = 1.0
    if not len(predictions.classes):
        most = np.abs(found).max()  # so that squares stay finite
        scale = float((found / most).std() * most) or 1.0
    bins = np.column_stack([_bins(column) + BINS * place for place, column in enumerate(said.T)])
    return 100 * (said / scale - found / scale), bins


def _bins(said: NDArray[np.float64]) -> NDArray[np.int64]:
    """[N] number of the bin of each; equal numbers share one."""
    count = min(BINS, max(1, len(said) // ROWS_EACH))
    edges = np.quantile(said, np.arange(1, count) / count)
    return np.searchsorted(edges, said, side="left")


def _error(residuals: NDArray[np.float64], bins: NDArray[np.int64]) -> float:
    flat, places = residuals.ravel(), bins.ravel()
    counts = np.bincount(places)
    means = np.bincount(places, flat) / counts.clip(1)
    squares = np.bincount(places, flat**2) / counts.clip(1)
    chance = (squares - means**2) / (counts - 1).clip(1)
    return float(np.sqrt(max(counts @ (means**2 - chance) / len(flat), 0.0)))
