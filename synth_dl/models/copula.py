"""The Gaussian copula: each variable as it is distributed, joined by a normal distribution.

A record is a normal vector z ~ N(0, R) whose numbers are cut into codes (Nelsen 2006, chapter 2.3).
The probability of a record is that of a box under z, which has no closed form; it is estimated, and
draws given several values are made, by the sampler of Geweke, Hajivassiliou and Keane (GHK).
"""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from synth_dl.correlations import nearest_correlation
from synth_dl.errors import ConfigError
from synth_dl.likelihoods.inversion import Allowed, place_of
from synth_dl.models.closed_form import ClosedFormModel
from synth_dl.models.dependence import free_variables, pair_counts_of
from synth_dl.models.distinct import distinct
from synth_dl.models.importance import choose_one, effective_sample_size, weighted_bound
from synth_dl.models.latent_normal import correlations, cuts_of, positions
from synth_dl.models.shares import conditional_shares
from synth_dl.spec import Spec

IMPORTANCE = 64  # draws for a likelihood, unless told otherwise
COMPARED = 16  # draws that tell two correlations apart, as both get the same
SHRINKAGE = (0.0, 0.003, 0.01, 0.03, 0.1, 0.2, 0.4)
LEAST_EIGENVALUE = 1e-4
LEAST = 1e-300  # probability of an interval, so that its logarithm is finite
EDGE = 1e-12  # how far uniform numbers are kept from 0 and 1
BOUND_SEED = 20_000_063


class Copula(ClosedFormModel):
    """Marginals by their shares, dependence by the correlations of normal numbers.

    Args:
        spec: what one record is; a row of a table.

    Attributes:
        order: [S] for each free variable, its codes from the lowest interval to the highest.
        shares: [S] the share of each of these intervals.
        correlation: [F, F] of the normal numbers.
        tables: [T] for each refinement, p(code | code of what it refines), flat.
    """

    recipe = "joint"
    likelihood_kind = "bound"
    most_combinations = 2**12  # each is weighed by many draws
    integrates = True
    order: Tensor
    shares: Tensor
    correlation: Tensor
    tables: Tensor

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        if spec.grid is not None:
            raise ConfigError(
                "model=copula is for tables, as pixels are far from one normal distribution; take "
                "model=chow_liu"
            )
        self.spec = spec
        self.free = free_variables(spec)
        self.fine = [v for v in range(len(spec)) if v not in set(self.free)]
        self.register_buffer("order", torch.zeros(0, dtype=torch.long))
        self.register_buffer("shares", torch.zeros(0, dtype=torch.float64))
        self.register_buffer("correlation", torch.zeros(0, 0, dtype=torch.float64))
        self.register_buffer("tables", torch.zeros(0))
        self._moved = self._shrinkage = 0.0

    @torch.no_grad()
    def fit(self, training: Tensor, validation: Tensor) -> None:
        spec, free = self.spec, self.free
        counts = pair_counts_of(spec, training, "copula")
        orders = positions(spec, free, counts)
        shares = [
            conditional_shares(spec, v, -1, training, validation)[0].double().numpy()[order]
            for v, order in zip(free, orders, strict=True)
        ]
        found = correlations(counts, orders, [cuts_of(each) for each in shares])
        matrix = nearest_correlation(found, LEAST_EIGENVALUE)
        self._moved = float(np.abs(matrix - found).max()) if len(found) else 0.0
        tables = [
            conditional_shares(spec, v, self._above(v), training, validation).flatten()
            for v in self.fine
        ]
        self.order = torch.cat([torch.from_numpy(each) for each in orders])
        self.shares = torch.cat([torch.from_numpy(each) for each in shares])
        self.tables = torch.cat([torch.zeros(0), *tables])
        self.correlation = torch.from_numpy(matrix)
        self._split()
        self._shrink(validation)

    def _shrink(self, validation: Tensor) -> None:
        """Draw the correlations towards 0, as strongly as is best for the validation records.

        Where variables all but determine each other, few records would be all but impossible.
        """
        found, alone = self.correlation, torch.eye(len(self.free), dtype=torch.float64)
        best = -math.inf
        for share in SHRINKAGE:
            self.correlation = (1 - share) * found + share * alone
            nats = float(self.bound(validation, COMPARED)[0].mean()) if len(validation) else -share
            if nats > best:
                best, chosen, self._shrinkage = nats, self.correlation, share
        self.correlation = chosen

    @property
    def facts(self) -> dict[str, Any]:
        """Whether the correlations had to be repaired, and how strongly they are drawn to 0."""
        return {
            "correlations moved to be positive definite, at most": round(self._moved, 4),
            "correlations drawn towards 0 by": self._shrinkage,
        }

    def check_state(self) -> None:
        levels = self.spec.levels
        sizes = [levels[each] for each in self.free]
        shape = (len(sizes), len(sizes))
        if len(self.order) != sum(sizes) or len(self.shares) != sum(sizes):
            raise ValueError("there are intervals for other codes")
        if tuple(self.correlation.shape) != shape:
            raise ValueError("there are correlations of other variables")
        if any(
            order.sort()[0].tolist() != list(range(size))
            for order, size in zip(self.order.split(sizes), sizes, strict=True)
        ):
            raise ValueError("a code has no interval")
        sums = [float(each.sum()) for each in self.shares.split(sizes)]
        if not bool((self.shares > 0).all()) or any(abs(each - 1) > 1e-3 for each in sums):
            raise ValueError("shares do not sum to one")
        unit = (self.correlation.diagonal() - 1).abs().max() < 1e-6 if sizes else True
        if not unit or not torch.equal(self.correlation, self.correlation.T):
            raise ValueError("these are no correlations")
        if sizes and float(torch.linalg.eigvalsh(self.correlation)[0]) <= 0:
            raise ValueError("the correlations are not positive definite")
        if len(self.tables) != sum(levels[v] * levels[self._above(v)] for v in self.fine):
            raise ValueError("the tables of refinements have other sizes")
        self._split()
        for table in self._tables.values():
            if not bool((table >= 0).all()) or bool((table.sum(1) - 1).abs().max() > 1e-3):
                raise ValueError("probabilities do not sum to one")

    def log_prob(self, codes: Tensor, given: Tensor | None = None) -> Tensor:
        """[B, 1] nats, a lower bound; of partly known records that of the known part alone."""
        return self.bound(codes)[0][:, None]

    def bound(self, codes: Tensor, importance: int = IMPORTANCE) -> tuple[Tensor, Tensor]:
        """[B] nats, a lower bound that many draws make tight, and its standard error [B]."""
        nats = torch.zeros(len(codes), dtype=torch.float64)
        error = torch.zeros_like(nats)
        for rows, known in self._patterns(codes):
            noise = _even(importance, len(known))[None]
            weights = self._known(codes[rows], known, noise)[1]
            nats[rows], error[rows] = weighted_bound(weights)
        for variable, table in self._tables.items():
            fine, coarse = codes[:, variable], codes[:, self._above(variable)]
            both = (fine >= 0) & (coarse >= 0)
            nats[both] += table[coarse[both], fine[both]].double().log()
        return nats, error

    def conditional(self, codes: Tensor, variable: int) -> Tensor:
        """By GHK: the known codes' normal numbers are drawn, and the variable's follows."""
        codes = codes.clone()
        if variable in self._tables:
            above = self._above(variable)
            coarse = self.conditional(codes, above)
            known = codes[:, above] >= 0
            coarse[known] = torch.nn.functional.one_hot(
                codes[known, above], self.spec.levels[above]
            ).float()
            return coarse @ self._tables[variable]
        codes[:, variable] = -1
        for fine in self.fine:
            codes[:, fine] = -1
        place = self.free.index(variable)
        result = torch.zeros(len(codes), self.spec.levels[variable], dtype=torch.float64)
        for rows, known in self._patterns(codes):
            normal, weights = self._known(codes[rows], known, _even(IMPORTANCE, len(known))[None])
            factor = self._factor([*known, place])
            mean = normal @ factor[-1, :-1]
            cuts = (self._cuts[place] - mean[..., None]) / factor[-1, -1]
            shares = torch.special.ndtr(cuts).diff(dim=-1)
            mixed = (weights.softmax(1)[..., None] * shares).sum(1)
            result[rows[:, None], self._orders[place][None]] = mixed
        return (result / result.sum(1, keepdim=True)).float()

    def direct(self, known: Tensor) -> bool:
        """A single known column is met exactly; several by importance resampling."""
        return bool((known[:, self.free].sum(1) <= 1).all())

    def sample(self, given: Tensor, uniform: Tensor, allowed: Allowed = None) -> Tensor:
        """Exact draws given one known variable at most."""
        codes, _ = self._drawn(given, uniform[:, None], allowed)
        return codes[:, 0]

    def complete(
        self, given: Tensor, uniform: Tensor, resampling: Tensor, allowed: Allowed = None
    ) -> tuple[Tensor, Tensor]:
        codes, weights = self._drawn(given, uniform, allowed)
        (drawn,) = choose_one(weights, resampling[:, -1], codes)
        return drawn, effective_sample_size(weights)

    def _drawn(self, given: Tensor, uniform: Tensor, allowed: Allowed) -> tuple[Tensor, Tensor]:
        """[N, K, V] completed codes and their log weights [N, K]."""
        records, particles, _ = uniform.shape
        codes = given[:, None].repeat(1, particles, 1)
        weights = torch.zeros(records, particles, dtype=torch.float64)
        for rows, known in self._patterns(given):
            noise = uniform[rows].double()
            order = known + [each for each in range(len(self.free)) if each not in set(known)]
            factor = self._factor(order)
            at = [self.free[place] for place in order]
            normal, weights[rows] = self._known(given[rows], known, noise[..., at[: len(known)]])
            for place in order[len(known) :]:
                done = normal.shape[-1]
                mean, scale = normal @ factor[done, :done], factor[done, done]
                variable = self.free[place]
                draw = self._inside(place, noise[..., variable], mean, scale, allowed)
                number = torch.special.ndtri(draw.clamp(EDGE, 1 - EDGE))
                inner = self._cuts[place][1:-1]
                interval = torch.searchsorted(inner, (mean + scale * number).contiguous())
                codes[rows, :, variable] = self._orders[place][interval]
                normal = torch.cat([normal, number[..., None]], -1)
        for variable, table in self._tables.items():
            shares = table[codes[..., self._above(variable)]]
            fine = place_of(shares, uniform[..., variable, None])[..., 0]
            codes[..., variable] = torch.where(codes[..., variable] < 0, fine, codes[..., variable])
        return codes, weights

    def _inside(
        self, place: int, uniform: Tensor, mean: Tensor, scale: Tensor, allowed: Allowed
    ) -> Tensor:
        """Uniform draws that leave out the intervals of codes that must not be drawn."""
        mask = (allowed or {}).get(self.free[place])
        if mask is None or not mask.any() or mask.all():
            return uniform
        below = torch.special.ndtr((self._cuts[place] - mean[..., None]) / scale)
        shares = below.diff(dim=-1) * mask[self._orders[place]]
        interval = place_of(shares, uniform[..., None])
        before = (shares.cumsum(-1) - shares).gather(-1, interval)[..., 0]
        low = below.gather(-1, interval)[..., 0]
        return low + (uniform * shares.sum(-1) - before)

    def _known(self, codes: Tensor, known: list[int], uniform: Tensor) -> tuple[Tensor, Tensor]:
        """[B, K, J] independent normal numbers of J known variables, and log weights [B, K]."""
        records, particles = len(codes), uniform.shape[1]
        factor = self._factor(known)
        normal = torch.zeros(records, particles, 0, dtype=torch.float64)
        weights = torch.zeros(records, particles, dtype=torch.float64)
        for index, place in enumerate(known):
            code = codes[:, self.free[place]]
            mean, scale = normal @ factor[index, :index], factor[index, index]
            low, high = ((self._ends[place][code, end, None] - mean) / scale for end in (0, 1))
            # In the upper tail shares are near 1, where differences lose their digits.
            upper = low > 0
            low, high = torch.where(upper, -high, low), torch.where(upper, -low, high)
            below = torch.special.ndtr(low)
            share = (torch.special.ndtr(high) - below).clamp(min=LEAST)
            weights = weights + share.log()
            noise = uniform[..., index].expand(records, -1)
            number = torch.special.ndtri((below + noise * share).clamp(LEAST, 1 - EDGE))
            number = torch.where(upper, -number, number)
            normal = torch.cat([normal, number[..., None]], -1)
        return normal, weights

    def _patterns(self, codes: Tensor) -> list[tuple[Tensor, list[int]]]:
        """Records [B] that know the same free variables, and the places of these."""
        known = codes[:, self.free] >= 0
        patterns, member = distinct(known)
        return [
            ((member == index).nonzero()[:, 0], pattern.nonzero()[:, 0].tolist())
            for index, pattern in enumerate(patterns)
        ]

    def _factor(self, places: list[int]) -> Tensor:
        """[J, J] lower triangle whose product with itself is their correlation."""
        return torch.linalg.cholesky(self.correlation[places][:, places])

    def _above(self, variable: int) -> int:
        """What a refinement refines."""
        parent = self.spec.variables[variable].parent
        assert parent is not None  # asked for refinements alone
        return parent

    def _split(self) -> None:
        """Intervals by variable: orders of codes, cuts, and the two ends for each code."""
        levels = self.spec.levels
        sizes = [levels[each] for each in self.free]
        self._orders = list(self.order.split(sizes))
        self._cuts = [torch.from_numpy(cuts_of(each.numpy())) for each in self.shares.split(sizes)]
        self._ends = []
        for order, cuts in zip(self._orders, self._cuts, strict=True):
            ends = torch.zeros(len(order), 2, dtype=torch.float64)
            ends[order] = torch.stack([cuts[:-1], cuts[1:]], 1)
            self._ends.append(ends)
        shapes = [(levels[self._above(v)], levels[v]) for v in self.fine]
        parts = self.tables.split([rows * count for rows, count in shapes])
        self._tables = {
            variable: part.view(shape)
            for variable, part, shape in zip(self.fine, parts, shapes, strict=True)
        }


def _even(count: int, size: int) -> Tensor:
    """[count, size] draws from [0, 1), spread more evenly than by chance (Owen 1998)."""
    if not size:
        return torch.zeros(count, 0, dtype=torch.float64)
    sequence = torch.quasirandom.SobolEngine(size, scramble=True, seed=BOUND_SEED)
    return sequence.draw(count, dtype=torch.float64)
