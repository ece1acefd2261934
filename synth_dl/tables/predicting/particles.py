"""What is missing in rows, as weighted particles: what a model of many orders is asked for means.

One draw a variable and particle is stratified over the particles of a row (Latin hypercube, McKay,
Beckman and Conover 1979), so that few of them give steady means. Weights are square roots of those
that draws are chosen by: the geometric mean of both orders. It is as near to the truth in the mean
(docs/benchmarks.md, "Imputation"), and far more of the particles count.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth_dl.likelihoods.inversion import Allowed, place_of
from synth_dl.noise import generator_for
from synth_dl.tables.predicting.target import Target

PARTICLES = 64  # of a row
ROWS = 128  # that are completed together, whose number is part of what a seed means
STREAM = 12  # sets the noise of particles apart from that of draws


@dataclass(frozen=True)
class Particles:
    """Completions of rows.

    Attributes:
        codes: [N, K, V] of them, which agree in what is known of a row.
        weights: [N, K] what each counts; those of a row sum to 1.
    """

    codes: Tensor
    weights: Tensor

    @classmethod
    def of(cls, model: Any, known: Tensor, allowed: Allowed, seed: int, first: int) -> Self:
        """Those of rows that follow one another.

        Args:
            model: that refines.
            known: [N, V] codes, -1 where unknown.
            allowed: for some variables, [levels] whether a code may be drawn.
            seed: of the draws.
            first: row within all rows, a multiple of `ROWS`.
        """
        model.eval()
        codes = known[:, None].repeat(1, PARTICLES, 1)
        weights = torch.full((len(known), PARTICLES), 1 / PARTICLES, dtype=torch.float64)
        for start in range(0, len(known), ROWS):
            part = known[start : start + ROWS]
            rows = (part < 0).any(1).nonzero()[:, 0]
            if len(rows):
                uniform = _stratified(known.shape[1], seed, (first + start) // ROWS)
                asked = (each.to(model.device) for each in (part[rows], uniform[rows]))
                with torch.inference_mode():
                    found, nats = model.particles(*asked, allowed)
                codes[start + rows] = found.cpu()
                weights[start + rows] = (nats / 2).softmax(1).cpu()
        return cls(codes, weights)

    def shares(self, target: Target, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """[B, M] probabilities of every code of a column in some rows, as `Target.shares`."""
        children = torch.from_numpy(target.children)
        codes = self.codes[rows][:, :, target.slots]
        place = (children.cumsum(0) - children)[codes[..., 0]]
        if len(target.slots) > 1:
            place = place + codes[..., 1]
        shares = torch.zeros(len(rows), int(children.sum()), dtype=torch.float64)
        return shares.scatter_add_(1, place, self.weights[rows]).numpy()

    def some(self, count: int) -> list[NDArray[np.int64]]:
        """[N, V] codes of so many particles, evenly spread over their weights."""
        levels = (torch.arange(count, dtype=torch.float64) + 0.5) / count
        places = place_of(self.weights, levels.expand(len(self.weights), -1).contiguous())
        every = torch.arange(len(self.weights))
        return [self.codes[every, place].numpy() for place in places.unbind(1)]


def _stratified(size: int, seed: int, number: int) -> Tensor:
    """[ROWS, K, V] draws from [0, 1), of which each of K parts has one."""
    generator = generator_for(seed, STREAM, number)
    shape = (ROWS, PARTICLES, size)
    stratum = torch.rand(shape, generator=generator).argsort(1)
    return (stratum + torch.rand(shape, generator=generator)) / PARTICLES
