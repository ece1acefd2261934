"""Importance resampling in fixed groups of records, so that record k of a seed stays the same."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from synth_dl.noise import generator_for
from synth_dl.sampling.chunks import Drawn

PARTICLES = 64
GROUP = 1024  # particles of a group of records; part of what a seed means
STREAM = 5  # sets the noise apart from that of `draw_chunks`


class Completions:
    """Iterates over records `start` to `stop`, drawn given the known codes of each.

    Args:
        model: with `complete`.
        start: first record.
        stop: record after the last.
        seed: of the sample.
        known: for the records from a first to below a last one, their [B, V] known codes.
        particles: draws that compete for each record.
        banned: for some variables, a code that must not be drawn.
    """

    def __init__(
        self,
        model: Any,
        start: int,
        stop: int,
        seed: int,
        known: Callable[[int, int], Tensor],
        particles: int = PARTICLES,
        banned: dict[int, int] | None = None,
    ) -> None:
        self.model, self.start, self.stop, self.seed = model, start, stop, seed
        self.known, self.particles, self.banned = known, particles, banned
        self._sizes: list[Tensor] = []

    def __iter__(self) -> Iterator[Drawn]:
        group = max(1, GROUP // self.particles)
        device, size = self.model.device, len(self.model.spec)
        for number in range(self.start // group, -(-self.stop // group)):
            first, last = number * group, min((number + 1) * group, self.stop)
            generator = generator_for(self.seed, STREAM, number)
            shape = (group, self.particles, self.model.noise_size)
            uniform = torch.rand(shape, generator=generator)
            resampling = torch.rand(group, size + 1, generator=generator)
            placing = torch.rand(group, size, generator=generator, dtype=torch.float64)
            known = self.known(first, last)
            padded = torch.cat([known, known[:1].expand(group - len(known), -1)])
            with torch.inference_mode():
                codes, sizes = self.model.complete(
                    padded.to(device), uniform.to(device), resampling.to(device), self.banned
                )
            kept = slice(max(self.start - first, 0), last - first)
            self._sizes.append(sizes[kept].cpu())
            yield Drawn(first + kept.start, codes[kept].cpu().numpy(), placing[kept].numpy())

    def effective_sample_size(self) -> dict[str, float]:
        """Mean and least over the records so far, each at its smallest along the way."""
        sizes = torch.cat(self._sizes)
        return {
            "mean": float(sizes.mean()),
            "least": float(sizes.min()),
            "particles": self.particles,
        }
