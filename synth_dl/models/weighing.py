"""Draws of a latent variable, and of an unknown class, for records of which a part is known.

Most come from the encoder and some from the prior, and each has a weight p(known | z, class) p(z)
p(class) / q(z, class | known), where q is the mixture of both (the balance heuristic, Veach and
Guibas 1995, section 3.3): sums over draws are exact for many of them, whatever the encoder, and no
weight is large where the encoder is wrong. A class is proposed in proportion to its probability
given what is known, which a few draws of every class estimate.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from synth_dl.likelihoods.inversion import Allowed, place_of
from synth_dl.noise import generator_for
from synth_dl.priors.normal import log_normal, normal_score

BOUND_SEED, PRIOR_DRAWS_SEED, CLASS_SEED = 20_000_011, 20_000_047, 20_000_023
CLASS_DRAWS = 4  # of each class, before one is proposed
DEFENCE = 0.1  # share of the proposals that are spread evenly over the classes
FROM_PRIOR = 0.25  # share of the draws, for records of which the encoder knows too little
NUMBERS = 2**22  # that the decoder gives at a time, which bounds the memory


@dataclass(frozen=True)
class Noise:
    """What K draws are made of, for B records or the same for all (1).

    Attributes:
        normal: [B or 1, K, L] standard normal.
        uniform: [B or 1, K] from [0, 1), for unknown classes.
        prior: [B or 1, P, L] draws from the prior, for the last P of the K.
    """

    normal: Tensor
    uniform: Tensor
    prior: Tensor

    def of(self, part: slice) -> "Noise":
        """That of a part of the records."""
        if len(self.normal) == 1:
            return self
        return Noise(self.normal[part], self.uniform[part], self.prior[part])


@dataclass(frozen=True)
class Draws:
    """K draws for each of B records.

    Attributes:
        weights: [B, K] logarithms.
        z: [B, K, L].
        classes: [B, K, 1] codes of the class that is drawn first; [B, K, 0] where none is.
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


def shared_noise(vae: Any, count: int) -> Noise:
    """That of `count` draws, the same for all records.

    They are spread more evenly than by chance: scrambled Sobol sequences (Owen 1998), whose single
    draws are uniform, so that mean weights stay unbiased.
    """
    own = even_draws(count, vae.latent + 1, BOUND_SEED).to(vae.device)
    prior = even_draws(int(FROM_PRIOR * count), vae.prior.noise, PRIOR_DRAWS_SEED).to(vae.device)
    normal = normal_score(own[None, :, : vae.latent])
    return Noise(normal, own[None, :, vae.latent], vae.prior.sample(prior)[None])


def own_noise(vae: Any, latent: Tensor, uniform: Tensor) -> Noise:
    """That of [B, K, prior.noise] and [B, K] draws from [0, 1), others for each record."""
    last = latent[:, latent.shape[1] - int(FROM_PRIOR * latent.shape[1]) :]
    drawn = vae.prior.sample(last.flatten(0, 1)).view(*last.shape[:2], vae.latent)
    return Noise(normal_score(latent[..., : vae.latent]), uniform, drawn)


def weigh(vae: Any, codes: Tensor, noise: Noise, allowed: Allowed = None) -> Draws:
    """Draws for records of which a part is known.

    Args:
        vae: with encoder, decoder, prior and perhaps a class that is drawn first.
        codes: [B, V], -1 where unknown.
        noise: of the draws.
        allowed: for some variables, [levels] whether a code may be drawn; that of the class counts.
    """
    parts = [
        _weigh(vae, _candidates(vae, codes[part], allowed), noise.of(part))
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
    """[B, levels] probabilities of the class that is drawn first, 1 for a known one."""
    found = []
    for part in _record_parts(vae, codes):
        candidates = _candidates(vae, codes[part])
        alone = candidates.codes.shape[1] == 1  # all of them are known
        nats = None if alone else _class_nats(vae, candidates, draws)
        found.append(vae.leading.one_hot(codes[part]) if nats is None else nats.softmax(1))
    return torch.cat(found)


def _weigh(vae: Any, candidates: Candidates, noise: Noise) -> tuple[Tensor, Tensor, Tensor]:
    """Weights, z and classes as in `Draws`."""
    records, classes = candidates.allowed.shape
    device = candidates.codes.device
    shape = (records, noise.normal.shape[1])
    if classes == 1:
        place = torch.zeros(shape, dtype=torch.long, device=device)
        proposed = torch.zeros(shape, device=device)
    else:
        shares = _class_nats(vae, candidates, CLASS_DRAWS).softmax(1)
        even = candidates.allowed / candidates.allowed.sum(1, keepdim=True)
        shares = (1 - DEFENCE) * shares + DEFENCE * even
        place = place_of(shares, noise.uniform.expand(shape))
        proposed = shares.log().gather(1, place)
    weights, z = _weights(vae, candidates, place, noise.normal, noise.prior)
    rows = torch.arange(records, device=device)[:, None]
    return weights - proposed, z, candidates.codes[rows, place, : vae.leading.count]


def _candidates(vae: Any, codes: Tensor, allowed: Allowed = None) -> Candidates:
    held, possible = vae.leading.candidates(codes, allowed)
    means, log_scales = posteriors(vae, held.flatten(0, 1))
    shape = (*held.shape[:2], vae.latent)
    return Candidates(held, possible, means.view(shape), log_scales.view(shape))


def _class_nats(vae: Any, candidates: Candidates, draws: int) -> Tensor:
    """[B, C] log p(known, class) by some draws of each class; -inf where not allowed."""
    records, classes = candidates.allowed.shape
    device = candidates.codes.device
    noise = torch.randn(1, draws, vae.latent, generator=generator_for(CLASS_SEED)).to(device)
    place = torch.arange(classes, device=device).repeat_interleave(draws).expand(records, -1)
    nothing = noise[:, :0]
    weights, _ = _weights(vae, candidates, place, noise.repeat(1, classes, 1), nothing)
    nats = weights.view(records, classes, draws).logsumexp(2) - math.log(draws)
    return nats.masked_fill(~candidates.allowed, -torch.inf)


def _weights(
    vae: Any, candidates: Candidates, place: Tensor, normal: Tensor, prior: Tensor
) -> tuple[Tensor, Tensor]:
    """Log weights [B, K] of draws [B, K, L], which the classes' proposals do not count in.

    Args:
        vae: with encoder, decoder, prior and perhaps a class that is drawn first.
        candidates: of B records.
        place: [B, K] which of their candidates each draw is of.
        normal: [B or 1, K, L] standard normal.
        prior: [B or 1, P, L] draws from the prior, which the last of the K are.
    """
    records, classes = candidates.allowed.shape
    of_record = torch.arange(records, device=place.device)[:, None]
    means = candidates.means[of_record, place]
    log_scales = candidates.log_scales[of_record, place]
    count, of_prior = place.shape[1], prior.shape[1]
    z = (means + log_scales.exp() * normal)[:, : count - of_prior]
    z = torch.cat([z, prior.expand(records, -1, -1)], 1)
    held = candidates.codes.flatten(0, 1)
    rows, size = (of_record * classes + place).flatten(), _rows_at_once(vae)
    nats, priors = [], []
    for part, taken in zip(z.flatten(0, 1).split(size), rows.split(size), strict=True):
        codes = held[taken]
        nats.append(vae.nats(vae.decode(part, vae.leading.one_hot(codes)), codes))
        priors.append(vae.prior.log_prob(part))
    likelihood, log_prior = (torch.cat(each).view(z.shape[:2]) for each in (nats, priors))
    proposal = log_normal(z, means, log_scales).sum(-1)
    if of_prior:
        share = of_prior / count
        proposal = torch.logaddexp(proposal + math.log1p(-share), log_prior + math.log(share))
    return likelihood + log_prior - proposal, z


def _record_parts(vae: Any, codes: Tensor) -> list[slice]:
    """Of records [B, V]: few enough of them at a time to hold each with all of its classes."""
    size = max(1, _rows_at_once(vae) // max(1, vae.leading.levels))
    return [slice(first, first + size) for first in range(0, max(1, len(codes)), size)]


def even_draws(count: int, size: int, seed: int) -> Tensor:
    """[count, size] draws from [0, 1)."""
    sequence = torch.quasirandom.SobolEngine(size, scramble=True, seed=seed)
    return sequence.draw(max(1, count))[:count]  # it cannot draw none


def _rows_at_once(vae: Any) -> int:
    return max(1, NUMBERS // vae.parameters_of.layout.size)
