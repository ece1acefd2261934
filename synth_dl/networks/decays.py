"""How strongly each parameter of a model or a network decays."""

from collections.abc import Iterator

from torch import nn


def decays_of(module: nn.Module) -> Iterator[tuple[nn.Parameter, float]]:
    """Each parameter and its decay in parts of the weight decay; 1 if it does not say."""
    own = getattr(module, "decays", None)
    return own() if own is not None else ((each, 1.0) for each in module.parameters())
