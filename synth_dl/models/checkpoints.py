"""Models from the checkpoints of a trainer, which hold what they are models of."""

import pickle
from collections.abc import Mapping
from typing import Any

import torch

from synth_dl.building import Classes
from synth_dl.errors import ConfigError
from synth_dl.noise import DrawingFrom, generator_for
from synth_dl.spec import Spec

KEY = "model"  # of a checkpoint
# Torch fails in many ways on a file that it never wrote.
UNREADABLE = (
    *(AttributeError, EOFError, LookupError, OSError, RuntimeError, TypeError, ValueError),
    pickle.UnpicklingError,
)


def description(model: Any) -> dict[str, Any]:
    """What a checkpoint tells of its model, where that is known."""
    if model.groups is None:
        return {}
    return {KEY: {"groups": model.groups, "spec": model.spec.to_dict(), "seed": model.seed}}


def model_of(
    path: Any, classes: Classes, map_location: Any, strict: bool, options: Mapping[str, Any]
) -> Any:
    """The model of a checkpoint, with its weights; the file runs no code.

    Args:
        path: of the file.
        classes: where those of model, network and likelihood may come from.
        map_location: the device, as torch takes it; the processor if None.
        strict: whether the weights must be all there are.
        options: of the model, in place of those that it was trained with.

    Raises:
        ConfigError: for a file that is no such checkpoint.
    """
    try:
        stored = torch.load(path, map_location or "cpu", weights_only=True)
        known, weights = stored[KEY], stored["state_dict"]
        groups = known["groups"] | {"model": known["groups"]["model"] | options}
        with DrawingFrom(generator_for(0)):
            model = classes.build_model(groups, Spec.from_dict(known["spec"]))
        model.load_state_dict(weights, strict=strict)
        model.seed, model.groups = known["seed"], groups
        model.on_load_checkpoint(stored)
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: there is no such file; check the path") from error
    except UNREADABLE as error:
        raise ConfigError(
            f"{path}: this is no checkpoint of a model, or of one that was built by hand; build "
            "that again and give it the state_dict of the file"
        ) from error
    return model.to(map_location) if map_location is not None else model
