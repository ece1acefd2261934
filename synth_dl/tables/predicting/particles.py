"""What is missing in rows, as weighted particles of a model of many orders.

The noise of a variable is stratified over the particles of a row (Latin hypercube, McKay, Beckman
and Conover 1979), so that few of them give steady means.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth_dl.likelihoods.inversion import Allowed, place_of
from synth_dl.noise import generator_for, stratified
from synth_dl.tables.predicting.target import Target

AVERAGED = (64,)  # particles of a row, of which means are taken
FIRST, FURTHER, MOST = 32, 16, 256  # that the first draw chooses among, for each more, and in all
_GOLDEN = (5**0.5 - 1) / 2  # whose multiples are spread evenly over [0, 1), however many there are
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
        cls,
        model: Any,
        known: Tensor,
        allowed: Allowed,
        sizes: Sequence[int],
        seed: int,
        first: int,
    ) -> Self:
        """Those of rows that follow one another.

        Args:
            model: that refines.
            known: [N, V] codes, -1 where unknown.
            allowed: for some variables, [levels] whether a code may be drawn.
            sizes: of groups, each of which has its noise stratified, that make K for each row.
            seed: of the draws.
            first: row within all rows, a multiple of `ROWS`.
        """
        model.eval()
        count = sum(sizes)
        codes = known[:, None].repeat(1, count, 1)
        nats = torch.zeros(len(known), count, dtype=torch.float64)
        for start in range(0, len(known), ROWS):
            part = known[start : start + ROWS]
            rows = (part < 0).any(1).nonzero()[:, 0]
            if not len(rows):
                continue
            generator = generator_for(seed, STREAM, (first + start) // ROWS)
            parts = [stratified((ROWS, size, known.shape[1]), generator) for size in sizes]
            uniform = torch.cat(parts, 1)
            for own in rows.split(max(1, model.spec.rows_at_once // count)):
                asked = (each.to(model.device) for each in (part[own], uniform[own]))
                with torch.inference_mode():
                    found, weights = model.particles(*asked, allowed)
                codes[start + own], nats[start + own] = found.cpu(), weights.cpu()
        return cls(codes, nats)

    def draws(self, count: int, uniform: Tensor) -> list[NDArray[np.int64]]:
        """[N, V] codes so many times, each chosen among all particles as the natural order says.

        The first ones are the same however many there are.

        Args:
            count: of the draws.
            uniform: [N] draws from [0, 1), for the places.
        """
        every, found = torch.arange(len(self.codes)), []
        for draw in range(count):
            nats = self.nats[:, : among(draw)]
            step = (uniform.double() + draw * _GOLDEN) % 1
            place = place_of(nats.softmax(1), step[:, None])[:, 0]
            found.append(self.codes[every, place].numpy())
        return found

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


def among(draw: int) -> int:
    """How many particles a draw chooses among."""
    return min(MOST, FIRST + draw * FURTHER)


def groups(draws: int) -> list[int]:
    """The sizes of the groups that so many draws need, of which the first are always the same."""
    ends = [among(draw) for draw in range(draws)]
    return [end - before for before, end in pairwise([0, *ends]) if end > before]
