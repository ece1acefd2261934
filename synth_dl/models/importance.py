"""Importance weights of latent draws: bounds of likelihoods, and draws given what is known."""

import math

import torch
from torch import Tensor


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


def choose_one(weights: Tensor, draws: Tensor, uniform: Tensor) -> Tensor:
    """[B, L] one of the draws [B, K, L] of each record, in proportion to its weight.

    Args:
        weights: [B, K] logarithms.
        draws: [B, K, L].
        uniform: [B] draws from [0, 1).
    """
    shares = weights.double().softmax(1).cumsum(1)
    place = torch.searchsorted(shares, uniform.double()[:, None], right=True)[:, 0]
    return draws[torch.arange(len(draws), device=draws.device), place.clamp(max=draws.shape[1] - 1)]
