"""The best tree-structured Bayesian network: the baseline that every deep model must beat.

Chow and Liu (1968): among all distributions in which each variable depends on at most one other,
the likeliest joins the variables by the spanning tree with the largest mutual information.
"""

import torch
from torch import Tensor

from synth_dl.models.dependence import free_variables, pair_counts_of, spanning_forest
from synth_dl.models.shares import conditional_shares
from synth_dl.models.tree_network import TreeNetwork


class ChowLiu(TreeNetwork):
    """Each variable given the one that it depends on most; a refinement given what it refines."""

    @torch.no_grad()
    def fit(self, training: Tensor, validation: Tensor) -> None:
        spec, free = self.spec, free_variables(self.spec)
        parents = [-1] * len(spec)
        counts = pair_counts_of(spec, training, "chow_liu")
        for child, parent in spanning_forest(counts).items():
            parents[free[child]] = free[parent]
        for index, variable in enumerate(spec.variables):
            if variable.parent is not None:
                parents[index] = variable.parent
        tables = [
            conditional_shares(spec, index, parent, training, validation)
            for index, parent in enumerate(parents)
        ]
        self.join(parents, tables)
