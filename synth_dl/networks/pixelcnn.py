"""A gated PixelCNN: parameters of every pixel given the pixels before it, in one pass.

Vertical and horizontal stacks without a blind spot, gates, residual and skip connections
(arXiv:1606.05328, figure 2; the gates are linear as in arXiv:1612.08083, equation 1, which fits
better and costs less), a class that shifts every gate, and the channels of a pixel in order, each
with a head that sees the ones before it. No normalisation looks beyond one pixel.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from synth_dl.errors import ConfigError
from synth_dl.errors.options import Layers, ShareBelow, Size, checked
from synth_dl.networks.dropping import dropped
from synth_dl.networks.pixel_cache import PixelCache
from synth_dl.networks.raster import Below, Beside, RasterOrder, shift_down, shift_right
from synth_dl.spec import Spec

ONE_HOT_LEVELS = 32  # up to here a level enters as a one-hot vector beside its value


class PixelCNN(nn.Module):
    """Parameters of the class and of every pixel.

    Args:
        spec: an image with or without a class.
        outputs: numbers that the likelihood takes for the class, if there is one, and for a pixel.
        channels: width of both stacks.
        blocks: gated blocks.
        rows: rows that a vertical kernel sees, its own one included.
        columns: width of a vertical kernel, odd.
        left: pixels that a horizontal kernel sees, its own one included.
        hidden: width of the skip sum and of the heads.
        dropout: share of channels dropped in training.
    """

    @checked("network")
    def __init__(
        self,
        spec: Spec,
        outputs: Sequence[int],
        channels: Size = 64,
        blocks: Layers = 5,
        rows: Layers = 2,
        columns: Layers = 3,
        left: Layers = 2,
        hidden: Size = 128,
        dropout: ShareBelow = 0.3,
    ) -> None:
        super().__init__()
        if spec.grid is None:
            raise ConfigError("this network is for images; leave network= out for a table")
        self.grid, self.order, self.dropout = spec.grid, RasterOrder(spec), dropout
        self.first_pixel, self.channels = len(spec.variables), channels
        self.class_bias = nn.ParameterList(torch.zeros(size) for size in outputs[:-1])
        self.pixel_bias = nn.Parameter(torch.zeros(self.grid.size, outputs[-1]))
        self.features = PixelFeatures(self.grid.channels, self.grid.levels)
        inputs, places = self.features.size, (channels, self.grid.height, self.grid.width)
        self.above = Below(inputs, channels, rows, columns + 2)
        self.before = Beside(inputs, channels, left)
        self.above_place = nn.Parameter(torch.randn(places) * 0.1)
        self.before_place = nn.Parameter(torch.randn(places) * 0.1)
        self.across = nn.Conv2d(channels, channels, 1, bias=False)
        self.blocks = nn.ModuleList(
            GatedBlock(channels, hidden, rows, columns, left) for _ in range(blocks)
        )
        # A class shifts every gate: row `classes` is for an unknown class.
        classes = spec.variables[0].levels if self.first_pixel else 0
        self.class_shift = nn.Embedding(classes + 1, blocks * 4 * channels)
        nn.init.zeros_(self.class_shift.weight)
        self.heads = nn.ModuleList(
            Head(hidden, outputs[-1], channel, self.grid.levels)
            for channel in range(self.grid.channels)
        )

    def forward(
        self, codes: Tensor, sees: None = None, generator: torch.Generator | None = None
    ) -> list[Tensor]:
        """Parameters of the class [B, P], if there is one, and of the pixels [B, V, P].

        Args:
            codes: [B, V] of the class and the pixels; an unknown pixel (-1) counts as level 0 for
                the ones after it.
            sees: nothing; the order is fixed.
            generator: draws dropout in training; without one there is no dropout.
        """
        levels, rate = self.levels(codes), self.dropout if self.training else 0.0
        x = self.features(levels).permute(0, 3, 1, 2)  # [B, F, H, W]
        above = self.above(shift_down(x)) + self.above_place
        before = self.before(shift_right(x)) + self.before_place + self.across(above)
        skip: Tensor | None = None
        for block, shift in zip(self.blocks, self.shifts(codes), strict=True):
            above, before, more = block(above, before, shift, rate, generator)
            skip = more if skip is None else skip + more
        assert skip is not None
        hidden = skip.permute(0, 2, 3, 1)  # [B, H, W, hidden]
        found = [head(hidden, levels) for head in self.heads]
        pixels = torch.stack(found, 3).flatten(1, 3).to(self.pixel_bias.dtype) + self.pixel_bias
        return [*self.class_parameters(len(codes)), pixels]

    def begin(self, codes: Tensor) -> PixelCache:
        """What is kept between the steps of a draw of [B, V] codes."""
        return PixelCache(self, codes)

    def step(self, variable: int, state: PixelCache, codes: Tensor) -> Tensor:
        """[B, P] parameters of one variable; all before it are known in `codes`."""
        if variable < self.first_pixel:
            return self.class_parameters(len(codes))[variable]
        pixel, channel = divmod(variable - self.first_pixel, self.grid.channels)
        hidden = state.hidden(pixel, codes)
        earlier = codes[:, variable - channel : variable]
        parameters = self.heads[channel](hidden, earlier)
        return parameters + self.pixel_bias[variable - self.first_pixel]

    def absorb(self, variable: int, state: PixelCache, codes: Tensor, drawn: Tensor) -> None:
        """Nothing: the next step looks up what was drawn."""

    def levels(self, codes: Tensor) -> Tensor:
        """[B, H, W, C] levels of the pixels, 0 where unknown."""
        grid = self.grid
        return (
            codes[:, self.first_pixel :]
            .clamp(min=0)
            .view(-1, grid.height, grid.width, grid.channels)
        )

    def class_parameters(self, size: int) -> list[Tensor]:
        """[B, P] for the class, which depends on nothing; none where there is no class."""
        return [bias.expand(size, -1) for bias in self.class_bias]

    def shifts(self, codes: Tensor) -> Sequence[Tensor]:
        """For each block [B, 4 channels], what the class of each image adds to its gates."""
        unknown = self.class_shift.num_embeddings - 1
        if not self.first_pixel:
            classes = torch.full((len(codes),), unknown, device=codes.device)
        else:
            classes = torch.where(codes[:, 0] < 0, unknown, codes[:, 0])
        return self.class_shift(classes).chunk(len(self.blocks), 1)

    @torch.no_grad()
    def shift_bias(self, variable: int, shift: Tensor) -> None:
        """Add [P] to the output bias of one variable."""
        pixel = variable - self.first_pixel
        (self.class_bias[variable] if pixel < 0 else self.pixel_bias[pixel]).add_(shift)


class PixelFeatures(nn.Module):
    """What a network sees of a pixel: for each channel its value, its level where there are few of
    them, and a 1, so that the border shows.
    """

    table: Tensor

    def __init__(self, channels: int, levels: int) -> None:
        super().__init__()
        value = torch.linspace(-1, 1, levels)[:, None]
        parts = [value, torch.ones_like(value)]
        if levels <= ONE_HOT_LEVELS:
            parts.append(torch.eye(levels))
        self.register_buffer("table", torch.cat(parts, 1), persistent=False)
        self.size = channels * self.table.shape[1]

    def forward(self, levels: Tensor) -> Tensor:
        """[..., C] levels to [..., F]."""
        return self.table[levels].flatten(-2)


class GatedBlock(nn.Module):
    """One gated block of both stacks."""

    def __init__(self, channels: int, hidden: int, rows: int, columns: int, left: int) -> None:
        super().__init__()
        self.channels = channels
        self.above = Below(channels, 2 * channels, rows, columns)
        self.above_out = nn.Conv2d(channels, channels, 1, bias=False)
        self.before = Beside(channels, 2 * channels, left)
        self.across = nn.Conv2d(channels, 2 * channels, 1, bias=False)
        self.out = nn.Conv2d(channels, channels + hidden, 1, bias=False)

    def forward(
        self,
        above: Tensor,
        before: Tensor,
        shift: Tensor,
        rate: float,
        generator: torch.Generator | None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Both stacks [B, C, H, W] anew, and what the skip sum gets [B, hidden, H, W].

        Args:
            above: the vertical stack.
            before: the horizontal stack.
            shift: [B, 4 C] of the class.
            rate: of dropout at the two gates.
            generator: draws it; without one there is none.
        """
        seen = self.above(above)
        # In the format of the convolutions: a sum with float32 would make all that follows slower.
        of_above, of_before = shift[:, :, None, None].to(seen.dtype).chunk(2, 1)
        gated = F.glu(seen + of_above, 1)
        above = above + self.above_out(dropped(gated, rate, generator))
        gated = F.glu(self.before(before) + self.across(above) + of_before, 1)
        out = self.out(dropped(gated, rate, generator))
        residual, skip = out.split([self.channels, out.shape[1] - self.channels], 1)
        return above, before + residual, skip


class Head(nn.Module):
    """Parameters of one channel of a pixel, given the channels of that pixel before it."""

    def __init__(self, hidden: int, outputs: int, channel: int, levels: int) -> None:
        super().__init__()
        self.channel = channel
        self.features = PixelFeatures(channel, levels) if channel else None
        inputs = hidden + (self.features.size if self.features else 0)
        self.inner = nn.Linear(inputs, hidden)
        self.out = nn.Linear(hidden, outputs, bias=False)
        nn.init.normal_(self.out.weight, std=0.1 / math.sqrt(hidden))

    def forward(self, hidden: Tensor, levels: Tensor) -> Tensor:
        """[..., P] for hidden units [..., hidden] and the pixel's levels [..., C]."""
        if self.features is not None:
            earlier = self.features(levels[..., : self.channel]).to(hidden.dtype)
            hidden = torch.cat([hidden, earlier], -1)
        return self.out(F.silu(self.inner(F.silu(hidden))))
