"""Machine-learning efficiency: train on one table, test on fresh real rows.

The idea is that of TabSyn (arXiv:2310.09656, "machine learning efficiency") and of SDMetrics'
efficacy metrics: train on synthetic, test on real. TabSyn searches 36 settings of XGBoost on the
synthetic rows, SDMetrics 0.32 takes other learners and F1; here it is LightGBM at its defaults, so
that figures are close to TabSyn's, not equal.
"""

from dataclasses import dataclass, replace

import numpy as np

from synth_dl.metrics.boosting import gains_of, learnt_classes, regressor
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.predictions import MAX_CLASSES, Predictions, scored_classes

MAX_ROWS = 100_000
TASKS = ("classification", "regression")
MOST_NUMBERS, ROWS_EACH = 10, 5  # of a target of whole numbers that are classes


@dataclass(frozen=True)
class EfficiencyResult:
    """Score on the holdout, its name ("AUC" or "R2"), rows learned from, and what to know."""

    score: float
    measure: str
    rows: int
    notes: tuple[str, ...] = ()
    standard_error: float = 0.0


def machine_learning_efficiency(
    train: EncodedTable,
    holdout: EncodedTable,
    target: str,
    seed: int = 0,
    task: str | None = None,
) -> EfficiencyResult | None:
    """How well LightGBM, trained on `train`, predicts the column `target` of `holdout`.

    Higher is better, and the score of real training rows is what a perfect generator gets. A
    target of classes is scored by AUC (0 to 1, 0.5 for knowing nothing; for more than two classes
    the mean over the classes of holdout of one against the rest), a numeric one by R2 (up to 1, 0
    for the mean). Classes are categories, and whole numbers of which the holdout has at most 10,
    each in 5 rows on average; a `task` of `TASKS` says otherwise. Rows without a target are left
    out, and of more than 100,000 rows that many are drawn to learn from. A class that `train` lacks
    gets probability 0 everywhere, hence AUC 0.5. Classes beyond the 20 most frequent of the holdout
    are not scored.
    None where the holdout has one value only, or either table has no row with a target.

    Unit: AUC or R2. Range: AUC 0 to 1, R2 up to 1. Better: higher. Source: TabSyn
    (arXiv:2310.09656), machine learning efficiency.
    """
    found = boosted_predictions(train, holdout, target, seed, task)
    if found is None:
        return None
    score = found.judged
    return EfficiencyResult(
        score.value, found.measure, found.rows, found.notes, score.standard_error
    )


def boosted_predictions(
    train: EncodedTable,
    holdout: EncodedTable,
    target: str,
    seed: int = 0,
    task: str | None = None,
) -> Predictions | None:
    """What LightGBM, trained on `train`, says of the column `target` of `holdout`.

    By the rules of `machine_learning_efficiency`, which scores it.
    """
    position = train.names.index(target)
    meaning = train.columns[position]
    rng = np.random.default_rng(seed)
    train, holdout = (table.take(~table.missing(position)) for table in (train, holdout))
    train = train.at_most(MAX_ROWS, rng)
    if not len(train) or len(np.unique(holdout.values[:, position])) < 2:
        return None
    features = np.delete(train.values, position, axis=1)
    questions = np.delete(holdout.values, position, axis=1)
    known, answers = train.values[:, position], holdout.values[:, position]
    if not asks_for_classes(holdout, target, task):
        return _regression(features, known, questions, answers, seed)
    result = _classification(features, known, questions, answers, seed)
    if not meaning.numeric or task is not None:
        return result
    note = f"{target} holds few whole numbers, which are judged as classes"
    return replace(result, notes=(f"{note} (task=regression judges by R2)", *result.notes))


def asks_for_classes(real: EncodedTable, target: str, task: str | None = None) -> bool:
    """Whether the column `target` of real rows is predicted as classes and not as a quantity."""
    position = real.names.index(target)
    if task is not None or not real.columns[position].numeric:
        return task != "regression"
    answers = real.values[~real.missing(position), position]
    held = np.unique(answers)
    few = len(held) <= MOST_NUMBERS and len(answers) >= ROWS_EACH * len(held)
    return bool((few or len(held) <= 2) and np.equal(np.mod(held, 1), 0).all())


def _regression(
    features: np.ndarray, known: np.ndarray, questions: np.ndarray, answers: np.ndarray, seed: int
) -> Predictions:
    gains = None
    if features.shape[1] == 0 or len(np.unique(known)) < 2:
        predicted = np.full(len(answers), known.mean())
    else:
        model = regressor(seed).fit(features, known)
        predicted, gains = np.asarray(model.predict(questions)), gains_of(model)
    return Predictions(answers, np.empty(0), predicted[:, None], len(known), gains)


def _classification(
    features: np.ndarray, known: np.ndarray, questions: np.ndarray, answers: np.ndarray, seed: int
) -> Predictions:
    classes, count = scored_classes(answers)
    notes = []
    if count > len(classes):
        notes.append(f"scored on the {len(classes)} most frequent of {count} classes")
    if len(np.union1d(known, classes)) > MAX_CLASSES:
        # One class for all others keeps the number of trees bounded.
        known = np.where(np.isin(known, classes), known, classes.min() - 1.0)
    absent = int((~np.isin(classes, known)).sum())
    if absent:
        notes.append(f"{absent} of {len(classes)} classes never occur in the rows learned from")
    probabilities, gains = learnt_classes(features, known, questions, classes, seed)
    return Predictions(answers, classes, probabilities, len(known), gains, tuple(notes))
