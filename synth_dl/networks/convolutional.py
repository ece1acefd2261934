"""Residual convolutions over images: from a vector to numbers, and from numbers to a vector."""

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from synth_dl.errors import ConfigError
from synth_dl.errors.options import Depth, ShareBelow, Size, checked
from synth_dl.networks.dense import SLOPE
from synth_dl.networks.dropping import dropped
from synth_dl.spec import Layout

SMALLEST = 4  # side of an image that is not halved any more


class Convolutional:
    """An architecture for encoders, decoders, generators and discriminators of images.

    Images are halved until their shorter side is at most 4. No normalisation looks at other
    images, and none is needed: residual branches start at zero (arXiv:1901.09321).

    Args:
        channels: of the finest resolution; each halving doubles them, up to `most` times.
        blocks: residual blocks at each resolution.
        hidden: units of the layer between pixels and numbers.
        dropout: share of channels and units dropped in training.
        most: largest factor on `channels`.
    """

    @checked("network")
    def __init__(
        self,
        channels: Size = 64,
        blocks: Depth = 1,
        hidden: Size = 256,
        dropout: ShareBelow = 0.0,
        most: Size = 2,
    ) -> None:
        self.channels, self.blocks, self.hidden = channels, blocks, hidden
        self.dropout, self.most = dropout, most

    def reader(self, layout: Layout, outputs: int) -> "Reader":
        """A network from vectors [B, layout.size] to [B, outputs]."""
        return Reader(self, layout, outputs)

    def writer(self, inputs: int, layout: Layout) -> "Writer":
        """A network from [B, inputs] to vectors [B, layout.size]."""
        return Writer(self, inputs, layout)

    def scales(self, layout: Layout) -> list[tuple[int, int, int]]:
        """Channels, height and width of each resolution, the finest first."""
        if not layout.planes:
            raise ConfigError("this network is for images; leave network= out for a table")
        channels, height, width = self.channels, layout.height, layout.width
        found = [(channels, height, width)]
        while min(height, width) > SMALLEST:
            channels = min(2 * channels, self.most * self.channels)
            height, width = -(-height // 2), -(-width // 2)
            found.append((channels, height, width))
        return found


class Reader(nn.Module):
    """Pixels to numbers; the single numbers of a vector enter beside the last resolution."""

    def __init__(self, form: Convolutional, layout: Layout, outputs: int) -> None:
        super().__init__()
        self.layout, self.dropout = layout, form.dropout
        scales = form.scales(layout)
        self.input = nn.Conv2d(layout.planes, scales[0][0], 3, padding=1)
        self.stages = nn.ModuleList(
            nn.ModuleList(Block(channels) for _ in range(form.blocks)) for channels, _, _ in scales
        )
        self.widen = nn.ModuleList(
            nn.Conv2d(fine[0], coarse[0], 1, bias=False) for fine, coarse in pairwise(scales)
        )
        self.join = nn.Linear(math.prod(scales[-1]), form.hidden)
        self.beside = nn.Linear(layout.flat, form.hidden, bias=False) if layout.flat else None
        self.mix = nn.Linear(form.hidden, form.hidden)
        self.output = nn.Linear(form.hidden, outputs)

    def forward(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """[B, layout.size] to [B, outputs]; the generator draws dropout."""
        rate = self.dropout if self.training else 0.0
        layout = self.layout
        flat, planes = x[:, : layout.flat], x[:, layout.flat :]
        image = self.input(planes.view(-1, layout.planes, layout.height, layout.width))
        for index, stage in enumerate(self.stages):
            for block in stage:  # type: ignore[attr-defined]
                image = block(image, rate, generator)
            if index < len(self.widen):
                image = self.widen[index](F.avg_pool2d(image, 2, ceil_mode=True))
        joined = self.join(F.leaky_relu(image, SLOPE).flatten(1))
        if self.beside is not None:
            joined = joined + self.beside(flat)
        joined = dropped(F.leaky_relu(joined, SLOPE), rate, generator)
        return self.output(dropped(F.leaky_relu(self.mix(joined), SLOPE), rate, generator))


class Writer(nn.Module):
    """Numbers to pixels, and to the single numbers of a vector."""

    def __init__(self, form: Convolutional, inputs: int, layout: Layout) -> None:
        super().__init__()
        self.layout, self.dropout = layout, form.dropout
        self.scales = form.scales(layout)[::-1]
        self.input = nn.Linear(inputs, form.hidden)
        self.mix = nn.Linear(form.hidden, form.hidden)
        self.beside = nn.Linear(form.hidden, layout.flat) if layout.flat else None
        self.part = nn.Linear(form.hidden, math.prod(self.scales[0]))
        self.stages = nn.ModuleList(
            nn.ModuleList(Block(channels) for _ in range(form.blocks))
            for channels, _, _ in self.scales
        )
        self.narrow = nn.ModuleList(
            nn.Conv2d(coarse[0], fine[0], 1, bias=False) for coarse, fine in pairwise(self.scales)
        )
        self.output = nn.Conv2d(self.scales[-1][0], layout.planes, 3, padding=1, bias=False)
        self.place = nn.Parameter(torch.zeros(layout.planes, layout.height, layout.width))

    def forward(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """[B, inputs] to [B, layout.size]; the generator draws dropout."""
        rate = self.dropout if self.training else 0.0
        hidden = dropped(F.leaky_relu(self.input(x), SLOPE), rate, generator)
        hidden = dropped(F.leaky_relu(self.mix(hidden), SLOPE), rate, generator)
        image = self.part(hidden).view(-1, *self.scales[0])
        for index, stage in enumerate(self.stages):
            if index:
                _, height, width = self.scales[index]
                image = F.interpolate(image, (height, width), mode="bilinear", align_corners=False)
                image = self.narrow[index - 1](image)
            for block in stage:  # type: ignore[attr-defined]
                image = block(image, rate, generator)
        planes = self.output(F.leaky_relu(image, SLOPE)) + self.place
        flat = hidden[:, :0] if self.beside is None else self.beside(hidden)
        return torch.cat([flat, planes.flatten(1)], 1)


class Block(nn.Module):
    """Two 3 x 3 convolutions on a residual branch that starts at zero."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.up = nn.Conv2d(channels, channels, 3, padding=1)
        self.down = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.down.weight)
        nn.init.zeros_(self.down.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, rate: float, generator: torch.Generator | None) -> Tensor:
        """[B, C, H, W] to the same."""
        hidden = F.leaky_relu(self.up(F.leaky_relu(x, SLOPE)), SLOPE)
        return x + self.down(dropped(hidden, rate, generator))
