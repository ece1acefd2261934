"""What synthetic rows are worth for learning: beside real rows, in real rows, for every column."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from synth_dl.metrics.boosting import workers
from synth_dl.metrics.efficiency import (
    boosted_predictions,
    machine_learning_efficiency,
)
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.predictions import Predictions, Score, standard_error

COLUMN_ROWS = 4_000  # to learn from and to be asked, of each column
CURVE = 7  # points of a learning curve, each of half as many rows as the next
DRAWS = 3  # of rows, at each point but the last


@dataclass(frozen=True)
class Effective:
    """How many real rows are worth as much as the synthetic ones.

    Attributes:
        rows: as many; a bound where `beyond` is set.
        beyond: "fewer" where the score is below that of the fewest rows tried, "more" where it is
            above that of all, None otherwise.
        interval: rows worth a score of two standard errors less, and of two more.
        curve: number of real rows and their score.
    """

    rows: int
    beyond: str | None
    interval: tuple[int, int]
    curve: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class ColumnUtility:
    """How well each column is predicted from the others.

    Attributes:
        scores: of each column that could be asked for, from 0 to 1.
        standard_error: of their mean, over draws of the rows that are asked.
    """

    scores: dict[str, float]
    standard_error: float

    @property
    def mean(self) -> float | None:
        """Over the columns; None without any."""
        return float(np.mean(list(self.scores.values()))) if self.scores else None


def effective_rows(
    train: EncodedTable,
    holdout: EncodedTable,
    target: str,
    score: float,
    seed: int = 0,
    task: str | None = None,
    *,
    error: float = 0.0,
    whole: float | None = None,
) -> Effective | None:
    """N_eff: the number of real rows from which a model learns as much as from the synthetic ones.

    The learning curve of LightGBM on real rows, at 7 sizes that halve, the mean of 3 draws each,
    made monotone and read between two sizes on a scale of logarithms. None where nothing can be
    learnt.

    Unit: rows. Range: up to the number of training rows. Better: higher.
    Source: the learning curve read backwards, as in effective sample sizes.

    Args:
        train: real rows to learn from.
        holdout: real rows that are asked for.
        target: the column.
        score: of a model that learnt from the synthetic rows.
        seed: of the draws.
        task: `classification` or `regression`, as in `machine_learning_efficiency`.
        error: standard error of the score, less that of a model of all real rows.
        whole: score of all real rows, where it is known.
    """
    rng = np.random.default_rng(seed)
    sizes = sorted({max(2, len(train) >> halved) for halved in range(CURVE)})
    draws = [(size, train.at_most(size, rng)) for size in sizes
             for _ in range(1 if size == len(train) else DRAWS)]  # fmt: skip

    def scored(rows: EncodedTable) -> float | None:
        if whole is not None and len(rows) == len(train):
            return whole
        found = machine_learning_efficiency(rows, holdout, target, seed, task)
        return None if found is None else found.score

    with ThreadPoolExecutor(workers()) as pool:
        found = list(pool.map(scored, (rows for _, rows in draws)))
    curve = []
    for size in sizes:
        known = [each for (rows, _), each in zip(draws, found, strict=True)
                 if rows == size and each is not None]  # fmt: skip
        if known:
            curve.append((size, float(np.mean(known))))
    if not curve:
        return None
    rows = np.log([size for size, _ in curve])
    scores = np.maximum.accumulate([value for _, value in curve])
    beyond = "fewer" if score < scores[0] else "more" if score > scores[-1] else None
    read = np.interp([score, score - 2 * error, score + 2 * error], scores, rows)
    worth, low, high = (round(float(each)) for each in np.exp(read))
    return Effective(worth, beyond, (low, high), tuple(curve))


def real_and_synthetic(
    real: EncodedTable,
    synthetic: EncodedTable,
    holdout: EncodedTable,
    target: str,
    seed: int = 0,
    task: str | None = None,
) -> Predictions | None:
    """Score of LightGBM that learns from real and synthetic rows together, beside real ones alone.

    As many synthetic rows at most as there are real ones; the rest is as in
    `machine_learning_efficiency`. What stands in the place of the perfect generator is the score of
    the real rows alone: a higher one means that synthetic rows add something.

    Unit: AUC or R2. Range: AUC 0 to 1, R2 up to 1. Better: higher.
    Source: augmentation as in Manousakas and Aydöre 2023 (arXiv:2306.15636).
    """
    added = synthetic.at_most(len(real), np.random.default_rng(seed))
    both = EncodedTable(real.columns, np.concatenate([real.values, added.values]))
    return boosted_predictions(both, holdout, target, seed, task)


def utility_of_columns(learnt: EncodedTable, holdout: EncodedTable, seed: int = 0) -> ColumnUtility:
    """Score of each column of the holdout, predicted from the others by what rows teach.

    LightGBM on at most 4,000 rows; classes by AUC, numbers by R2, neither below that of knowing
    nothing and both from 0 (nothing) to 1 (all): AUC is 2 AUC - 1 here. Columns that cannot be
    asked for are left out. The mean over columns is the global utility of TabStruct.

    Unit: score. Range: 0 to 1. Better: higher.
    Source: TabStruct (arXiv:2509.11950), global utility.
    """
    rng = np.random.default_rng(seed)
    learnt, holdout = learnt.at_most(COLUMN_ROWS, rng), holdout.at_most(COLUMN_ROWS, rng)
    names = holdout.names if len(holdout.columns) > 1 else []
    with ThreadPoolExecutor(workers()) as pool:
        asked = pool.map(boosted_predictions, repeat(learnt), repeat(holdout), names, repeat(seed))
        found = {name: _from_nothing_to_all(each)
                 for name, each in zip(names, asked, strict=True) if each is not None}  # fmt: skip
    influences = np.zeros((max(len(found), 1), len(holdout)))
    for place, (name, each) in enumerate(found.items()):
        present = ~holdout.missing(holdout.names.index(name))
        influences[place, present] = each.influence * (len(holdout) / present.sum())
    scores = {name: each.value for name, each in found.items()}
    return ColumnUtility(scores, standard_error(influences.mean(axis=0)))


def _from_nothing_to_all(predictions: Predictions) -> Score:
    found = predictions.judged
    value, influence = found.value, found.influence
    if predictions.measure == "AUC":
        value, influence = 2 * value - 1, 2 * influence
    moved: NDArray[np.float64] = influence if value > 0 else np.zeros_like(influence)
    return Score(float(np.clip(value, 0.0, 1.0)), moved)
