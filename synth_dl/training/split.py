"""Which records are set apart for validation."""

import torch
from torch import Tensor

from synth_dl.noise import generator_for

MOST_VALIDATION_RECORDS = 2000
SPLIT = 2  # sets the stream apart from those of training


def split(rows: int, share: float, seed: int) -> tuple[Tensor, Tensor]:
    """Places of training rows and of validation rows, in random order; drawn by the seed."""
    count = min(max(1, round(share * rows)), MOST_VALIDATION_RECORDS)
    order = torch.randperm(rows, generator=generator_for(seed, SPLIT))
    return order[count:], order[:count]
