"""How many steps fit into a time limit, by measuring a few on a copy of the model."""

import copy
import os
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from synth_dl.models.gradient import GradientModel
from synth_dl.training.plan import FEWEST_STEPS, Plan

WARM_STEPS = 3
TIMED_STEPS = 8
PART = 1024  # rows of a measured pass without gradients
SHARE_FOR_STEPS = 0.9  # of what is left; steps are seldom faster than the measured ones
FIXED_SECONDS = 8.0  # for starting the trainer, pictures, writing the artifact and assessing it
PASSES_AFTERWARDS = 2  # over the training records, by `GradientModel.calibrate`


def process_start() -> float:
    """`time.monotonic()` at which this process began, or now where the system does not tell."""
    try:
        ticks = float(Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19])
        uptime = float(Path("/proc/uptime").read_text().split()[0])
        age = uptime - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        age = 0.0
    return time.monotonic() - max(age, 0.0)


def steps_within(
    seconds: float,
    model: GradientModel,
    training: Tensor,
    validation: Tensor,
    plan: Plan,
    device: str,
    precision: str,
) -> int:
    """Steps that fit into the seconds left; at least a few, so that there is a model at all.

    Args:
        seconds: from now to the end of the program.
        model: not changed.
        training: [N, V] codes.
        validation: [M, V] codes.
        plan: gives the batch size and the number of validations.
        device: `cpu` or `cuda`.
        precision: as Lightning calls it.
    """
    before = time.monotonic()
    trial = copy.deepcopy(model).to(device)
    step = _step_seconds(trial, training, plan, device, precision)
    row = _row_seconds(trial, training, device)
    afterwards = min(len(training), model.calibration_rows) if model.calibration else 0
    passes = plan.rounds * len(validation) + PASSES_AFTERWARDS * afterwards
    left = seconds - FIXED_SECONDS - (time.monotonic() - before) - row * passes
    return max(FEWEST_STEPS, int(SHARE_FOR_STEPS * (1 - model.closing) * left / step))


def _step_seconds(
    trial: GradientModel, training: Tensor, plan: Plan, device: str, precision: str
) -> float:
    """Median seconds of a training step."""
    trial.train()
    course: Any = trial.configure_optimizers()
    trial.log = trial.log_dict = lambda *_, **__: None  # type: ignore[method-assign]
    optimizers = [course["optimizer"]] if isinstance(course, dict) else course
    trial.initialise(training)
    codes = training[: plan.batch_size].to(device).long()
    seconds = []
    for _ in range(WARM_STEPS + TIMED_STEPS):
        start = time.monotonic()
        with torch.autocast(device, torch.bfloat16, enabled=precision == "bf16-mixed"):
            trial.learn(codes, optimizers)
        _wait(device)
        seconds.append(time.monotonic() - start)
    return sorted(seconds[WARM_STEPS:])[TIMED_STEPS // 2]


def _row_seconds(trial: GradientModel, training: Tensor, device: str) -> float:
    """Seconds a row of a pass without gradients."""
    trial.eval()
    part = training[:PART].to(device).long()
    start = time.monotonic()
    with torch.no_grad():
        trial.figures(part, 0)
    _wait(device)
    return (time.monotonic() - start) / len(part)


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()
