"""Draws and conditionals as the natural order of a model has them.

A network that knows many orders learns the natural one best, and the others are proposals to it:
restricted variables first, the ones before them given these. Several records compete for each that
is kept, by how much likelier the natural order finds them (importance resampling, Rubin 1988).
Behind the last restricted variable both orders are the same, so there the kept ones go on.
"""

import math
from typing import Any

import torch
from torch import Tensor

from synth_dl.likelihoods.inversion import Allowed, only, place_of
from synth_dl.models.allowed import Masks, Walk
from synth_dl.models.importance import choose_one, effective_sample_size
from synth_dl.spec import Variable

LEAST = 1e-3  # probability from which on a code is tried
FREQUENT, SPREAD = 6, 24  # codes of a number that are tried


@torch.no_grad()
def draw_in_natural_order(
    network: Any, likelihood: Any, given: Tensor, uniform: Tensor, choice: Tensor
) -> tuple[Tensor, float, float]:
    """[B, V] codes, the effective number of the records that competed for them, and the logarithm
    of how much likelier the natural order finds the restricted codes.

    Args:
        network: with `begin`, `step` and `absorb`.
        likelihood: turns parameters into log-probabilities and draws.
        given: [N, V] restricted codes, drawn as `Combinations` are; -1 elsewhere.
        uniform: [N, V] draws from [0, 1).
        choice: [B + 1] draws from [0, 1), for choosing among the N and for their order.
    """
    known = (given[0] >= 0).tolist()
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
    likelier = float(weights.logsumexp(0)) - math.log(len(weights))
    return _gone_on(network, likelihood, natural, codes, weights, uniform, choice), size, likelier


@torch.no_grad()
def draw_masked(
    network: Any, likelihood: Any, masks: Masks, uniform: Tensor, choice: Tensor
) -> tuple[Tensor, float]:
    """[B, V] codes, and the effective number of the records that competed for them.

    All of it in the natural order: restricted variables are drawn among what their masks allow, and
    records count by how likely that was (sequential importance sampling).

    Args:
        network: with `begin`, `step` and `absorb`.
        likelihood: turns parameters into log-probabilities and draws.
        masks: of all variables of the restricted columns.
        uniform: [N, V] draws from [0, 1).
        choice: [B + 1] draws from [0, 1), for choosing among the N and for their order.
    """
    codes = torch.full(uniform.shape, -1, dtype=torch.long, device=uniform.device)
    natural = network.begin(codes)
    everywhere = torch.ones(len(codes), dtype=torch.bool, device=codes.device)
    weights = torch.zeros(len(codes), dtype=torch.float64, device=codes.device)
    walk = Walk(masks, len(codes), codes.device)
    for variable in range(max(masks) + 1):
        parameters = network.step(variable, natural, codes)
        if variable in masks:
            allowed = parameters.double().softmax(-1) * walk.weights(variable)
            weights += allowed.sum(-1).log()
            codes[:, variable] = place_of(allowed, uniform[:, variable, None])[:, 0]
            walk.follow(variable, codes[:, variable])
        else:
            drawn = likelihood.of(variable).sample(parameters, uniform[:, variable])
            codes[:, variable] = drawn
        network.absorb(variable, natural, codes, everywhere)
    size = float(effective_sample_size(weights[None])[0])
    return _gone_on(network, likelihood, natural, codes, weights, uniform, choice), size


def complete_in_natural_order(
    network: Any,
    likelihood: Any,
    given: Tensor,
    uniform: Tensor,
    resampling: Tensor,
    allowed: Allowed = None,
) -> tuple[Tensor, Tensor]:
    """[N, V] completed codes, and [N] effective sample sizes.

    Args:
        network, likelihood, given, uniform, allowed: as of `particles_in_natural_order`.
        resampling: [N, V + 1] draws from [0, 1), the last of which chooses among particles.
    """
    codes, weights = particles_in_natural_order(network, likelihood, given, uniform, allowed)
    (drawn,) = choose_one(weights, resampling[:, -1], codes)
    return drawn, effective_sample_size(weights)


@torch.no_grad()
def particles_in_natural_order(
    network: Any, likelihood: Any, given: Tensor, uniform: Tensor, allowed: Allowed = None
) -> tuple[Tensor, Tensor]:
    """[N, K, V] codes of particles, and [N, K] the logarithms of their weights.

    Particles are drawn with what is given first, and weighed by the natural order. What stands in
    it before the first unknown variable of a record is alike for all its particles, and left out.

    Args:
        network: with `begin`, `step` and `absorb`.
        likelihood: turns parameters into log-probabilities and draws.
        given: [N, V] codes, -1 where unknown.
        uniform: [N, K, V] draws from [0, 1) for K particles of each record.
        allowed: for some variables, [levels] whether a code may be drawn.
    """
    particles = uniform.shape[1]
    codes, noise = given.repeat_interleave(particles, 0), uniform.flatten(0, 1)
    unknown = codes < 0
    begun = unknown.cummax(1).values
    natural, first = network.begin(torch.full_like(codes, -1)), network.begin(codes)
    everywhere = torch.ones(len(codes), dtype=torch.bool, device=codes.device)
    weights = torch.zeros(len(codes), dtype=torch.float64, device=codes.device)
    for variable in range(codes.shape[1]):
        one, free = likelihood.of(variable), unknown[:, variable]
        rows = free.nonzero()[:, 0]
        if len(rows):
            proposal = only(network.step(variable, first.of(rows), codes[rows]), allowed, variable)
            drawn = one.sample(proposal, noise[rows, variable])
            codes[rows, variable] = drawn
            weights[rows] -= one.nats(proposal, drawn).double()
            network.absorb(variable, first, codes, free)
        rows = begun[:, variable].nonzero()[:, 0]
        if len(rows):
            target = network.step(variable, natural.of(rows), codes[rows])
            weights[rows] += one.nats(target, codes[rows, variable]).double()
        network.absorb(variable, natural, codes, everywhere)
    shape = len(given), particles
    return codes.view(*shape, -1), weights.view(shape)


@torch.no_grad()
def conditional_in_natural_order(
    network: Any,
    likelihood: Any,
    codes: Tensor,
    variable: Variable,
    place: int,
    shares: Tensor,
    fine: int | None,
) -> Tensor:
    """[B, levels] probabilities of one variable given all others, by Bayes' rule.

    They are in proportion to the probability of the record in the natural order, with each code in
    turn; codes that the order with all others first finds unlikely keep what they have there. Of a
    number with many codes some are tried, and between them the ratio of both orders is linear.

    Args:
        network: with `begin`, `step` and `absorb`.
        likelihood: turns parameters into log-probabilities and draws.
        codes: [B, V], known but for the variable and its refinement.
        variable: that is asked for.
        place: of it in the record.
        shares: [B, levels] its probabilities in the order with all others first.
        fine: its refinement, where that is unknown. One of its codes is taken for each code tried,
            as p(code, rest) = p(code, fine, rest) / p(fine given code, rest).
    """
    points = _points(variable).to(codes.device)
    every = len(points) == variable.levels
    known = shares[:, points].double()
    tried = known > LEAST if every else torch.ones_like(known, dtype=torch.bool)
    rows, chosen = tried.nonzero(as_tuple=True)
    filled = codes[rows]
    filled[:, place] = points[chosen]
    nats = torch.zeros(len(rows), dtype=torch.float64, device=codes.device)
    if fine is not None:
        parameters = network.step(fine, network.begin(filled), filled)
        filled[:, fine] = parameters.argmax(-1)
        nats -= likelihood.nats(parameters, filled[:, fine]).double()
    before = filled.clone()
    before[:, place:] = -1
    state = network.begin(before)
    everywhere = torch.ones(len(filled), dtype=torch.bool, device=codes.device)
    for later in range(place, codes.shape[1]):
        parameters = network.step(later, state, filled)
        nats += likelihood.of(later).nats(parameters, filled[:, later]).double()
        network.absorb(later, state, filled, everywhere)
    table = torch.full(known.shape, -torch.inf, dtype=torch.float64, device=codes.device)
    table[rows, chosen] = nats
    if every:
        mass = (known * tried).sum(1, keepdim=True)
        return torch.where(tried, mass * table.softmax(1), known).to(shares.dtype)
    tiny = torch.finfo(torch.float64).tiny
    ratio = _between(table - known.clamp(min=tiny).log(), points, variable.levels)
    return (shares.double().clamp(min=tiny).log() + ratio).softmax(1).to(shares.dtype)


def _points(variable: Variable) -> Tensor:
    """[P] codes that are tried: all, or of a number the most frequent and evenly spread ones."""
    widths = variable.widths
    if widths is None or variable.levels <= SPREAD + FREQUENT:
        return torch.arange(variable.levels)
    frequent = torch.tensor(widths).argsort(descending=True, stable=True)[:FREQUENT]
    spread = torch.linspace(0, variable.levels - 1, SPREAD).round().long()
    last = torch.tensor([variable.levels - 2])  # the largest value, where the last one is missing
    return torch.cat([frequent, spread, last]).unique()


def _between(values: Tensor, points: Tensor, levels: int) -> Tensor:
    """[B, levels] of values [B, P] at some levels, linear between them."""
    wanted = torch.arange(levels, device=points.device)
    right = torch.searchsorted(points, wanted).clamp(1, len(points) - 1)
    low, high = points[right - 1], points[right]
    along = ((wanted - low) / (high - low)).double()
    return values[:, right - 1] * (1 - along) + values[:, right] * along


def _gone_on(
    network: Any,
    likelihood: Any,
    natural: Any,
    codes: Tensor,
    weights: Tensor,
    uniform: Tensor,
    choice: Tensor,
) -> Tensor:
    """[B, V] records chosen by weights [N] among [N, V] codes, with what they lack at the end."""
    rows, last = len(choice) - 1, int((codes[0] >= 0).nonzero().max())
    kept = _chosen(weights, choice)
    codes = codes[kept]
    natural.take(kept)
    everywhere = torch.ones(rows, dtype=torch.bool, device=codes.device)
    for variable in range(last + 1, codes.shape[1]):
        parameters = network.step(variable, natural, codes)
        drawn = likelihood.of(variable).sample(parameters, uniform[:rows, variable])
        codes[:, variable] = drawn
        network.absorb(variable, natural, codes, everywhere)
    return codes


def _chosen(weights: Tensor, choice: Tensor) -> Tensor:
    """[B] places in proportion to log weights [N], in random order, by draws [B + 1]."""
    rows = len(choice) - 1
    sums = weights.softmax(0).cumsum(0)
    steps = (torch.arange(rows, device=weights.device) + choice[-1].double()) / rows
    place = torch.searchsorted(sums, steps * sums[-1], right=True).clamp(max=len(weights) - 1)
    return place[choice[:-1].argsort()]
