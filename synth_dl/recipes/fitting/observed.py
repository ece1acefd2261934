"""Numbers as a fit sees them: distinct values, their counts, and how finely they are rounded."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

# A family is held against whole rounding cells where so few of them lie between the ends of the
# data, or where so many rows share a value.
FEW_CELLS, SHARED = 2000, 2.0


@dataclass(frozen=True)
class Observed:
    """Values to which a family is fitted.

    Attributes:
        values: [D] ascending and distinct.
        counts: [D] how many rows have each; they may be fractions where a spike was taken out.
        step: width of the rounding cell around each value, or None where values are as good as
            exact.
    """

    values: Vector
    counts: Vector
    step: float | None = None

    @classmethod
    def of(cls, values: NDArray[Any], step: float | None = None) -> Self:
        """Count the values (at least one); `step` is kept only where it is coarse."""
        distinct, counts = np.unique(np.asarray(values, np.float64), return_counts=True)
        return cls.counted(distinct, counts.astype(np.float64), step)

    @classmethod
    def counted(cls, values: Vector, counts: Vector, step: float | None = None) -> Self:
        """The same of distinct values with counts."""
        few = step is not None and values[-1] - values[0] <= FEW_CELLS * step
        coarse = few or counts.sum() >= SHARED * len(values)
        return cls(values, counts, step if coarse else None)

    @cached_property
    def total(self) -> float:
        """Rows."""
        return float(self.counts.sum())

    @property
    def low(self) -> float:
        """Where the data begin: the least value, or the lower end of its cell."""
        return float(self.values[0]) - (self.step or 0.0) / 2

    @property
    def high(self) -> float:
        """Where the data end."""
        return float(self.values[-1]) + (self.step or 0.0) / 2

    @cached_property
    def mean(self) -> float:
        """Mean of the rows."""
        return float(self.values @ self.counts / self.total)

    @cached_property
    def variance(self) -> float:
        """Variance of the rows."""
        return float((self.values - self.mean) ** 2 @ self.counts / self.total)

    def quantiles(self, levels: Any) -> Vector:
        """Values at these levels, straight between the middles of the ranks of distinct values."""
        middles = (np.cumsum(self.counts) - self.counts / 2) / self.total
        return np.interp(levels, middles, self.values)

    @cached_property
    def edges(self) -> tuple[Vector, NDArray[np.int64], NDArray[np.int64], int]:
        """Of the rounding cells: all distinct edges, those of each value, and the middle one."""
        half = (self.step or 0.0) / 2
        both = np.concatenate([self.values - half, self.values + half])
        # Edges of neighbours are the same but for rounding.
        grid = np.round(both / half).astype(np.int64) if half else np.arange(len(both))
        _, first, place = np.unique(grid, return_index=True, return_inverse=True)
        count = len(self.values)
        return both[first], place[:count], place[count:], int(place[count // 2])

    @cached_property
    def spread(self) -> float:
        """A robust width, above zero where values differ."""
        quartiles = self.quantiles([0.25, 0.75])
        inner = float(quartiles[1] - quartiles[0])
        return inner or float(np.sqrt(self.variance)) or 1.0

    def compressed(self, groups: int = 256) -> "Observed":
        """About as many values as groups, each the mean of neighbours; the ends stay."""
        if len(self.values) <= groups:
            return self
        kept = 8
        below = np.cumsum(self.counts)
        inner = np.minimum((below - self.counts / 2) / self.total * groups, groups - 1)
        group = inner.astype(np.int64) + kept
        group[:kept] = np.arange(kept)
        group[-kept:] = groups + kept + np.arange(kept)
        _, group = np.unique(group, return_inverse=True)
        counts: Vector = np.bincount(group, self.counts).astype(np.float64)
        values = np.bincount(group, self.counts * self.values) / counts
        return Observed(values, counts, self.step)

    def subsample(self, rows: int, generator: np.random.Generator) -> "Observed":
        """At most so many rows, drawn without replacement; fractions of counts are rounded."""
        whole = np.round(self.counts).astype(np.int64)
        if whole.sum() <= rows:
            return self
        drawn = generator.multivariate_hypergeometric(whole, rows, method="marginals")
        there = drawn > 0
        return Observed(self.values[there], drawn[there].astype(np.float64), self.step)

    def above_zero(self) -> "Observed":
        """With an exact zero moved off zero, by half the least value above it or half a cell."""
        if self.step is not None or len(self.values) < 2 or self.values[0] != 0:
            return self
        return Observed(np.concatenate([self.values[1:2] / 2, self.values[1:]]), self.counts)
