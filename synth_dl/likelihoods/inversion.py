"""Draws that are a function of their noise alone: one uniform number, one code."""

import torch
from torch import Tensor


def place_of(shares: Tensor, uniform: Tensor) -> Tensor:
    """[..., K] places drawn by shares [..., C], which need not sum to 1: inversion of their sums.

    Args:
        shares: [..., C].
        uniform: [..., K] draws from [0, 1).
    """
    cumulative = shares.double().cumsum(-1)
    target = (uniform.double() * cumulative[..., -1:]).contiguous()
    return torch.searchsorted(cumulative, target, right=True).clamp(max=shares.shape[-1] - 1)
