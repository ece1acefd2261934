"""LightGBM at its defaults, made quiet and repeatable.

Every fit has one thread, and whoever has several fits runs them in `WORKERS` threads side by side.
The threads of one fit wait for each other in a busy loop, which makes a fit up to fifty times
slower as soon as another process wants a core.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lightgbm import LGBMClassifier, LGBMRegressor

WORKERS = 2


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
