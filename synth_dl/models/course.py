"""The optimiser and its schedule, over a number of steps that is fixed before the first one."""

import math
from typing import Any

import torch
from torch import nn

from synth_dl.errors.options import check_positive, check_share


def check_schedule(
    learning_rate: Any, warmup: Any, final: Any, weight_decay: Any = 0.0, clip: Any = 1.0
) -> None:
    """Refuse values of these options of a family that make no sense, by a ConfigError."""
    check_positive("model.learning_rate", learning_rate)
    check_share("model.warmup", warmup, below=True)
    check_share("model.final", final)
    check_positive("model.weight_decay", weight_decay, zero=True)
    check_positive("model.clip", clip, infinite=True)


def one_cycle(step: int, steps: int, warmup: float, final: float) -> float:
    """Factor on the peak learning rate: a linear rise, then a cosine down to `final`."""
    progress = min(1.0, step / max(1, steps))
    if progress < warmup:
        return max(progress / warmup, 1e-2)
    turn = (progress - warmup) / (1 - warmup)
    return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * turn))


def adamw(module: nn.Module, learning_rate: float, weight_decay: float, factor: Any) -> dict:
    """AdamW and a schedule by the step, as Lightning wants them."""
    optimizer = torch.optim.AdamW(
        module.parameters(),
        lr=learning_rate,
        weight_decay=weight_decay,
        betas=(0.9, 0.99),
        fused=True,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    return {
        "optimizer": optimizer,
        "lr_scheduler": {"scheduler": schedule, "interval": "step", "name": "learning_rate"},
    }
