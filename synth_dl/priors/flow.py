"""An autoregressive flow: each latent dimension given the ones before it.

Every dimension is a mixture of normal distributions whose parameters a masked network gives for the
dimensions before it (MADE, arXiv:1502.03509); its cumulative distribution makes an invertible map
to uniform noise, so this is a flow of one layer (arXiv:1705.07057, section 3.1, with mixtures).
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from synth_dl.priors.aggregate import Aggregate
from synth_dl.priors.mixture import pick
from synth_dl.priors.normal import log_normal, normal_score

EPOCHS, BATCH = 20, 512
FEWEST_STEPS, MOST_STEPS = 300, 1200
RATE, REFINING_RATE = 8e-3, 1e-3  # afresh, and after it was learnt together with the encoder
SMALLEST_SCALE = -4.0  # logarithm; sharper components are noise


class Flow(nn.Module):
    """A masked network of one hidden width, with mixtures of normal distributions.

    Args:
        latent: dimensions.
        width: hidden units of each of the two layers.
        components: normal distributions in a mixture.

    Attributes:
        learnt: whether it is trained together with the encoder, so that `fit` only refines it.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, latent: int, width: int = 256, components: int = 8) -> None:
        super().__init__()
        self.latent, self.components, self.noise = latent, components, 2 * latent
        self.learnt = False
        degrees = torch.arange(width) % max(1, latent - 1)  # what a hidden unit sees: up to here
        inputs = torch.arange(latent)
        self.first = Masked(latent, width, degrees[:, None] >= inputs)
        self.second = Masked(width, width, degrees[:, None] >= degrees)
        last = (inputs[:, None] > degrees).repeat_interleave(3 * components, 0)
        self.last = Masked(width, 3 * components * latent, last)
        nn.init.zeros_(self.last.weight)
        with torch.no_grad():
            start = self.last.bias.view(latent, 3, components)
            start.zero_()
            start[:, 1] = torch.linspace(-1.5, 1.5, components)
        self.register_buffer("mean", torch.zeros(latent))
        self.register_buffer("scale", torch.ones(latent))

    def log_prob(self, z: Tensor) -> Tensor:
        """[B] nats of [B, L]."""
        white = (z - self.mean) / self.scale
        logits, means, log_scales = self._conditionals(white)
        each = log_normal(white[..., None], means, log_scales) + logits.log_softmax(-1)
        return each.logsumexp(-1).sum(-1) - self.scale.log().sum()

    def sample(self, uniform: Tensor) -> Tensor:
        """[B, L] from [B, noise] draws from [0, 1), one dimension after another."""
        white = uniform.new_zeros(len(uniform), self.latent)
        score = normal_score(uniform[:, : self.latent])
        rows = torch.arange(len(uniform), device=uniform.device)
        for k in range(self.latent):
            logits, means, log_scales = (each[:, k] for each in self._conditionals(white))
            chosen = pick(logits, uniform[:, self.latent + k])
            drawn = means[rows, chosen] + log_scales[rows, chosen].exp() * score[:, k]
            white[:, k] = drawn
        return white * self.scale + self.mean

    def fit(
        self, aggregate: Aggregate, generator: torch.Generator, most_steps: int = MOST_STEPS
    ) -> None:
        """Learn from draws of the aggregate posterior, other ones at each step."""
        if not self.learnt:
            z = aggregate.draw(generator)
            self.mean.copy_(z.mean(0))
            self.scale.copy_(z.std(0).clamp(min=1e-3))
        rate = REFINING_RATE if self.learnt else RATE
        steps = max(FEWEST_STEPS, EPOCHS * len(aggregate.means) // BATCH)
        steps = max(1, min(steps, MOST_STEPS, most_steps))
        optimizer = torch.optim.AdamW(self.parameters(), lr=rate, weight_decay=0.01)
        whole = max(steps, 11)  # a tenth of fewer steps is none, and the rate rises in that
        course = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, whole, pct_start=0.1)
        with torch.enable_grad():
            for _ in range(steps):
                loss = -self.log_prob(aggregate.draw(generator, BATCH)).mean()
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(self.parameters(), 5.0)
                optimizer.step()
                course.step()

    def _conditionals(self, white: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log weights, means and log scales [B, L, K], of each dimension from those before it."""
        hidden = F.silu(self.first(white))
        hidden = hidden + F.silu(self.second(hidden))
        found: Any = self.last(hidden).view(-1, self.latent, 3, self.components)
        logits, means, log_scales = found.unbind(2)
        return logits, means, log_scales.clamp(SMALLEST_SCALE, 3.0)


class Masked(nn.Linear):
    """A linear map whose weights are zero outside a mask [outputs, inputs]."""

    mask: Tensor

    def __init__(self, inputs: int, outputs: int, mask: Tensor) -> None:
        super().__init__(inputs, outputs)
        self.register_buffer("mask", mask.float(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight * self.mask, self.bias)
