"""The standard normal prior of a latent variable."""

import math

import torch
from torch import Tensor, nn

from synth_dl.priors.aggregate import Aggregate

HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)
EDGE = 1e-6  # a uniform number is kept so far from 0 and 1, so that its normal score is finite


class Normal(nn.Module):
    """N(0, 1) in each dimension.

    Args:
        latent: dimensions.
    """

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.latent = latent
        self.noise = latent

    def log_prob(self, z: Tensor) -> Tensor:
        """[B] nats of [B, L]."""
        return (-0.5 * z.square() - HALF_LOG_TAU).sum(-1)

    def sample(self, uniform: Tensor) -> Tensor:
        """[B, L] from [B, noise] draws from [0, 1)."""
        return normal_score(uniform[:, : self.latent])

    def fit(self, aggregate: Aggregate, generator: torch.Generator, most_steps: int = 0) -> None:
        """Nothing is to be learnt."""


def normal_score(uniform: Tensor) -> Tensor:
    """The standard normal numbers below which such shares of the distribution lie."""
    return torch.special.ndtri(uniform.double().clamp(EDGE, 1 - EDGE)).float()


def log_normal(z: Tensor, means: Tensor, log_scales: Tensor) -> Tensor:
    """Nats of each number under its own normal distribution."""
    return -0.5 * ((z - means) * (-log_scales).exp()).square() - log_scales - HALF_LOG_TAU


def kl_per_dimension(means: Tensor, log_scales: Tensor) -> Tensor:
    """[B, L] nats from the standard normal distribution to others, in closed form."""
    return 0.5 * (means.square() + (2 * log_scales).exp() - 1) - log_scales
