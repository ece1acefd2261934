"""Which records, and which parts of them, a model is trained on."""

import torch
from torch import Tensor

from synth_dl.spec import Spec


def evenly(codes: Tensor, most: int) -> Tensor:
    """At most so many of the records [N, V], at even distances."""
    return codes[:: max(1, -(-len(codes) // most))]


def random_known(spec: Spec, rows: int, generator: torch.Generator) -> Tensor:
    """[B, V] a random part of each record that counts as known.

    Variables of one column go together; the share of columns that are known is drawn for each
    record. Pixels are known here and there in half of the records, and in a random rectangle in the
    other half.
    """
    device = generator.device
    share = torch.rand(rows, 1, generator=generator, device=device)
    columns = torch.tensor(
        [variable.column for variable in spec.variables], dtype=torch.long, device=device
    )
    count = int(columns.max()) + 1 if len(columns) else 0
    chosen = torch.rand(rows, count, generator=generator, device=device) < share
    known = chosen[:, columns]
    grid = spec.grid
    if grid is None:
        return known
    places = torch.rand(rows, grid.height, grid.width, generator=generator, device=device)
    scattered = places < torch.rand(rows, 1, 1, generator=generator, device=device)
    ends = torch.rand(rows, 2, 2, generator=generator, device=device).sort(2).values
    inside = [
        (torch.arange(side, device=device) >= (ends[:, axis, :1] * (side + 1)).floor())
        & (torch.arange(side, device=device) < (ends[:, axis, 1:] * (side + 1)).floor())
        for axis, side in enumerate((grid.height, grid.width))
    ]
    rectangle = inside[0][:, :, None] & inside[1][:, None, :]
    half = torch.rand(rows, 1, 1, generator=generator, device=device) < 0.5
    pixels = torch.where(half, scattered, rectangle).flatten(1)
    return torch.cat([known, pixels.repeat_interleave(grid.channels, 1)], 1)
