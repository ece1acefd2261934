"""By which of the exact ways images are drawn."""

import time
from types import TracebackType
from typing import Any

from synth_dl.errors import ConfigError
from synth_dl.sampling.chunks import IMAGE_CHUNK, draw_chunks

SAMPLERS = ("auto", "cached", "naive", "fixed_point")
WORTH_MEASURING = 8 * IMAGE_CHUNK  # images; below, measuring would cost more than it can save


def check_sampler(name: Any) -> None:
    """Refuse an unknown name by a ConfigError."""
    if name not in SAMPLERS:
        raise ConfigError(f"sampler={name}: known are {', '.join(SAMPLERS)}")


class Chosen:
    """Makes a model draw in one way for a while; gives the name of the way.

    Args:
        model: whose `sampler` is set, where it has one.
        sampler: the name, or `auto` for the fastest.
        n: images to draw.
        seed: of the sample.
    """

    def __init__(self, model: Any, sampler: str, n: int, seed: int) -> None:
        self.model, self.sampler, self.n, self.seed = model, sampler, n, seed
        self.before = getattr(model, "sampler", None)

    def __enter__(self) -> str:
        if self.before is None:
            return "one pass"
        name = self.sampler
        if name == "auto":
            name = "cached" if self.n < WORTH_MEASURING else self._fastest()
        self.model.sampler = name
        return name

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.before is not None:
            self.model.sampler = self.before

    def _fastest(self) -> str:
        """The way that draws the first chunk in the least time."""
        seconds = {}
        for name in ("cached", "fixed_point"):
            self.model.sampler = name
            began = time.perf_counter()
            for _ in draw_chunks(self.model, 0, IMAGE_CHUNK, self.seed, chunk=IMAGE_CHUNK):
                pass
            seconds[name] = time.perf_counter() - began
        return min(seconds, key=lambda name: seconds[name])
