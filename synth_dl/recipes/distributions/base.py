"""What every distribution of a column answers.

A column is drawn as a monotone function of a standard normal number, the noise of its row. So a
Gaussian copula is nothing but noise that is correlated. Probabilities come as both tails, so that
neither is lost by rounding. Parameters may be numbers, or arrays with one for each row.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr, ndtri

Array = NDArray[Any]
FURTHEST = 8.5  # noise beyond it is taken as this; it comes once in 10**17 rows


@dataclass(frozen=True)
class Tails:
    """Probabilities of lying on either side of each value.

    Attributes:
        low: [N] below, or at most.
        high: [N] above, or at least; what `low` lacks to one.
    """

    low: Array
    high: Array

    @classmethod
    def of_noise(cls, noise: Array) -> "Tails":
        """Those of standard normal numbers."""
        return cls(ndtr(noise), ndtr(-noise))

    @property
    def noise(self) -> Array:
        """[N] the standard normal numbers that have these tails."""
        return np.where(self.low < self.high, ndtri(self.low), -ndtri(self.high))

    def mixed(self, share: Any, below: Any, above: Any) -> "Tails":
        """Those of a share of the rows, of which others lie wholly below or above."""
        return Tails(share * self.low + below, share * self.high + above)


def mass(lower: Tails, upper: Tails) -> Array:
    """[N] the probability between two values, from the tail in which it is larger."""
    low = np.asarray(lower.low)
    return np.maximum(np.where(low < 0.5, upper.low - low, lower.high - upper.high), 0.0)


def log_mass(lower: Tails, upper: Tails) -> Array:
    """[N] its logarithm, minus infinity where there is none."""
    with np.errstate(divide="ignore"):
        return np.log(mass(lower, upper))


def log_normal_mass(lower: Array, upper: Array) -> Array:
    """[N] logarithm of the probability of a standard normal number between two values."""
    flip = lower > 0
    low, high = np.where(flip, -upper, lower), np.where(flip, -lower, upper)
    top, bottom = log_ndtr(high), log_ndtr(low)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(high > low, top + np.log1p(-np.exp(bottom - top)), -np.inf)


class Distribution(ABC):
    """A distribution on the line, with parameters for all rows or one for each.

    Attributes:
        discrete: whether all its values are points of positive probability.
    """

    discrete: bool = False

    @abstractmethod
    def at_most(self, values: Array) -> Tails:
        """Probabilities of `X <= value` and `X > value`."""

    def below(self, values: Array) -> Tails:
        """Probabilities of `X < value` and `X >= value`."""
        return self.at_most(values)

    @abstractmethod
    def log_density(self, values: Array) -> Array:
        """[N] nats: of the density, or of the probability where the value is a point."""

    @abstractmethod
    def quantile(self, noise: Array) -> Array:
        """[N] the values that lie where standard normal noise lies; it never decreases."""

    def draw(self, noise: Array) -> Array:
        """[N] values drawn by standard normal noise; any order, where that is quicker."""
        return self.quantile(noise)

    def is_point(self, values: Array) -> NDArray[np.bool_]:
        """[N] whether each value has a probability rather than a density."""
        return np.full(np.shape(values), self.discrete)

    def atoms(self) -> Array:
        """The points of positive probability, the few thousand of them that come most."""
        found = self.points(1 << 12) if self.discrete else None
        return np.zeros(0) if found is None else found

    def ends(self) -> tuple[Any, Any]:
        """The least and the largest value, by row where parameters are; cases are not asked."""
        raise NotImplementedError

    def points(self, most: int) -> Array | None:
        """All values of a discrete distribution but for such that come once in 10**15 rows; None
        where they are more than `most`."""
        low, high = (self.quantile(np.array([noise])) for noise in (-8.0, 8.0))
        return lattice(np.min(low), np.max(high), 1.0, most)


def lattice(low: float, high: float, step: float, most: int) -> Array | None:
    """All multiples of a step between two; None where they are more than `most`."""
    count = np.rint((high - low) / step) + 1
    return np.rint(low / step + np.arange(count)) * step if count <= most else None


def all_points(parts: Iterable[Distribution], most: int) -> Array | None:
    """All values of several discrete distributions; None where they are more than `most`."""
    found = [part.points(most) for part in parts]
    known = [values for values in found if values is not None]
    joined = np.unique(np.concatenate(known))
    return joined if len(known) == len(found) and len(joined) <= most else None
