"""How many steps fit into a time limit, by measuring a few on a copy of the model."""

import copy
import time

import torch
from torch import Tensor

from synth_dl.models.base import GenerativeModel
from synth_dl.plan import FEWEST_STEPS, Plan

WARM_STEPS = 3
TIMED_STEPS = 8
SHARE_FOR_STEPS = 0.85  # of the time; the rest is for validation, pictures and writing
FIXED_SECONDS = 3.0  # for starting the trainer and writing the artifact


def steps_within(
    seconds: float,
    model: GenerativeModel,
    training: Tensor,
    validation: Tensor,
    plan: Plan,
    precision: str,
) -> int:
    """Steps that fit into the seconds left; at least a few, so that there is a model at all."""
    before = time.monotonic()
    step = step_seconds(model, training, plan, precision)
    spent = time.monotonic() - before + plan.rounds * validation_seconds(model, validation)
    left = (seconds - FIXED_SECONDS - spent) * SHARE_FOR_STEPS
    return max(FEWEST_STEPS, int(left / step))


def step_seconds(model: GenerativeModel, training: Tensor, plan: Plan, precision: str) -> float:
    """Median seconds of a training step."""
    trial = copy.deepcopy(model)
    trial.train()
    trial.log = lambda *_, **__: None  # type: ignore[method-assign]
    optimizer = trial.configure_optimizers()["optimizer"]
    codes = training[: plan.batch_size].long()
    seconds = []
    for _ in range(WARM_STEPS + TIMED_STEPS):
        start = time.monotonic()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16-mixed"):
            loss = trial.training_step(codes, 0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seconds.append(time.monotonic() - start)
    return sorted(seconds[WARM_STEPS:])[TIMED_STEPS // 2]


def validation_seconds(model: GenerativeModel, validation: Tensor) -> float:
    """Seconds of one validation, from a part of it."""
    part = validation[:256].long()
    start = time.monotonic()
    with torch.no_grad():
        model.log_prob(part)
    return 2 * (time.monotonic() - start) * len(validation) / max(1, len(part))
