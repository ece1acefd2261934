"""Quantile functions as tables: what takes scipy microseconds a value is read off a cubic.

A table is taken only where it shows every value within six standard deviations of the noise as
the noise `TOLERANCE` beside it would; elsewhere the function itself is asked. The choice depends on
the function alone, never on the number of rows, so that a row is the same in any sample.
"""

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from synth_dl.recipes.distributions.base import FURTHEST, Array, Distribution, Tails

TOLERANCE = 1e-8
_AT_ONCE = 1 << 13
_FIRST, _MOST = 1 << 8, 1 << 13  # cells
_CHECKED = 6.0  # noise beyond it, once in 10**9 rows, is not held to the tolerance


class QuantileTable:
    """A smooth, never decreasing function of noise, piecewise cubic on equal cells.

    Args:
        values: [K + 1] of the function at equally spaced noise from -FURTHEST to FURTHEST.
    """

    def __init__(self, values: Array) -> None:
        self._cells = len(values) - 1
        self._low, self._high = values[0], values[-1]
        self._scale = self._cells / (2 * FURTHEST)
        padded = np.concatenate([_beyond(values[:3]), values, _beyond(values[:-4:-1])[::-1]])
        slope = (padded[:-4] - 8 * padded[1:-3] + 8 * padded[3:-1] - padded[4:]) / 12
        step, left, right = np.diff(values), slope[:-1], slope[1:]
        bound = 3 * np.maximum(step, 0)  # a cubic with such slopes never decreases
        left, right = np.clip(left, 0, bound), np.clip(right, 0, bound)
        self._cubic = np.stack(
            [values[:-1], left, 3 * step - 2 * left - right, left + right - 2 * step], axis=1
        )

    def __call__(self, noise: Array) -> Array:
        result = np.empty(len(noise))
        # In parts that stay near the processor.
        for first in range(0, len(noise), _AT_ONCE):
            part = slice(first, first + _AT_ONCE)
            self._fill(noise[part], result[part])
        return result

    def _fill(self, noise: Array, result: Array) -> None:
        place = (noise + FURTHEST) * self._scale
        np.clip(place, 0, self._cells - 1e-9, out=place)
        cell = place.astype(np.intp)
        place -= cell
        cubic = self._cubic.take(cell, axis=0)
        np.multiply(cubic[:, 3], place, out=result)
        for power in (2, 1):
            result += cubic[:, power]
            result *= place
        result += cubic[:, 0]
        np.clip(result, self._low, self._high, out=result)


def _beyond(values: Array) -> Array:
    """Two values before the first of three, on their parabola."""
    a, b, c = values
    return np.array([6 * a - 8 * b + 3 * c, 3 * a - 3 * b + c])


def tabulated(function: Callable[[Array], Array], tolerance: float = TOLERANCE,
              first: int = _FIRST, most: int = _MOST, keep: bool = False
              ) -> QuantileTable | None:  # fmt: skip
    """The table of a function of noise.

    Args:
        function: never decreasing.
        tolerance: in the noise, of what the table shows.
        first: cells that it has at least.
        most: cells that it may have.
        keep: whether one of so many is taken although it is less exact; else there is none.
    """
    cells = first
    values = _clean(function(np.linspace(-FURTHEST, FURTHEST, cells + 1)))
    while values is not None:
        nodes = np.linspace(-FURTHEST, FURTHEST, 2 * cells + 1)
        between = _clean(function(nodes[1::2]))
        if between is None:
            return None
        table = QuantileTable(values)
        checked = np.abs(nodes[1::2]) < _CHECKED
        slope = np.diff(values) * cells / (2 * FURTHEST)
        error = np.abs(table(nodes[1::2]) - between)
        # Numbers know their last digit only.
        allowed = tolerance * slope + 4 * np.finfo(float).eps * np.abs(between)
        if (error <= allowed)[checked].all():
            return table
        values = _merged(values, between)
        if cells >= most:
            return QuantileTable(values) if keep else None
        cells *= 2
    return None


def _merged(values: Array, between: Array) -> Array:
    """Values at all nodes of a grid twice as fine."""
    merged = np.empty(2 * len(between) + 1)
    merged[::2], merged[1::2] = values, between
    return np.maximum.accumulate(merged)


def _clean(values: Array) -> Array | None:
    """Ascending finite values; those without a number at the ends are as the next to them."""
    known = np.flatnonzero(np.isfinite(values))
    if len(known) < 0.9 * len(values):
        return None
    values = values[np.clip(np.arange(len(values)), known[0], known[-1])]
    return np.maximum.accumulate(values) if np.isfinite(values).all() else None


class Tabulated(Distribution):
    """A continuous distribution of the same parameters in all rows, its quantiles from a table."""

    def __init__(self, base: Distribution) -> None:
        self.base, self.discrete = base, base.discrete
        # A quicker way to draw needs no table.
        self._draws = type(base).draw is not Distribution.draw

    @cached_property
    def _table(self) -> Callable[[Array], Array]:
        return tabulated(self.base.quantile) or self.base.quantile

    def quantile(self, noise: Array) -> Array:
        return self._table(noise)

    def at_most(self, values: Array) -> Tails:
        return self.base.at_most(values)

    def log_density(self, values: Array) -> Array:
        return self.base.log_density(values)

    def draw(self, noise: Array) -> Array:
        return self.base.draw(noise) if self._draws else self.quantile(noise)

    def is_point(self, values: Array) -> NDArray[np.bool_]:
        return self.base.is_point(values)

    def atoms(self) -> Array:
        return self.base.atoms()

    def ends(self) -> tuple[Array, Array]:
        return self.base.ends()


class Stepped(Distribution):
    """A discrete distribution of the same parameters in all rows: noise meets its steps."""

    discrete = True
    _MOST = 1 << 16

    def __init__(self, base: Distribution, values: Array) -> None:
        self.base, self._values = base, values
        self._steps = base.at_most(values[:-1]).noise

    @classmethod
    def of(cls, base: Distribution) -> Distribution:
        """The distribution with its steps where it has few values; itself where it has many."""
        low, high = np.floor(base.quantile(np.array([-FURTHEST, FURTHEST])))
        if not (np.isfinite([low, high]).all() and high - low < cls._MOST):
            return base
        return cls(base, np.arange(low, high + 1))

    def at_most(self, values: Array) -> Tails:
        return self.base.at_most(values)

    def below(self, values: Array) -> Tails:
        return self.base.below(values)

    def log_density(self, values: Array) -> Array:
        return self.base.log_density(values)

    def quantile(self, noise: Array) -> Array:
        return self._values[np.searchsorted(self._steps, noise, side="left")]

    def ends(self) -> tuple[Array, Array]:
        return self.base.ends()

    def points(self, most: int) -> Array | None:
        return self._values if len(self._values) <= most else None
