"""Draws of restricted records as the natural order of a model has them.

A network that knows many orders learns the natural one best, and the others are proposals to it:
restricted variables first, the ones before them given these. Several records compete for each that
is kept, by how much likelier the natural order finds them (importance resampling, Rubin 1988).
Behind the last restricted variable both orders are the same, so there the kept ones go on.
"""

from typing import Any

import torch
from torch import Tensor

from synth_dl.models.importance import effective_sample_size


@torch.no_grad()
def draw_in_natural_order(
    network: Any, likelihood: Any, given: Tensor, uniform: Tensor, choice: Tensor
) -> tuple[Tensor, float]:
    """[B, V] codes, and the effective number of the records that competed for them.

    Args:
        network: with `begin`, `step` and `absorb`.
        likelihood: turns parameters into log-probabilities and draws.
        given: [N, V] restricted codes, drawn as `Combinations` are; -1 elsewhere.
        uniform: [N, V] draws from [0, 1).
        choice: [B + 1] draws from [0, 1), for choosing among the N and for their order.
    """
    known, rows = (given[0] >= 0).tolist(), len(choice) - 1
    last = max(place for place, own in enumerate(known) if own)
    codes, nothing = given.clone(), torch.full_like(given, -1)
    natural, first, among = network.begin(nothing), network.begin(given), network.begin(nothing)
    everywhere = torch.ones(len(given), dtype=torch.bool, device=given.device)
    weights = torch.zeros(len(given), dtype=torch.float64, device=given.device)
    for variable, restricted in enumerate(known[: last + 1]):
        one, state = likelihood.of(variable), among if restricted else first
        proposal = network.step(variable, state, codes)
        if not restricted:
            codes[:, variable] = one.sample(proposal, uniform[:, variable])
        target = network.step(variable, natural, codes)
        own = codes[:, variable]
        weights += (one.nats(target, own) - one.nats(proposal, own)).double()
        network.absorb(variable, natural, codes, everywhere)
        network.absorb(variable, state, codes, everywhere)
    size = float(effective_sample_size(weights[None])[0])
    kept = _chosen(weights, choice)
    codes = codes[kept]
    natural.take(kept)
    for variable in range(last + 1, len(known)):
        parameters = network.step(variable, natural, codes)
        drawn = likelihood.of(variable).sample(parameters, uniform[:rows, variable])
        codes[:, variable] = drawn
        network.absorb(variable, natural, codes, everywhere[:rows])
    return codes, size


def _chosen(weights: Tensor, choice: Tensor) -> Tensor:
    """[B] places in proportion to log weights [N], in random order, by draws [B + 1]."""
    rows = len(choice) - 1
    sums = weights.softmax(0).cumsum(0)
    steps = (torch.arange(rows, device=weights.device) + choice[-1].double()) / rows
    place = torch.searchsorted(sums, steps * sums[-1], right=True).clamp(max=len(weights) - 1)
    return place[choice[:-1].argsort()]
