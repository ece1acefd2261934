"""The raster order of pixels and the causal convolutions that keep it: the one place that knows it.

Pixels are drawn row by row, from left to right, the channels of a pixel one after another. The
vertical stack sees the rows above, the horizontal one the pixels to the left in the same row
(arXiv:1606.05328, section 2.2). Causality comes from shifting the input once, by a row or by a
pixel, and from convolutions that look back only; no kernel is masked.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from synth_dl.spec import Spec


class RasterOrder:
    """One order for all records: the class, if there is one, then the pixels in raster order."""

    fixed = True

    def __init__(self, spec: Spec) -> None:
        self.size = len(spec)

    def natural(self, codes: Tensor) -> None:
        """What each variable may see is built into the network."""

    def given_first(self, codes: Tensor, given: Tensor) -> None:
        """The same as the natural order: no other one exists."""

    def exact(self, known: Tensor) -> Tensor:
        """[B] whether the known variables [B, V] all stand before the unknown ones."""
        return (known.int().diff(dim=1) <= 0).all(1)


class Below(nn.Module):
    """A convolution over the own row and `rows - 1` above it, `columns` wide (vertical stack).

    Args:
        inputs: channels in.
        outputs: channels out.
        rows: height of the kernel.
        columns: its width, odd.
    """

    def __init__(self, inputs: int, outputs: int, rows: int, columns: int) -> None:
        super().__init__()
        self.rows, self.side = rows, columns // 2
        self.convolution = nn.Conv2d(inputs, outputs, (rows, columns), bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to [B, outputs, H, W]."""
        return self.convolution(F.pad(x, (self.side, self.side, self.rows - 1, 0)))


class Beside(nn.Module):
    """A convolution over the own pixel and `columns - 1` to its left (horizontal stack)."""

    def __init__(self, inputs: int, outputs: int, columns: int) -> None:
        super().__init__()
        self.columns = columns
        self.convolution = nn.Conv2d(inputs, outputs, (1, columns), bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to [B, outputs, H, W]."""
        return self.convolution(F.pad(x, (self.columns - 1, 0, 0, 0)))

    def matrix(self) -> Tensor:
        """[columns * C, outputs], for [B, columns, C] neighbours laid out in a row."""
        weight = self.convolution.weight[:, :, 0]  # [outputs, C, columns]
        return weight.permute(2, 1, 0).reshape(-1, weight.shape[0]).contiguous()


def shift_down(x: Tensor) -> Tensor:
    """[B, C, H, W] with each row moved to the next and zeros in the first."""
    return F.pad(x, (0, 0, 1, 0))[:, :, :-1]


def shift_right(x: Tensor) -> Tensor:
    """[B, C, H, W] with each pixel moved to the next in its row and zeros in the first column."""
    return F.pad(x, (1, 0, 0, 0))[:, :, :, :-1]
