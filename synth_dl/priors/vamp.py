"""A mixture of the posteriors of pseudo-records (VampPrior, arXiv:1705.07120, equation 9).

The pseudo-records are learnt, after the encoder, and start from noise and not from training
records; what is kept of them are their posteriors.
"""

import torch
from torch import Tensor, nn

from synth_dl.priors.aggregate import Aggregate
from synth_dl.priors.mixture import pick
from synth_dl.priors.normal import log_normal, normal_score

STEPS, BATCH, RATE = 400, 512, 2e-2


class Vamp(nn.Module):
    """Posteriors of pseudo-records, with weights of their own.

    Args:
        latent: dimensions.
        components: pseudo-records.
    """

    logits: Tensor
    means: Tensor
    log_scales: Tensor

    def __init__(self, latent: int, components: int = 100) -> None:
        super().__init__()
        self.latent, self.components, self.noise = latent, components, latent + 1
        self.register_buffer("logits", torch.zeros(components))
        for name in ("means", "log_scales"):
            self.register_buffer(name, torch.zeros(components, latent))

    def log_prob(self, z: Tensor) -> Tensor:
        """[B] nats of [B, L]."""
        return _log_mixture(z, self.logits, self.means, self.log_scales)

    def sample(self, uniform: Tensor) -> Tensor:
        """[B, L] from [B, noise] draws from [0, 1)."""
        chosen = pick(self.logits, uniform[:, -1])
        white = normal_score(uniform[:, : self.latent])
        return self.means[chosen] + self.log_scales[chosen].exp() * white

    def fit(
        self, aggregate: Aggregate, generator: torch.Generator, most_steps: int = STEPS
    ) -> None:
        """Learn pseudo-records whose posteriors cover the aggregate posterior."""
        pseudo = nn.Parameter(torch.randn(self.components, aggregate.seen, generator=generator))
        logits = nn.Parameter(torch.zeros(self.components))
        optimizer = torch.optim.Adam([pseudo, logits], lr=RATE)
        with torch.enable_grad():
            for _ in range(min(STEPS, most_steps)):
                z = aggregate.draw(generator, BATCH)
                loss = -_log_mixture(z, logits, *aggregate.encode(pseudo)).mean()
                optimizer.zero_grad()
                loss.backward(inputs=[pseudo, logits])  # the encoder stays
                optimizer.step()
        with torch.no_grad():
            means, log_scales = aggregate.encode(pseudo)
            self.logits.copy_(logits)
            self.means.copy_(means)
            self.log_scales.copy_(log_scales)


def _log_mixture(z: Tensor, logits: Tensor, means: Tensor, log_scales: Tensor) -> Tensor:
    each = log_normal(z[:, None], means, log_scales).sum(-1)
    return (each + logits.log_softmax(0)).logsumexp(-1)
