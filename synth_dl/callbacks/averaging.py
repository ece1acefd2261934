"""Averaged weights: what is validated, checkpointed and kept is a moving average of the steps."""

from typing import Any

import torch
from pytorch_lightning.callbacks import WeightAveraging
from torch import Tensor


class MovingAverage(WeightAveraging):
    """Exponential moving average that follows closely at first, so that short runs profit too.

    Args:
        decay: weight of the past once the average has warmed up.
    """

    def __init__(self, decay: float = 0.99) -> None:
        super().__init__(use_buffers=False, multi_avg_fn=_average(decay))


def _average(decay: float) -> Any:
    @torch.no_grad()
    def update(averages: list[Tensor], currents: list[Tensor], updates: Tensor | int) -> None:
        count = float(updates)
        kept = min(decay, (1 + count) / (10 + count))
        torch._foreach_lerp_(averages, currents, 1 - kept)  # pyright: ignore[reportPrivateImportUsage]

    return update
