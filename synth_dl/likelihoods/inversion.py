"""Draws that are a function of their noise alone: one uniform number, one code."""

import torch
from torch import Tensor

Banned = dict[int, int] | None  # for some variables, a code that must not be drawn


def place_of(shares: Tensor, uniform: Tensor) -> Tensor:
    """[..., K] places drawn by shares [..., C], which need not sum to 1: inversion of their sums.

    Args:
        shares: [..., C].
        uniform: [..., K] draws from [0, 1).
    """
    cumulative = shares.double().cumsum(-1)
    target = (uniform.double() * cumulative[..., -1:]).contiguous()
    return torch.searchsorted(cumulative, target, right=True).clamp(max=shares.shape[-1] - 1)


def without(logits: Tensor, banned: Banned, variable: int) -> Tensor:
    """The same logits [B, levels], those of a code that must not be drawn as low as can be."""
    if not banned or variable not in banned or logits.shape[1] < 2:
        return logits
    logits = logits.clone()
    logits[:, banned[variable]] = -torch.inf
    return logits
