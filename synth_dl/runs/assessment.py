"""The assessment of one run, right after its training."""

import time
from collections.abc import Mapping
from typing import Any

import torch

from synth_dl.metrics.figures import Assessment, Figure
from synth_dl.training.data import RecordData


def assess_run(
    source: RecordData,
    model: Any,
    groups: Mapping[str, Mapping[str, Any]],
    facts: Mapping[str, Any],
    *,
    data: str,
    training_seconds: float | None,
) -> Assessment:
    """Score a finished model on the validation records, in a few seconds.

    Args:
        source: the data.
        model: with its best weights.
        groups: the `_target_` entries of model, network and likelihood.
        facts: of the training, `steps` and `batch size` among them.
        data: what the data are called.
        training_seconds: None where they are not known.
    """
    started = time.perf_counter()
    model.eval()
    with torch.inference_mode():
        records, figures = source.assess(model)
    trained = Figure("training_seconds", "training", "s", "lower", training_seconds)
    return Assessment(
        model=_name(groups["model"]),
        data=data,
        kind=source.kind,
        seed=source.seed,
        likelihood=model.likelihood_kind,
        records=records,
        options=_options(groups, facts),
        figures=(*figures[:-1], trained, figures[-1]),
        seconds=time.perf_counter() - started,
        digest=source.digest(),
    )


def _name(entry: Mapping[str, Any]) -> str:
    """The family or the architecture by its module, as the configs are called."""
    target = entry.get("_target_")
    return "none" if target is None else str(target).split(".")[-2]


def _options(
    groups: Mapping[str, Mapping[str, Any]], facts: Mapping[str, Any]
) -> dict[str, str | int | float | bool]:
    """The own options of model and network that are set, flat, after those of the training."""
    options: dict[str, Any] = {"network": _name(groups["network"]), "steps": facts["steps"]}
    options["batch_size"] = facts["batch size"]
    for group in ("network", "model"):
        plain = {
            key: value
            for key, value in groups[group].items()
            if not key.startswith("_") and isinstance(value, str | int | float)
        }
        options |= plain
    return options
