"""What a mixture of products computes with: posteriors over components, and tables to draw by."""

import math
from collections.abc import Iterable
from functools import cached_property

import torch
from torch import Tensor

from synth_dl.likelihoods.inversion import Allowed
from synth_dl.models.alias import AliasTables
from synth_dl.models.dependence import free_variables
from synth_dl.spec import Spec

LEAST = 1e-300  # probability of what cannot be, which nothing is divided by less than


class ProductTables:
    """Shares of codes in components, of free variables, and of refinements under coarse codes.

    Args:
        spec: what one record is.
        weights: [C] share of each component.
        shares: [L, C] of the codes of the free variables, one variable after another.
        tables: [T] of each refinement, [levels of what it refines, levels], flat.

    Attributes:
        free: the variables that refine no other one.
        fine: for each refinement, what it refines.
        weights: as above, to sum to 1.
        blocks: for each free variable, [levels, C].
        tables: for each refinement, [levels of what it refines, levels].
    """

    def __init__(self, spec: Spec, weights: Tensor, shares: Tensor, tables: Tensor) -> None:
        levels = spec.levels
        self.free, self.fine = free_variables(spec), refinements(spec)
        self.weights = weights / weights.sum()
        blocks = shares.double().split([levels[each] for each in self.free])
        self.blocks = {v: each / each.sum(0) for v, each in zip(self.free, blocks, strict=True)}
        shapes = [(levels[above], levels[v]) for v, above in self.fine.items()]
        parts = tables.double().split([rows * count for rows, count in shapes])
        self.tables = {
            variable: part.view(shape) / part.view(shape).sum(1, keepdim=True)
            for variable, part, shape in zip(self.fine, parts, shapes, strict=True)
        }

    def posterior(self, codes: Tensor, allowed: Allowed = None) -> tuple[Tensor, Tensor]:
        """[B, C] how likely each component is, and [B, V] nats of what tells of it.

        What is known of a refinement alone counts to what it refines.
        """
        chances = self.weights.expand(len(codes), -1).clone()
        nats = torch.zeros(codes.shape, dtype=torch.float64)
        for variable, block in self.blocks.items():
            code, told = codes[:, variable], self.told(codes, variable, allowed)
            known = code >= 0
            if told is not None:
                factor = told @ block
                factor[known] = block[code[known]]
            elif bool(known.all()):
                factor = block.index_select(0, code)
            elif bool(known.any()):
                factor = torch.where(known[:, None], block[code.clamp(min=0)], 1.0)
            else:
                continue
            total = chances.mul_(factor).sum(1)
            chances /= total.clamp(min=LEAST)[:, None]
            nats[:, variable] = total.log()
        return chances, nats

    def told(self, codes: Tensor, variable: int, allowed: Allowed) -> Tensor | None:
        """[B, levels] factors on the shares of a free variable where it is unknown, by masks and by
        what is known of its refinements; None for nothing."""
        unknown = codes[:, variable] < 0
        found = [mask.double()[None] for mask in masks(allowed, [variable]).values()]
        for index in self.below(variable):
            table, alone = self.tables[index], unknown & (codes[:, index] >= 0)
            own = list(masks(allowed, [index]).values())
            if own or bool(alone.any()):
                mask = own[0].double() if own else torch.ones(table.shape[1]).double()
                told = (table @ mask).repeat(len(codes), 1)
                told[alone] = table.T[codes[alone, index]]
                found.append(told)
        if not found or not bool(unknown.any()):
            return None
        return math.prod(found[1:], start=found[0]).expand(len(codes), -1)

    def below(self, variable: int) -> list[int]:
        """The refinements of a variable."""
        return [index for index, above in self.fine.items() if above == variable]

    @cached_property
    def places(self) -> Tensor:
        """[F] the free variables."""
        return torch.tensor(self.free)

    def draw_component(self, uniform: Tensor) -> Tensor:
        """[B, 1] components by their weights, and draws [B, 1] from [0, 1)."""
        return self._by_weight.draw(torch.zeros_like(uniform, dtype=torch.long), uniform)

    def draw_free(self, component: Tensor, uniform: Tensor) -> Tensor:
        """[B, F] codes of the free variables in components [B, 1], by draws [B, V] from [0, 1)."""
        return self._by_component.draw(component, uniform.index_select(1, self.places))

    def draw_fine(self, codes: Tensor, uniform: Tensor) -> None:
        """Set the refinements in [B, V] codes, given what they refine, by draws [B, V]."""
        if self.fine:
            coarse = codes.index_select(1, self._above)
            drawn = self._by_coarse.draw(coarse, uniform.index_select(1, self._fine))
            codes.index_copy_(1, self._fine, drawn)

    @cached_property
    def _by_weight(self) -> AliasTables:
        return AliasTables([self.weights[None]])

    @cached_property
    def _by_component(self) -> AliasTables:
        return AliasTables([block.T for block in self.blocks.values()])

    @cached_property
    def _by_coarse(self) -> AliasTables:
        return AliasTables(list(self.tables.values()))

    @cached_property
    def _fine(self) -> Tensor:
        return torch.tensor(list(self.fine))

    @cached_property
    def _above(self) -> Tensor:
        return torch.tensor(list(self.fine.values()))


def refinements(spec: Spec) -> dict[int, int]:
    """For each variable that refines another one, that one."""
    own = enumerate(spec.variables)
    return {index: variable.parent for index, variable in own if variable.parent is not None}


def masks(allowed: Allowed, variables: Iterable[int]) -> dict[int, Tensor]:
    """The masks of some variables; one that allows nothing is none."""
    named = {each: allowed[each] for each in variables if each in allowed} if allowed else {}
    return {each: mask for each, mask in named.items() if mask.any()}
