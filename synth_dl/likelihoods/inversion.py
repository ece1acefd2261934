"""Draws that are a function of their noise alone: one uniform number, one code."""

from collections.abc import Mapping

import torch
from torch import Tensor

# For some variables, [levels] whether a code may be drawn.
Allowed = Mapping[int, Tensor] | None


def place_of(shares: Tensor, uniform: Tensor) -> Tensor:
    """[..., K] places drawn by shares [..., C], which need not sum to 1: inversion of their sums.

    Args:
        shares: [..., C].
        uniform: [..., K] draws from [0, 1).
    """
    cumulative = shares.double().cumsum(-1)
    target = (uniform.double() * cumulative[..., -1:]).contiguous()
    return torch.searchsorted(cumulative, target, right=True).clamp(max=shares.shape[-1] - 1)


def only(logits: Tensor, allowed: Allowed, variable: int) -> Tensor:
    """The same logits [B, levels], but for codes that must not be drawn; where none may be, all."""
    if not allowed or variable not in allowed or not allowed[variable].any():
        return logits
    return logits.masked_fill(~allowed[variable].to(logits.device), -torch.inf)
