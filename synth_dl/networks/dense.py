"""Fully connected residual networks: from a vector to numbers, and from numbers to a vector."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from synth_dl.errors.options import Depth, ShareBelow, Size, checked
from synth_dl.networks.dropping import dropped
from synth_dl.spec import Layout

SLOPE = 0.2  # of the activation below zero


class Dense:
    """An architecture for encoders, decoders, generators and discriminators of any records.

    No normalisation looks at other records, so a record's result depends on itself alone.

    Args:
        width: hidden units.
        blocks: residual blocks.
        dropout: share of hidden units dropped in training.
    """

    @checked("network")
    def __init__(self, width: Size = 512, blocks: Depth = 2, dropout: ShareBelow = 0.0) -> None:
        self.width, self.blocks, self.dropout = width, blocks, dropout

    def reader(self, layout: Layout, outputs: int) -> "Residual":
        """A network from vectors [B, layout.size] to [B, outputs]."""
        return Residual(layout.size, self.width, outputs, self.blocks, self.dropout)

    def writer(self, inputs: int, layout: Layout) -> "Residual":
        """A network from [B, inputs] to vectors [B, layout.size]."""
        return Residual(inputs, self.width, layout.size, self.blocks, self.dropout)


class Residual(nn.Module):
    """A linear map in, residual blocks, a linear map out."""

    def __init__(
        self, inputs: int, width: int, outputs: int, blocks: int, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.dropout = dropout
        self.input = nn.Linear(inputs, width)
        self.ups = nn.ModuleList(nn.Linear(width, width) for _ in range(blocks))
        self.downs = nn.ModuleList(nn.Linear(width, width) for _ in range(blocks))
        self.output = nn.Linear(width, outputs)
        for layer in (self.input, *self.ups):
            nn.init.normal_(layer.weight, std=math.sqrt(2 / layer.in_features))  # type: ignore[arg-type]
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
        for layer in self.downs:
            nn.init.zeros_(layer.weight)  # type: ignore[arg-type]
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """[B, inputs] to [B, outputs]; the generator draws dropout, without one there is none."""
        rate = self.dropout if self.training else 0.0
        x = self.input(x)
        for up, down in zip(self.ups, self.downs, strict=True):
            hidden = F.leaky_relu(up(F.leaky_relu(x, SLOPE)), SLOPE)
            x = x + down(dropped(hidden, rate, generator))
        return self.output(dropped(F.leaky_relu(x, SLOPE), rate, generator))
