"""Exact ways to draw from an autoregressive model; for one seed they give the same records.

All noise is one uniform number a variable, so a draw is a function of it: the chain rule one
variable at a time with what a network keeps between steps (`cached`), the same with a full pass
for each variable (`naive`), and a fixed point of full passes over all variables at once
(`fixed_point`, arXiv:2002.03629, algorithm 1).
"""

from typing import Any

import torch
from torch import Tensor

from synth_dl.likelihoods.inversion import Allowed, only

SAMPLERS = ("cached", "naive", "fixed_point")


def cached(
    network: Any, likelihood: Any, given: Tensor, uniform: Tensor, allowed: Allowed = None
) -> Tensor:
    """[B, V] codes; one step of a network for each variable.

    Args:
        network: with `begin`, `step` and `absorb`.
        likelihood: turns parameters and uniform numbers into codes.
        given: [B, V] codes; -1 is unknown and drawn.
        uniform: [B, V] draws from [0, 1).
        allowed: for some variables, [levels] whether a code may be drawn.
    """
    codes, unknown = given.clone(), given < 0
    state = network.begin(given)
    whole = unknown.all(0).tolist()
    for variable, wanted in enumerate(unknown.any(0).tolist()):
        if wanted:
            free = unknown[:, variable]
            parameters = only(network.step(variable, state, codes), allowed, variable)
            drawn = likelihood.of(variable).sample(parameters, uniform[:, variable])
            if not whole[variable]:
                drawn = torch.where(free, drawn, codes[:, variable])
            codes[:, variable] = drawn
            network.absorb(variable, state, codes, free)
    return codes


def naive(
    network: Any, likelihood: Any, given: Tensor, uniform: Tensor, allowed: Allowed = None
) -> Tensor:
    """[B, V] codes; a full pass for each variable. For comparison."""
    codes, unknown = given.clone(), given < 0
    for variable, wanted in enumerate(unknown.any(0).tolist()):
        if wanted:
            sees = network.order.given_first(codes, given >= 0)
            parameters = only(by_variable(network(codes, sees))[variable], allowed, variable)
            drawn = likelihood.of(variable).sample(parameters, uniform[:, variable])
            codes[:, variable] = torch.where(unknown[:, variable], drawn, codes[:, variable])
    return codes


def fixed_point(
    network: Any, likelihood: Any, given: Tensor, uniform: Tensor, allowed: Allowed = None
) -> Tensor:
    """[B, V] codes; full passes until none changes, at most one for each variable.

    After k passes the first k variables of every record are final, as they depend on those before
    them only. Records that no pass changes any more are left out of the next.

    Raises:
        ValueError: for a network of many orders, whose codes may exclude each other on the way.
    """
    if not network.order.fixed:
        raise ValueError("fixed_point is for networks of one order; take cached")
    unknown = given < 0
    codes = given.clamp(min=0)
    moving = torch.arange(len(given), device=given.device)
    for _ in range(given.shape[1] + 1):
        part, known = codes[moving], ~unknown[moving]
        parameters = network(part, network.order.given_first(part, known))
        first, drawn = 0, []
        for each in parameters:
            size = 1 if each.ndim == 2 else each.shape[1]
            noise = uniform[moving, first : first + size]
            if each.ndim == 2:
                each = only(each, allowed, first)[:, None]
            drawn.append(likelihood.of(first).sample(each, noise))
            first += size
        new = torch.where(unknown[moving], torch.cat(drawn, 1), part)
        changed = (new != part).any(1)
        codes[moving] = new
        moving = moving[changed]
        if not len(moving):
            break
    return codes


def by_variable(parameters: list[Tensor]) -> list[Tensor]:
    """[B, P] parameters of each variable, of [B, P] for one and [B, K, P] for neighbouring ones."""
    return [one for each in parameters for one in (each.unbind(1) if each.ndim == 3 else [each])]
