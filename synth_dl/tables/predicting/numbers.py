"""What the probabilities of a number's codes say of its value: mean, quantiles, mode.

A bin may hold exact values that have codes of their own, so it is cut there: the pieces and the
exact values follow one another, and have one distribution function.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.tables.codecs.columns import NumberColumn
from synth_dl.tables.codecs.dtypes import restore_numbers
from synth_dl.tables.codecs.number import NumberCodec

Shares = NDArray[np.float64]


@dataclass(frozen=True)
class Pieces:
    """The values of a number in ascending order, as exact ones and stretches between them.

    Attributes:
        column: codec of the number.
        lows: [P] first value of each; for an exact one the value.
        highs: [P] the value after the last (on a grid), or the upper bound.
        owner: [P] which of the M codes it belongs to.
        weight: [P] which share of that code.
    """

    column: NumberColumn
    lows: NDArray[np.float64]
    highs: NDArray[np.float64]
    owner: NDArray[np.int64]
    weight: NDArray[np.float64]

    @classmethod
    def of(cls, column: NumberColumn) -> Self:
        """Those of all codes."""
        codec = column.codec
        lows, highs = (bound.astype(np.float64) for bound in _bounds(codec))
        atoms = codec.lows[codec.is_atom].astype(np.float64)
        found = []
        for owner, (low, high) in enumerate(zip(lows, highs, strict=True)):
            if low == high:
                found.append((low, low + codec.grid, owner, 1.0))
                continue
            cuts = atoms[(atoms >= low) & (atoms < high)]
            starts, ends = np.append(low, cuts + codec.grid), np.append(cuts, high)
            kept = ends > starts
            if not kept.any():  # every value of the bin is an exact one, so it draws its first
                starts, ends, kept = low[None], low[None] + 1, np.ones(1, bool)
            sizes = (ends - starts)[kept]
            parts = zip(starts[kept], ends[kept], sizes / sizes.sum(), strict=True)
            found += [(start, end, owner, weight) for start, end, weight in parts]
        found.sort(key=lambda piece: (piece[0], piece[1]))
        starts, ends, owners, weights = (np.array(each) for each in zip(*found, strict=True))
        return cls(column, starts, ends, owners, weights)

    def means(self, shares: Shares) -> Shares:
        """[B] of probabilities [B, M], in units of the column."""
        middles = self.lows / 2 + (self.highs - self.column.codec.grid) / 2
        inner = np.bincount(self.owner, self.weight * middles, shares.shape[1])
        return self._in_units(shares @ inner)

    def quantiles(self, shares: Shares, level: float) -> pd.Series:
        """[B] values of the column's dtype, the least at or below which this probability lies."""
        heights = (shares[:, self.owner] * self.weight).cumsum(1)
        wanted = level * heights[:, -1]
        # The first piece whose distribution function reaches the level, and has a height.
        place = (heights < wanted[:, None] * (1 - 1e-12)).sum(1)
        place = np.minimum(place, len(self.lows) - 1)
        top = np.take_along_axis(heights, place[:, None], 1)[:, 0]
        height = shares[np.arange(len(shares)), self.owner[place]] * self.weight[place]
        along = np.clip(1 - (top - wanted) / np.maximum(height, 1e-300), 0, 1)
        low, high = self.lows[place], self.highs[place]
        if self.column.codec.grid:
            steps = np.ceil(along * (high - low) - 1e-9) - 1
            return self._restored(low + np.maximum(steps, 0))
        return self._restored(low + along * (high - low))

    def modes(self, shares: Shares) -> pd.Series:
        """[B] the most likely values, of the column's dtype.

        On a grid that of the highest probability; else an exact value that is more likely than any
        bin, or the middle of the bin of the highest density.
        """
        codec = self.column.codec
        sizes = np.bincount(self.owner, self.highs - self.lows, shares.shape[1])
        place = (shares / np.where(sizes > 0, sizes, np.inf)).argmax(1)
        if not codec.grid:
            likeliest = shares.argmax(1)
            place = np.where(sizes[likeliest] > 0, place, likeliest)
        first = np.full(shares.shape[1], len(self.lows))
        np.minimum.at(first, self.owner, np.arange(len(self.owner)))
        low, high = self.lows[first[place]], self.highs[first[place]]
        middle = low + (np.floor((high - low - 1) / 2) if codec.grid else (high - low) / 2)
        return self._restored(middle)

    def _restored(self, numbers: Shares) -> pd.Series:
        column = self.column
        values = numbers.astype(column.codec.lows.dtype)
        present = np.ones(len(values), bool)
        return restore_numbers(values, present, column.grid_decimals, column.column.dtype)

    def _in_units(self, numbers: Shares) -> Shares:
        decimals = self.column.grid_decimals
        return numbers if decimals is None else numbers / 10.0**decimals


def _bounds(codec: NumberCodec) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    """[M] bounds of all codes, each coarse one with all its fine ones in order."""
    ends = list(zip(codec.lows, codec.edges, codec.highs, strict=True))
    lows = [np.append(low, inner) for low, inner, _ in ends]
    highs = [np.append(inner, high) for _, inner, high in ends]
    return np.concatenate(lows), np.concatenate(highs)
