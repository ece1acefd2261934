"""What synthetic rows are worth for learning: several models, effective rows, every column."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth_dl.metrics.efficiency import (
    MAX_CLASSES,
    asks_for_classes,
    machine_learning_efficiency,
)
from synth_dl.metrics.embedding import Embedding
from synth_dl.metrics.encoded import EncodedTable

MOST_ROWS = 20_000  # that one of the further models learns from
COLUMN_ROWS = 4_000  # to learn from and to be asked, of each column
CURVE = 7  # points of a learning curve, each of half as many rows as the next
DRAWS = 3  # of rows, at each point but the last
LEAF = 20  # rows of a leaf of the single tree


@dataclass(frozen=True)
class Effective:
    """How many real rows are worth as much as the synthetic ones.

    Attributes:
        rows: as many; a bound where `beyond` is set.
        beyond: "fewer" where the score is below that of the fewest rows tried, "more" where it is
            above that of all, None otherwise.
        curve: number of real rows and their score.
    """

    rows: int
    beyond: str | None
    curve: tuple[tuple[int, float], ...]


def effective_rows(
    train: EncodedTable,
    holdout: EncodedTable,
    target: str,
    score: float,
    seed: int = 0,
    task: str | None = None,
) -> Effective | None:
    """N_eff: the number of real rows from which a model learns as much as from the synthetic ones.

    The learning curve of LightGBM on real rows, at 7 sizes that halve, the mean of 3 draws each,
    made monotone and read between two sizes on a scale of logarithms. None where nothing can be
    learnt.

    Unit: rows. Range: up to the number of training rows. Better: higher.
    Source: the learning curve read backwards, as in effective sample sizes.
    """
    rng = np.random.default_rng(seed)
    sizes = sorted({max(2, len(train) >> halved) for halved in range(CURVE)})
    curve = []
    for size in sizes:
        draws = 1 if size == len(train) else DRAWS
        found = [machine_learning_efficiency(train.at_most(size, rng), holdout, target, seed, task)
                 for _ in range(draws)]  # fmt: skip
        known = [each.score for each in found if each is not None]
        if known:
            curve.append((size, float(np.mean(known))))
    if not curve:
        return None
    rows = np.log([size for size, _ in curve])
    scores = np.maximum.accumulate([value for _, value in curve])
    beyond = "fewer" if score < scores[0] else "more" if score > scores[-1] else None
    return Effective(round(float(np.exp(np.interp(score, scores, rows)))), beyond, tuple(curve))


def utility_of_columns(
    learnt: EncodedTable, holdout: EncodedTable, seed: int = 0
) -> dict[str, float]:
    """Score of each column of the holdout, predicted from the others by what rows teach.

    LightGBM on at most 4,000 rows; classes by AUC, numbers by R2, neither below that of knowing
    nothing and both from 0 (nothing) to 1 (all): AUC is 2 AUC - 1 here. Columns that cannot be
    asked for are left out. The mean over columns is the global utility of TabStruct.

    Unit: score. Range: 0 to 1. Better: higher.
    Source: TabStruct (arXiv:2509.11950), global utility.
    """
    rng = np.random.default_rng(seed)
    learnt, holdout = learnt.at_most(COLUMN_ROWS, rng), holdout.at_most(COLUMN_ROWS, rng)
    found = {}
    for name in holdout.names if len(holdout.columns) > 1 else ():
        result = machine_learning_efficiency(learnt, holdout, name, seed)
        if result is not None:
            score = 2 * result.score - 1 if result.measure == "AUC" else result.score
            found[name] = float(np.clip(score, 0.0, 1.0))
    return found


def model_score(
    learnt: EncodedTable,
    holdout: EncodedTable,
    target: str,
    make: Callable[[], Any],
    seed: int = 0,
    task: str | None = None,
) -> float | None:
    """Score on the holdout of any scikit-learn estimator that learnt from some rows.

    Features are the points of `Embedding`: numbers standardised, categories by one axis each.
    Classes by AUC, the mean of one against the rest of the 20 most frequent of the holdout; numbers
    by R2. At most 20,000 rows are learnt from. None where nothing can be learnt.

    Unit: AUC or R2. Range: AUC 0 to 1, R2 up to 1. Better: higher.
    Source: train on synthetic, test on real (Esteban et al. 2017, arXiv:1706.02633).

    Args:
        learnt: rows with the target.
        holdout: rows that are asked for.
        target: the column.
        make: a new estimator, with `fit` and `predict_proba` or `predict`.
        seed: of the choice of rows.
        task: `classification` or `regression`, as in `machine_learning_efficiency`.
    """
    from sklearn.metrics import r2_score, roc_auc_score

    place = holdout.names.index(target)
    rng = np.random.default_rng(seed)
    learnt, holdout = (each.take(~each.missing(place)) for each in (learnt, holdout))
    learnt = learnt.at_most(MOST_ROWS, rng)
    known, answers = learnt.values[:, place], holdout.values[:, place]
    if len(np.unique(known)) < 2 or len(np.unique(answers)) < 2 or len(holdout.columns) < 2:
        return None
    features, questions = _features(learnt, holdout, place)
    model = make()
    if not asks_for_classes(holdout, target, task):
        return float(r2_score(answers, model.fit(features, known).predict(questions)))
    model.fit(features, known.astype(np.int64))
    classes, counts = np.unique(answers, return_counts=True)
    classes = classes[np.argsort(-counts, kind="stable")[:MAX_CLASSES]]
    found = np.zeros((len(answers), len(classes)))
    probabilities = np.asarray(model.predict_proba(questions))
    for column, label in enumerate(classes):
        at = np.flatnonzero(np.asarray(model.classes_) == label)
        if len(at):
            found[:, column] = probabilities[:, at[0]]
    scores = [roc_auc_score(answers == label, scored)
              for label, scored in zip(classes, found.T, strict=True)]  # fmt: skip
    return float(np.mean(scores))


def models_of(by_classes: bool, seed: int = 0) -> dict[str, Callable[[], Any]]:
    """A linear model and a single tree, by name."""
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    if by_classes:
        return {
            "linear": lambda: LogisticRegression(max_iter=200, tol=1e-3),
            "tree": lambda: DecisionTreeClassifier(min_samples_leaf=LEAF, random_state=seed),
        }
    return {
        "linear": lambda: Ridge(),
        "tree": lambda: DecisionTreeRegressor(min_samples_leaf=LEAF, random_state=seed),
    }


def _features(
    learnt: EncodedTable, holdout: EncodedTable, place: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    columns = (*learnt.columns[:place], *learnt.columns[place + 1 :])
    tables = [EncodedTable(columns, np.delete(each.values, place, axis=1))
              for each in (learnt, holdout)]  # fmt: skip
    embedding = Embedding.of(tables[0])
    return embedding(tables[0]), embedding(tables[1])
