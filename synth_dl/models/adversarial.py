"""Losses of a discriminator and a generator on scores [B], and penalties on gradients."""

import torch
import torch.nn.functional as F
from torch import Tensor


class Relativistic:
    """Each real record against its generated partner (R3GAN, arXiv:2501.05441, section 2)."""

    pairs = True

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Mean over the pairs."""
        return F.softplus(fake - real).mean()

    def generator(self, real: Tensor, fake: Tensor) -> Tensor:
        """The same with the roles exchanged."""
        return F.softplus(real - fake).mean()


class NonSaturating:
    """The loss of arXiv:1406.2661, section 3, in the form whose gradient does not vanish."""

    pairs = False

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Cross-entropy of real against generated."""
        return F.softplus(-real).mean() + F.softplus(fake).mean()

    def generator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Minus the log-probability of being taken for real."""
        return F.softplus(-fake).mean()


class Wasserstein:
    """The difference of mean scores (arXiv:1701.07875, algorithm 1)."""

    pairs = False

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """To be made small by scores that tell real from generated."""
        return fake.mean() - real.mean()

    def generator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Minus the mean score."""
        return -fake.mean()


LOSSES = {
    "relativistic": Relativistic(),
    "non_saturating": NonSaturating(),
    "wasserstein": Wasserstein(),
}


def squared_gradient(scores: Tensor, records: Tensor, given: Tensor) -> Tensor:
    """[B] squared norms of the gradients of scores [B] by what is made of their records [B, F].

    What is given of a record [B, F] is a condition, and a score may follow it as steeply as it
    likes. Half the mean over real records is the penalty R1, over generated ones R2
    (arXiv:1801.04406, equations 9 and 10).
    """
    (gradient,) = torch.autograd.grad(scores.sum(), records, create_graph=True)
    return gradient.masked_fill(given, 0.0).square().sum(1)


def between(real: Tensor, fake: Tensor, uniform: Tensor) -> Tensor:
    """[B, F] records between real and generated ones, for the penalty of arXiv:1704.00028."""
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
