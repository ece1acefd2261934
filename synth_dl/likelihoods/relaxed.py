"""A record as one vector of real numbers, and back.

A category is a one-hot vector, and so is a number of few values. Any other number is its
randomised rank: the place of its code among the training rows, drawn evenly inside the code's share
of them, so that it is uniform whatever the column's distribution, and the code follows from it
exactly. Values that many rows share, and a missing one, are states beside the rank. A pixel is its
level, drawn evenly inside it, from -1 to 1. All of it has a gradient, which the likelihoods' draws
have not.
"""

import math
from itertools import accumulate

import torch
from torch import Tensor

from synth_dl.likelihoods.inversion import Allowed, only, place_of
from synth_dl.likelihoods.ranked import Ranked, has_rank, ranked
from synth_dl.spec import Layout, Spec

HARMONICS = 6
MIDDLE = 0.5  # of a code's share, where nothing is drawn
EDGE = 1e-3  # kept from the ends of a share, where rounding would give its neighbour


class Relaxed:
    """Vectors of real numbers for codes, and codes for vectors.

    The vector holds, one after another, a one-hot block for each nominal variable and for each
    number (has a rank, or is in one of its states), the ranks of the numbers, and the
    planes of the pixels.

    Args:
        spec: what one record is.

    Attributes:
        blocks: first place and size of each one-hot block.
        block_of: for each variable of the record that is no pixel, its one-hot block.
        nominal: variables whose block has a place for each code.
        ranked: numbers that have a rank.
        onehots, flat: places of a vector before the ranks, and before the pixels.
        layout: of a vector.
        lifted_layout: of what `lift` gives.
        seen_layout: of what `seen` gives.
    """

    def __init__(self, spec: Spec) -> None:
        self.spec, self.grid = spec, spec.grid
        fine_of = {v.parent: k for k, v in enumerate(spec.variables) if v.parent is not None}
        self.ranked: list[Ranked] = []
        self.nominal: list[int] = []
        sizes: list[int] = []
        self.block_of: list[int] = [-1] * len(spec.variables)
        for k, variable in enumerate(spec.variables):
            if variable.parent is None and has_rank(variable):
                with torch.device("cpu"):  # also where a model is made of sizes alone
                    number = ranked(spec, k, fine_of.get(k))
                self.ranked.append(number)
                self.block_of[k] = len(sizes)
                if number.fine is not None:
                    self.block_of[number.fine] = len(sizes)
                sizes.append(1 + len(number.states))
            elif self.block_of[k] < 0:
                self.nominal.append(k)
                self.block_of[k] = len(sizes)
                sizes.append(variable.levels)
        starts = [0, *accumulate(sizes)]
        self.blocks = list(zip(starts, sizes, strict=False))
        self.onehots = starts[-1]
        self.flat = self.onehots + len(self.ranked)
        grid = self.grid
        shape = (grid.height, grid.width) if grid else (0, 0)
        self.layout = Layout(self.flat, grid.channels if grid else 0, *shape)
        lifted = self.onehots + len(self.ranked) * (1 + 2 * HARMONICS)
        self.lifted_layout = Layout(lifted, grid.channels if grid else 0, *shape)
        self.seen_layout = Layout(lifted, grid.channels + 1 if grid else 0, *shape)

    def features(self, codes: Tensor, uniform: Tensor | None = None, fine: bool = True) -> Tensor:
        """[B, F] vectors of [B, V] codes; a block of zeros and a rank of 0 where unknown (-1).

        Args:
            codes: [B, V].
            uniform: [B, V] draws from [0, 1) that place numbers and pixels inside their codes;
                in the middle if not given.
            fine: whether fine codes of numbers count, or coarse ones only.
        """
        uniform = None if uniform is None else uniform.clamp(EDGE, 1 - EDGE)
        found = codes.new_zeros(len(codes), self.onehots, dtype=torch.float32)
        ranks = []
        for k in self.nominal:
            self._mark(found, self.block_of[k], codes[:, k], codes[:, k] >= 0)
        for number in self.ranked:
            inside = MIDDLE if uniform is None else uniform[:, number.root]
            rank, state = number.rank(codes, inside, fine)
            known = codes[:, number.root] >= 0
            self._mark(found, self.block_of[number.root], state, known)
            ranks.append(torch.where(known & (state == 0), rank, 0.0))
        parts = [found, *(rank[:, None] for rank in ranks)]
        if self.grid is not None:
            first_pixel = len(self.spec.variables)
            pixels = codes[:, first_pixel:]
            inside = MIDDLE if uniform is None else uniform[:, first_pixel:]
            values = (pixels + inside) * (2 / self.grid.levels) - 1
            values = torch.where(pixels < 0, 0.0, values).view(len(codes), -1, self.grid.channels)
            parts.append(values.transpose(1, 2).flatten(1))
        return torch.cat(parts, 1)

    def lift(self, vectors: Tensor) -> Tensor:
        """[B, G] vectors with each rank as a row of waves, in which fine detail shows.

        See arXiv:2203.05556, section 3.2; the frequencies here are fixed.
        """
        if not self.ranked:
            return vectors
        present = torch.stack([vectors[:, self.blocks[self.block_of[n.root]][0]]
                               for n in self.ranked], 1)  # fmt: skip
        rank = vectors[:, self.onehots : self.flat]
        angles = rank[..., None] * (math.pi * torch.arange(1, HARMONICS + 1, device=rank.device))
        waves = torch.cat([(2 * rank - 1)[..., None], angles.cos(), angles.sin()], -1)
        waves = (waves * present[..., None]).flatten(1)
        return torch.cat([vectors[:, : self.onehots], waves, vectors[:, self.flat :]], 1)

    def seen(self, codes: Tensor, fine: bool = True) -> Tensor:
        """[B, S] what a network sees of partly known codes; what is unknown shows as such."""
        lifted = self.lift(self.features(codes, fine=fine))
        if self.grid is None:
            return lifted
        known = (codes[:, len(self.spec.variables) :] >= 0).float()
        return torch.cat([lifted, known[:, :: self.grid.channels]], 1)

    def relax(self, outputs: Tensor, uniform: Tensor, allowed: Allowed = None) -> Tensor:
        """[B, F] vectors of a generator's outputs [B, F], with hard categories and a gradient.

        A category is drawn from the softmax of its block by one uniform number; the gradient is
        that of the softmax (straight-through, arXiv:1308.3432, section 3). Ranks and pixels go
        through a sigmoid and a tanh.

        Args:
            outputs: [B, F].
            uniform: [B, K] draws from [0, 1), one for each one-hot block.
            allowed: for some variables, [levels] whether a code may come out.
        """
        parts = []
        for index, (start, size) in enumerate(self.blocks):
            soft = self._only(outputs[:, start : start + size], index, allowed).softmax(-1)
            code = place_of(soft.detach(), uniform[:, index, None])
            hard = torch.zeros_like(soft).scatter_(1, code, 1.0)
            parts.append(hard + soft - soft.detach())
        parts.append(outputs[:, self.onehots : self.flat].sigmoid())
        if self.grid is not None:  # from the middle of the lowest level to that of the highest
            parts.append(outputs[:, self.flat :].tanh() * (1 - 1 / self.grid.levels))
        return torch.cat(parts, 1)

    def dither(self, vectors: Tensor, uniform: Tensor) -> Tensor:
        """[B, F] vectors with each pixel moved inside its level by draws [B, pixels] from [0, 1).

        Real pixels are drawn inside their levels; generated ones must not differ in that.
        """
        if self.grid is None:
            return vectors
        shift = (uniform - 0.5) * (2 / self.grid.levels)
        return torch.cat([vectors[:, : self.flat], vectors[:, self.flat :] + shift], 1)

    def harden(self, vectors: Tensor, given: Tensor | None = None) -> Tensor:
        """[B, V] codes of vectors [B, F]; the inverse of `features`.

        Args:
            vectors: [B, F].
            given: [B, V] codes that stay as they are, -1 where unknown; pixels never do.
        """
        codes = vectors.new_zeros(len(vectors), len(self.spec), dtype=torch.long)
        for k in self.nominal:
            start, size = self.blocks[self.block_of[k]]
            codes[:, k] = vectors[:, start : start + size].argmax(1)
        for place, number in enumerate(self.ranked):
            start, size = self.blocks[self.block_of[number.root]]
            state = vectors[:, start : start + size].argmax(1)
            number.unrank(vectors[:, self.onehots + place], state, codes)
        if given is not None:
            codes = torch.where(given >= 0, given, codes)
        for k in self.nominal:  # a fine code exists only under some of its parents
            variable = self.spec.variables[k]
            if variable.parent is not None and variable.children is not None:
                most = torch.tensor(variable.children, device=codes.device)[
                    codes[:, variable.parent]
                ]
                codes[:, k] = torch.minimum(codes[:, k], most - 1)
        if self.grid is not None:
            values = vectors[:, self.flat :].view(len(vectors), self.grid.channels, -1)
            values = values.transpose(1, 2).flatten(1)
            levels = ((values + 1) * (self.grid.levels / 2)).floor().long()
            codes[:, len(self.spec.variables) :] = levels.clamp(0, self.grid.levels - 1)
        return codes

    def of_blocks(self, variables: Tensor) -> Tensor:
        """[B, K] what holds for the one-hot blocks of what holds for the variables [B, V]."""
        first = [self.block_of.index(block) for block in range(len(self.blocks))]
        return variables[:, torch.tensor(first, dtype=torch.long, device=variables.device)]

    def spread(self, blocks: Tensor) -> Tensor:
        """[B, F] booleans for the places of a vector from booleans [B, K] for its blocks."""
        sizes = torch.tensor([size for _, size in self.blocks], dtype=torch.long)
        parts = [blocks.repeat_interleave(sizes.to(blocks.device), 1)]
        numbers = [self.block_of[number.root] for number in self.ranked]
        parts.append(blocks[:, numbers])
        planes = self.layout.size - self.flat
        parts.append(torch.zeros(len(blocks), planes, dtype=torch.bool, device=blocks.device))
        return torch.cat(parts, 1)

    def _mark(self, found: Tensor, block: int, code: Tensor, known: Tensor) -> None:
        start, _ = self.blocks[block]
        found.scatter_(1, (code.clamp(min=0) + start)[:, None], known[:, None].float())

    def _only(self, logits: Tensor, block: int, allowed: Allowed) -> Tensor:
        """The same logits [B, size] of a block, but for codes that must not be drawn."""
        variable = self.block_of.index(block)
        if not allowed or variable not in allowed:
            return logits
        own = allowed[variable].cpu()
        for number in self.ranked:
            if number.root == variable:
                ranked = own[number.order].any()[None]
                own = torch.cat([ranked, own[torch.tensor(number.states, dtype=torch.long)]])
        return only(logits, {variable: own}, variable)
