"""Shares of categories and ranks of numbers that a generator makes, set right afterwards."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from synth_dl.likelihoods.relaxed import Relaxed

QUANTILES = 512
PASSES = 3


class Marginals(nn.Module):
    """Biases of the one-hot blocks, and a map of each rank.

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

    def start_at(self, real: Tensor) -> None:
        """Start the blocks at the log shares of real vectors [N, F]."""
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

    def fit(self, real: Tensor, generated: Callable[[], Tensor]) -> None:
        """Move biases and maps until generated vectors have the marginals of real ones [N, F].

        Adding the log ratio of the shares leaves all odds within a record as they are.
        """
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


def _shares(vectors: Tensor, first: int, size: int) -> Tensor:
    counts = vectors[:, first : first + size].sum(0) + 0.5
    return counts / counts.sum()
