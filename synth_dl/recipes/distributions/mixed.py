"""Distributions of several parts: points of extra probability beside others, and mixtures."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth_dl.recipes.distributions.base import FURTHEST, Array, Distribution, Tails, all_points


class Spiked(Distribution):
    """A distribution where some values have a probability of their own.

    Args:
        base: of the other rows.
        values: [A] the values, each above the one before.
        shares: of each value, a number or [N].

    Raises:
        ValueError: for shares that are negative or more than one together.
    """

    def __init__(self, base: Distribution, values: Array, shares: Sequence[Any]) -> None:
        self.base, self.discrete, self._values = base, base.discrete, values
        self._shares = [np.asarray(share, float) for share in shares]
        rest: Any = 1 - sum(self._shares)
        if not all((share >= 0).all() for share in self._shares) or not np.all(rest > -1e-12):
            raise ValueError("the shares of `zero` and `spikes` must be from 0 on and at most 1 "
                             "together; lower them")  # fmt: skip
        self._rest = np.clip(rest, 0, 1)

    def _with(self, tails: Tails, values: Array, ending: Any) -> Tails:
        below: Any = 0.0
        above: Any = 0.0
        for value, share in zip(self._values, self._shares, strict=True):
            past = ending(value, values)
            below, above = below + share * past, above + share * ~past
        return tails.mixed(self._rest, below, above)

    def at_most(self, values: Array) -> Tails:
        return self._with(self.base.at_most(values), values, np.less_equal)

    def below(self, values: Array) -> Tails:
        return self._with(self.base.below(values), values, np.less)

    def log_density(self, values: Array) -> Array:
        with np.errstate(divide="ignore"):
            result = np.log(self._rest) + self.base.log_density(values)
            for value, share in zip(self._values, self._shares, strict=True):
                # Beside a point, a density counts for nothing.
                other = np.where(self.base.is_point(values), result, -np.inf)
                own = np.logaddexp(np.log(share), other)
                result = np.where((values == value) & (share > 0), own, result)
        return result

    def is_point(self, values: Array) -> NDArray[np.bool_]:
        spiked = np.zeros(np.shape(values), bool)
        for value, share in zip(self._values, self._shares, strict=True):
            spiked |= (values == value) & (share > 0)
        return spiked | self.base.is_point(values)

    def atoms(self) -> Array:
        return np.union1d(self._values, self.base.atoms())

    def _place(self, noise: Array) -> tuple[Tails, Array, Array, Array]:
        """The tails of noise, and of each row the spike it meets, if any, and what lies below."""
        tails = Tails.of_noise(noise)
        spike = np.full(np.shape(noise), -1)
        below, above = np.zeros(np.shape(noise)), np.zeros(np.shape(noise))
        for k, (value, share) in enumerate(zip(self._values, self._shares, strict=True)):
            before, after = self.below(np.asarray(value)), self.at_most(np.asarray(value))
            past, short = tails.low > after.low, tails.low <= before.low
            spike = np.where(~past & ~short, k, spike)
            below, above = below + share * past, above + share * short
        return tails, spike, below, above

    def quantile(self, noise: Array) -> Array:
        return self._drawn(noise, self.base.quantile)

    def draw(self, noise: Array) -> Array:
        return self._drawn(noise, self.base.draw)

    def _drawn(self, noise: Array, of_base: Any) -> Array:
        tails, spike, below, above = self._place(noise)
        rest = np.maximum(self._rest, np.finfo(float).tiny)
        left = Tails(np.clip((tails.low - below) / rest, 0, 1),
                     np.clip((tails.high - above) / rest, 0, 1))  # fmt: skip
        own = of_base(np.clip(left.noise, -FURTHEST, FURTHEST))
        return np.where(spike >= 0, np.asarray(self._values)[spike], own)

    def ends(self) -> tuple[Any, Any]:
        low, high = self.base.ends()
        return np.minimum(low, self._values[0]), np.maximum(high, self._values[-1])

    def points(self, most: int) -> Array | None:
        found = self.base.points(most)
        return None if found is None else np.union1d(found, self._values)


class Mixture(Distribution):
    """One of several distributions, by weights."""

    def __init__(self, parts: Sequence[Distribution], shares: Sequence[Any]) -> None:
        self._parts, self._shares = parts, shares
        self.discrete = all(part.discrete for part in parts)
        self._ends = np.concatenate([[0.0], np.cumsum(shares)])

    def _sum(self, method: str, values: Array) -> Tails:
        tails = [getattr(part, method)(values) for part in self._parts]
        pairs = list(zip(self._shares, tails, strict=True))
        low: Any = sum(share * each.low for share, each in pairs)
        return Tails(low, sum(share * each.high for share, each in pairs))  # type: ignore[arg-type]

    def at_most(self, values: Array) -> Tails:
        return self._sum("at_most", values)

    def below(self, values: Array) -> Tails:
        return self._sum("below", values)

    def log_density(self, values: Array) -> Array:
        point = self.is_point(values)
        parts = []
        for share, part in zip(self._shares, self._parts, strict=True):
            own = np.where(part.is_point(values) == point, part.log_density(values), -np.inf)
            with np.errstate(divide="ignore"):
                parts.append(np.log(share) + own)
        return np.logaddexp.reduce(np.broadcast_arrays(*parts), axis=0)

    def is_point(self, values: Array) -> NDArray[np.bool_]:
        point = np.zeros(np.shape(values), bool)
        for part in self._parts:
            point |= part.is_point(values) & np.isfinite(part.log_density(values))
        return point

    def quantile(self, noise: Array) -> Array:
        """By bisection between the quantiles of the parts, and exact at points."""
        noise = np.clip(noise, -FURTHEST, FURTHEST)
        ends = [part.quantile(noise) for part in self._parts]
        low, high = np.minimum.reduce(ends), np.maximum.reduce(ends)
        for _ in range(64):
            middle = (low + high) / 2
            under = self.at_most(middle).noise < noise
            low, high = np.where(under, middle, low), np.where(under, high, middle)
        atoms = self.atoms()
        if not len(atoms):
            return high
        spot = np.searchsorted(self.at_most(atoms).noise, noise).clip(max=len(atoms) - 1)
        inside = (self.below(atoms).noise[spot] <= noise) & (
            noise <= self.at_most(atoms).noise[spot]
        )
        return np.where(inside, atoms[spot], high)

    def atoms(self) -> Array:
        return np.unique(np.concatenate([part.atoms() for part in self._parts]))

    def draw(self, noise: Array) -> Array:
        tails = Tails.of_noise(noise)
        part = np.minimum(np.searchsorted(self._ends[1:-1], tails.low, side="right"),
                          len(self._parts) - 1)  # fmt: skip
        result = np.empty(np.shape(noise))
        for k, each in enumerate(self._parts):
            above = 1 - self._ends[k + 1]
            own = Tails(np.clip((tails.low - self._ends[k]) / self._shares[k], 0, 1),
                        np.clip((tails.high - above) / self._shares[k], 0, 1)).noise  # fmt: skip
            drawn = each.draw(np.clip(own, -FURTHEST, FURTHEST))
            result = np.where(part == k, drawn, result)
        return result

    def ends(self) -> tuple[Any, Any]:
        ends = [part.ends() for part in self._parts]
        return np.minimum.reduce([e[0] for e in ends]), np.maximum.reduce([e[1] for e in ends])

    def points(self, most: int) -> Array | None:
        return all_points(self._parts, most)
