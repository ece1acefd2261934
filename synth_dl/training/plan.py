"""How long a training runs: batch size, steps and rounds, fixed before the first step.

The learning rate follows the number of steps, so a time limit becomes a number of steps once, by a
measured step time, and is kept with the run; a resumed run is bound by steps and not by a clock.
"""

import re
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from msgspec import Meta

from synth_dl.errors import ConfigError

FEWEST_STEPS = 20


@dataclass(frozen=True)
class Plan:
    """The course of one training.

    Attributes:
        batch_size: rows in a step.
        steps: batches in all; the weights change once for each, or for several that accumulate.
        rounds: parts of equal length, each ended by validation and a checkpoint.
        seed: of the training noise.
        rows: training rows, to notice other data at a resume.
    """

    batch_size: Annotated[int, Meta(ge=1)]
    steps: Annotated[int, Meta(ge=1)]
    rounds: Annotated[int, Meta(ge=1)]
    seed: int
    rows: Annotated[int, Meta(ge=1)]

    @property
    def steps_per_round(self) -> int:
        """Optimiser steps between two validations."""
        return self.steps // self.rounds

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold."""
        return asdict(self)


def make_plan(
    rows: int,
    seed: int,
    default_batch_size: int,
    default_epochs: float,
    batch_size: int | None = None,
    epochs: float | None = None,
    steps: int | None = None,
    most_steps: int | None = None,
    members: int = 1,
) -> Plan:
    """The default course of a family, unless told otherwise.

    Args:
        rows: training rows.
        seed: of the training noise.
        default_batch_size: of the family.
        default_epochs: of the family.
        batch_size: rows in a step.
        epochs: how often each row is seen.
        steps: optimiser steps, instead of epochs.
        most_steps: what a time limit leaves room for.
        members: networks that share a batch; each is to see as many batches as one alone.
    """
    if batch_size is not None and batch_size > rows:
        raise ConfigError(
            f"trainer.batch_size={batch_size}: there are {rows} training records; give at most so "
            "many, or leave it out"
        )
    size = batch_size or default_batch_size
    if steps is None:
        visits = rows * (epochs or default_epochs)
        steps = max(FEWEST_STEPS, round(visits / min(size, rows)))
    size *= members
    if most_steps is not None:
        steps = max(FEWEST_STEPS, min(steps, most_steps))
    rounds = max(1, min(10, steps // 10))
    return Plan(size, steps - steps % rounds, rounds, seed, rows)


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
