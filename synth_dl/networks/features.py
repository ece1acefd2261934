"""What a network sees of a code: an embedding and, for numbers, where the value ranks.

A coarse variable and its refinement make one unit, and a unit has as many joint codes as the two
have together. Everything a network sees of a unit follows from its joint code, so it can be looked
up in one table.
"""

import math

import torch
from torch import Tensor, nn

from synth_dl.spec import Spec, Variable

HARMONICS = 6
MANY_LEVELS = 32  # codes from which on a number takes long to learn
RANK_FEATURES = 2 + 2 * HARMONICS
EXTREME_RANK = 1e-4  # keeps the normal score of the outermost code finite


class JointCodes(nn.Module):
    """Indices of joint codes in one table that holds all units.

    Attributes:
        units: number of units.
        unit_of: [V] unit of each variable.
        last: [U] the last variable of each unit.
        refined: spec indices of the variables that refine another.
        total: number of joint codes of all units.
        nominal_total: number of those whose unit is nominal and refined.
    """

    offset: Tensor
    first_child: Tensor
    coarse_offset: Tensor
    root: Tensor
    fine: Tensor
    rank_features: Tensor
    coarse_code: Tensor
    nominal_row: Tensor
    last_variable: Tensor
    has_fine: Tensor

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        with torch.device("cpu"):  # codes are counted, also where a model is made of sizes alone
            self._index(spec)

    def _index(self, spec: Spec) -> None:
        roots = [k for k, variable in enumerate(spec.variables) if variable.parent is None]
        fine_of = {v.parent: k for k, v in enumerate(spec.variables) if v.parent is not None}
        self.units = len(roots)
        self.last = [fine_of.get(root, root) for root in roots]
        self.refined = sorted(fine_of.values())
        unit_of = {root: unit for unit, root in enumerate(roots)}
        self.unit_of = [
            unit_of[k if v.parent is None else v.parent] for k, v in enumerate(spec.variables)
        ]
        children = [
            torch.tensor(_children(spec.variables[root], spec.variables[last]))
            for root, last in zip(roots, self.last, strict=True)
        ]
        self.sizes = [int(count.sum()) for count in children]
        self.total = sum(self.sizes)
        coarse_sizes = [len(count) for count in children]
        self.coarse_total = sum(coarse_sizes)
        starts = [count.cumsum(0) - count for count in children]
        coarse_offset = torch.tensor([0, *coarse_sizes]).cumsum(0)[:-1]
        features = [
            rank_features(spec.variables[root], count)
            for root, count in zip(roots, children, strict=True)
        ]
        has_fine = torch.tensor([last != root for root, last in zip(roots, self.last, strict=True)])
        nominal = torch.cat(
            [
                torch.full((size,), last != root and not spec.variables[root].ordered)
                for root, last, size in zip(roots, self.last, self.sizes, strict=True)
            ]
        )
        self.nominal_total = int(nominal.sum())
        buffers = {
            "nominal_row": nominal.cumsum(0) * nominal,
            "root": torch.tensor(roots),
            "fine": torch.tensor(self.last) * has_fine,
            "has_fine": has_fine,
            "offset": torch.tensor([0, *self.sizes]).cumsum(0)[:-1],
            "first_child": torch.cat(starts),
            "coarse_offset": coarse_offset,
            "coarse_code": torch.cat(
                [
                    torch.repeat_interleave(torch.arange(len(count)), count) + shift
                    for count, shift in zip(children, coarse_offset, strict=True)
                ]
            ),
            "rank_features": torch.cat(features),
            "last_variable": torch.tensor(self.last),
        }
        for root in roots:
            single = torch.ones(spec.variables[root].levels, dtype=torch.long)
            buffers[f"coarse_features_{root}"] = rank_features(spec.variables[root], single)
        for name, value in buffers.items():
            self.register_buffer(name, value, persistent=False)

    def forward(self, codes: Tensor) -> Tensor:
        """[B, U] rows of the joint table for [B, V] codes; unknown cells give some valid row."""
        coarse = codes[:, self.root].clamp(min=0)
        fine = codes[:, self.fine].clamp(min=0) * self.has_fine
        return self.first_child[coarse + self.coarse_offset] + self.offset + fine

    def coarse_features(self, variable: int) -> Tensor:
        """[levels, R] rank features of a coarse variable's codes, each at its middle."""
        return self.get_buffer(f"coarse_features_{variable}")

    def row(self, codes: Tensor, unit: int) -> Tensor:
        """[B] rows of the joint table for one unit of [B, V] codes."""
        root, last = int(self.root[unit]), self.last[unit]
        rows = self.first_child[codes[:, root] + self.coarse_offset[unit]] + self.offset[unit]
        return rows + codes[:, last] if last != root else rows


def _children(root: Variable, last: Variable) -> tuple[int, ...]:
    return last.children if last.children is not None else (1,) * root.levels


def is_number(variable: Variable) -> bool:
    """Whether a variable is a number of many values."""
    return variable.ranks is not None and variable.levels >= MANY_LEVELS


def rank_features(root: Variable, children: Tensor) -> Tensor:
    """[J, R] rank, its normal score and the first harmonics; zeros for codes without a rank.

    Periodic features of a number let a small network see fine detail (arXiv:2203.05556, section
    3.2); the frequencies here are fixed.
    """
    joint = int(children.sum())
    if root.ranks is None or root.widths is None:
        return torch.zeros(joint, RANK_FEATURES)
    middle = torch.tensor(root.ranks, dtype=torch.float64)
    width = torch.tensor(root.widths, dtype=torch.float64)
    counts = torch.repeat_interleave(children, children)
    first = torch.repeat_interleave(children.cumsum(0) - children, children)
    inside = (torch.arange(joint) - first + 0.5) / counts
    rank = torch.repeat_interleave(middle - width / 2, children)
    rank = rank + inside * torch.repeat_interleave(width, children)
    known = rank.isfinite()
    rank = rank.nan_to_num(0.5).clamp(EXTREME_RANK, 1 - EXTREME_RANK)
    columns = [2 * rank - 1, math.sqrt(2) * torch.erfinv(2 * rank - 1)]
    for k in range(1, HARMONICS + 1):
        columns += [torch.cos(k * math.pi * rank), torch.sin(k * math.pi * rank)]
    return (torch.stack(columns, 1) * known[:, None]).float()
