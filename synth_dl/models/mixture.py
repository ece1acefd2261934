"""A mixture of products: columns are independent within each of many components.

    log p(x) = log Σ_c w_c Π_v p(x_v | c)

It is a latent class model (Lazarsfeld and Henry 1968), as a naive Bayes classifier of an unseen
class (Lowd and Domingos 2005). Whatever is known of a record gives a posterior over components, and
all else follows from that: likelihoods, conditions and draws are exact. A refinement depends on
what it refines alone.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from synth_dl.errors import ConfigError
from synth_dl.errors.options import Size, checked
from synth_dl.likelihoods.inversion import Allowed, place_of
from synth_dl.models.closed_form import ClosedFormModel
from synth_dl.models.dependence import MOST_LEVELS, free_variables
from synth_dl.models.marginal_fit import Products
from synth_dl.models.product_tables import LEAST, ProductTables, masks, refinements
from synth_dl.models.shares import conditional_shares, even_shares
from synth_dl.models.stepwise import learn
from synth_dl.noise import generator_for
from synth_dl.spec import Spec

LEAST_SHARE = 1e-12  # of a code in a component
MOST_COMPONENTS = 512  # by default
MOST_SHARES = 2**26  # of all codes in all components, which a fit holds several times
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
        self.free, self.fine = free_variables(spec), refinements(spec)
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
        components = self.components or min(MOST_COMPONENTS, rows, round(2 * rows**0.5))
        if components * sum(levels) > MOST_SHARES:
            raise ConfigError(
                f"model.components={components}: with {sum(levels):,} values that are more shares "
                f"than fit into memory; take at most {MOST_SHARES // sum(levels):,}"
            )
        own = spec.variables
        ranks = [own[each].ranks if each < len(own) else None for each in self.free]
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
        self._held = ProductTables(self.spec, self.weights, self.shares, self.tables)

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
        held, nats = self._held, torch.zeros(codes.shape, dtype=torch.float64)
        for rows in torch.arange(len(codes)).split(AT_ONCE):
            nats[rows] = held.posterior(codes[rows])[1]
        for variable, above in held.fine.items():
            fine, coarse = codes[:, variable], codes[:, above]
            both = (fine >= 0) & (coarse >= 0)
            nats[both, variable] = held.tables[variable][coarse[both], fine[both]].log()
        return nats

    @torch.no_grad()
    def conditional(self, codes: Tensor, variable: int) -> Tensor:
        """Exact, by the components that all else makes likely."""
        held, codes = self._held, codes.clone()
        codes[:, variable] = -1
        if variable in held.fine:
            above = held.fine[variable]
            coarse, known = self.conditional(codes, above).double(), codes[:, above] >= 0
            coarse[known] = one_hot(codes[known, above], coarse.shape[1]).double()
            return (coarse @ held.tables[variable]).float()
        told = held.told(codes, variable, None)
        codes[:, held.below(variable)] = -1
        chances = held.posterior(codes)[0] @ held.blocks[variable].T
        chances = chances if told is None else chances * told
        return (chances / chances.sum(1, keepdim=True).clamp(min=LEAST)).float()

    @torch.no_grad()
    def sample(self, given: Tensor, uniform: Tensor, allowed: Allowed = None) -> Tensor:
        """Exact draws: a component by its posterior, then each column by itself."""
        held, codes = self._held, torch.empty_like(given)
        if not allowed and not bool((given >= 0).any()):
            component = held.draw_component(uniform[:, -1:])
            codes.index_copy_(1, held.places, held.draw_free(component, uniform))
            held.draw_fine(codes, uniform)
            return codes
        component = place_of(held.posterior(given, allowed)[0], uniform[:, -1:])
        codes.index_copy_(1, held.places, held.draw_free(component, uniform))
        for variable in held.free:
            told = held.told(given, variable, allowed)
            if told is not None:
                shares = held.blocks[variable].T[component[:, 0]] * told
                codes[:, variable] = place_of(shares, uniform[:, variable, None])[:, 0]
        codes = torch.where(given < 0, codes, given)
        held.draw_fine(codes, uniform)
        for variable, mask in masks(allowed, held.fine).items():
            shares = held.tables[variable][codes[:, held.fine[variable]]] * mask
            codes[:, variable] = place_of(shares, uniform[:, variable, None])[:, 0]
        return torch.where(given < 0, codes, given)

    def _join(self, weights: Tensor, shares: Tensor, tables: list[Tensor]) -> None:
        """Take what was learnt; no share is 0, so that what is known is never impossible."""
        self.weights = weights.double() / weights.double().sum()
        self.shares = shares.clamp(min=LEAST_SHARE).float()
        self.tables = torch.cat([torch.zeros(0), *(each.flatten() for each in tables)])
        self._held = ProductTables(self.spec, self.weights, self.shares, self.tables)
