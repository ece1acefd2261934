"""The two-sample test: can a boosted-tree classifier tell synthetic rows from real ones?

Lopez-Paz and Oquab 2017 (arXiv:1610.06545), with LightGBM at its defaults. SDMetrics 0.32
(LogisticDetection, also the "detection" of TabSyn, arXiv:2310.09656) uses a logistic regression,
which cannot see dependence: columns drawn independently get its perfect score. It has no tree
detector, so there is nothing to agree with.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from synth_dl.metrics.boosting import classifier, workers
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.intervals import area_error

FOLDS = 5
SMALL_ROWS = 50
MAX_ROWS = 100_000


@dataclass(frozen=True)
class TwoSampleResult:
    """Out-of-fold AUC, its standard error for the choice of the rows, and on how much it rests."""

    auc: float
    standard_error: float
    rows_each: int
    folds: int


def two_sample_auc(
    real: EncodedTable, synthetic: EncodedTable, seed: int = 0, max_rows: int = MAX_ROWS
) -> TwoSampleResult | None:
    """Area under the ROC curve of "is this row synthetic?", out of fold.

    Range 0 to 1; 0.5 is what a perfect generator gets, higher means detectable. Clearly under 0.5
    against training rows means that synthetic rows repeat them. Categories enter as ordinal codes,
    missing numbers as NaN. Both sides have the same number of rows (a random choice of the larger
    one, at most `max_rows`), in 5 stratified folds; 2 folds below 50 rows a side, and None below 4,
    where nothing can be learned. With 16,000 rows a side the choice of the seed moves it by some
    0.003.

    Unit: AUC. Range: 0 to 1. Better: 0.5. Source: Lopez-Paz and Oquab 2017 (arXiv:1610.06545), with
    LightGBM.
    """
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold

    generator = np.random.default_rng(seed)
    rows = min(len(real), len(synthetic), max_rows)
    if rows < 4:
        return None
    real, synthetic = real.at_most(rows, generator), synthetic.at_most(rows, generator)
    features = np.concatenate([real.values, synthetic.values])
    is_synthetic = np.repeat([0, 1], rows)
    folds = FOLDS if rows >= SMALL_ROWS else 2
    splits = StratifiedKFold(folds, shuffle=True, random_state=seed)
    scores = np.empty(2 * rows)

    def score_fold(fold: tuple[np.ndarray, np.ndarray]) -> None:
        learned, asked = fold
        model = classifier(seed).fit(features[learned], is_synthetic[learned])
        scores[asked] = np.asarray(model.predict_proba(features[asked]))[:, 1]

    with ThreadPoolExecutor(workers()) as pool:
        list(pool.map(score_fold, splits.split(features, is_synthetic)))
    auc = float(roc_auc_score(is_synthetic, scores))
    return TwoSampleResult(auc, area_error(scores, is_synthetic == 1), rows, folds)


def two_sample_score(
    real: EncodedTable, synthetic: EncodedTable, seed: int = 0, max_rows: int = MAX_ROWS
) -> float | None:
    """The AUC of `two_sample_auc` alone."""
    found = two_sample_auc(real, synthetic, seed, max_rows)
    return None if found is None else found.auc
