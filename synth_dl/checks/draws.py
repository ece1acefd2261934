"""All ways to draw give the same records, and one step gives what a full pass gives."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from synth_dl.checks.causality import outputs
from synth_dl.checks.models import some_records
from synth_dl.checks.result import Result
from synth_dl.noise import generator_for

NEAR = 1e-5  # between two ways to sum in float32


def same_draws(name: str, model: Any, count: int = 16, most: int | None = None) -> Iterator[Result]:
    """Codes that differ between the samplers, in float64; nothing known, and a first part known.

    Args:
        name: of the model.
        model: it is in float64 from here on.
        count: records.
        most: variables that are left to draw by a pass each, which is slow; all if None.
    """
    model.double().eval()
    size = len(model.spec)
    first = 0 if most is None else max(0, size - most)
    records = some_records(model, count, 1)
    part = records.clone()
    part[:, max(first, size // 2) :] = -1
    if model.spec.grid:
        part[::2, : len(model.spec.variables)] = -1
    whole = torch.where(torch.arange(size) < first, records, -1)
    # A fixed point tries fine codes that may not exist under their parent: it is for images.
    for sampler in ("naive", "fixed_point") if model.spec.grid else ("naive",):
        differing = sum(_differing(model, known, sampler) for known in (whole, part))
        yield Result(f"codes apart, cached and {sampler}", name, differing, 0)


@torch.no_grad()
def plain_draws(name: str, model: Any, count: int = 16) -> Iterator[Result]:
    """Of a model that makes a record at once: codes that differ where the noise is the same, and
    codes that are none of their variable."""
    nothing = torch.full((count, len(model.spec)), -1)
    uniform = torch.rand(count, model.noise_size, generator=generator_for(3))
    model.eval()
    first, second = (model.sample(nothing, uniform) for _ in range(2))
    outside = (first < 0) | (first >= torch.tensor(model.spec.levels))
    yield Result("codes apart, the same noise twice", name, int((first != second).sum()), 0)
    yield Result("codes of no level", name, int(outside.sum()), 0)


@torch.no_grad()
def steps(name: str, model: Any) -> Result:
    """Largest distance between the parameters of steps and of one pass, in float32.

    It is a share of the largest parameter of a variable, where that is above one.
    """
    model.float().eval()
    codes = some_records(model, 8, 2)
    whole = outputs(model, codes)
    state = model.network.begin(torch.full_like(codes, -1))
    everywhere = torch.ones(len(codes), dtype=torch.bool)
    largest = 0.0
    for variable, wanted in enumerate(whole):
        step = model.network.step(variable, state, codes)
        apart = (step - wanted).abs().max() / wanted.abs().max().clamp(min=1)
        largest = max(largest, float(apart))
        model.network.absorb(variable, state, codes, everywhere)
    return Result("steps apart from a pass, float32", name, largest, NEAR)


def _differing(model: Any, known: Tensor, sampler: str) -> int:
    uniform = torch.rand(known.shape, generator=generator_for(3))
    drawn = []
    for each in ("cached", sampler):
        model.sampler = each
        drawn.append(model.sample(known, uniform))
    model.sampler = "cached"
    return int((drawn[0] != drawn[1]).sum())
