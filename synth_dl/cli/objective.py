"""The one figure of a run that a sweeper goes by."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from synth_dl.errors import ConfigError
from synth_dl.metrics.figures import read_assessment

if TYPE_CHECKING:
    from omegaconf import DictConfig

# In the order in which a run prints them.
METRICS = (
    *("shape_error", "trend_error", "frechet_distance", "two_sample_auc", "efficiency"),
    *("validation_nats", "training_seconds", "sampling_seconds"),
)


def check_objective(config: "DictConfig") -> None:
    """Refuse an objective that no run has.

    Raises:
        ConfigError: naming those that there are.
    """
    name = config.objective
    if name is None:
        return
    if name not in METRICS:
        raise ConfigError(f"objective={name}: choose {', '.join(METRICS)}, or leave it out.")
    if (config.get("privacy") or {}).get("epsilon") is not None:
        raise ConfigError(
            f"objective={name} is a figure of the assessment, for which a run under "
            "privacy.epsilon has no real rows: leave one of them out"
        )
    if not config.assess:
        raise ConfigError(f"objective={name} is a figure of the assessment: leave assess=false out")


def objective_of(run: Path, name: str | None) -> float:
    """A figure of the assessment of a finished run, as it stands; the validation figure if None.

    Raises:
        ConfigError: if the run has no such figure.
        DataError: if it was not assessed.
    """
    if name is None:
        card = json.loads((run / "artifact" / "model.json").read_text(encoding="utf-8"))
        monitored = [
            value
            for key, value in card["facts"].items()
            if key.startswith("validation ") and key != "validation records"
        ]
        return float(monitored[0])
    values = {figure.name: figure.value for figure in read_assessment(run).figures}
    value = values.get(name)
    if value is None:
        known = ", ".join(key for key, each in values.items() if each is not None)
        raise ConfigError(f"objective={name}: {run} has no such figure: choose one of {known}.")
    return value
