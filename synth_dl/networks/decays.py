"""How strongly each parameter of a network decays."""

from collections.abc import Iterator

from torch import nn


def decays_of(network: nn.Module) -> Iterator[tuple[nn.Parameter, float]]:
    """Each parameter and its decay in parts of the model's weight decay; 1 if nothing is said."""
    own = getattr(network, "decays", None)
    return own() if own is not None else ((each, 1.0) for each in network.parameters())
