"""Importance weights of latent draws: bounds of likelihoods, and draws given what is known."""

import math

import torch
from torch import Tensor

from synth_dl.likelihoods.inversion import place_of


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
