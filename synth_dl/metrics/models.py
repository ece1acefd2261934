"""Scores of several models that learnt from some rows, and whether they rank as by real rows."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth_dl.metrics.efficiency import asks_for_classes
from synth_dl.metrics.embedding import Embedding
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.predictions import Predictions, scored_classes

MOST_ROWS = 20_000  # that one of the further models learns from
LEAF = 20  # rows of a leaf of the single tree


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
        make: a new estimator, with `fit` and `predict_proba`, `decision_function` or `predict`.
        seed: of the choice of rows.
        task: `classification` or `regression`, as in `machine_learning_efficiency`.
    """
    found = model_predictions(learnt, holdout, target, make, seed, task)
    return None if found is None else found.judged.value


def model_predictions(
    learnt: EncodedTable,
    holdout: EncodedTable,
    target: str,
    make: Callable[[], Any],
    seed: int = 0,
    task: str | None = None,
) -> Predictions | None:
    """What an estimator says of the holdout's target, by the rules of `model_score`."""
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
        predicted = np.asarray(model.fit(features, known).predict(questions), dtype=np.float64)
        return Predictions(answers, np.empty(0), predicted.reshape(-1, 1), len(learnt))
    learned, codes = np.unique(known, return_inverse=True)
    model.fit(features, codes)
    classes, _ = scored_classes(answers)
    found = _of_classes(model, questions)
    predicted = np.zeros((len(answers), len(classes)))
    for column, label in enumerate(classes):
        at = np.flatnonzero(learned[model.classes_] == label)
        if len(at):
            predicted[:, column] = found[:, at[0]]
    return Predictions(answers, classes, predicted, len(learnt))


def ranking_agreement(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Whether models rank by what they learnt from synthetic rows as by real rows.

    Kendall's tau-b over the scores of the models: the share of pairs of models in the same order
    less that of pairs in the opposite one. Of three models it can be -1, -1/3, 1/3 and 1 only. 0
    where one side has all models equal, and None of fewer than two models.

    Unit: tau. Range: -1 to 1. Better: higher.
    Source: synthetic ranking agreement (Jordon et al. 2018, arXiv:1806.11345), as Kendall's tau-b.

    Args:
        first: the score of each model, learnt from synthetic rows.
        second: of the same models in the same order, learnt from real rows.
    """
    from scipy.stats import kendalltau

    if len(first) < 2:
        return None
    alike = [len(set(scores)) == 1 for scores in (first, second)]
    if any(alike):
        return float(all(alike))
    return round(float(kendalltau(first, second).statistic), 12)  # pyright: ignore


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


def made_for(model: Any, by_classes: bool) -> bool:
    """Whether an estimator learns classes, or else quantities; one that does not say is."""
    said = getattr(model, "__sklearn_tags__", None)
    kind = None if said is None else said().estimator_type
    return kind != ("regressor" if by_classes else "classifier")


def _of_classes(model: Any, questions: NDArray[np.float64]) -> NDArray[np.float64]:
    """[M, K] a number that grows with the probability of each of the K classes of the model."""
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(questions), dtype=np.float64)
    if hasattr(model, "decision_function"):
        distances = np.asarray(model.decision_function(questions), dtype=np.float64)
        return np.column_stack([-distances, distances]) if distances.ndim == 1 else distances
    said = np.asarray(model.predict(questions))
    return (said[:, None] == np.asarray(model.classes_)).astype(np.float64)


def _features(
    learnt: EncodedTable, holdout: EncodedTable, place: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    columns = (*learnt.columns[:place], *learnt.columns[place + 1 :])
    tables = [EncodedTable(columns, np.delete(each.values, place, axis=1))
              for each in (learnt, holdout)]  # fmt: skip
    embedding = Embedding.of(tables[0])
    return embedding(tables[0]), embedding(tables[1])
