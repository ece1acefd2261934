"""Every column by itself, as a known distribution has it: what a recipe says, as codes."""

import torch
from torch import Tensor

from synth_dl.errors import ConfigError
from synth_dl.models.shares import conditional_shares
from synth_dl.models.tree_network import TreeNetwork
from synth_dl.spec import Spec


class Distributions(TreeNetwork):
    """Independent columns; a refinement given what it refines.

    It is fitted to rows that were drawn from a recipe, so its shares are those of the recipe.

    Args:
        spec: what one record is; a row of a table.
    """

    recipe = "marginals"

    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        if spec.grid is not None:
            raise ConfigError(
                "model=distributions is for tables, as no known distribution makes a picture; take "
                "model=chow_liu"
            )

    @torch.no_grad()
    def fit(self, training: Tensor, validation: Tensor) -> None:
        spec = self.spec
        parents = [-1 if own.parent is None else own.parent for own in spec.variables]
        tables = [
            conditional_shares(spec, index, parent, training, validation)
            for index, parent in enumerate(parents)
        ]
        self.join(parents, tables)
