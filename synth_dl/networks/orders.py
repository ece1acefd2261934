"""In which order a record is drawn: what each variable may see of the others.

A sight is a boolean [B, V, V] array: variable v (second axis) may see variable u (third axis).
Every sight made here is that of one order of the columns, so that the product of the conditionals
is a distribution. Variables of one column keep their order and stay together.
"""

import torch
from torch import Tensor

from synth_dl.spec import Spec


class ColumnOrder:
    """The natural order, or the given columns first and then the others.

    With any subset given, both blocks in the natural order: that is every order which conditions,
    completion and imputation ask for, and a much smaller family than all permutations.
    """

    fixed = False

    def __init__(self, spec: Spec) -> None:
        self.columns = torch.tensor([variable.column for variable in spec.variables])
        size = len(spec)
        self.before = torch.tril(torch.ones(size, size, dtype=torch.bool), -1)

    def natural(self, codes: Tensor) -> Tensor:
        """[B, V, V] sight of the natural order; unknown cells (-1) are not seen."""
        return self.before.to(codes.device) & (codes >= 0)[:, None, :]

    def given_first(self, codes: Tensor, given: Tensor) -> Tensor:
        """[B, V, V] sight with the given variables first.

        Args:
            codes: [B, V]; unknown cells (-1) are not seen.
            given: [B, V] whether a variable's column is given.
        """
        before = self.before.to(codes.device)
        first, second = given[:, None, :], given[:, :, None]
        sight = torch.where(second, first & before, first | before)
        return sight & (codes >= 0)[:, None, :]

    def exact(self, known: Tensor) -> Tensor:
        """[B] whether the known variables [B, V] all stand first in the natural order."""
        return (known.int().diff(dim=1) <= 0).all(1)

    def random_given(self, codes: Tensor, generator: torch.Generator) -> Tensor:
        """[B, V] a random subset of the columns of each row, of any size alike."""
        columns = int(self.columns.max()) + 1
        shape = (len(codes), columns)
        draws = torch.rand(shape, generator=generator, device=generator.device)
        share = torch.rand(len(codes), 1, generator=generator, device=generator.device)
        chosen = (draws < share).to(codes.device)
        return chosen[:, self.columns.to(codes.device)]
