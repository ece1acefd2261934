"""Parameters of a likelihood from one flat vector, for models that draw all variables at once."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from synth_dl.spec import Layout, Spec, Variable

IMPOSSIBLE = -1e9  # a logit; its probability is exactly zero in float32


def impossible_codes(variables: Sequence[Variable]) -> tuple[Tensor, dict[int, int]]:
    """Logits that keep fine codes out where they do not exist, for all refinements together.

    Returns:
        [R, levels] 0 or `IMPOSSIBLE`, one row for each coarse code of each refined variable; and
        for each variable that is a refinement its first row.
    """
    most = max((each.levels for each in variables if each.children is not None), default=1)
    masks, offset, rows = [torch.zeros(0, most)], {}, 0
    for k, variable in enumerate(variables):
        if variable.children is not None:
            children = torch.tensor(variable.children)
            masks.append((torch.arange(most) >= children[:, None]) * IMPOSSIBLE)
            offset[k] = rows
            rows += len(children)
    return torch.cat(masks), offset


def shift_children(of_parent: Tensor, first: int, shift: Tensor) -> None:
    """Add [parent's levels, levels] to the rows of [R, most levels] from `first` on."""
    of_parent[first : first + len(shift), : shift.shape[1]].add_(shift)


class Parameters(nn.Module):
    """Cuts a vector into the parameters of each variable, and adds biases.

    A fine variable also gets what its coarse code says, and only the codes that exist under it.

    Args:
        spec: what one record is.
        outputs: numbers that the likelihood takes for each variable, and for a pixel.

    Attributes:
        layout: of the vectors.
    """

    impossible: Tensor

    def __init__(self, spec: Spec, outputs: Sequence[int]) -> None:
        super().__init__()
        self.grid, self.variables = spec.grid, spec.variables
        self.sizes = list(outputs[: len(spec.variables)])
        flat = sum(self.sizes)
        self.pixel = outputs[-1] if spec.grid else 0
        grid = spec.grid
        planes = (grid.channels * self.pixel, grid.height, grid.width) if grid else (0, 0, 0)
        self.layout = Layout(flat, *planes)
        self.biases = nn.ParameterList(torch.zeros(size) for size in self.sizes)
        self.pixel_bias = nn.Parameter(torch.zeros(grid.size if grid else 0, self.pixel))
        mask, self.offset = impossible_codes(spec.variables)
        self.of_parent = nn.Parameter(torch.zeros_like(mask))
        self.register_buffer("impossible", mask, persistent=False)

    def forward(self, vectors: Tensor) -> list[Tensor]:
        """[B, levels] for each variable and [B, N, P] for the pixels; fine ones lack their parent.

        Args:
            vectors: [B, layout.size].
        """
        parts = vectors[:, : self.layout.flat].split(self.sizes, 1)
        found = [part + bias for part, bias in zip(parts, self.biases, strict=True)]
        grid = self.grid
        if grid is not None:
            planes = vectors[:, self.layout.flat :]
            planes = planes.view(len(vectors), grid.channels, self.pixel, -1)
            pixels = planes.permute(0, 3, 1, 2).flatten(1, 2)
            found.append(pixels + self.pixel_bias)
        return found

    def refine(self, variable: int, parameters: Tensor, codes: Tensor) -> Tensor:
        """[B, levels] of a fine variable that knows its coarse code in [B, V]; others unchanged."""
        if variable not in self.offset:
            return parameters
        parent = self.variables[variable].parent
        assert parent is not None
        rows = codes[:, parent].clamp(min=0) + self.offset[variable]
        levels = parameters.shape[1]
        return parameters + (self.of_parent + self.impossible)[rows, :levels]

    def given(self, parameters: list[Tensor], codes: Tensor) -> list[Tensor]:
        """The same parameters, those of every fine variable knowing its coarse code in [B, V]."""
        return [self.refine(k, each, codes) for k, each in enumerate(parameters)]

    @torch.no_grad()
    def shift_bias(self, variable: int, shift: Tensor) -> None:
        """Add [P] to the bias of one variable."""
        pixel = variable - len(self.variables)
        (self.biases[variable] if pixel < 0 else self.pixel_bias[pixel]).add_(shift)

    @torch.no_grad()
    def shift_children(self, variable: int, shift: Tensor) -> None:
        """Add [parent's levels, levels] to what a coarse code says of the fine one."""
        shift_children(self.of_parent, self.offset[variable], shift)
