"""LightGBM at its defaults, made quiet and repeatable.

Every fit has one thread, and whoever has several fits runs them in `workers()` threads side by
side, which changes no figure. The threads of one fit wait for each other in a busy loop, which
makes a fit up to fifty times slower as soon as another process wants a core.
"""

import os
from typing import TYPE_CHECKING, Any

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


def classifier(seed: int) -> "LGBMClassifier":
    """A LightGBM classifier with default hyper-parameters."""
    from lightgbm import LGBMClassifier

    return LGBMClassifier(**_settings(seed))


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
