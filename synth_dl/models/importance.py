"""Importance weights: bounds of likelihoods, and draws given what is known.

Where known variables stand after unknown ones, particles compete: for each record several
completions are drawn side by side by the chain rule. A known variable is not drawn; each particle's
weight is multiplied by its probability there. Where the weights become uneven, particles are drawn
anew in proportion to them (sequential importance resampling, Gordon, Salmond and Smith 1993). In
the limit of many particles the draw is exact.
"""

import math
from typing import Any

import torch
from torch import Tensor

from synth_dl.likelihoods.inversion import Allowed, only, place_of


def weighted_bound(weights: Tensor) -> tuple[Tensor, Tensor]:
    """[B] log of the mean weight in nats, and its standard error by the delta method.

    log (1/K) sum over k of p(x, z_k) / q(z_k | x) (arXiv:1509.00519, equation 8).

    Args:
        weights: [B, K] logarithms of the weights.
    """
    count = weights.shape[1]
    nats = weights.logsumexp(1) - math.log(count)
    relative = (weights - nats[:, None]).exp()
    measurable = count > 1 and len(weights) > 0
    spread = relative.var(1) if measurable else torch.full_like(nats, math.nan)
    return nats, (spread / count).sqrt()


def effective_sample_size(weights: Tensor) -> Tensor:
    """[N] of log weights [N, K]: (Σ w)² / Σ w² (Kong 1992), from 1 to K."""
    return 1 / weights.softmax(1).square().sum(1)


def choose_one(weights: Tensor, uniform: Tensor, *draws: Tensor) -> tuple[Tensor, ...]:
    """[B, L] one of each record's draws [B, K, L], in proportion to its weight.

    Args:
        weights: [B, K] logarithms.
        uniform: [B] draws from [0, 1).
        draws: what is known of each draw; all of it is of the same one.
    """
    place = place_of(weights.double().softmax(1), uniform[:, None])[:, 0]
    records = torch.arange(len(weights), device=weights.device)
    return tuple(each[records, place] for each in draws)


def complete(
    network: Any,
    likelihood: Any,
    given: Tensor,
    uniform: Tensor,
    resampling: Tensor,
    allowed: Allowed = None,
) -> tuple[Tensor, Tensor]:
    """[N, V] completed codes, and [N] the smallest effective sample size along the way.

    Args:
        network: with `begin`, `step` and `absorb`.
        likelihood: turns parameters into log-probabilities and draws.
        given: [N, V] codes, -1 where unknown.
        uniform: [N, K, V] draws from [0, 1) for K particles of each record.
        resampling: [N, V + 1] draws from [0, 1) for choosing among particles.
        allowed: for some variables, [levels] whether a code may be drawn.
    """
    records, particles, _ = uniform.shape
    unknown = given < 0
    codes = given.repeat_interleave(particles, 0)
    noise = uniform.flatten(0, 1)
    state = network.begin(codes)
    weights = given.new_zeros(records, particles, dtype=torch.float64)  # logarithms
    smallest = torch.full((records,), float(particles), dtype=torch.float64, device=given.device)
    started = False
    for variable, wanted in enumerate(unknown.unbind(1)):
        if not wanted.any() and not started:
            continue
        parameters = network.step(variable, state, codes)
        one = likelihood.of(variable)
        if wanted.any():
            started = True
            possible = only(parameters, allowed, variable)
            drawn = one.sample(possible, noise[:, variable])
            drawn = torch.where(wanted.repeat_interleave(particles), drawn, codes[:, variable])
            codes[:, variable] = drawn
        if not wanted.all():
            nats = one.nats(parameters, codes[:, variable]).double().view(records, particles)
            weights = weights + nats.masked_fill(wanted[:, None], 0.0)
        everywhere = torch.ones(len(codes), dtype=torch.bool, device=codes.device)
        network.absorb(variable, state, codes, everywhere)
        if wanted.all():
            continue
        size = effective_sample_size(weights)
        smallest = torch.minimum(smallest, size)
        poor = size < particles / 2
        if poor.any():
            chosen = _systematic(weights, resampling[:, variable])
            kept = torch.arange(particles, device=codes.device).expand_as(chosen)
            chosen = torch.where(poor[:, None], chosen, kept)
            first = torch.arange(records, device=codes.device)[:, None] * particles
            rows = (chosen + first).flatten()
            codes = codes[rows]
            state.take(rows)
            weights = torch.where(poor[:, None], 0.0, weights)
    (drawn,) = choose_one(weights, resampling[:, -1], codes.view(records, particles, -1))
    return drawn, smallest


def _systematic(weights: Tensor, uniform: Tensor) -> Tensor:
    """[N, K] indices of particles in proportion to log weights [N, K], by one draw [N] each."""
    particles = weights.shape[1]
    steps = torch.arange(particles, device=weights.device, dtype=torch.float64)
    return place_of(weights.softmax(1), (steps + uniform.double()[:, None]) / particles)
