"""How long a training runs: batch size, steps and rounds, fixed before the first step.

The learning rate follows the number of steps, so a time limit becomes a number of steps once, by a
measured step time, and is kept with the run; a resumed run is bound by steps and not by a clock.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from synth_dl.errors import ConfigError
from synth_dl.spec import Grid, Spec

FEWEST_STEPS = 20
MOST_CATEGORIES = 32  # levels of a pixel that are a softmax; more are a mixture of logistics


@dataclass(frozen=True)
class Plan:
    """The course of one training.

    Attributes:
        batch_size: rows in a step.
        steps: optimiser steps in all.
        rounds: parts of equal length, each ended by validation and a checkpoint.
        seed: of the training noise.
        rows: training rows, to notice other data at a resume.
    """

    batch_size: int
    steps: int
    rounds: int
    seed: int
    rows: int

    @property
    def steps_per_round(self) -> int:
        """Optimiser steps between two validations."""
        return self.steps // self.rounds

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold."""
        return asdict(self)


def make_plan(
    spec: Spec,
    rows: int,
    seed: int,
    batch_size: int | None = None,
    epochs: float | None = None,
    steps: int | None = None,
    most_steps: int | None = None,
    members: int = 1,
) -> Plan:
    """The default course for a number of records, unless told otherwise.

    Small sets are seen more often, in smaller batches; large ones less often, so that the work
    grows more slowly than the records.

    Args:
        spec: what one record is.
        rows: training rows.
        seed: of the training noise.
        batch_size: rows in a step.
        epochs: how often each row is seen.
        steps: optimiser steps, instead of epochs.
        most_steps: what a time limit leaves room for.
        members: networks that share a batch; each is to see as many batches as one alone.
    """
    image = spec.grid is not None
    size = batch_size or (image_batch_size(rows) if image else default_batch_size(rows))
    if steps is None:
        visits = rows * (epochs or (image_epochs(rows) if image else default_epochs(rows)))
        steps = max(FEWEST_STEPS, round(visits / min(size, rows)))
    size *= members
    if most_steps is not None:
        steps = max(FEWEST_STEPS, min(steps, most_steps))
    rounds = max(1, min(10, steps // 10))
    return Plan(size, steps - steps % rounds, rounds, seed, rows)


def default_batch_size(rows: int) -> int:
    """A power of two near a fiftieth of the rows, from 32 to 512."""
    return int(np.clip(2 ** round(np.log2(max(rows, 1) / 50)), 32, 512))


def default_epochs(rows: int) -> float:
    """How often each row is seen: 7 times at 30,000 rows, more often where there are fewer."""
    if rows > 50_000:
        return 7 * (50_000 / rows) ** 0.5
    return float(np.clip(7 * (30_000 / max(rows, 1)) ** 0.4, 7, 45))


def image_batch_size(rows: int) -> int:
    """Images in a step: a power of two near a twentieth of all, from 16 to 128."""
    return int(np.clip(2 ** round(np.log2(max(rows, 1) / 20)), 16, 128))


def image_epochs(rows: int) -> float:
    """How often each image is seen: 60 times at 1,000 images, 5 times at 60,000."""
    return float(np.clip(60 * (1000 / max(rows, 1)) ** 0.6, 4, 150))


def check_settings(settings: Mapping[str, Any]) -> None:
    """Refuse what makes no sense in the group `trainer`, before any data are read.

    Raises:
        ConfigError: naming the option.
    """
    for name, kinds in (("epochs", (int, float)), ("steps", (int,)), ("batch_size", (int,))):
        value = settings[name]
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, kinds) or not 0 < value < np.inf:
            what = "number" if float in kinds else "whole number"
            raise ConfigError(f"trainer.{name}={value}: it must be a {what} above 0")
    share = settings["validation"]
    if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 < share < 1:
        raise ConfigError(f"trainer.validation={share}: it must be a share between 0 and 1")
    if settings["max_time"] is not None:
        parse_duration(settings["max_time"])


def default_options(rows: int, spec: Spec) -> dict[str, dict[str, Any]]:
    """Values for the options of model, network and likelihood that a config leaves open (null).

    A table of few rows gets a small network and a strong weight decay, or it would be learnt by
    heart.
    """
    if spec.grid is not None:
        return _image_options(rows, spec.grid)
    if rows < 500:
        width, dropout = 32, 0.5
    elif rows < 1000:
        width, dropout = 32, 0.3
    elif rows < 2500:
        width, dropout = 64, 0.4
    else:
        width, dropout = 128, 0.5
    decay = float(np.clip(2000 / max(rows, 1), 0.01, 4))
    return {
        "model": {"learning_rate": 4e-3, "weight_decay": decay, "calibration": True},
        "network": {"width": width, "context": 2 * width, "dropout": dropout, "members": 1},
        "likelihood": {"_target_": "synth_dl.likelihoods.categorical.Categorical"},
    }


def _image_options(rows: int, grid: Grid) -> dict[str, dict[str, Any]]:
    """As `default_options`; few images get more members, a larger set more passes for its time."""
    softmax, small = grid.levels <= MOST_CATEGORIES, rows < 5000
    likelihood = "categorical.Categorical" if softmax else "logistic.LogisticMixture"
    decay = float(np.clip(500 / max(rows, 1), 0.01, 0.5))
    network = {
        "channels": 64 if small else 48,
        "dropout": 0.5 if small else 0.2 if rows < 20_000 else 0.0,
        "members": 2 if small and softmax else 1,
    }
    return {
        "model": {"learning_rate": 5e-3, "weight_decay": decay, "calibration": False},
        "network": network,
        "likelihood": {"_target_": f"synth_dl.likelihoods.{likelihood}"},
    }


def fill_options(groups: dict[str, Any], rows: int, spec: Spec) -> dict[str, Any]:
    """The `_target_` entries of model, network and likelihood with their open options filled in."""
    filled = dict(groups)
    for name, defaults in default_options(rows, spec).items():
        entry = dict(groups[name])
        open_keys = [key for key in defaults if key in entry and entry[key] is None]
        filled[name] = entry | {key: defaults[key] for key in open_keys}
    return filled


_UNITS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "": 1}


def parse_duration(text: str | float) -> float:
    """Seconds of `60s`, `5min`, `1h`, `00:05:00` or a plain number of seconds.

    Raises:
        ConfigError: if it is none of these, or not above zero.
    """
    written = str(text).strip().lower()
    clock = re.fullmatch(r"(\d+):(\d\d):(\d\d)", written)
    unit = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", written)
    seconds = 0.0
    if clock:
        hours, minutes, rest = (int(part) for part in clock.groups())
        seconds = 3600.0 * hours + 60 * minutes + rest
    elif unit and unit.group(2) in _UNITS:
        seconds = float(unit.group(1)) * _UNITS[unit.group(2)]
    if seconds <= 0:
        raise ConfigError(
            f"max_time={text}: this is no length of time; write it as 60s, 5min, 1h or 00:05:00"
        )
    return seconds
