"""Marginals of the training records: biases start there, and what is generated is set right."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from synth_dl.likelihoods.relaxed import Relaxed
from synth_dl.spec import Spec

QUANTILES = 512
PASSES = 3
PRIOR_ROWS = 50.0  # of equal shares beside the rows of a coarse code


def code_counts(spec: Spec, codes: Tensor) -> list[Tensor]:
    """For each variable, [levels] how often each code occurs in [N, V]; unknown ones left out."""
    return [
        torch.bincount(code[code >= 0], minlength=levels).float()
        for code, levels in zip(codes.T, spec.levels, strict=True)
    ]


def start_at_marginals(head: Any, likelihood: Any, spec: Spec, codes: Tensor) -> None:
    """Move the biases of `head` to the log marginals of [N, V] codes, of refinements given each
    coarse code."""
    for variable, counts in enumerate(code_counts(spec, codes)):
        pixel = variable >= len(spec.variables)
        if pixel or spec.variables[variable].parent is None:
            head.shift_bias(variable, likelihood.of(variable).start(counts))
        else:
            head.shift_children(variable, child_logits(spec, codes, variable))


def child_logits(spec: Spec, codes: Tensor, variable: int) -> Tensor:
    """[parent's levels, levels] log of the shares of fine codes under each coarse one.

    Shrunk towards equal shares by `PRIOR_ROWS` rows, and relative to them, so that an equal share
    is 0.
    """
    refined = spec.variables[variable]
    assert refined.parent is not None
    assert refined.children is not None
    children = torch.tensor(refined.children, dtype=torch.float32)[:, None]
    levels = refined.levels
    coarse, fine = codes[:, refined.parent].long(), codes[:, variable].long()
    known = (coarse >= 0) & (fine >= 0)
    pairs = (coarse * levels + fine)[known]
    counts = torch.bincount(pairs, minlength=len(children) * levels).view(-1, levels)
    shares = (counts + PRIOR_ROWS / children) / (counts.sum(1, keepdim=True) + PRIOR_ROWS)
    exists = torch.arange(levels) < children
    return torch.where(exists, (shares * children).log(), 0.0)


class Marginals(nn.Module):
    """Corrections of a generator: biases of the one-hot blocks, and a map of each rank.

    Args:
        relaxed: says what a vector is.

    Attributes:
        start: [F] added to a generator's outputs.
        quantiles: [R, Q + 1] ranks that a generator makes, at even shares of its records.
    """

    start: Tensor
    quantiles: Tensor

    def __init__(self, relaxed: Relaxed) -> None:
        super().__init__()
        self.relaxed = relaxed
        self.register_buffer("start", torch.zeros(relaxed.layout.size))
        even = torch.linspace(0, 1, QUANTILES + 1)
        self.register_buffer("quantiles", even.repeat(len(relaxed.ranked), 1))

    def start_at(self, codes: Tensor) -> None:
        """Start the blocks at the log shares of real records [N, V]."""
        real = self._onehots(codes)
        for first, size in self.relaxed.blocks:
            self.start[first : first + size] = _shares(real, first, size).log()

    def correct(self, vectors: Tensor) -> Tensor:
        """[B, F] vectors whose ranks are uniform, as those of real records are."""
        if not self.relaxed.ranked:
            return vectors
        vectors = vectors.clone()
        for index in range(len(self.relaxed.ranked)):
            place = self.relaxed.onehots + index
            edges = self.quantiles[index]
            rank = vectors[:, place].contiguous()
            at = torch.searchsorted(edges, rank, right=True).sub(1).clamp(0, QUANTILES - 1)
            low, high = edges[at], edges[at + 1]
            inside = ((rank - low) / (high - low).clamp(min=1e-9)).clamp(0, 1)
            vectors[:, place] = (at + inside) / QUANTILES
        return vectors

    def fit(self, codes: Tensor, generated: Callable[[], Tensor]) -> None:
        """Move biases and maps until generated vectors have the marginals of real records [N, V].

        Adding the log ratio of the shares leaves all odds within a record as they are.
        """
        real = self._onehots(codes)
        for _ in range(PASSES):
            fake = generated()
            for first, size in self.relaxed.blocks:
                ratio = _shares(real, first, size) / _shares(fake, first, size)
                self.start[first : first + size] += ratio.log().clamp(-1, 1)
        fake = generated()
        shares = torch.linspace(0, 1, QUANTILES + 1)
        for index, number in enumerate(self.relaxed.ranked):
            present = fake[:, self.relaxed.blocks[self.relaxed.block_of[number.root]][0]] > 0.5
            ranks = fake[present, self.relaxed.onehots + index]
            if len(ranks) > QUANTILES:
                edges = ranks.quantile(shares.to(ranks))
                edges[0], edges[-1] = 0.0, 1.0
                self.quantiles[index] = edges

    def _onehots(self, codes: Tensor) -> Tensor:
        """[N, onehots] of records [N, V]."""
        parts = codes.split(self.relaxed.spec.rows_at_once)
        every = [self.relaxed.features(part.long())[:, : self.relaxed.onehots] for part in parts]
        return torch.cat(every)


def _shares(vectors: Tensor, first: int, size: int) -> Tensor:
    counts = vectors[:, first : first + size].sum(0) + 0.5
    return counts / counts.sum()
