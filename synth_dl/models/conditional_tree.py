"""One tree that says how likely each code of a variable is given the codes of others."""

from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from synth_dl.likelihoods.inversion import place_of
from synth_dl.spec import Spec

SIZES = ("roots", "halves", "asked", "positions", "shares")  # whose lengths part many trees


@dataclass(frozen=True)
class ConditionalTree:
    """p(variable | its predictors): trees of questions whose leaves hold distributions.

    A variable has one tree, whose leaves say how likely each code is; or one for each way to part
    its codes in two, the lower and the upper ones, until single codes are left.

    Attributes:
        roots: [1] the first node; of a refinement [P + 1] that for each code of the variable it
            refines, and for an unknown one; or [H] that for each of the `halves`.
        halves: [H, 2] what the lower and the upper part are: a later one of the `halves`, or
            -1 - code. Empty where leaves have all codes.
        asked: [N] the variable whose code a node asks for; -1 for a leaf.
        threshold: [N] the highest code, or position, that goes to the first child.
        below: [N, 2] nodes, which stand after their own; for a leaf its row of `shares`, twice.
        unknown: [N] which child rows go to whose code is unknown: 0 or 1.
        offset: [N] where in `positions` those of the codes of `asked` begin; -1 where codes are
            compared themselves.
        positions: [S].
        shares: [leaves, levels] distributions; [leaves, 2] of halves.
    """

    roots: Tensor
    halves: Tensor
    asked: Tensor
    threshold: Tensor
    below: Tensor
    unknown: Tensor
    offset: Tensor
    positions: Tensor
    shares: Tensor

    @property
    def halved(self) -> bool:
        """Whether codes are parted in two again and again."""
        return len(self.halves) > 0

    def distribution(self, codes: Tensor, parent: int | None) -> Tensor:
        """[B, levels] probabilities for records [B, V], of which unknown codes are -1.

        Args:
            codes: [B, V].
            parent: the variable that this one refines.
        """
        if not self.halved:
            return self.shares[self._leaves(codes, self._start(codes, parent))]
        found = torch.zeros(len(codes), len(self.halves) + 1, dtype=torch.float64)
        mass = torch.ones(len(codes), len(self.halves), dtype=torch.float64)
        for place, pair in enumerate(self.halves.tolist()):
            node = self.roots[place].expand(len(codes)).long().clone()
            both = self.shares[self._leaves(codes, node)].double()
            for side, part in enumerate(pair):
                share = mass[:, place] * both[:, side]
                if part < 0:
                    found[:, -1 - part] = share
                else:
                    mass[:, part] = share
        return found

    def nats(self, codes: Tensor, variable: int, parent: int | None) -> Tensor:
        """[B] log-probability of the codes of its variable in records [B, V]; 0 where unknown."""
        own = codes[:, variable]
        nats = torch.zeros(len(codes), dtype=torch.float64)
        if not self.halved:
            leaves = self._leaves(codes, self._start(codes, parent))
            return self.shares[leaves, own.clamp(min=0)].double().log().masked_fill(own < 0, 0.0)
        sides, parts = torch.tensor([0, 1]), self.halves.long()
        above = torch.full((len(parts) + len(parts) + 1, 2), -1)  # of each half, then of each code
        slots = torch.where(parts >= 0, parts, len(parts) - 1 - parts)
        above[slots] = torch.stack(torch.broadcast_tensors(
            torch.arange(len(parts))[:, None], sides), -1)  # fmt: skip
        rows = (own >= 0).nonzero()[:, 0]
        slot = len(parts) + own[rows]
        while len(rows):
            place, side = above[slot].unbind(1)
            leaves = self._leaves(codes[rows], self.roots[place].long())
            nats[rows] += self.shares[leaves, side].double().log()
            going = place > 0  # the first of the halves has nothing above it
            rows, slot = rows[going], place[going]
        return nats

    def draw(self, codes: Tensor, uniform: Tensor, parent: int | None) -> Tensor:
        """[B] codes drawn for records [B, V] by inversion of draws [B] from [0, 1)."""
        if not self.halved:
            return place_of(self.distribution(codes, parent), uniform[:, None])[:, 0]
        drawn, left = torch.zeros_like(codes[:, 0]), uniform.double()
        rows, place = torch.arange(len(codes)), torch.zeros(len(codes), dtype=torch.long)
        while len(rows):
            both = self.shares[self._leaves(codes[rows], self.roots[place].long())].double()
            lower = both[:, 0] / both.sum(1)
            upper = left >= lower
            # What is left of the draw says where it lies in its half.
            left = torch.where(upper, (left - lower) / (1 - lower), left / lower)
            part = self.halves[place, upper.long()].long()
            ends = part < 0
            drawn[rows[ends]] = -1 - part[ends]
            rows, place, left = rows[~ends], part[~ends], left[~ends]
        return drawn

    def _start(self, codes: Tensor, parent: int | None) -> Tensor:
        """[B] the first node of each record."""
        if len(self.roots) == 1 or parent is None:
            return self.roots[0].expand(len(codes)).long().clone()
        return self.roots[codes[:, parent]].long()  # the last one for -1

    def _leaves(self, codes: Tensor, node: Tensor) -> Tensor:
        """[B] the row of `shares` that each record [B, V] comes to from a node [B]."""
        # A few thousand rows at a time: NumPy takes a third of the time that tensors take.
        asked, threshold, below = self.asked.numpy(), self.threshold.numpy(), self.below.numpy()
        whole, reached = codes.numpy(), node.numpy().copy()
        rows, here = np.arange(len(reached)), reached
        while True:
            question = asked[here]
            going = question >= 0
            rows, here, question = rows[going], here[going], question[going]
            if not len(rows):
                return torch.from_numpy(below[reached, 0].astype(np.int64))
            code, offset = whole[rows, question], self.offset.numpy()[here]
            placed, place = offset >= 0, code.copy()
            places = offset[placed] + np.maximum(code[placed], 0)
            place[placed] = self.positions.numpy()[places]
            side = np.where(code < 0, self.unknown.numpy()[here], place > threshold[here])
            here = below[here, side.astype(np.int64)].astype(np.int64)
            reached[rows] = here

    @property
    def sizes(self) -> list[int]:
        """How long it is in each of the `SIZES`."""
        return [len(getattr(self, name)) for name in SIZES]

    def check(self, spec: Spec, variable: int, seen: Tensor) -> None:
        """Refuse, by a ValueError, what no growing leaves.

        Args:
            spec: what one record is.
            variable: whose tree it is.
            seen: [V] which variables it may ask for.
        """
        target, levels = spec.variables[variable], torch.tensor(spec.levels)
        refined = target.parent is not None and bool(seen[target.parent])
        roots = spec.levels[target.parent] + 1 if refined and target.parent is not None else 1
        nodes, inner = len(self.asked), self.asked >= 0
        sound = len(self.roots) == (len(self.halves) if self.halved else roots)
        sound = sound and not (self.halved and refined)
        sound = sound and self.shares.shape[1] == (2 if self.halved else target.levels)
        sound = sound and _within(self.roots, nodes) and _within(self.unknown, 2)
        sound = sound and _within(self.asked + 1, len(spec) + 1)
        sound = sound and bool(seen[self.asked[inner].long()].all())
        sound = sound and _after(self.below[inner], torch.arange(nodes)[inner])
        sound = sound and _within(self.below[inner], nodes)
        sound = sound and _within(self.below[~inner], len(self.shares))
        if not sound:
            raise ValueError("a tree asks for what does not exist")
        reached = torch.cat([self.roots.long(), self.below[inner].long().flatten()])
        if (torch.bincount(reached, minlength=nodes) != 1).any():
            raise ValueError("the nodes of a tree are not connected as one")
        placed = inner & (self.offset >= 0)
        ends = self.offset[placed] + levels[self.asked[placed].long()]
        if (self.offset < -1).any() or not _within(ends, len(self.positions) + 1):
            raise ValueError("a tree puts codes in an order that does not exist")
        if not bool((self.shares >= 0).all()) or (self.shares.sum(1) - 1).abs().max() > 1e-3:
            raise ValueError("probabilities do not sum to one")
        if self.halved:
            self._check_halves(target.levels)
        elif refined:
            self._check_children(target.children or ())

    def _check_halves(self, levels: int) -> None:
        """Refuse halves that do not end at each code once."""
        parts, count = self.halves.long(), len(self.halves)
        slots = torch.where(parts >= 0, parts, count - 1 - parts).flatten()
        sound = count == levels - 1 and _within(slots, count + levels)
        sound = sound and bool((torch.bincount(slots, minlength=count + levels)[1:] == 1).all())
        if not sound or not _after(torch.where(parts < 0, count, parts), torch.arange(count)):
            raise ValueError("the halves of a variable do not end at each of its codes")

    def _check_children(self, children: tuple[int, ...]) -> None:
        """Refuse leaves of a refinement that give chances to codes that do not exist there."""
        for root, count in zip(self.roots.tolist(), children, strict=False):
            nodes = torch.tensor([root])
            while len(nodes):
                inner = self.asked[nodes] >= 0
                rows = self.below[nodes[~inner], 0].long()
                if count and bool(self.shares[rows, count:].any()):
                    raise ValueError("a tree draws codes that do not exist")
                nodes = self.below[nodes[inner]].long().flatten()


def joined(trees: list[ConditionalTree]) -> dict[str, Tensor]:
    """Many trees as one tensor for each of their fields, and their `sizes` [T, 5]."""
    found = {
        field.name: torch.cat([getattr(tree, field.name) for tree in trees])
        for field in fields(ConditionalTree)
        if field.name != "shares"
    }
    found["shares"] = torch.cat([tree.shares.flatten() for tree in trees])
    return found | {"sizes": torch.tensor([tree.sizes for tree in trees])}


def parted(state: dict[str, Tensor], levels: list[int]) -> list[ConditionalTree]:
    """The inverse of `joined`; a ValueError where the sizes do not fit.

    Args:
        state: what `joined` gives.
        levels: [T] of the variable of each tree.
    """
    sizes = state["sizes"]
    if sizes.shape != (len(levels), len(SIZES)) or bool((sizes < 0).any()):
        raise ValueError("the sizes of the trees are missing")
    lengths: dict[str, list[int]] = dict(zip(SIZES, sizes.T.tolist(), strict=True))
    widths = [2 if own else count for own, count in zip(lengths["halves"], levels, strict=True)]
    pairs = zip(lengths["shares"], widths, strict=True)
    lengths["shares"] = [rows * width for rows, width in pairs]
    parts = {}
    for field in fields(ConditionalTree):
        own = lengths.get(field.name, lengths["asked"])
        if sum(own) != len(state[field.name]):
            raise ValueError("the trees have other sizes")
        parts[field.name] = state[field.name].split(own)
    trees = []
    for place, width in enumerate(widths):
        one = {name: part[place] for name, part in parts.items()}
        trees.append(ConditionalTree(**{**one, "shares": one["shares"].view(-1, width)}))
    return trees


def _within(values: Tensor, stop: int) -> bool:
    return bool(((values >= 0) & (values < stop)).all())


def _after(values: Tensor, places: Tensor) -> bool:
    return bool((values > places[:, None]).all())
