"""Which records, and which parts of them, a model is trained on."""

import torch
from torch import Tensor

from synth_dl.likelihoods.inversion import place_of
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


class RareRows:
    """Draws a variable, one of its codes by the logarithm of its count, and a row that has it.

    So rare categories are seen more often (CTGAN, arXiv:1907.00503, section 4.3). A model that is
    given the drawn code learns what follows from it, and nothing wrong about how often it occurs.

    Args:
        spec: what one record is.
        codes: [N, V] training records.
        variables: nominal ones to choose among, at least one.
    """

    def __init__(self, spec: Spec, codes: Tensor, variables: list[int]) -> None:
        self.variables = variables
        self.rows, self.starts, self.chances = [], [], []
        for k in self.variables:
            code = codes[:, k]
            counts = torch.bincount(code[code >= 0].long(), minlength=spec.variables[k].levels)
            order = code.long().argsort(stable=True)[int((code < 0).sum()) :]
            self.rows.append(order.int())
            self.starts.append(counts.cumsum(0) - counts)
            self.chances.append((1 + counts).double().log())

    def draw(self, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """[B] rows, and the [B] variables that they were chosen by."""
        device = generator.device
        place = torch.randint(len(self.variables), (size,), generator=generator, device=device)
        uniform = torch.rand(2, size, generator=generator, device=device, dtype=torch.float64)
        place, uniform = place.cpu(), uniform.cpu()
        found = torch.empty(size, dtype=torch.long)
        for index in range(len(self.variables)):
            chosen = (place == index).nonzero()[:, 0]
            code = place_of(self.chances[index], uniform[0, chosen])
            ends = torch.cat([self.starts[index][1:], torch.tensor([len(self.rows[index])])])
            first, count = self.starts[index][code], ends[code] - self.starts[index][code]
            at = first + (uniform[1, chosen] * count).long()
            found[chosen] = self.rows[index][at.clamp(max=len(self.rows[index]) - 1)].long()
        return found, torch.tensor(self.variables)[place]
