"""Distributions made of another: cut off, or rounded."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth_dl.recipes.distributions.base import (
    Array,
    Distribution,
    Tails,
    lattice,
    log_mass,
    mass,
)

_SAME = 1e-9  # of a value: what is nearer is the same
_LEAST = 1e-14  # probability of an interval below which nothing can be drawn from it


class Truncated(Distribution):
    """A distribution within an interval, ends included.

    Raises:
        ValueError: for an interval that is empty or that no value ever falls into.
    """

    def __init__(self, base: Distribution, low: Any, high: Any) -> None:
        self.base, self.discrete = base, base.discrete
        self._low, self._high = np.asarray(low, float), np.asarray(high, float)
        if not (self._low <= self._high).all():
            raise ValueError("`between` ends before it begins; give the lower end first")
        self._before, self._until = base.below(self._low), base.at_most(self._high)
        self._mass = mass(self._before, self._until)
        if not (self._mass > _LEAST).all():
            row = np.argmin(self._mass)
            low, high = (np.broadcast_to(v, np.shape(self._mass)).flat[row] for v in
                         (self._low, self._high))  # fmt: skip
            raise ValueError(f"no value of the distribution falls between {low:g} and {high:g}; "
                             "widen `between` or move the distribution")  # fmt: skip

    def _within(self, tails: Tails) -> Tails:
        low = (tails.low - self._before.low) / self._mass
        high = (tails.high - self._until.high) / self._mass
        return Tails(np.clip(low, 0, 1), np.clip(high, 0, 1))

    def at_most(self, values: Array) -> Tails:
        return self._within(self.base.at_most(values))

    def below(self, values: Array) -> Tails:
        return self._within(self.base.below(values))

    def log_density(self, values: Array) -> Array:
        inside = (values >= self._low) & (values <= self._high)
        return np.where(inside, self.base.log_density(values) - np.log(self._mass), -np.inf)

    def is_point(self, values: Array) -> NDArray[np.bool_]:
        return self.base.is_point(values)

    def atoms(self) -> Array:
        return self.base.atoms()

    def quantile(self, noise: Array) -> Array:
        within = Tails.of_noise(noise)
        tails = within.mixed(self._mass, self._before.low, self._until.high)
        low, high = self.ends()
        return np.clip(self.base.quantile(tails.noise), low, high)

    def ends(self) -> tuple[Any, Any]:
        low, high = self.base.ends()
        ends = np.maximum(low, self._low), np.minimum(high, self._high)
        return (np.ceil(ends[0]), np.floor(ends[1])) if self.discrete else ends


class Rounded(Distribution):
    """A continuous distribution rounded to so many decimals, or down to a multiple of a step.

    Args:
        base: what is rounded.
        step: between two values.
        down: whether each is rounded down; else to the nearest.
    """

    discrete = True

    def __init__(self, base: Distribution, step: float, down: bool = False) -> None:
        self.base, self._step = base, step
        self._shifts = (0.0, step) if down else (-step / 2, step / 2)
        self._round = np.floor if down else np.rint
        self._whole = step >= 1
        # Multiplied by a whole number where there is one, as 3 * 0.1 is not 0.3.
        self._times = round(1 / step) if step < 1 else None

    def _nearest(self, values: Array, rounding: Any) -> Array:
        if self._times is not None:
            return rounding(values * self._times) / self._times
        return rounding(values / self._step) * self._step

    def _beside(self, values: Array, rounding: Any) -> Array:
        """The next value of the lattice, on the side of the rounding; itself where it is one."""
        near = self._nearest(values, np.rint)
        same = np.abs(values - near) <= _SAME * np.maximum(np.abs(values), self._step)
        return np.where(same, near, self._nearest(values, rounding))

    def at_most(self, values: Array) -> Tails:
        return self.base.at_most(self._beside(values, np.floor) + self._shifts[1])

    def below(self, values: Array) -> Tails:
        return self.base.at_most(self._beside(values, np.ceil) + self._shifts[0])

    def log_density(self, values: Array) -> Array:
        known = np.abs(values - self._nearest(values, np.rint)) <= _SAME * np.maximum(
            np.abs(values), self._step
        )
        return np.where(known, log_mass(self.below(values), self.at_most(values)), -np.inf)

    def quantile(self, noise: Array) -> Array:
        return self._nearest(self.base.quantile(noise), self._round)

    def draw(self, noise: Array) -> Array:
        return self._nearest(self.base.draw(noise), self._round)

    def ends(self) -> tuple[Any, Any]:
        return tuple(self._nearest(end, self._round) for end in self.base.ends())  # type: ignore

    def points(self, most: int) -> Array | None:
        low, high = (self.quantile(np.array([noise])) for noise in (-8.0, 8.0))
        found = lattice(np.min(low), np.max(high), self._step, most)
        return None if found is None else self._nearest(found, np.rint)
