"""What a gated PixelCNN keeps while it draws, so that one pixel costs one pixel.

Of the vertical stack each block keeps the rows that its kernel still sees, and a row is computed
once, when its first pixel is due. Of the horizontal stack each block keeps the own row. A step is
then a few matrix products with [B, ...] neighbours that lie side by side in memory.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


class PixelCache:
    """The state of a draw.

    Args:
        network: a `PixelCNN`; its weights are laid out as matrices once.
        codes: [B, V]; only the class is looked at, once the first pixel is due.
    """

    def __init__(self, network: Any, codes: Tensor) -> None:
        self.network = network
        grid = network.grid
        self.width, self.place = grid.width, 0
        like = network.pixel_bias
        size, channels = len(codes), network.channels
        self.first = _Stage(network.above, network.before, size, network.features.size, grid, like)
        self.stages = [
            _Stage(block.above, block.before, size, channels, grid, like)
            for block in network.blocks
        ]
        self.across = _matrix(network.across)
        self.outs = [_matrix(block.out) for block in network.blocks]
        self.above_outs = [_matrix(block.above_out) for block in network.blocks]
        self.acrosses = [_matrix(block.across) for block in network.blocks]
        self.stream = like.new_zeros(size, self.outs[0].shape[1])
        self.shifts: list[tuple[Tensor, ...]] = []

    def hidden(self, pixel: int, codes: Tensor) -> Tensor:
        """[B, hidden] of the skip sum at a pixel, all pixels before it being known in [B, V] codes.

        Asked again for the same pixel it does nothing more; pixels that were not asked for are
        caught up with.
        """
        while self.place <= pixel:
            self._advance(codes)
        return self.stream[:, self.network.channels :]

    def take(self, rows: Tensor) -> None:
        """Go on with these rows [B] of the batch."""
        for stage in [self.first, *self.stages]:
            stage.take(rows)
        self.stream = self.stream[rows]
        self.shifts = [tuple(each[rows] for each in pair) for pair in self.shifts]

    def _advance(self, codes: Tensor) -> None:
        """One pixel more, through all blocks of the horizontal stack."""
        network, column = self.network, self.place % self.width
        if self.place == 0:
            shifts = network.shifts(codes)
            self.shifts = [tuple(each.unsqueeze(1).chunk(2, 2)) for each in shifts]
        else:
            channels = network.grid.channels
            last = network.first_pixel + (self.place - 1) * channels
            levels = codes[:, last : last + channels].clamp(min=0)
            self.first.put((self.place - 1) % self.width + 1, network.features(levels))
        if column == 0:
            self._row(self.place // self.width)
        channels, stream = network.channels, self.stream
        stream.zero_()
        residual = stream[:, :channels]
        residual.copy_(self.first.beside(column))
        for stage, out in zip(self.stages, self.outs, strict=True):
            stage.put(column, residual)
            stream.addmm_(F.glu(stage.beside(column), 1), out)
        self.place += 1

    def _row(self, row: int) -> None:
        """The vertical stack of one row, and what it adds to the gates of the horizontal one."""
        network, first = self.network, self.first
        if row:
            first.push(first.row())
        first.forget()
        above = first.above() + network.above_place[:, row].T
        first.lateral = (above @ self.across + network.before_place[:, row].T).flatten(1)
        for k, stage in enumerate(self.stages):
            of_above, of_before = self.shifts[k]
            stage.push(above)
            stage.forget()
            above = above + F.glu(stage.above() + of_above, 2) @ self.above_outs[k]
            stage.lateral = (above @ self.acrosses[k] + of_before).flatten(1)


class _Stage:
    """Rows and neighbours that one pair of convolutions still sees.

    Attributes:
        near: [B, (W + left) F] the own row, pixel by pixel, after zeros for what lies left of it.
        lateral: [B, W O] what the vertical stack adds at each pixel of the row.
    """

    def __init__(
        self, above: Any, beside: Any, size: int, features: int, grid: Any, like: Tensor
    ) -> None:
        self.width, self.left, self.features = grid.width, beside.columns, features
        self.side, self.columns = above.side, above.convolution.kernel_size[1]
        weight = above.convolution.weight  # [O, F, rows, columns]
        self.above_weight = weight.permute(2, 3, 1, 0).reshape(-1, weight.shape[0]).contiguous()
        self.beside_weight = beside.matrix()
        self.rows = like.new_zeros(size, above.rows, grid.width + 2 * self.side, features)
        self.near = like.new_zeros(size, (grid.width + self.left) * features)
        self.outputs = self.beside_weight.shape[1]
        self.lateral = self.near

    def push(self, row: Tensor) -> None:
        """Let go of the oldest row and take a new one [B, W, F]."""
        self.rows = torch.roll(self.rows, -1, 1)
        self.rows[:, -1, self.side : self.side + self.width] = row

    def above(self) -> Tensor:
        """[B, W, O] of the vertical kernel at its rows."""
        windows = self.rows.unfold(2, self.columns, 1)  # [B, rows, W, F, columns]
        patches = windows.permute(0, 2, 1, 4, 3).reshape(len(windows), self.width, -1)
        return patches @ self.above_weight

    def forget(self) -> None:
        """Begin a row."""
        self.near.zero_()

    def put(self, column: int, features: Tensor) -> None:
        """Note what stands at a column; 0 is the first pixel of the row."""
        place = (column + self.left - 1) * self.features
        self.near[:, place : place + self.features].copy_(features)

    def row(self) -> Tensor:
        """[B, W, F] the own row, once all its pixels are there."""
        first = self.left * self.features
        return self.near[:, first:].view(len(self.near), self.width, self.features)

    def beside(self, column: int) -> Tensor:
        """[B, O] of the horizontal kernel at a column, with what comes from above."""
        first, place = column * self.features, column * self.outputs
        neighbours = self.near[:, first : first + self.left * self.features]
        above = self.lateral[:, place : place + self.outputs]
        return torch.addmm(above, neighbours, self.beside_weight)

    def take(self, rows: Tensor) -> None:
        self.rows, self.near = self.rows[rows], self.near[rows]
        self.lateral = self.lateral[rows]


def _matrix(convolution: Any) -> Tensor:
    """[inputs, outputs] of a 1×1 convolution."""
    return convolution.weight[:, :, 0, 0].T.contiguous()
