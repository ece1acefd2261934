"""Records of a sample, in the way that model and conditions ask for."""

from collections.abc import Iterator
from typing import Any

from torch import Tensor

from synth_dl.sampling.chunks import CHUNK, Drawn, draw_chunks
from synth_dl.sampling.particles import PARTICLES, Completions


class Drawing:
    """Iterates over the parts of a sample.

    Conditions that the model can be asked for are met by drawing given them; others by importance
    resampling, in which several draws compete for each record.

    Args:
        model: in evaluation mode.
        start: first record.
        stop: record after the last.
        seed: of the sample.
        known: [N, V] codes of all records, or [1, V] of each; -1 where unknown, None for nothing.
        banned: for some variables, a code that must not be drawn.
        chunk: records in a chunk.
        particles: draws that compete for each record.

    Attributes:
        effective_sample_size: after the last part of importance resampling, `mean` and `least` over
            the records and the number of `particles`; else None.

    Raises:
        ConfigError: for conditions that the model cannot meet.
    """

    def __init__(
        self,
        model: Any,
        start: int,
        stop: int,
        seed: int,
        known: Tensor | None = None,
        banned: dict[int, int] | None = None,
        chunk: int = CHUNK,
        particles: int = PARTICLES,
    ) -> None:
        self.direct = known is None or model.direct(known >= 0)
        self.effective_sample_size: dict[str, float] | None = None
        given = None if known is None else lambda first, last: _rows(known, first, last)
        if self.direct or given is None:
            self._parts: Any = draw_chunks(model, start, stop, seed, given, banned, chunk)
        else:
            self._parts = Completions(model, start, stop, seed, given, particles, banned)

    def __iter__(self) -> Iterator[Drawn]:
        yield from self._parts
        if not self.direct and isinstance(self._parts, Completions):
            self.effective_sample_size = self._parts.effective_sample_size()


def _rows(known: Tensor, first: int, last: int) -> Tensor:
    return known.expand(last - first, -1) if len(known) == 1 else known[first:last]


def effective_size_line(size: dict[str, float] | None) -> list[str]:
    """How well importance resampling went, for the console; nothing where there was none."""
    if size is None:
        return []
    return [
        f"effective sample size: {size['mean']:.1f} of {size['particles']} particles on average, "
        f"{size['least']:.1f} at least"
    ]
