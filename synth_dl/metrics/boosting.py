"""LightGBM at its defaults, made quiet and repeatable.

Every fit has one thread, and whoever has several fits runs them in `workers()` threads side by
side, which changes no figure. The threads of one fit wait for each other in a busy loop, which
makes a fit up to fifty times slower as soon as another process wants a core.
"""

import os
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import cpu_count

from synth_dl.errors.options import Whole, check

if TYPE_CHECKING:
    from lightgbm import LGBMClassifier, LGBMRegressor

WORKERS = "SYNTH_DL_WORKERS"


def workers() -> int:
    """Fits side by side: as the variable `SYNTH_DL_WORKERS` says, or the cores that may be used.

    These are the cores that the process was given, and no more than the limit of its container.

    Raises:
        ConfigError: if the variable is no whole number from 1 on.
    """
    said = os.environ.get(WORKERS)
    if not said:
        return cpu_count()
    check(WORKERS, int(said) if said.isdecimal() else said, Whole)
    return int(said)


def classifier(seed: int, class_weight: str | None = None) -> "LGBMClassifier":
    """A LightGBM classifier with default hyper-parameters, and the class weights that are said."""
    from lightgbm import LGBMClassifier

    return LGBMClassifier(**_settings(seed), class_weight=class_weight)


def class_probabilities(
    features: np.ndarray,
    known: np.ndarray,
    questions: np.ndarray,
    classes: np.ndarray,
    seed: int,
    class_weight: str | None = None,
    sample_weight: np.ndarray | None = None,
) -> np.ndarray:
    """[M, K] probability of each of `classes`, by a classifier that learnt from other rows.

    See `learnt_classes`, which tells the gains besides.
    """
    return learnt_classes(features, known, questions, classes, seed, class_weight, sample_weight)[0]


def learnt_classes(
    features: np.ndarray,
    known: np.ndarray,
    questions: np.ndarray,
    classes: np.ndarray,
    seed: int,
    class_weight: str | None = None,
    sample_weight: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray | None]:
    """[M, K] probability of each class, and [F] gains of the features, None where none was asked.

    Args:
        features: [N, F] of the rows learnt from.
        known: [N] their classes; what is none of `classes` is learnt and not answered.
        questions: [M, F] of the rows that are asked for.
        classes: [K] in the order of the columns; one that was never learnt gets probability 0.
        seed: of the classifier.
        class_weight: `balanced` has every class weigh as much as any other.
        sample_weight: [N] of the rows learnt from; equal if not given.
    """
    learned, codes, counts = np.unique(known, return_inverse=True, return_counts=True)
    gains = None
    if features.shape[1] == 0 or len(learned) < 2:
        found = np.tile(counts / len(known), (len(questions), 1))
    else:
        model = classifier(seed, class_weight).fit(features, codes, sample_weight)
        found, gains = np.asarray(model.predict_proba(questions)), gains_of(model)
    answered = np.zeros((len(questions), len(classes)))
    column_of = {label: place for place, label in enumerate(learned)}
    for place, label in enumerate(classes):
        if label in column_of:
            answered[:, place] = found[:, column_of[label]]
    return answered, gains


def gains_of(model: "LGBMClassifier | LGBMRegressor") -> np.ndarray:
    """[F] how much the splits by each feature lowered the loss."""
    return np.asarray(model.booster_.feature_importance("gain"), dtype=np.float64)


def regressor(seed: int) -> "LGBMRegressor":
    """A LightGBM regressor with default hyper-parameters."""
    from lightgbm import LGBMRegressor

    return LGBMRegressor(**_settings(seed))


def _settings(seed: int) -> dict[str, Any]:
    # LightGBM times row-wise and column-wise histograms and takes the faster, which may differ from
    # run to run, unless one is named.
    return {
        "random_state": seed,
        "n_jobs": 1,
        "verbose": -1,
        "deterministic": True,
        "force_row_wise": True,
    }
