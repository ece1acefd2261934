"""Probabilities that sum to one: of all records of a small model, of all levels of a mixture."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from synth_dl.checks.models import every_record, image_spec
from synth_dl.checks.result import Result
from synth_dl.likelihoods.logistic import LogisticMixture
from synth_dl.noise import generator_for

EXACT = 1e-9
# Logits of tables are float32 whatever the weights are.
ROUNDED = 1e-5


@torch.no_grad()
def total(name: str, model: Any) -> Result:
    """How far the probabilities of all records are from a sum of one."""
    model.double().eval()
    nats = model.log_prob(every_record(model.spec)).double().sum(1)
    limit = EXACT if model.spec.grid else ROUNDED
    return Result("sum of p(x) - 1", name, abs(float(nats.exp().sum()) - 1), limit)


def mixtures() -> Iterator[Result]:
    """How far the levels of a pixel are from a sum of one, for mixtures as they come and worse."""
    for levels in (2, 3, 17, 256):
        likelihood = LogisticMixture(image_spec(1, 1, 1, levels), 4)
        for kind, parameters in (("random", usual()), ("extreme", extreme())):
            value = off_by(likelihood, parameters)
            yield Result(f"sum over {levels} levels - 1", f"{kind} mixture", value, EXACT)


def usual(count: int = 200) -> Tensor:
    """[count, 12] parameters of four logistics each: log weights, means, log scales."""
    return torch.randn(count, 12, generator=generator_for(1), dtype=torch.float64)


def extreme() -> Tensor:
    """[N, 12] far means, narrow and wide logistics, and weights of one alone."""
    sizes = torch.tensor([-1000.0, -30.0, -8.0, 0.0, 1.0, 12.0], dtype=torch.float64)
    grid = torch.cartesian_prod(sizes.clamp(max=30), sizes.clamp(-50, 50), sizes)
    order = torch.randperm(len(grid), generator=generator_for(2))
    mixed = [grid, grid[order], grid.flip(0), grid[order.flip(0)]]
    return torch.stack(mixed, 2).flatten(1)


@torch.no_grad()
def off_by(likelihood: Any, parameters: Tensor) -> float:
    """Largest distance from one of the sum over all levels."""
    every = torch.arange(likelihood.levels).expand(len(parameters), -1)
    spread = parameters[:, None].expand(-1, likelihood.levels, -1)
    sums = likelihood.nats(spread, every).double().exp().sum(1)
    return float((sums - 1).abs().max())
