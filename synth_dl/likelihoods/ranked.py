"""A number as its rank: the place of its code among the training rows, from 0 to 1."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from synth_dl.spec import Spec, Variable

SPIKE = 0.05  # share of the rows from which on a value of a number is a state of its own
FEW_LEVELS = 16  # a number of no more codes is a one-hot vector


@dataclass(frozen=True)
class Ranked:
    """A number: a coarse variable and, perhaps, the fine one that refines it.

    Attributes:
        root, fine: indices in the record; `fine` is None where there is no fine one.
        order: [R] coarse codes that have a rank, in the order of it.
        edges: [R + 1] ranks at which they begin and end, from 0 to 1.
        children: [R] fine codes of each.
        states: coarse codes that stand beside the rank: spikes and missing.
    """

    root: int
    fine: int | None
    order: Tensor
    edges: Tensor
    children: Tensor
    states: tuple[int, ...]

    def rank(self, codes: Tensor, inside: Tensor | float, use_fine: bool) -> tuple[Tensor, Tensor]:
        """[B] ranks of records [B, V], and [B] 0 where there is one, else 1, 2, … for the state.

        Args:
            codes: [B, V].
            inside: [B] or the same for all, places in the share of a code, from 0 to 1.
            use_fine: whether the fine code counts.
        """
        device = codes.device
        code = codes[:, self.root].clamp(min=0)
        levels = len(self.order) + len(self.states)
        place = torch.zeros(levels, dtype=torch.long, device=device)
        place[self.order.to(device)] = torch.arange(len(self.order), device=device)
        state = torch.zeros(levels, dtype=torch.long, device=device)
        for index, beside in enumerate(self.states):
            state[beside] = index + 1
        at = place[code]
        edges, children = self.edges.to(device), self.children.to(device)
        share: Tensor | float = inside
        if use_fine and self.fine is not None:
            share = (codes[:, self.fine].clamp(min=0) + inside) / children[at]
        low, high = edges[at], edges[at + 1]
        return (low + (high - low) * share).float(), state[code]

    def unrank(self, rank: Tensor, state: Tensor, codes: Tensor) -> None:
        """Write the codes of [B] ranks and states into [B, V] codes; the inverse of `rank`."""
        edges, children = self.edges.to(rank.device), self.children.to(rank.device)
        rank = rank.double().clamp(0, 1)
        at = torch.searchsorted(edges, rank, right=True).sub(1).clamp(0, len(self.order) - 1)
        code = self.order.to(rank.device)[at]
        for index, beside in enumerate(self.states):
            code = torch.where(state == index + 1, beside, code)
        codes[:, self.root] = code
        if self.fine is not None:
            share = (rank - edges[at]) / (edges[at + 1] - edges[at])
            fine = torch.minimum((share * children[at]).long().clamp(min=0), children[at] - 1)
            codes[:, self.fine] = torch.where(state == 0, fine, 0)


def has_rank(variable: Variable) -> bool:
    """Whether a variable is a number of more than a few values that are no spikes."""
    if variable.ranks is None or variable.widths is None or variable.levels <= FEW_LEVELS:
        return False
    smooth = [w for r, w in zip(variable.ranks, variable.widths, strict=True)
              if not math.isnan(r) and w < SPIKE]  # fmt: skip
    return len(smooth) > 1


def ranked(spec: Spec, root: int, fine: int | None) -> Ranked:
    """The number whose coarse variable is `root`; it must have a rank."""
    ranks = torch.tensor(spec.variables[root].ranks, dtype=torch.float64)
    widths = torch.tensor(spec.variables[root].widths, dtype=torch.float64)
    children = torch.ones(len(ranks), dtype=torch.long)
    if fine is not None:
        children = torch.tensor(spec.variables[fine].children)
    beside = ranks.isnan() | ((widths >= SPIKE) & (children == 1))
    order = torch.where(beside, torch.inf, ranks).argsort()[: len(ranks) - int(beside.sum())]
    shares = widths[order].clamp(min=1e-9)
    edges = torch.cat([shares.new_zeros(1), shares.cumsum(0)]) / shares.sum()
    states = tuple(beside.nonzero()[:, 0].tolist())
    return Ranked(root, fine, order, edges, children[order], states)
