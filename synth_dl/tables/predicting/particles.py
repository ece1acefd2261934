"""What is missing in rows, as weighted particles of a model of many orders.

The noise of a variable is stratified over the particles of a row (Latin hypercube, McKay, Beckman
and Conover 1979), so that few of them give steady means.
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

AVERAGED = 64  # particles of a row, of which means are taken
FIRST, FURTHER, MOST = 32, 16, 256  # for one draw, for each more, and in all
ROWS = 128  # that are completed together, whose number is part of what a seed means
STREAM = 12  # sets the noise of particles apart from that of draws


@dataclass(frozen=True)
class Particles:
    """Completions of rows.

    Attributes:
        codes: [N, K, V] of them, which agree in what is known of a row.
        nats: [N, K] how much likelier the natural order finds each than the one that drew it.
    """

    codes: Tensor
    nats: Tensor

    @classmethod
    def of(
        cls, model: Any, known: Tensor, allowed: Allowed, count: int, seed: int, first: int
    ) -> Self:
        """Those of rows that follow one another.

        Args:
            model: that refines.
            known: [N, V] codes, -1 where unknown.
            allowed: for some variables, [levels] whether a code may be drawn.
            count: K of each row.
            seed: of the draws.
            first: row within all rows, a multiple of `ROWS`.
        """
        model.eval()
        codes = known[:, None].repeat(1, count, 1)
        nats = torch.zeros(len(known), count, dtype=torch.float64)
        for start in range(0, len(known), ROWS):
            part = known[start : start + ROWS]
            rows = (part < 0).any(1).nonzero()[:, 0]
            if not len(rows):
                continue
            shape = ROWS, count, known.shape[1]
            uniform = _stratified(shape, generator_for(seed, STREAM, (first + start) // ROWS))
            for own in rows.split(max(1, model.spec.rows_at_once // count)):
                asked = (each.to(model.device) for each in (part[own], uniform[own]))
                with torch.inference_mode():
                    found, weights = model.particles(*asked, allowed)
                codes[start + own], nats[start + own] = found.cpu(), weights.cpu()
        return cls(codes, nats)

    def draws(self, count: int, uniform: Tensor) -> list[NDArray[np.int64]]:
        """[N, V] codes so many times, each chosen among all particles as the natural order says.

        Args:
            count: of the draws.
            uniform: [N, count + 1] draws from [0, 1); for the places, and for their order.
        """
        steps = uniform[:, :count].argsort(1) + uniform[:, count:]
        places = place_of(self.nats.softmax(1), steps.double() / count)
        every = torch.arange(len(self.codes))
        return [self.codes[every, place].numpy() for place in places.unbind(1)]

    def shares(self, target: Target, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """[B, M] probabilities of every code of a column in some rows, as `Target.shares`.

        In the geometric mean of both orders, with square roots as weights. It is nearer to the
        truth in the mean (docs/benchmarks.md, "Imputation"), as far more of the particles count.
        """
        children = torch.from_numpy(target.children)
        codes = self.codes[rows][:, :, target.slots]
        place = (children.cumsum(0) - children)[codes[..., 0]]
        if len(target.slots) > 1:
            place = place + codes[..., 1]
        shares = torch.zeros(len(rows), int(children.sum()), dtype=torch.float64)
        return shares.scatter_add_(1, place, (self.nats[rows] / 2).softmax(1)).numpy()


def _stratified(shape: tuple[int, int, int], generator: torch.Generator) -> Tensor:
    """[N, K, V] draws from [0, 1), of which each of K equal parts holds one."""
    stratum = torch.rand(shape, generator=generator).argsort(1)
    return (stratum + torch.rand(shape, generator=generator)) / shape[1]
