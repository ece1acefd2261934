"""Averaged weights: what is validated, checkpointed and kept is a moving average of the steps."""

from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import WeightAveraging
from torch import Tensor

from synth_dl.errors.options import ShareBelow, checked


class MovingAverage(WeightAveraging):
    """Exponential moving average that follows closely at first, so that short runs profit too.

    Args:
        decay: weight of the past once the average has warmed up; as the family says if not given.
    """

    @checked("callbacks.average")
    def __init__(self, decay: ShareBelow | None = None) -> None:
        self._decay = decay
        super().__init__(use_buffers=False, multi_avg_fn=self._update)

    def setup(self, trainer: pl.Trainer, pl_module: Any, stage: str) -> None:
        if self._decay is None:
            self._decay = pl_module.averaging
        super().setup(trainer, pl_module, stage)

    @torch.no_grad()
    def _update(
        self, averages: list[Tensor], currents: list[Tensor], updates: Tensor | int
    ) -> None:
        count, decay = float(updates), self._decay
        assert decay is not None  # known since setup
        kept = min(decay, (1 + count) / (10 + count))
        torch._foreach_lerp_(averages, currents, 1 - kept)  # pyright: ignore[reportPrivateImportUsage]
