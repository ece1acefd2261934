"""A mixture of products: columns are independent within each of many components.

    log p(x) = log Σ_c w_c Π_v p(x_v | c)

It is a latent class model (Lazarsfeld and Henry 1968), as a naive Bayes classifier of an unseen
class (Lowd and Domingos 2005). Whatever is known of a record gives a posterior over components, and
all else follows from that: likelihoods, conditions and draws are exact. A refinement depends on
what it refines alone.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from synth_dl.errors import ConfigError
from synth_dl.errors.options import Size, checked
from synth_dl.likelihoods.inversion import Allowed, place_of
from synth_dl.models.alias import AliasTables
from synth_dl.models.closed_form import ClosedFormModel
from synth_dl.models.dependence import MOST_LEVELS, free_variables
from synth_dl.models.marginal_fit import Products
from synth_dl.models.shares import conditional_shares, even_shares
from synth_dl.models.stepwise import learn
from synth_dl.noise import generator_for
from synth_dl.spec import Spec

LEAST = 1e-12  # share of a code in a component
IMPOSSIBLE = 1e-300  # probability of what cannot be, so that its logarithm is finite
MOST_COMPONENTS = 512  # by default
AT_ONCE = 256  # records, whose posteriors stay in the cache of a processor
FIT_STREAM = 20_000_081


class Mixture(ClosedFormModel):
    """Exact in everything, by the posterior over components.

    Args:
        spec: what one record is.
        components: how many products are mixed; twice the root of the training records, at most
            512, if None.

    Attributes:
        weights: [C] share of each component.
        shares: [L, C] for each code of the free variables, its share in each component.
        tables: [T] for each refinement, p(code | code of what it refines), flat.
    """

    integrates = True
    weights: Tensor
    shares: Tensor
    tables: Tensor

    @checked("model")
    def __init__(self, spec: Spec, components: Size | None = None) -> None:
        super().__init__()
        self.spec, self.components = spec, components
        self.free = free_variables(spec)
        self.fine = {
            index: variable.parent
            for index, variable in enumerate(spec.variables)
            if variable.parent is not None
        }
        self.register_buffer("weights", torch.zeros(0, dtype=torch.float64))
        self.register_buffer("shares", torch.zeros(0, 0))
        self.register_buffer("tables", torch.zeros(0))

    @torch.no_grad()
    def fit(self, training: Tensor, validation: Tensor) -> None:
        spec, rows = self.spec, len(training)
        levels = [spec.levels[each] for each in self.free]
        if sum(levels) > MOST_LEVELS:
            raise ConfigError(
                f"model=mixture keeps the share of every value in each component, and there are "
                f"{sum(levels):,} values, more than {MOST_LEVELS:,}; take model=autoregressive"
            )
        if self.components and self.components > rows:
            raise ConfigError(
                f"model.components={self.components}: a component starts at a record, and there "
                f"are {rows:,} to learn from; take at most {rows}"
            )
        own = spec.variables
        ranks = [own[each].ranks if each < len(own) else None for each in self.free]
        components = self.components or max(1, min(MOST_COMPONENTS, round(2 * rows**0.5)))
        generator = generator_for(self.seed, FIT_STREAM)
        codes, watched = training[:, self.free], validation[:, self.free]
        found = learn(codes, watched, levels, ranks, components, generator)
        fine = [
            conditional_shares(spec, index, parent, training, validation)
            for index, parent in self.fine.items()
        ]
        self._join(found.weights, torch.cat(found.shares), fine)

    def take(self, found: Products) -> None:
        """Become a mixture that was fitted to marginals of the free variables.

        Of a refinement all codes that exist under a coarse one are equally likely.

        Raises:
            ValueError: for a mixture of other variables.
        """
        if found.sizes != tuple(self.spec.levels[each] for each in self.free):
            raise ValueError("it is a mixture of columns of other sizes")
        shares = torch.cat([torch.from_numpy(table.T) for table in found.tables])
        fine = [even_shares(self.spec, index, parent) for index, parent in self.fine.items()]
        self._join(torch.from_numpy(found.weights), shares, fine)

    def check_state(self) -> None:
        levels, sizes = self.spec.levels, [self.spec.levels[each] for each in self.free]
        if not len(self.weights) or self.shares.shape != (sum(sizes), len(self.weights)):
            raise ValueError("there are shares of other codes or components")
        if len(self.tables) != sum(levels[v] * levels[above] for v, above in self.fine.items()):
            raise ValueError("the tables of refinements have other sizes")
        if not bool((self.weights >= 0).all() & (self.shares > 0).all() & (self.tables >= 0).all()):
            raise ValueError("a share is below zero, or no number")
        sums = [self.weights.sum()[None], *(each.sum(0) for each in self.shares.split(sizes))]
        parts = self.tables.split([levels[v] * levels[above] for v, above in self.fine.items()])
        for index, part in zip(self.fine, parts, strict=True):
            sums.append(part.view(-1, levels[index]).sum(1))
        if any(bool((each - 1).abs().max() > 1e-3) for each in sums):
            raise ValueError("probabilities do not sum to one")
        self._prepare()

    @property
    def facts(self) -> dict[str, Any]:
        """How many components there are."""
        return {"components": len(self.weights)}

    @property
    def noise_size(self) -> int:
        """One draw for each variable, and one for the component."""
        return len(self.spec) + 1

    @torch.no_grad()
    def log_prob(self, codes: Tensor, given: Tensor | None = None) -> Tensor:
        """[B, V] nats, exact; of partly known records that of the known part alone.

        Those of a variable are given the ones before it, whatever is `given`.
        """
        nats = torch.zeros(codes.shape, dtype=torch.float64)
        for rows in torch.arange(len(codes)).split(AT_ONCE):
            _, nats[rows] = self._posterior(codes[rows])
        for variable, above in self.fine.items():
            fine, coarse = codes[:, variable], codes[:, above]
            both = (fine >= 0) & (coarse >= 0)
            nats[both, variable] = self._tables[variable][coarse[both], fine[both]].log()
        return nats

    @torch.no_grad()
    def conditional(self, codes: Tensor, variable: int) -> Tensor:
        """Exact, by the components that all else makes likely."""
        codes = codes.clone()
        codes[:, variable] = -1
        if variable in self.fine:
            above = self.fine[variable]
            coarse, known = self.conditional(codes, above).double(), codes[:, above] >= 0
            coarse[known] = one_hot(codes[known, above], coarse.shape[1]).double()
            return (coarse @ self._tables[variable]).float()
        told = self._told(codes, variable, None)
        codes[:, [index for index, above in self.fine.items() if above == variable]] = -1
        chances = self._posterior(codes)[0] @ self._blocks[variable].T
        chances = chances if told is None else chances * told
        return (chances / chances.sum(1, keepdim=True).clamp(min=IMPOSSIBLE)).float()

    @torch.no_grad()
    def sample(self, given: Tensor, uniform: Tensor, allowed: Allowed = None) -> Tensor:
        """Exact draws: a component by its posterior, then each column by itself."""
        first = torch.zeros(len(given), 1, dtype=torch.long)
        if not allowed and not bool((given >= 0).any()):
            codes = torch.empty_like(given)
            component = self._aliases.weights.draw(first, uniform[:, -1:])
            codes[:, self.free] = self._aliases.free.draw(component, uniform[:, self.free])
            self._draw_fine(codes, uniform)
            return codes
        component = place_of(self._posterior(given, allowed)[0], uniform[:, -1:])
        codes = given.clone()
        codes[:, self.free] = self._aliases.free.draw(component, uniform[:, self.free])
        for variable in self.free:
            told = self._told(given, variable, allowed)
            if told is not None:
                shares = self._blocks[variable].T[component[:, 0]] * told
                codes[:, variable] = place_of(shares, uniform[:, variable, None])[:, 0]
        codes = torch.where(given < 0, codes, given)
        self._draw_fine(codes, uniform)
        for variable, mask in _masks(allowed, self.fine).items():
            shares = self._tables[variable][codes[:, self.fine[variable]]] * mask
            codes[:, variable] = place_of(shares, uniform[:, variable, None])[:, 0]
        return torch.where(given < 0, codes, given)

    def _draw_fine(self, codes: Tensor, uniform: Tensor) -> None:
        """Draw all refinements, given what they refine."""
        if self.fine:
            fine, above = list(self.fine), list(self.fine.values())
            codes[:, fine] = self._aliases.fine.draw(codes[:, above], uniform[:, fine])

    def _posterior(self, codes: Tensor, allowed: Allowed = None) -> tuple[Tensor, Tensor]:
        """[B, C] how likely each component is, and [B, V] nats of what tells of it.

        What is known of a refinement alone counts to what it refines.
        """
        chances = self.weights.expand(len(codes), -1).clone()
        nats = torch.zeros(codes.shape, dtype=torch.float64)
        for variable in self.free:
            code, told = codes[:, variable], self._told(codes, variable, allowed)
            known, block = code >= 0, self._blocks[variable]
            if told is not None:
                factor = told @ block
                factor[known] = block[code[known]]
            elif bool(known.all()):
                factor = block[code]
            elif bool(known.any()):
                factor = torch.where(known[:, None], block[code.clamp(min=0)], 1.0)
            else:
                continue
            total = chances.mul_(factor).sum(1)
            chances /= total.clamp(min=IMPOSSIBLE)[:, None]
            nats[:, variable] = total.log()
        return chances, nats

    def _told(self, codes: Tensor, variable: int, allowed: Allowed) -> Tensor | None:
        """[B, levels] factors on a variable's shares where it is unknown, by masks and by what is
        known of its refinements; None for nothing."""
        unknown = codes[:, variable] < 0
        found = [mask.double()[None] for mask in _masks(allowed, [variable]).values()]
        for index in (each for each, above in self.fine.items() if above == variable):
            table, alone = self._tables[index], unknown & (codes[:, index] >= 0)
            masks = list(_masks(allowed, [index]).values())
            if masks or bool(alone.any()):
                mask = masks[0].double() if masks else torch.ones(table.shape[1]).double()
                told = (table @ mask).repeat(len(codes), 1)
                told[alone] = table.T[codes[alone, index]]
                found.append(told)
        if not found or not bool(unknown.any()):
            return None
        return math.prod(found[1:], start=found[0]).expand(len(codes), -1)

    def _join(self, weights: Tensor, shares: Tensor, tables: list[Tensor]) -> None:
        """Take what was learnt; no share is 0, so that what is known is never impossible."""
        self.weights = weights.double() / weights.double().sum()
        self.shares = shares.clamp(min=LEAST).float()
        self.tables = torch.cat([torch.zeros(0), *(each.flatten() for each in tables)])
        self._prepare()

    def _prepare(self) -> None:
        """The shares of each free variable and the table of each refinement, to sum to 1."""
        levels = self.spec.levels
        blocks = self.shares.double().split([levels[each] for each in self.free])
        self._blocks = {v: each / each.sum(0) for v, each in zip(self.free, blocks, strict=True)}
        shapes = [(levels[above], levels[v]) for v, above in self.fine.items()]
        parts = self.tables.double().split([rows * count for rows, count in shapes])
        self._tables = {
            variable: part.view(shape) / part.view(shape).sum(1, keepdim=True)
            for variable, part, shape in zip(self.fine, parts, shapes, strict=True)
        }
        self._alias_tables: _Aliases | None = None

    @property
    def _aliases(self) -> "_Aliases":
        """Tables to draw by, made when they are first asked for."""
        if self._alias_tables is None:
            self._alias_tables = _Aliases(
                AliasTables([self.weights[None]]),
                AliasTables([block.T for block in self._blocks.values()]),
                AliasTables(list(self._tables.values())),
            )
        return self._alias_tables


@dataclass(frozen=True)
class _Aliases:
    """Of the components, of the free variables in each, of refinements under each code."""

    weights: AliasTables
    free: AliasTables
    fine: AliasTables


def _masks(allowed: Allowed, variables: Iterable[int]) -> dict[int, Tensor]:
    """The masks of some variables; one that allows nothing is none."""
    named = {each: allowed[each] for each in variables if each in allowed} if allowed else {}
    return {each: mask for each, mask in named.items() if mask.any()}
