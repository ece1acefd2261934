"""Machine-learning efficiency: train on one table, test on fresh real rows.

The idea is that of TabSyn (arXiv:2310.09656, "machine learning efficiency") and of SDMetrics'
efficacy metrics: train on synthetic, test on real. TabSyn searches 36 settings of XGBoost on the
synthetic rows, SDMetrics 0.32 takes other learners and F1; here it is LightGBM at its defaults, so
that figures are close to TabSyn's, not equal.
"""

from dataclasses import dataclass

import numpy as np

from synth_dl.metrics.boosting import classifier, regressor
from synth_dl.metrics.encoded import EncodedTable

MAX_ROWS = 100_000
MAX_CLASSES = 20


@dataclass(frozen=True)
class EfficiencyResult:
    """Score on the holdout, its name ("AUC" or "R2"), rows learned from, and what to know."""

    score: float
    measure: str
    rows: int
    notes: tuple[str, ...] = ()


def machine_learning_efficiency(
    train: EncodedTable, holdout: EncodedTable, target: str, seed: int = 0
) -> EfficiencyResult | None:
    """How well LightGBM, trained on `train`, predicts the column `target` of `holdout`.

    Higher is better, and the score of real training rows is what a perfect generator gets. A
    categorical target is scored by AUC (0 to 1, 0.5 for knowing nothing; for more than two classes
    the mean over the classes of holdout of one against the rest), a numeric one by R2 (up to 1, 0
    for the mean). Rows without a target are left out, and of more than 100,000 rows that many are
    drawn to learn from. A class that `train` lacks gets probability
    0 everywhere, hence AUC 0.5. Classes beyond the 20 most frequent of the holdout are not scored.
    None where the holdout has one value only, or either table has no row with a target.
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
    if meaning.numeric:
        return _regression(features, known, questions, answers, seed)
    return _classification(features, known, questions, answers, seed)


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
        # One class for all others keeps the number of trees bounded.
        known = np.where(np.isin(known, classes), known, -1.0)
    learned = np.unique(known)
    absent = int((~np.isin(classes, learned)).sum())
    if absent:
        notes.append(f"{absent} of {len(classes)} classes never occur in the rows learned from")
    if features.shape[1] == 0 or len(learned) < 2:
        return EfficiencyResult(0.5, "AUC", len(known), tuple(notes))
    probabilities = np.asarray(classifier(seed).fit(features, known).predict_proba(questions))
    column_of = {label: place for place, label in enumerate(learned)}
    scores = []
    for label in classes:
        score = probabilities[:, column_of[label]] if label in column_of else np.zeros(len(answers))
        scores.append(roc_auc_score(answers == label, score))
    return EfficiencyResult(float(np.mean(scores)), "AUC", len(known), tuple(notes))
