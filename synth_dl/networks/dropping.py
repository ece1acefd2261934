"""Dropout that is drawn from a generator, so that a step can be repeated."""

import torch
from torch import Tensor


def dropped(x: Tensor, rate: float, generator: torch.Generator | None) -> Tensor:
    """[B, C, ...] with a share of the channels set to zero and the rest made larger for it.

    Without a generator nothing is dropped.
    """
    if generator is None or rate == 0:
        return x
    shape = (*x.shape[:2], *(1,) * (x.ndim - 2))
    kept = torch.rand(shape, generator=generator, device=x.device) >= rate
    return x * (kept.to(x.dtype) / (1 - rate))
