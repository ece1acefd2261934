"""Trainings that may fail: how each of them ended, where a plain benchmark would only stop."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from synth_dl.errors import SynthError

SAID = "diverg"  # stands in whatever a training says about it
# What numbers that are none can raise. Anything else is a mistake of the program, and ends it.
RAISED = (SynthError, ArithmeticError, RuntimeError, ValueError)


@dataclass(frozen=True)
class Ending:
    """How a training and the drawing of a sample ended.

    Attributes:
        drawn: the sample, or None if there is none.
        reasons: why it counts as diverged so far; empty if it does not.
        seconds: of the training.
        steps: of the training, or None if it raised.
    """

    drawn: Any
    reasons: list[str]
    seconds: float
    steps: int | None


def ended(train: Callable[[], Any], draw: Callable[[Any], Any]) -> Ending:
    """Train, draw and say how it went.

    A training diverged if it raised, if a warning of it or a fact about its model says so, even
    where it went on from earlier weights, or if the sample is not finite.

    Args:
        train: gives a synthesizer.
        draw: gives a table or images, from a synthesizer.
    """
    heard = _Listener()
    log = logging.getLogger("synth_dl")
    log.addHandler(heard)
    started, seconds, steps, drawn, reasons = time.monotonic(), None, None, None, []
    try:
        synth = train()
        seconds = time.monotonic() - started
        steps = synth.facts["steps"]
        reasons += [
            f"{name}: {value}"
            for name, value in synth.facts.items()
            if SAID in name.lower() and value
        ]
        drawn = draw(synth)
    except RAISED as error:
        reasons.append(f"{type(error).__name__}: {error}")
    finally:
        log.removeHandler(heard)
    if isinstance(drawn, pd.DataFrame) and not np.isfinite(drawn.to_numpy(np.float64)).all():
        reasons.append("not finite")
        drawn = None
    seconds = time.monotonic() - started if seconds is None else seconds
    return Ending(drawn, [*heard.sentences, *reasons], round(seconds, 2), steps)


class _Listener(logging.Handler):
    """Keeps the warnings that speak of divergence."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.sentences: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        sentence = record.getMessage()
        if SAID in sentence.lower():
            self.sentences.append(sentence)
