"""Normal distributions, fitted to the aggregate posterior by expectation-maximisation."""

import math
import warnings

import torch
from torch import Tensor, nn

from synth_dl.priors.aggregate import Aggregate
from synth_dl.priors.normal import HALF_LOG_TAU, normal_score

MOST_RECORDS = 20_000  # that the mixture is fitted to
ITERATIONS = 50
RECORDS_EACH = 20  # that a component rests on at least


class Mixture(nn.Module):
    """Normal components with covariances of their own.

    Args:
        latent: dimensions.
        components: at most; fewer where there are few records.
    """

    logits: Tensor
    means: Tensor
    factors: Tensor

    def __init__(self, latent: int, components: int = 50) -> None:
        super().__init__()
        self.latent, self.components, self.noise = latent, components, latent + 1
        # Until it is fitted all components are the standard normal distribution.
        self.register_buffer("logits", torch.zeros(components))
        self.register_buffer("means", torch.zeros(components, latent))
        self.register_buffer("factors", torch.eye(latent).repeat(components, 1, 1))

    def log_prob(self, z: Tensor) -> Tensor:
        """[B] nats of [B, L]."""
        offset = (z - self.means[:, None]).mT  # [K, L, B]
        white = torch.linalg.solve_triangular(self.factors, offset, upper=False)
        volume = self.factors.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        nats = -0.5 * white.square().sum(1).T - volume - self.latent * HALF_LOG_TAU
        return (nats + self.logits.log_softmax(0)).logsumexp(-1)

    def sample(self, uniform: Tensor) -> Tensor:
        """[B, L] from [B, noise] draws from [0, 1)."""
        chosen = pick(self.logits, uniform[:, -1])
        white = normal_score(uniform[:, : self.latent])
        return self.means[chosen] + (self.factors[chosen] @ white[..., None])[..., 0]

    def fit(
        self, aggregate: Aggregate, generator: torch.Generator, most_steps: int = ITERATIONS
    ) -> None:
        """Fit to draws of the aggregate posterior."""
        # Loaded here, as every command loads the families, and few fit a mixture.
        from sklearn.mixture import GaussianMixture

        z = aggregate.draw(generator, min(MOST_RECORDS, len(aggregate.means)))
        count = max(1, min(self.components, len(z) // RECORDS_EACH))
        seed = int(torch.randint(2**31 - 1, (1,), generator=generator))
        mixture = GaussianMixture(
            count,
            reg_covar=1e-3,
            max_iter=max(1, min(ITERATIONS, most_steps)),
            tol=1e-2,
            init_params="k-means++",
            random_state=seed,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about iterations that were not enough
            mixture.fit(z.double().numpy())
        self.logits.fill_(-math.inf)
        self.logits[:count] = torch.from_numpy(mixture.weights_).log()
        self.means[:count] = torch.from_numpy(mixture.means_)
        covariances = torch.from_numpy(mixture.covariances_)
        self.factors[:count] = torch.linalg.cholesky(covariances).float()


def pick(logits: Tensor, uniform: Tensor) -> Tensor:
    """[B] components of a mixture by one uniform draw each."""
    shares = logits.double().softmax(-1).cumsum(-1).expand(len(uniform), -1).contiguous()
    place = torch.searchsorted(shares, uniform.double()[:, None], right=True)[:, 0]
    return place.clamp(max=logits.shape[-1] - 1)
