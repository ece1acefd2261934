"""The optimiser and its learning rate, over a number of steps that is known before the first."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from pytorch_lightning.plugins.precision import Precision
from pytorch_lightning.utilities import GradClipAlgorithmType
from torch import nn

from synth_dl.errors.options import Limit, Positive, Share, ShareBelow, Weight, check_arguments
from synth_dl.models.gradient import GradientModel
from synth_dl.networks.decays import decays_of


@dataclass(frozen=True)
class Schedule:
    """A learning rate that rises and falls once, and what else is said of the optimiser.

    Attributes:
        learning_rate: its peak.
        warmup: share of the steps in which the learning rate rises.
        final: learning rate at the end, as a share of the peak.
        weight_decay: of AdamW.
        clip: largest norm of the gradient, where the trainer has none of its own.
    """

    learning_rate: Positive
    warmup: ShareBelow
    final: Share
    weight_decay: Weight = 0.0
    clip: Limit = math.inf

    def __post_init__(self) -> None:
        check_arguments("model", type(self), vars(self))

    def rate(self, step: int, steps: int) -> float:
        """The learning rate of one of so many steps."""
        return self.learning_rate * self.factor(step, steps)

    def factor(self, step: int, steps: int) -> float:
        """Share of the peak learning rate: a linear rise, then a cosine down to `final`."""
        progress = min(1.0, step / max(1, steps))
        if progress < self.warmup:
            return max(progress / self.warmup, 1e-2)
        turn = (progress - self.warmup) / (1 - self.warmup)
        return self.final + (1 - self.final) * 0.5 * (1 + math.cos(math.pi * turn))


class Scheduled(GradientModel):
    """A family that is trained by AdamW on a schedule.

    Attributes:
        schedule: over the `steps` of the model.
    """

    schedule: Schedule

    def configure_optimizers(self) -> Any:
        """AdamW and the learning rate of each step, as Lightning wants them."""
        optimizer = torch.optim.AdamW(
            self._decay_groups(),
            lr=self.schedule.learning_rate,
            betas=(0.9, 0.99),
            fused=True,
        )
        # The weights change once for so many of the steps.
        every = 1 if self._trainer is None else self._trainer.accumulate_grad_batches
        rates = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda update: self.schedule.factor(update * every, self.steps)
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": rates, "interval": "step", "name": "learning_rate"},
        }

    def _decay_groups(self) -> list[dict[str, Any]]:
        groups: dict[float, list[nn.Parameter]] = {}
        for parameter, factor in decays_of(self):
            groups.setdefault(factor, []).append(parameter)
        decay = self.schedule.weight_decay
        return [
            {"params": parameters, "weight_decay": decay * factor}
            for factor, parameters in sorted(groups.items())
        ]

    def configure_gradient_clipping(
        self,
        optimizer: torch.optim.Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip as the trainer was told, or else to the norm `schedule.clip`."""
        value, by = self.schedule.clip, "norm"
        if gradient_clip_val is not None:
            value, by = gradient_clip_val, gradient_clip_algorithm or by
        # Lightning's plugin of mixed precision refuses fused optimizers, as these undo the scaling
        # of gradients late; bfloat16 needs no scaling, so its plain clipping is right here.
        Precision().clip_gradients(optimizer, value, GradClipAlgorithmType(by))
