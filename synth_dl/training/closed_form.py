"""The training of a family in closed form: one call of `fit`, and the figures of the others."""

from collections.abc import Mapping
from typing import Any

import torch

from synth_dl.errors import ConfigError
from synth_dl.models.closed_form import ClosedFormModel
from synth_dl.models.rare import SELDOM, seldom_seen
from synth_dl.training.callbacks.pictures import Pictures
from synth_dl.training.loop import Training

# Options of the groups trainer and callbacks that mean something for such a family.
USED = ("trainer.validation", "trainer.enable_progress_bar", "callbacks.pictures")


def check_closed_form(name: str, settings: Mapping[str, Any], usual: Mapping[str, Any]) -> None:
    """Refuse options for a family that no trainer trains.

    Args:
        name: of the family.
        settings: what is asked for, by the names that a command line gives the options.
        usual: what they are where nobody asks.

    Raises:
        ConfigError: naming the option.
    """
    for option, value in settings.items():
        if option not in USED and value not in (None, usual.get(option)):
            raise ConfigError(
                f"{option}={value}: model={name} is fitted at once and takes no steps; leave it out"
            )


def fit_at_once(training: Training) -> tuple[ClosedFormModel, dict[str, Any]]:
    """Fit the model and give it back, with facts about it as `run_training` has them."""
    prepared = training.prepared
    model, data, seen = prepared.model, prepared.data, prepared.seen()
    assert isinstance(model, ClosedFormModel)
    watched = data.validation_codes.long()
    model.fit(seen.long(), watched)
    model.eval()
    facts: dict[str, Any] = {"validation records": len(watched)}
    if model.likelihood_kind is not None:
        with torch.inference_mode():
            parts = [model.log_prob(part) for part in watched.split(model.spec.rows_at_once)]
        mean = -float(torch.cat(parts).double().sum(1).mean())
        facts[f"validation nats {model.spec.one_record}"] = round(mean, 4)
        for logger in training.loggers:
            logger.log_metrics({"nats/validation": mean}, step=1)
    for callback in training.callbacks:
        if isinstance(callback, Pictures):
            callback.show(model, watched, training.loggers, 1)
    training.checkpoints.complete = True
    return model, {
        **facts,
        "steps": 1,
        "batch size": len(seen),
        "seed": model.seed,
        SELDOM: seldom_seen(model.spec, seen),
        **model.facts,
    }
