"""Completions by particles, in fixed groups of images, so that image k of a seed stays the same."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth_dl.noise import generator_for

ROWS_AT_ONCE = 1024  # particles of a group of images
STREAM = 5  # sets the noise apart from that of `draw_chunks`


class Completions:
    """Iterates over [B, V] codes of completed records `start` to `stop`.

    Args:
        model: with `complete`.
        start: first record.
        stop: record after the last.
        seed: of the sample.
        known: [N or 1, V] known codes, -1 where unknown.
        particles: completions that compete for each record.
    """

    def __init__(
        self, model: Any, start: int, stop: int, seed: int, known: Tensor, particles: int
    ) -> None:
        self.model, self.start, self.stop, self.seed = model, start, stop, seed
        self.known, self.particles = known, particles
        self._sizes: list[Tensor] = []

    def __iter__(self) -> Iterator[NDArray[np.int64]]:
        group = max(1, ROWS_AT_ONCE // self.particles)
        device, size = self.model.device, self.known.shape[1]
        for number in range(self.start // group, -(-self.stop // group)):
            first, last = number * group, min((number + 1) * group, self.stop)
            generator = generator_for(self.seed, STREAM, number)
            uniform = torch.rand(group, self.particles, size, generator=generator)
            resampling = torch.rand(group, size + 1, generator=generator)
            rows = slice(0, 1) if len(self.known) == 1 else slice(first, last)
            known = self.known[rows].expand(last - first, -1)
            padded = torch.cat([known, known[:1].expand(group - len(known), -1)])
            with torch.inference_mode():
                codes, sizes = self.model.complete(
                    padded.to(device), uniform.to(device), resampling.to(device)
                )
            kept = slice(max(self.start - first, 0), last - first)
            self._sizes.append(sizes[kept].cpu())
            yield codes[kept].cpu().numpy()

    def effective_sample_size(self) -> dict[str, float]:
        """Mean and least over the records so far, each at its smallest along the way."""
        sizes = torch.cat(self._sizes)
        return {
            "mean": float(sizes.mean()),
            "least": float(sizes.min()),
            "particles": self.particles,
        }
