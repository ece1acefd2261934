"""Dropout that is drawn from a generator, so that a step can be repeated."""

from collections.abc import Sequence

import torch
from torch import Tensor


def dropped(x: Tensor, rate: float, generator: torch.Generator | None) -> Tensor:
    """[B, C, ...] with a share of the channels set to zero and the rest made larger for it.

    Without a generator nothing is dropped.
    """
    factors = drop_factors(x, (*x.shape[:2], *(1,) * (x.ndim - 2)), rate, generator)
    return x if factors is None else x * factors


def drop_factors(
    x: Tensor, shape: Sequence[int], rate: float, generator: torch.Generator | None
) -> Tensor | None:
    """Factors of that shape for `x`: 0 for what is dropped; None where nothing is."""
    if generator is None or rate == 0:
        return None
    kept = torch.rand(*shape, generator=generator, device=x.device) >= rate
    return kept.to(x.dtype) / (1 - rate)
