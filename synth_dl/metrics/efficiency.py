"""Machine-learning efficiency: train on one table, test on fresh real rows.

The idea is that of TabSyn (arXiv:2310.09656, "machine learning efficiency") and of SDMetrics'
efficacy metrics: train on synthetic, test on real. TabSyn searches 36 settings of XGBoost on the
synthetic rows, SDMetrics 0.32 takes other learners and F1; here it is LightGBM at its defaults, so
that figures are close to TabSyn's, not equal.
"""

from dataclasses import dataclass, replace

import numpy as np

from synth_dl.metrics.boosting import class_probabilities, regressor
from synth_dl.metrics.encoded import EncodedTable

MAX_ROWS = 100_000
MAX_CLASSES = 20
TASKS = ("classification", "regression")
MOST_NUMBERS, ROWS_EACH = 10, 5  # of a target of whole numbers that are classes


@dataclass(frozen=True)
class EfficiencyResult:
    """Score on the holdout, its name ("AUC" or "R2"), rows learned from, and what to know."""

    score: float
    measure: str
    rows: int
    notes: tuple[str, ...] = ()


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
) -> EfficiencyResult:
    from sklearn.metrics import r2_score

    if features.shape[1] == 0 or len(np.unique(known)) < 2:
        predicted = np.full(len(answers), known.mean())
    else:
        predicted = np.asarray(regressor(seed).fit(features, known).predict(questions))
    return EfficiencyResult(float(r2_score(answers, predicted)), "R2", len(known))


def _classification(
    features: np.ndarray, known: np.ndarray, questions: np.ndarray, answers: np.ndarray, seed: int
) -> EfficiencyResult:
    from sklearn.metrics import roc_auc_score

    classes, counts = np.unique(answers, return_counts=True)
    notes = []
    if len(classes) > MAX_CLASSES:
        notes.append(f"scored on the {MAX_CLASSES} most frequent of {len(classes)} classes")
        classes = classes[np.argsort(-counts, kind="stable")[:MAX_CLASSES]]
    if len(np.union1d(known, classes)) > MAX_CLASSES:
        # One class for all others keeps the number of trees bounded.
        known = np.where(np.isin(known, classes), known, classes.min() - 1.0)
    absent = int((~np.isin(classes, known)).sum())
    if absent:
        notes.append(f"{absent} of {len(classes)} classes never occur in the rows learned from")
    probabilities = class_probabilities(features, known, questions, classes, seed)
    scores = [
        roc_auc_score(answers == label, scored)
        for label, scored in zip(classes, probabilities.T, strict=True)
    ]
    return EfficiencyResult(float(np.mean(scores)), "AUC", len(known), tuple(notes))
