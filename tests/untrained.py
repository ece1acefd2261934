"""Autoregressive models that were never trained, and the noise that they draw from."""

import torch
from torch import Tensor

from synth_dl.likelihoods.categorical import Categorical
from synth_dl.models.autoregressive import Autoregressive
from synth_dl.networks.conditionals import Conditionals
from synth_dl.spec import Spec


def model_of(spec: Spec, seed: int = 0, scale: float = 1.0) -> Autoregressive:
    """A model whose every weight is random, so that no output is trivial."""
    generator = torch.Generator().manual_seed(seed)
    network = Conditionals(spec, spec.levels, context=12, width=10, blocks=2, embedding=4)
    with torch.no_grad():
        for parameter in network.parameters():
            inputs = parameter.shape[-2] if parameter.ndim > 1 else 1
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.copy_(noise * scale / max(1, inputs) ** 0.5)
        network.nominal.weight[0] = 0
    model = Autoregressive(network, Categorical(spec))
    return model.eval()


def uniforms(rows: int, spec: Spec, seed: int) -> Tensor:
    return torch.rand(rows, len(spec), generator=torch.Generator().manual_seed(seed))
