"""Numbers as codes: exact atoms for values that many rows share, quantile bins for the rest.

A value becomes a coarse code (missing, an atom, or a bin) and, where bins are split further, a
fine code inside the bin. Fixed-precision numbers live on an integer grid, so that a code has a
number of values and a mass; the others live on the real line, so that a code has a width and a
density. No atom, edge or extreme rests on fewer than `min_count` rows.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from synth_dl.opening import converted
from synth_dl.tables.codecs.bins import bin_edges, group_bins, middle_value
from synth_dl.tables.codecs.draws import count_free, draw_integers, draw_reals
from synth_dl.tables.codecs.dtypes import GRID_LIMIT
from synth_dl.tables.codecs.popular import popular_values
from synth_dl.tables.codecs.resolution import likeliest_parts

_MOST_CODES = 4096
FINE_ROWS = 64  # rows a coarse bin holds before it is worth splitting


@dataclass(frozen=True)
class NumberCodec:
    """Codes of one number.

    Attributes:
        lows: [K] lower bound of each coarse code, in value order; an atom's value. Their dtype is
            that of the values: int64 on a grid, else the float type that draws are rounded to.
        highs: [K] upper bound (exclusive on a grid); equal to `lows` for an atom.
        shares: [K] share of the present rows in each coarse code.
        edges: for each coarse code, its inner fine edges (ascending, without the two bounds).
        missing: whether the last coarse code stands for a missing value.
    """

    lows: NDArray[Any]
    highs: NDArray[Any]
    shares: NDArray[np.float64]
    edges: tuple[NDArray[Any], ...]
    missing: bool

    @classmethod
    def fit(
        cls,
        values: NDArray[Any],
        present: NDArray[np.bool_],
        *,
        min_count: int = 5,
        max_atoms: int = 128,
        coarse: int = 64,
        fine: int = 16,
    ) -> "NumberCodec":
        """Find atoms, bins and their edges.

        Args:
            values: [N] int64 within 2**62 of zero (a grid) or floats; entries that are not present
                are ignored.
            present: [N] False where the value is missing.
            min_count: rows that every atom, bin, edge and extreme rests on at least.
            max_atoms: columns with at most so many values keep each of them as an atom; of others
                those are atoms that many rows share, or far more than share their neighbours.
            coarse: bins at most.
            fine: parts of a bin at most.
        """
        known = values[present]
        missing = len(values) - len(known) >= min_count
        distinct, counts = np.unique(known, return_counts=True)
        frequent = min_count if len(distinct) <= max_atoms else 0.004 * len(known)
        is_atom = counts >= max(min_count, frequent)
        if len(distinct) > max_atoms:
            is_atom |= popular_values(distinct, counts, min_count)
        atoms = distinct[is_atom]
        rest = np.repeat(distinct[~is_atom], counts[~is_atom])
        # Fine codes of few rows teach a model nothing but those rows.
        many = len(rest) >= coarse * FINE_ROWS
        parts = likeliest_parts(rest, atoms, min_count, coarse, fine) if many else coarse
        bounds = bin_edges(rest, min_count, parts)
        held = counts[is_atom]
        if not len(atoms) and not len(bounds):
            atoms = middle_value(rest, min_count)
            held = np.ones(len(atoms), np.int64)
        lows, highs, rows, inner = group_bins(bounds, rest, coarse, fine)
        lows, highs = np.concatenate([atoms, lows]), np.concatenate([atoms, highs])
        shares = np.concatenate([held, rows]).astype(np.float64)
        shares /= max(1.0, shares.sum())
        edges = [atoms[:0]] * len(atoms) + inner
        order = np.lexsort((highs, lows / 2 + highs / 2))
        inner_edges = tuple(edges[index] for index in order)
        return cls(lows[order], highs[order], shares[order], inner_edges, missing)

    @property
    def grid(self) -> bool:
        """Whether values are integers: multiples of the column's precision."""
        return self.lows.dtype.kind == "i"

    @property
    def values(self) -> int:
        """Coarse codes that stand for a value."""
        return len(self.lows)

    @property
    def levels(self) -> int:
        """Coarse codes, the one for missing among them."""
        return self.values + self.missing

    @property
    def children(self) -> tuple[int, ...]:
        """Fine codes under each coarse code."""
        return tuple(len(inner) + 1 for inner in self.edges) + (1,) * self.missing

    @property
    def is_atom(self) -> NDArray[np.bool_]:
        """[K] whether a coarse code stands for one exact value."""
        return self.lows == self.highs

    def ranks(self) -> NDArray[np.float64]:
        """[levels] position of each coarse code's middle among the rows; NaN for missing."""
        middles = np.cumsum(self.shares) - self.shares / 2
        return np.append(middles, np.full(int(self.missing), np.nan))

    def widths(self) -> NDArray[np.float64]:
        """[levels] share of the present rows in each coarse code; 0 for missing."""
        return np.append(self.shares, np.zeros(int(self.missing)))

    def encode(self, values: NDArray[Any], present: NDArray[np.bool_]) -> NDArray[np.int64]:
        """[N, 2] coarse and fine codes; -1, -1 where a value has no code (rare or unseen).

        Values beyond the extremes belong to the first or last bin.
        """
        codes = np.full((len(values), 2), -1, dtype=np.int64)
        if self.missing:
            codes[~present] = (self.values, 0)
        known = self._cast(values[present])
        coarse, fine = np.full((2, len(known)), -1, np.int64)
        lows, _, owner, first = self._parts
        bins = np.flatnonzero(~self.is_atom[owner])
        if len(bins):
            place = bins[np.maximum(np.searchsorted(lows[bins], known, side="right") - 1, 0)]
            coarse, fine = owner[place], place - first[owner[place]]
        atom_index = np.flatnonzero(self.is_atom)
        if len(atom_index):
            atoms = self._atoms
            place = np.clip(np.searchsorted(atoms, known), 0, len(atoms) - 1)
            hit = atoms[place] == known
            coarse[hit] = atom_index[place[hit]]
            fine[hit] = 0
        codes[present] = np.stack([coarse, fine], axis=1)
        return codes

    def decode(
        self, codes: NDArray[np.int64], uniform: NDArray[np.float64]
    ) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Values and whether they are present.

        Args:
            codes: [N, 2] coarse and fine codes, none of them -1; [N, 1] where no code is split.
            uniform: [N] draws from [0, 1) that place a value inside its bin.
        """
        present = codes[:, 0] < self.values
        low, high = self._bounds(np.where(present[:, None], codes, 0))
        draw = draw_integers if self.grid else draw_reals
        return draw(low, high, uniform, self._atoms), present

    def log_measure(self, codes: NDArray[np.int64]) -> NDArray[np.float64]:
        """[N] log of the number of values (grid) or of the width (real line) behind a code.

        Subtracted from the log-probability of the codes it gives the log-mass or log-density of
        the value; 0 for atoms and for missing.
        """
        present = (codes[:, 0] < self.values) & (codes[:, 0] >= 0)
        low, high = self._bounds(np.where(present[:, None], codes, 0))
        point = ~present | (low == high)
        if self.grid:
            return np.log(np.where(point, 1, np.maximum(count_free(low, high, self._atoms), 1)))
        # Halves first: the difference of two numbers may be too large where no half of it is.
        half = high.astype(np.float64) / 2 - low.astype(np.float64) / 2
        return np.log(np.where(point, 0.5, np.maximum(half, np.finfo(float).tiny))) + np.log(2)

    def extremes(self) -> tuple[Any, Any]:
        """The least and the largest value that a draw can have, on a grid, else its bounds."""
        last = self.highs - (~self.is_atom if self.grid else 0)
        return self.lows.min(), last.max()

    def inside(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        """[N] whether a value lies in the support, that is not beyond the extremes."""
        values = self._cast(values)
        bins = ~self.is_atom
        hit = np.isin(values, self.lows[~bins])
        if bins.any():
            low, high = self.lows[bins][0], self.highs[bins][-1]
            hit |= (values >= low) & ((values < high) if self.grid else (values <= high))
        return hit

    def _cast(self, values: NDArray[Any]) -> NDArray[Any]:
        with np.errstate(over="ignore"):
            return values.astype(self.lows.dtype)

    @property
    def _atoms(self) -> NDArray[Any]:
        return self.lows[self.is_atom]

    @cached_property
    def _parts(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int64], NDArray[np.int64]]:
        """[fine codes] lower and upper bound of each and its coarse code; [K] the first fine one
        of each coarse code."""
        ends = list(zip(self.lows, self.edges, self.highs, strict=True))
        lows = np.concatenate([self.lows[:0], *(np.append(low, inner) for low, inner, _ in ends)])
        highs = np.concatenate([self.lows[:0], *(np.append(inner, top) for _, inner, top in ends)])
        coarse = np.arange(self.values)
        owner = np.repeat(coarse, np.array([len(inner) + 1 for inner in self.edges], np.int64))
        return lows, highs, owner, np.searchsorted(owner, coarse)

    def _bounds(self, codes: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any]]:
        if not self.values:
            nothing = np.zeros(len(codes), self.lows.dtype)
            return nothing, nothing
        lows, highs, _, first = self._parts
        position = first[codes[:, 0]] + codes[:, 1:].sum(1)
        return lows[position], highs[position]

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold."""
        return {
            "dtype": self.lows.dtype.name,
            "lows": self.lows.tolist(),
            "highs": self.highs.tolist(),
            "shares": self.shares.tolist(),
            "edges": [inner.tolist() for inner in self.edges],
            "missing": self.missing,
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> "NumberCodec":
        """The inverse of `to_dict`; a ValueError for a state that no fit leaves."""
        stored = converted(state, _Stored)
        codec = cls(
            lows=np.array(stored.lows, stored.dtype),
            highs=np.array(stored.highs, stored.dtype),
            shares=np.array(stored.shares, np.float64),
            edges=tuple(np.array(inner, stored.dtype) for inner in stored.edges),
            missing=stored.missing,
        )
        if not codec._is_fitted():
            raise ValueError("its codes do not cover stretches of values in their order")
        return codec

    def _is_fitted(self) -> bool:
        """Whether the codes are atoms and bins in their order, each with a share of the rows."""
        parts = list(zip(self.lows, self.edges, self.highs, self.shares, strict=True))
        ends = [np.array([low, *inner, high]) for low, inner, high, _ in parts]
        spans = all((a[1:] > a[:-1]).all() or (len(a) == 2 and a[0] == a[1]) for a in ends)
        bins, atoms = ~self.is_atom, self._atoms
        apart = (self.lows[bins][1:] >= self.highs[bins][:-1]).all()
        limit = GRID_LIMIT if self.grid else np.finfo(self.lows.dtype).max
        finite = all((np.abs(a.astype(float)) <= limit).all() for a in ends)
        shared = (self.shares >= 0).all() and self.shares.sum() <= 1 + 1e-6
        return bool(spans and apart and (atoms[1:] > atoms[:-1]).all() and shared and finite)


_Bounds = Annotated[list[int | float], Meta(max_length=_MOST_CODES)]


class _Stored(Struct, forbid_unknown_fields=True):
    """What `NumberCodec.to_dict` gives."""

    dtype: Literal["int64", "float16", "float32", "float64"]
    lows: _Bounds
    highs: _Bounds
    shares: _Bounds
    edges: Annotated[list[_Bounds], Meta(max_length=_MOST_CODES)]
    missing: bool
