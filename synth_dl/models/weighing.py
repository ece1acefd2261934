"""Draws of a latent variable, and of an unknown class, for records of which a part is known.

They come from the encoder, and each has a weight p(known | z, class) p(z) p(class) / q(z, class |
known): sums over draws are exact for many of them, whatever the encoder. A class is proposed by
what a few draws of every class say of the record.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from synth_dl.likelihoods.inversion import place_of
from synth_dl.noise import generator_for
from synth_dl.priors.normal import log_normal

BOUND_SEED, CLASS_SEED = 20_000_011, 20_000_023
CLASS_DRAWS = 4  # of each class, before one is proposed
DEFENCE = 0.1  # share of the proposals that are spread evenly over the classes
PARTS = 8  # times the rows that are looked at together in training; nothing is learnt here


@dataclass(frozen=True)
class Draws:
    """K draws for each of B records.

    Attributes:
        weights: [B, K] logarithms.
        z: [B, K, L].
        classes: [B, K, 1] codes of the leading class; [B, K, 0] where there is none.
    """

    weights: Tensor
    z: Tensor
    classes: Tensor


@dataclass(frozen=True)
class Candidates:
    """Records with each class they may have, and their posteriors.

    Attributes:
        codes: [B, C, V].
        allowed: [B, C] whether a record may have the class.
        means, log_scales: [B, C, L].
    """

    codes: Tensor
    allowed: Tensor
    means: Tensor
    log_scales: Tensor


def shared_noise(vae: Any, count: int, codes: Tensor) -> tuple[Tensor, Tensor]:
    """[1, K, L] standard normal and [1, K] uniform draws, the same for all records."""
    generator = generator_for(BOUND_SEED)
    noise = torch.randn(1, count, vae.latent, generator=generator)
    return noise.to(codes.device), torch.rand(1, count, generator=generator).to(codes.device)


def weigh(
    vae: Any,
    codes: Tensor,
    noise: Tensor,
    uniform: Tensor,
    banned: dict[int, int] | None = None,
) -> Draws:
    """Draws for records of which a part is known.

    Args:
        vae: with encoder, decoder, prior and leading class.
        codes: [B, V], -1 where unknown.
        noise: [B or 1, K, L] standard normal.
        uniform: [B or 1, K] draws from [0, 1), for unknown classes.
        banned: for some variables, a code that must not be drawn; here that of the class counts.
    """
    parts = [
        _weigh(vae, _candidates(vae, codes[part], banned), _of(noise, part), _of(uniform, part))
        for part in _record_parts(vae, codes)
    ]
    weights, z, classes = (torch.cat(each) for each in zip(*parts, strict=True))
    return Draws(weights, z, classes)


def posteriors(vae: Any, codes: Tensor) -> tuple[Tensor, Tensor]:
    """Means and log scales [B, L] of the posteriors of any number of records [B, V]."""
    parts = [
        vae.encode(vae.relaxed.seen(part.to(vae.device).long()))
        for part in codes.split(_rows_at_once(vae))
    ]
    means, log_scales = (torch.cat(each) for each in zip(*parts, strict=True))
    return means, log_scales


def class_shares(vae: Any, codes: Tensor, draws: int) -> Tensor:
    """[B, levels] probabilities of the leading class of records [B, V] in which it is unknown."""
    parts = [
        _class_nats(vae, _candidates(vae, codes[part]), draws).softmax(1)
        for part in _record_parts(vae, codes)
    ]
    return torch.cat(parts)


def _weigh(
    vae: Any, candidates: Candidates, noise: Tensor, uniform: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Weights, z and classes as in `Draws`."""
    records, classes = candidates.allowed.shape
    device = candidates.codes.device
    shape = (records, noise.shape[1])
    if classes == 1:
        place = torch.zeros(shape, dtype=torch.long, device=device)
        proposed = torch.zeros(shape, device=device)
    else:
        shares = _class_nats(vae, candidates, CLASS_DRAWS).softmax(1)
        even = candidates.allowed / candidates.allowed.sum(1, keepdim=True)
        shares = (1 - DEFENCE) * shares + DEFENCE * even
        place = place_of(shares, uniform.expand(shape))
        proposed = shares.log().gather(1, place)
    weights, z = _weights(vae, candidates, place, noise)
    rows = torch.arange(records, device=device)[:, None]
    return weights - proposed, z, candidates.codes[rows, place, : vae.leading.count]


def _candidates(vae: Any, codes: Tensor, banned: dict[int, int] | None = None) -> Candidates:
    held, allowed = vae.leading.candidates(codes, banned)
    means, log_scales = posteriors(vae, held.flatten(0, 1))
    shape = (*held.shape[:2], vae.latent)
    return Candidates(held, allowed, means.view(shape), log_scales.view(shape))


def _class_nats(vae: Any, candidates: Candidates, draws: int) -> Tensor:
    """[B, C] log p(known, class) by some draws of each class; -inf where not allowed."""
    records, classes = candidates.allowed.shape
    device = candidates.codes.device
    noise = torch.randn(1, draws, vae.latent, generator=generator_for(CLASS_SEED)).to(device)
    place = torch.arange(classes, device=device).repeat_interleave(draws).expand(records, -1)
    weights, _ = _weights(vae, candidates, place, noise.repeat(1, classes, 1))
    nats = weights.view(records, classes, draws).logsumexp(2) - math.log(draws)
    return nats.masked_fill(~candidates.allowed, -torch.inf)


def _weights(
    vae: Any, candidates: Candidates, place: Tensor, noise: Tensor
) -> tuple[Tensor, Tensor]:
    """Log weights [B, K] of draws [B, K, L], which the classes' proposals do not count in.

    Args:
        vae: with encoder, decoder, prior and leading class.
        candidates: of B records.
        place: [B, K] which of their candidates each draw is of.
        noise: [B or 1, K, L] standard normal.
    """
    records, classes = candidates.allowed.shape
    of_record = torch.arange(records, device=place.device)[:, None]
    means = candidates.means[of_record, place]
    log_scales = candidates.log_scales[of_record, place]
    z = means + log_scales.exp() * noise
    held = candidates.codes.flatten(0, 1)
    rows, size = (of_record * classes + place).flatten(), _rows_at_once(vae)
    nats = []
    for part, taken in zip(z.flatten(0, 1).split(size), rows.split(size), strict=True):
        codes = held[taken]
        decoded = vae.decode(part, vae.leading.told(codes))
        nats.append(vae.nats(decoded, codes) + vae.prior.log_prob(part))
    proposal = log_normal(z, means, log_scales).sum(-1)
    return torch.cat(nats).view(z.shape[:2]) - proposal, z


def _record_parts(vae: Any, codes: Tensor) -> list[slice]:
    """Of records [B, V]: few enough of them at a time to hold each with all of its classes."""
    size = max(1, _rows_at_once(vae) // max(1, vae.leading.levels))
    return [slice(first, first + size) for first in range(0, max(1, len(codes)), size)]


def _of(noise: Tensor, part: slice) -> Tensor:
    """What the records of a part have of [B or 1, ...]."""
    return noise if len(noise) == 1 else noise[part]


def _rows_at_once(vae: Any) -> int:
    return PARTS * vae.spec.rows_at_once
