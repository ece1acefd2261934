"""No parameter of a variable may depend on that variable or a later one, or on another record.

Seen twice: codes are changed one at a time and all parameters compared, which covers the whole
path; and gradients with respect to what the network makes of the codes, which miss no change that
happens to cancel. Both also find blind spots, that is earlier variables that nothing depends on.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from synth_dl.checks.result import Result
from synth_dl.models.samplers import by_variable
from synth_dl.noise import generator_for
from synth_dl.spec import Spec

SMALLEST = 1e-10  # in float64; smaller changes are rounding


def causality(
    name: str, model: Any, codes: Tensor, blind: bool = True, most: int | None = None
) -> Iterator[Result]:
    """Results of a model in both modes.

    Args:
        name: of the model.
        model: with network and order; it is in float64 from here on.
        codes: [B, V] records that exist, two or more.
        blind: whether every variable should depend on all before it.
        most: variables to try, spread evenly; all if None.
    """
    model.double()
    size = codes.shape[1]
    step = 1 if most is None else -(-size // most)
    variables = range(size)[::step]
    for mode in ("training", "evaluation"):
        model.train(mode == "training")
        changes = influence(model, codes, variables)
        place = torch.tensor(list(variables))[:, None]
        later = torch.arange(size) > place
        yield Result(f"codes seen too early, {mode}", name, _largest(changes[~later]), SMALLEST)
        # Dropout may hide a variable in training.
        if blind and mode == "evaluation":
            missed = (changes[later] <= SMALLEST).sum().item()
            yield Result("earlier codes not seen", name, missed, 0)
        yield Result(f"other records seen, {mode}", name, leak(model, codes), SMALLEST)
        reached, allowed = reach(model, codes, variables)
        wrong = torch.cat([reached[:, 1:].flatten(), reached[:, 0][~allowed]])
        yield Result(f"gradients to later places, {mode}", name, _largest(wrong), SMALLEST)
        if blind and mode == "evaluation":
            missed = (reached[:, 0][allowed] <= SMALLEST).sum().item()
            yield Result("no gradient to earlier places", name, missed, 0)
    model.eval()


def outputs(model: Any, codes: Tensor) -> list[Tensor]:
    """[B, P] parameters of each variable, in the natural order and always with the same dropout."""
    return by_variable(model.network(codes, model.order.natural(codes), generator_for(1)))


@torch.no_grad()
def influence(model: Any, codes: Tensor, variables: range) -> Tensor:
    """[U, V] largest change of the parameters of each variable when one of `variables` changes."""
    before = outputs(model, codes)
    changes = []
    for variable in variables:
        after = outputs(model, changed(codes, model.spec, variable))
        pairs = zip(before, after, strict=True)
        changes.append(torch.stack([(one - two).abs().max() for one, two in pairs]))
    return torch.stack(changes)


@torch.no_grad()
def leak(model: Any, codes: Tensor) -> float:
    """Largest change of the parameters of the first record when all others change."""
    others = codes
    for variable in range(codes.shape[1]):
        others = changed(others, model.spec, variable)
    others[0] = codes[0]
    pairs = zip(outputs(model, codes), outputs(model, others), strict=True)
    return max(float((one[0] - two[0]).abs().max()) for one, two in pairs)


def reach(model: Any, codes: Tensor, variables: range) -> tuple[Tensor, Tensor]:
    """[U, B, places] gradients of the first record's parameters, and [U, places] where they may be.

    The place of an image is a pixel, that of a table a unit of codes.
    """
    network, spec = model.network, model.spec
    held: list[Tensor] = []

    def hold(module: Any, inputs: Any, output: Tensor) -> Tensor:
        held.append(output.detach().requires_grad_())
        return held[-1]

    seen = network.features if spec.grid else network.embedding
    handle = seen.register_forward_hook(hold)
    try:
        parameters = outputs(model, codes)
    finally:
        handle.remove()
    found = []
    for variable in variables:
        own = parameters[variable][0]
        weighted = (own * torch.linspace(1, 2, len(own), dtype=own.dtype)).sum()
        (gradient,) = torch.autograd.grad(weighted, held[0], retain_graph=True, allow_unused=True)
        size = (torch.zeros_like(held[0]) if gradient is None else gradient).abs().sum(-1)
        found.append(size.flatten(1) if spec.grid else size.T)
    if spec.grid:
        first, channels = len(spec.variables), spec.grid.channels
        last = first + channels * torch.arange(1, spec.grid.pixels + 1) - 1
    else:
        last = torch.tensor(network.codes.last)
    return torch.stack(found), last < torch.tensor(list(variables))[:, None]


def changed(codes: Tensor, spec: Spec, variable: int) -> Tensor:
    """The same records with another code of one variable, and a fine code that exists under it."""
    codes = codes.clone()
    levels = torch.tensor(spec.levels[variable])
    own = spec.variables[variable] if variable < len(spec.variables) else None
    if own is not None and own.parent is not None and own.children is not None:
        levels = torch.tensor(own.children)[codes[:, own.parent]]
    codes[:, variable] = (codes[:, variable] + (levels // 2).clamp(min=1)) % levels
    for place, each in enumerate(spec.variables):
        if each.parent == variable:
            codes[:, place] = 0
    return codes


def _largest(values: Tensor) -> float:
    return float(values.max()) if values.numel() else 0.0
