"""Several networks of one kind as one: trained side by side, their probabilities averaged.

The mean of the members' probabilities is at least as likely, on average, as a single member
(Jensen), and what each of them has learnt by heart on its own cancels (deep ensembles,
arXiv:1612.01474).
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from synth_dl.errors import ConfigError
from synth_dl.networks.decays import decays_of


class Members(nn.Module):
    """Logits of every variable, as the log of the mean probability over the members.

    In training each member gets its own part of a batch, so that it is trained on its own loss.

    Args:
        networks: of the same kind, with other first weights.
        likelihood: whose parameters they give; these must be logits.

    Raises:
        ConfigError: for a likelihood whose parameters are something else.
    """

    def __init__(self, networks: Sequence[nn.Module], likelihood: Any) -> None:
        super().__init__()
        if not likelihood.logits:
            raise ConfigError("members are averaged as logits, which this likelihood does not "
                              "take; take network.members=1")  # fmt: skip
        self.networks = nn.ModuleList(networks)
        self.order: Any = networks[0].order

    def __len__(self) -> int:
        return len(self.networks)

    def forward(
        self, codes: Tensor, sees: Tensor | None = None, generator: torch.Generator | None = None
    ) -> list[Tensor]:
        """Logits of each variable; see the networks for the arguments."""
        if generator is None or not self.training:
            every = (network(codes, sees) for network in self.networks)
            return [_mean(each) for each in zip(*every, strict=True)]
        # Every k-th record, so that each member sees records of both kinds of orders.
        count = len(self)
        parts = [
            network(codes[k::count], None if sees is None else sees[k::count], generator)
            for k, network in enumerate(self.networks)
        ]
        return [_interleaved(each, len(codes)) for each in zip(*parts, strict=True)]

    def begin(self, codes: Tensor) -> "States":
        """What each member keeps while [B, V] codes are drawn."""
        return States([network.begin(codes) for network in self._networks()])

    def step(self, variable: int, state: "States", codes: Tensor) -> Tensor:
        """[B, levels] logits of one variable."""
        pairs = zip(self._networks(), state.states, strict=True)
        return _mean([network.step(variable, own, codes) for network, own in pairs])

    def absorb(self, variable: int, state: "States", codes: Tensor, drawn: Tensor) -> None:
        """Let every member know what was drawn for the rows [B]."""
        for network, own in zip(self._networks(), state.states, strict=True):
            network.absorb(variable, own, codes, drawn)

    def shift_bias(self, variable: int, shift: Tensor) -> None:
        """Add [levels] to the output bias of one variable."""
        for network in self._networks():
            network.shift_bias(variable, shift)

    def shift_children(self, variable: int, shift: Tensor) -> None:
        """Add [parent's levels, levels] to the biases of a fine variable."""
        for network in self._networks():
            network.shift_children(variable, shift)

    def decays(self) -> Iterator[tuple[nn.Parameter, float]]:
        """Each parameter and how strongly it decays; see the networks."""
        for network in self._networks():
            yield from decays_of(network)

    def _networks(self) -> list[Any]:
        return list(self.networks)


class States:
    """The states of all members."""

    def __init__(self, states: list[Any]) -> None:
        self.states = states

    def take(self, rows: Tensor) -> None:
        """Go on with these rows [B] of the batch."""
        for state in self.states:
            state.take(rows)

    def of(self, rows: Tensor) -> "States":
        """Those of some rows [B] of the batch, to step with and not to absorb into."""
        return States([state.of(rows) for state in self.states])


def _mean(logits: Sequence[Tensor]) -> Tensor:
    """[..., levels] log of the mean of the probabilities."""
    shares = torch.stack([each.log_softmax(-1) for each in logits])
    return shares.logsumexp(0) - math.log(len(logits))


def _interleaved(parts: Sequence[Tensor], size: int) -> Tensor:
    """[B, ...] of every k-th record from each part."""
    whole = parts[0].new_empty(size, *parts[0].shape[1:])
    for k, part in enumerate(parts):
        whole[k :: len(parts)] = part
    return whole
