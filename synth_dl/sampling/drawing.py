"""Sampling in fixed chunks, so that row k of a seed is the same however it is asked for.

A chunk's noise depends on the seed and the chunk's number alone, and every forward pass runs on a
whole chunk. So neither batch size, nor shard, nor where a run was interrupted changes a row.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth_dl.noise import generator_for

# Records in a chunk, and particles of a chunk of importance resampling; part of what a seed means.
CHUNK = 2048
IMAGE_CHUNK = 256
PARTICLE_CHUNK = 1024
PARTICLE_STREAM = 5  # sets the noise of importance resampling apart from that of direct draws
PARTICLES = 64


@dataclass(frozen=True)
class Drawn:
    """Rows `first` to `first + len(codes)` of a sample, as codes.

    Attributes:
        codes: [B, V].
        uniform: [B, V] draws from [0, 1) left for the codec.
    """

    first: int
    codes: NDArray[np.int64]
    uniform: NDArray[np.float64]


class Drawing:
    """Iterates over the chunks of a sample.

    Conditions that the model can be asked for are met by drawing given them; others by importance
    resampling, in which several particles compete for each record.

    Args:
        model: follows the contract of `GenerativeModel`, in evaluation mode.
        start: first record.
        stop: record after the last.
        seed: of the sample.
        known: [N, V] codes of all records, or [1, V] of each; -1 where unknown, None for nothing.
        places: which row of `known` each record has, where it is not a row of its own.
        banned: for some variables, a code that must not be drawn.
        chunk: records in a chunk that is drawn directly.
        particles: that compete for each record.

    Attributes:
        direct: whether no importance resampling is needed.
        effective_sample_size: after the last chunk of importance resampling, `mean` and `least`
            over the records, each at its smallest along the way, and the number of `particles`;
            else None.

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
        places: NDArray[np.int64] | None = None,
    ) -> None:
        self.direct = known is None or model.direct(known >= 0)
        self.effective_sample_size: dict[str, float] | None = None
        self._model, self._start, self._stop, self._seed = model, start, stop, seed
        self.known, self._banned, self._particles = known, banned, particles
        self._places = None if places is None else torch.from_numpy(places)
        self._chunk = chunk if self.direct else max(1, PARTICLE_CHUNK // particles)

    def __iter__(self) -> Iterator[Drawn]:
        sizes = []
        for number in range(self._start // self._chunk, -(-self._stop // self._chunk)):
            first = number * self._chunk
            kept = slice(max(self._start - first, 0), min(self._chunk, self._stop - first))
            if self.direct:
                codes, uniform = self._draw(number, first, kept.stop)
            else:
                codes, uniform, size = self._resample(number, first, kept.stop)
                sizes.append(size[kept].cpu())
            yield Drawn(first + kept.start, codes[kept].cpu().numpy(), uniform[kept].numpy())
        if sizes:
            found = torch.cat(sizes)
            self.effective_sample_size = {
                "mean": float(found.mean()),
                "least": float(found.min()),
                "particles": self._particles,
            }

    def _draw(self, number: int, first: int, count: int) -> tuple[Tensor, Tensor]:
        """[chunk, V] codes and uniform draws of a chunk, given the known codes of its records."""
        model, size = self._model, len(self._model.spec)
        generator = generator_for(self._seed, number)
        noise = torch.rand(self._chunk, model.noise_size, generator=generator)
        uniform = torch.rand(self._chunk, size, generator=generator, dtype=torch.float64)
        known = torch.full((self._chunk, size), -1, dtype=torch.long)
        if self.known is not None:
            known[:count] = self._known_codes(first, count)
        with torch.inference_mode():
            codes = model.sample(known.to(model.device), noise.to(model.device), self._banned)
        return codes, uniform

    def _resample(self, number: int, first: int, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """[chunk, V] codes and uniform draws of a chunk, and its [chunk] effective sizes."""
        model, size = self._model, len(self._model.spec)
        generator = generator_for(self._seed, PARTICLE_STREAM, number)
        shape = (self._chunk, self._particles, model.noise_size)
        noise = torch.rand(shape, generator=generator)
        resampling = torch.rand(self._chunk, size + 1, generator=generator)
        uniform = torch.rand(self._chunk, size, generator=generator, dtype=torch.float64)
        known = self._known_codes(first, count)
        padded = torch.cat([known, known[:1].expand(self._chunk - count, -1)])
        device = model.device
        with torch.inference_mode():
            codes, sizes = model.complete(
                padded.to(device), noise.to(device), resampling.to(device), self._banned
            )
        return codes, uniform, sizes

    def _known_codes(self, first: int, count: int) -> Tensor:
        """[count, V] known codes of the records from `first` on."""
        known = self.known
        assert known is not None  # asked for only where something is known
        if self._places is not None:
            return known[self._places[first : first + count]]
        return known.expand(count, -1) if len(known) == 1 else known[first : first + count]
