"""The aggregate posterior of an encoder: what a prior is fitted to."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Encode = Callable[[Tensor], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Aggregate:
    """The mean of all posteriors q(z | record) of a set of records.

    Attributes:
        means, log_scales: [N, L] of the posterior of each record.
        encode: makes means and log scales [K, L] of what the encoder sees [K, S].
        seen: numbers in what the encoder sees.
    """

    means: Tensor
    log_scales: Tensor
    encode: Encode
    seen: int

    def draw(self, generator: torch.Generator, size: int | None = None) -> Tensor:
        """[B, L], one from each posterior, or from `size` posteriors chosen at random."""
        means, log_scales = self.means, self.log_scales
        if size is not None:
            rows = torch.randint(len(means), (size,), generator=generator)
            means, log_scales = means[rows], log_scales[rows]
        noise = torch.randn(means.shape, generator=generator)
        return means + log_scales.exp() * noise
