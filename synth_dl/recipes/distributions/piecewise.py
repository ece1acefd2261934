"""Distributions that are even within cells, and those over a few listed values."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from synth_dl.recipes.distributions.base import Array, Distribution, Tails, all_points, lattice


class Piecewise(Distribution):
    """Numbers that are spread evenly within each of some cells that lie side by side.

    Args:
        edges: [K + 1] of the cells, each above the one before.
        weights: [K] of the cells, which need not sum to one.
    """

    def __init__(self, edges: Array, weights: Array) -> None:
        self._edges = np.asarray(edges, float)
        shares = np.asarray(weights, float) / np.sum(weights)
        self._low = np.concatenate([[0.0], np.cumsum(shares)]).clip(max=1.0)
        self._high = np.concatenate([np.cumsum(shares[::-1])[::-1], [0.0]]).clip(max=1.0)
        with np.errstate(divide="ignore"):
            self._log = np.log(shares) - np.log(np.diff(self._edges))

    def at_most(self, values: Array) -> Tails:
        return Tails(
            np.interp(values, self._edges, self._low), np.interp(values, self._edges, self._high)
        )

    def log_density(self, values: Array) -> Array:
        cell = np.searchsorted(self._edges, values, side="right") - 1
        cell = np.where(values == self._edges[-1], len(self._log) - 1, cell)
        inside = (cell >= 0) & (cell < len(self._log))
        return np.where(inside, self._log[np.clip(cell, 0, len(self._log) - 1)], -np.inf)

    def quantile(self, noise: Array) -> Array:
        return np.interp(ndtr(noise), self._low, self._edges)

    def ends(self) -> tuple[Any, Any]:
        return self._edges[0], self._edges[-1]


class Listed(Distribution):
    """The places 0, 1, ... of listed values, by weights that may differ by row.

    Args:
        weights: [K] or [N, K], from 0 on; they need not sum to one.

    Raises:
        ValueError: for weights that are negative, no number, or all zero.
    """

    discrete = True

    def __init__(self, weights: Array) -> None:
        weights = np.asarray(weights, float)
        weights = weights[0] if weights.shape[:-1] == (1,) else weights
        bad = ~np.isfinite(weights) | (weights < 0)
        if bad.any():
            value = weights[bad].flat[0]
            raise ValueError(f"a weight is {value:g}; give weights from 0 on")
        with np.errstate(over="ignore"):
            total = weights.sum(axis=-1, keepdims=True)
        if not np.isfinite(total).all():
            raise ValueError("the weights sum to more than all numbers; give smaller ones")
        if not (total > 0).all():
            raise ValueError("all weights are 0; give one of the values a weight above 0")
        self.shares = weights / total
        zeros = np.zeros((*weights.shape[:-1], 1))
        rising, falling = self.shares.cumsum(-1), self.shares[..., ::-1].cumsum(-1)[..., ::-1]
        # From each end, so that neither tail is lost by rounding.
        self._low = np.concatenate([zeros, rising], axis=-1).clip(max=1.0)
        self._high = np.concatenate([falling, zeros], axis=-1).clip(max=1.0)
        self._low[..., -1], self._high[..., 0] = 1.0, 1.0
        self._steps = Tails(self._low[..., 1:-1], self._high[..., 1:-1]).noise

    def _at(self, table: Array, places: Array) -> Array:
        places = np.clip(places, 0, table.shape[-1] - 1)
        if table.ndim == 1:
            return table[places]
        return np.take_along_axis(table, np.broadcast_to(places, table.shape[:1])[:, None], 1)[:, 0]

    def at_most(self, values: Array) -> Tails:
        places = np.floor(np.nan_to_num(values)).astype(np.int64) + 1
        return Tails(self._at(self._low, places), self._at(self._high, places))

    def below(self, values: Array) -> Tails:
        places = np.ceil(np.nan_to_num(values)).astype(np.int64)
        return Tails(self._at(self._low, places), self._at(self._high, places))

    def log_density(self, values: Array) -> Array:
        known = (values >= 0) & (values < self.shares.shape[-1]) & (values == np.floor(values))
        places = np.where(known, values, 0).astype(np.int64)
        with np.errstate(divide="ignore"):
            return np.where(known, np.log(self._at(self.shares, places)), -np.inf)

    def quantile(self, noise: Array) -> Array:
        if self._steps.ndim == 1:
            return np.searchsorted(self._steps, noise, side="left").astype(float)
        return (np.atleast_1d(noise)[:, None] > self._steps).sum(axis=1).astype(float)

    def ends(self) -> tuple[Any, Any]:
        return 0.0, self.shares.shape[-1] - 1.0

    def points(self, most: int) -> Array | None:
        return lattice(0.0, self.shares.shape[-1] - 1.0, 1.0, most)


class ListedNumbers(Distribution):
    """Listed numbers by weights that may differ by row.

    Args:
        numbers: [K] each above the one before.
        weights: as of `Listed`.
    """

    discrete = True

    def __init__(self, numbers: Array, weights: Array) -> None:
        self._numbers, self._places = numbers, Listed(weights)

    def at_most(self, values: Array) -> Tails:
        return self._places.at_most(np.searchsorted(self._numbers, values, side="right") - 1.0)

    def below(self, values: Array) -> Tails:
        return self._places.at_most(np.searchsorted(self._numbers, values, side="left") - 1.0)

    def log_density(self, values: Array) -> Array:
        place = np.searchsorted(self._numbers, values).clip(max=len(self._numbers) - 1)
        known = self._numbers[place] == values
        return np.where(known, self._places.log_density(place.astype(float)), -np.inf)

    def quantile(self, noise: Array) -> Array:
        return self._numbers[self._places.quantile(noise).astype(np.int64)]

    def ends(self) -> tuple[Any, Any]:
        return self._numbers[0], self._numbers[-1]

    def points(self, most: int) -> Array | None:
        return self._numbers if len(self._numbers) <= most else None


class Cases(Distribution):
    """Another distribution for each group of rows.

    Args:
        groups: [N] which of the parts each row has.
        parts: the distributions, each with the parameters of its own rows.
    """

    def __init__(self, groups: NDArray[np.int64], parts: dict[int, Distribution]) -> None:
        self._groups, self._parts = groups, parts
        self._rows = {k: np.flatnonzero(groups == k) for k in parts}
        self.discrete = all(part.discrete for part in parts.values())

    def _gather(self, method: str, values: Array, dtype: Any = float) -> Array:
        values = np.broadcast_to(values, self._groups.shape)
        result = np.zeros(self._groups.shape, dtype)
        for k, part in self._parts.items():
            result[self._rows[k]] = getattr(part, method)(values[self._rows[k]])
        return result

    def _tails(self, method: str, values: Array) -> Tails:
        values = np.broadcast_to(values, self._groups.shape)
        low, high = np.zeros(self._groups.shape), np.ones(self._groups.shape)
        for k, part in self._parts.items():
            tails = getattr(part, method)(values[self._rows[k]])
            low[self._rows[k]], high[self._rows[k]] = tails.low, tails.high
        return Tails(low, high)

    def at_most(self, values: Array) -> Tails:
        return self._tails("at_most", values)

    def below(self, values: Array) -> Tails:
        return self._tails("below", values)

    def log_density(self, values: Array) -> Array:
        return self._gather("log_density", values)

    def quantile(self, noise: Array) -> Array:
        return self._gather("quantile", noise)

    def draw(self, noise: Array) -> Array:
        return self._gather("draw", noise)

    def is_point(self, values: Array) -> NDArray[np.bool_]:
        return self._gather("is_point", values, bool)

    def points(self, most: int) -> Array | None:
        return all_points(self._parts.values(), most)
