"""What a latent space holds of records: nats of each dimension, reconstructions, interpolations."""

from typing import Any

import torch
from torch import Tensor

from synth_dl.models.weighing import posteriors
from synth_dl.priors.normal import kl_per_dimension


@torch.no_grad()
def kl_of(model: Any, codes: Tensor) -> tuple[Tensor, Tensor]:
    """[L] mean nats of the posteriors of codes [B, V], and [L] those that tell nothing of a record.

    Both from the standard normal distribution. The second are the nats of the normal distribution
    with mean and variance of all posteriors together. They are a part of the first, which a learned
    prior saves; a dimension that has no others has collapsed.
    """
    means, log_scales = posteriors(model, codes)
    variance = (2 * log_scales).exp().mean(0) + means.var(0, correction=0)
    nats = kl_per_dimension(means, log_scales).mean(0)
    return nats, kl_per_dimension(means.mean(0), variance.log() / 2)


@torch.no_grad()
def reconstruct(model: Any, codes: Tensor, generator: torch.Generator) -> Tensor:
    """[B, V] codes, each drawn from the decoder at one draw from its record's posterior.

    Args:
        model: with latents.
        codes: [B, V].
        generator: of the CPU; draws it all.
    """
    means, log_scales = posteriors(model, codes)
    z = means + log_scales.exp() * torch.randn(means.shape, generator=generator).to(means)
    classes = model.leading.one_hot(codes)
    return _decoded(model, z, classes, torch.rand(codes.shape, generator=generator))


@torch.no_grad()
def interpolate(
    model: Any, first: Tensor, second: Tensor, steps: int, generator: torch.Generator
) -> Tensor:
    """[B, steps, V] codes drawn from the decoder on the lines between the posterior means.

    The steps of a line share the noise of their draws, so that they differ by their place alone.

    Args:
        model: with latents.
        first: [B, V] codes at whose means the lines begin.
        second: [B, V] codes at whose means they end.
        steps: on each line, both ends among them.
        generator: of the CPU; draws it all.
    """
    begin, end = (posteriors(model, codes)[0][:, None] for codes in (first, second))
    places = torch.linspace(0, 1, steps).to(begin)[None, :, None]
    z = torch.lerp(begin, end, places)
    classes = [model.leading.one_hot(codes)[:, None] for codes in (first, second)]
    between = torch.lerp(classes[0], classes[1], places)
    uniform = torch.rand(len(first), 1, first.shape[1], generator=generator)
    drawn = _decoded(
        model, z.flatten(0, 1), between.flatten(0, 1), uniform.expand(-1, steps, -1).flatten(0, 1)
    )
    return drawn.unflatten(0, (-1, steps))


def _decoded(model: Any, z: Tensor, classes: Tensor, uniform: Tensor) -> Tensor:
    """[B, V] codes drawn at latents [B, L] and classes [B, levels] by uniform numbers [B, V].

    Between two classes, the one that has the larger share.
    """
    unknown = torch.full(uniform.shape, -1, device=z.device)
    parameters = model.parameters_of(model.decode(z, classes))
    given = model.leading.with_largest(unknown, classes)
    return model.draw(parameters, given, uniform.to(z.device))
