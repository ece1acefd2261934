"""From the counts of a column in many components to shares, each drawn towards all records' shares.

A component of a mixture holds few records. Its shares of a number are drawn towards a smooth tilt
of the shares of all records first: their ratio is estimated at even ranks and interpolated. So a
component may be about forty years of age without having seen each age. That tilt, and the shares
of a category, are drawn towards those of all records. The strengths are the column's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

KNOTS = 16  # steps of rank between which ratios are interpolated
STRENGTHS = tuple(0.03 * 4.0**power for power in range(9))  # in records
LEAST = 1e-30  # so that logarithms are finite


@dataclass(frozen=True)
class Strengths:
    """How strongly the counts of a column are drawn, in records.

    Attributes:
        own: of a component's shares to the tilt, or to all records' shares where there is none.
        tilt: of the tilt to all records' shares.
    """

    own: float = 16.0
    tilt: float = 16.0


class ColumnShares:
    """Turns counts of one column into shares.

    Args:
        marginal: [levels] shares of all records, none of them 0.
        ranks: position of each code in (0, 1), NaN for none; None for a nominal column.
    """

    def __init__(self, marginal: Tensor, ranks: Sequence[float] | None) -> None:
        self.marginal = marginal[:, None]
        self.strengths = Strengths()
        self._hats = None if ranks is None else _hats(torch.tensor(ranks).to(marginal))
        if self._hats is not None:
            self._mass = (self._hats.T @ marginal)[:, None]

    def shares(self, counts: Tensor, strengths: Strengths | None = None) -> Tensor:
        """[levels, C] shares by counts [levels, C]; of the column's own strengths for None."""
        strengths = strengths or self.strengths
        rows, base = counts.sum(0), self.marginal
        if self._hats is not None:
            ratio = (self._hats.T @ counts) / self._mass
            near = self.marginal * (self._hats @ ratio)
            base = (near + strengths.tilt * base) / (rows + strengths.tilt)
        return (counts + strengths.own * base) / (rows + strengths.own)

    def choose(self, counts: Tensor, codes: Tensor, posterior: Tensor) -> None:
        """Take the strengths that are best for other records.

        Args:
            counts: [levels, C].
            codes: [M] of other records.
            posterior: [M, C] of their components, given all other columns.
        """
        for name in ("tilt", "own") if self._hats is not None else ("own",):
            tried = [replace(self.strengths, **{name: strength}) for strength in STRENGTHS]
            nats = []
            for each in tried:
                chances = (posterior * self.shares(counts, each)[codes]).sum(1)
                nats.append(float(chances.clamp(min=LEAST).log().sum()))
            self.strengths = tried[max(range(len(nats)), key=nats.__getitem__)]


def _hats(ranks: Tensor) -> Tensor:
    """[levels, G] weights of the knots at each code, which sum to 1; a code of no rank has its own.

    Drawn towards ratios at knots by these weights, the shares of all components together stay.
    """
    known = ~ranks.isnan()
    distance = ranks.nan_to_num(0.0)[:, None] * KNOTS - torch.arange(KNOTS + 1)
    hats = (1 - distance.abs()).clamp(min=0) * known[:, None]
    hats = torch.cat([hats, torch.eye(len(ranks)).to(hats)[:, ~known]], 1)
    return hats[:, hats.sum(0) > 0]
