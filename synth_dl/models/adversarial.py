"""Losses of a discriminator and a generator on scores [B], and penalties on gradients."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Loss:
    """Means over the scores [B] of real records and of their generated partners.

    Attributes:
        discriminator: small where it tells real from generated.
        generator: small where it does not.
        pairs: whether the generator's depends on the real records.
    """

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor, Tensor], Tensor]
    pairs: bool = False


LOSSES = {
    # Each real record against its generated partner (R3GAN, arXiv:2501.05441, section 2).
    "relativistic": Loss(
        lambda real, fake: F.softplus(fake - real).mean(),
        lambda real, fake: F.softplus(real - fake).mean(),
        pairs=True,
    ),
    # Cross-entropies (arXiv:1406.2661, section 3, in the form whose gradient does not vanish).
    "non_saturating": Loss(
        lambda real, fake: F.softplus(-real).mean() + F.softplus(fake).mean(),
        lambda real, fake: F.softplus(-fake).mean(),
    ),
    # The difference of mean scores (arXiv:1701.07875, algorithm 1).
    "wasserstein": Loss(
        lambda real, fake: fake.mean() - real.mean(),
        lambda real, fake: -fake.mean(),
    ),
}


def unit_gradient_penalty(
    score: Callable[[Tensor], Tensor],
    real: Tensor,
    fake: Tensor,
    given: Tensor,
    generator: torch.Generator,
) -> Tensor:
    """How far gradients between real and generated records are from length 1 (arXiv:1704.00028).

    Args:
        score: [B] of records [B, F].
        real, fake: [B, F] records.
        given: [B, F] see `squared_gradient`.
        generator: draws the places between them.
    """
    uniform = torch.rand(len(real), generator=generator, device=real.device)
    middle = between(real, fake, uniform)
    slope = (squared_gradient(score(middle), middle, given) + 1e-12).sqrt()
    return (slope - 1).square().mean()


def squared_gradient(scores: Tensor, records: Tensor, given: Tensor) -> Tensor:
    """[B] squared norms of the gradients of scores [B] by what is made of their records [B, F].

    What is given of a record [B, F] is a condition, and a score may follow it as steeply as it
    likes. Half the mean over real records is the penalty R1, over generated ones R2
    (arXiv:1801.04406, equations 9 and 10).
    """
    (gradient,) = torch.autograd.grad(scores.sum(), records, create_graph=True)
    return gradient.masked_fill(given, 0.0).square().sum(1)


def between(real: Tensor, fake: Tensor, uniform: Tensor) -> Tensor:
    """[B, F] records on the lines from generated to real ones, by [B] draws from [0, 1)."""
    return (fake + uniform[:, None] * (real - fake)).detach().requires_grad_(True)


def energy_distance(real: Tensor, fake: Tensor) -> Tensor:
    """Distance between two distributions by samples [B, F]: 0 where they are the same.

    2 E|x - y| - E|x - x'| - E|y - y'|, without the pairs of a record with itself (Székely and
    Rizzo 2013, equation 2).
    """
    across = torch.cdist(real, fake).mean()
    inside = [torch.cdist(each, each).sum() / (len(each) * max(1, len(each) - 1))
              for each in (real, fake)]  # fmt: skip
    return 2 * across - inside[0] - inside[1]
