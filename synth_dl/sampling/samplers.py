"""By which of the exact ways images are drawn."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from synth_dl.errors import ConfigError
from synth_dl.sampling.drawing import IMAGE_CHUNK, Drawing

SAMPLERS = ("auto", "cached", "naive", "fixed_point")
WORTH_MEASURING = 8 * IMAGE_CHUNK  # images; below, measuring would cost more than it can save


def check_sampler(name: Any) -> None:
    """Refuse an unknown name by a ConfigError."""
    if name not in SAMPLERS:
        raise ConfigError(f"sampler={name}: known are {', '.join(SAMPLERS)}")


@contextmanager
def sampler_of(model: Any, sampler: str, n: int, seed: int) -> Iterator[str]:
    """Makes a model draw in one way inside the block; gives the name of the way.

    Args:
        model: whose `sampler` is set, where it has one.
        sampler: the name, or `auto` for the fastest.
        n: images to draw.
        seed: of the sample.
    """
    before = getattr(model, "sampler", None)
    if before is None:
        yield "one pass"
        return
    try:
        if sampler == "auto":
            sampler = "cached" if n < WORTH_MEASURING else _fastest(model, seed)
        model.sampler = sampler
        yield sampler
    finally:
        model.sampler = before


def _fastest(model: Any, seed: int) -> str:
    """The way that draws the first chunk in the least time."""
    seconds = {}
    for name in ("cached", "fixed_point"):
        model.sampler = name
        began = time.perf_counter()
        list(Drawing(model, 0, IMAGE_CHUNK, seed, chunk=IMAGE_CHUNK))
        seconds[name] = time.perf_counter() - began
    return min(seconds, key=lambda name: seconds[name])
