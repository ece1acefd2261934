"""Random generators that depend on what they are for, and draws by their noise alone."""

import numpy as np
import torch
from torch import Tensor


def generator_for(*numbers: int, device: str | torch.device = "cpu") -> torch.Generator:
    """A generator seeded by all of the numbers: a seed, and what it is used for (a step, a chunk).

    Two lists that differ anywhere give unrelated streams.
    """
    entropy = [number % 2**64 for number in numbers]
    state = np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0]
    return torch.Generator(device=device).manual_seed(int(state >> np.uint64(1)))


def place_of(shares: Tensor, uniform: Tensor) -> Tensor:
    """[..., K] places drawn by shares [..., C], which need not sum to 1: inversion of their sums.

    Args:
        shares: [..., C].
        uniform: [..., K] draws from [0, 1).
    """
    cumulative = shares.double().cumsum(-1)
    target = (uniform.double() * cumulative[..., -1:]).contiguous()
    return torch.searchsorted(cumulative, target, right=True).clamp(max=shares.shape[-1] - 1)
