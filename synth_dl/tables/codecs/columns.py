"""One codec for each type of column, all with the same six methods.

A column becomes `width` neighbouring variables of the record. `encode` gives -1 where a cell has
no code (unseen, or rarer than `min_count`), which models treat as unknown.
"""

from dataclasses import dataclass
from typing import Any, Protocol
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.spec import Variable
from synth_dl.tables.codecs.category import CategoryCodec
from synth_dl.tables.codecs.dtypes import (
    fits_grid,
    is_integer,
    numbers_of,
    restore_choices,
    restore_numbers,
)
from synth_dl.tables.codecs.key import KeyCodec
from synth_dl.tables.codecs.number import NumberCodec
from synth_dl.tables.codecs.realistic import Realistic
from synth_dl.tables.codecs.variables import Codes, number_variables, pad, split_variables, trim
from synth_dl.tables.schema import Column

Uniform = NDArray[np.float64]


@dataclass(frozen=True)
class Place:
    """Where drawn rows stand in the whole sample; keys depend on it and on nothing else."""

    first_row: int
    seed: int


class ColumnCodec(Protocol):
    """What a table codec asks of each of its columns."""

    def variables(self, column: int, first: int) -> list[Variable]:
        """The variables of this column, the first of which has index `first` in the spec."""
        ...

    def encode(self, values: pd.Series) -> Codes:
        """[N, width] codes, -1 where a cell has none."""
        ...

    def decode(self, codes: Codes, uniform: Uniform, place: Place) -> pd.Series:
        """The cells behind [N, width] codes; `uniform` [N, width] places numbers in their bins."""
        ...

    def log_measure(self, codes: Codes) -> NDArray[np.float64]:
        """[N] log of how many values (or how wide an interval) the codes stand for."""
        ...

    def describe(self) -> tuple[str, str]:
        """Range or categories, and how they are encoded, for people."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold."""
        ...


@dataclass(frozen=True)
class NumberColumn:
    """Integers and decimals."""

    column: Column
    codec: NumberCodec

    @classmethod
    def fit(cls, values: pd.Series, column: Column, min_count: int) -> "NumberColumn":
        """Fit on the training rows."""
        decimals = _decimals(column)
        if not fits_grid(values, decimals, column.dtype):
            decimals = None
        numbers, present = numbers_of(values, decimals, column.dtype)
        return cls(column, NumberCodec.fit(numbers, present, min_count=min_count))

    def variables(self, column: int, first: int) -> list[Variable]:
        return number_variables(self.codec, self.column.name, column, first)

    def encode(self, values: pd.Series) -> Codes:
        numbers, present = numbers_of(values, self._grid_decimals, self.column.dtype)
        return trim(self.codec.encode(numbers, present), self.codec.children)

    def decode(self, codes: Codes, uniform: Uniform, place: Place) -> pd.Series:
        numbers, present = self.codec.decode(pad(codes), uniform[:, 0])
        return restore_numbers(numbers, present, self._grid_decimals, self.column.dtype)

    def log_measure(self, codes: Codes) -> NDArray[np.float64]:
        return self.codec.log_measure(pad(codes))

    def inside(self, values: pd.Series) -> NDArray[np.bool_]:
        """[N] whether a cell is missing or between the stored extremes."""
        numbers, present = numbers_of(values, self._grid_decimals, self.column.dtype)
        return ~present | self.codec.inside(numbers)

    def labels(self) -> list[Any]:
        """What each coarse code stands for, missing left out: a value or an interval."""
        pairs = zip(self.codec.lows, self.codec.highs, strict=True)
        bounds = [(self._in_units(low), self._in_units(high)) for low, high in pairs]
        return [low if low == high else pd.Interval(low, high, "left") for low, high in bounds]

    def describe(self) -> tuple[str, str]:
        codec, decimals = self.codec, self._grid_decimals
        if not codec.values:
            return "", "no value is shared by enough rows"
        form = ".4g" if decimals is None else f".{decimals}f" if decimals > 0 else "d"
        low, high = (format(self._in_units(bound), form) for bound in codec.extremes())
        atoms = int(codec.is_atom.sum())
        bins = sum(codec.children) - atoms - codec.missing
        counts = ((atoms, "exact value"), (bins, "bin"))
        parts = [f"{count} {word}{'s' * (count > 1)}" for count, word in counts if count]
        return f"{low} to {high}", " and ".join(parts)

    def to_dict(self) -> dict[str, Any]:
        return self.codec.to_dict()

    @classmethod
    def from_dict(cls, column: Column, state: dict[str, Any]) -> "NumberColumn":
        return cls(column, NumberCodec.from_dict(state))

    @property
    def _grid_decimals(self) -> int | None:
        return _decimals(self.column) if self.codec.grid else None

    def _in_units(self, bound: Any) -> int | float:
        decimals, value = self._grid_decimals, bound.item()
        if decimals is None:
            return value
        return value / 10**decimals if decimals > 0 else value * 10**-decimals


@dataclass(frozen=True)
class CategoryColumn:
    """Categories and booleans."""

    column: Column
    codec: CategoryCodec

    @classmethod
    def fit(cls, values: pd.Series, column: Column, min_count: int) -> "CategoryColumn":
        """Fit on the training rows."""
        codec = CategoryCodec.fit(values, min_count=min_count, declared=column.levels)
        return cls(column, codec)

    def variables(self, column: int, first: int) -> list[Variable]:
        return split_variables(
            self.codec.children, self.column.name, column, first, self.column.ordered
        )

    def encode(self, values: pd.Series) -> Codes:
        return trim(self.codec.encode(values), self.codec.children)

    def decode(self, codes: Codes, uniform: Uniform, place: Place) -> pd.Series:
        index, present = self.codec.decode(pad(codes))
        return restore_choices(self.codec.categories, index, present, self.column)

    def log_measure(self, codes: Codes) -> NDArray[np.float64]:
        return np.zeros(len(codes))

    def labels(self) -> list[Any]:
        """The categories, missing left out."""
        return list(self.codec.categories)

    def describe(self) -> tuple[str, str]:
        categories = self.codec.categories
        shown = ", ".join(str(value) for value in categories[:3])
        return shown + (", …" if len(categories) > 3 else ""), f"{len(categories)} categories"

    def to_dict(self) -> dict[str, Any]:
        return self.codec.to_dict()

    @classmethod
    def from_dict(cls, column: Column, state: dict[str, Any]) -> "CategoryColumn":
        return cls(column, CategoryCodec.from_dict(state))


@dataclass(frozen=True)
class KeyColumn:
    """Identifiers and free text; the model knows their pattern only."""

    column: Column
    codec: KeyCodec

    @classmethod
    def fit(cls, values: pd.Series, column: Column, min_count: int) -> "KeyColumn":
        """Fit on the training rows."""
        source = Realistic(column.kind, column.locale) if column.kind else None
        if source is not None:
            source.check()
        return cls(column, KeyCodec.fit(values, min_count, source))

    def variables(self, column: int, first: int) -> list[Variable]:
        return [Variable(self.column.name, self.codec.levels, column)]

    def encode(self, values: pd.Series) -> Codes:
        return self.codec.encode(values)[:, None]

    def decode(self, codes: Codes, uniform: Uniform, place: Place) -> pd.Series:
        # Columns of one pattern hold values of their own.
        seed = place.seed ^ crc32(self.column.name.encode())
        return self.codec.decode(codes[:, 0], first_row=place.first_row, seed=seed)

    def log_measure(self, codes: Codes) -> NDArray[np.float64]:
        return np.zeros(len(codes))

    def describe(self) -> tuple[str, str]:
        return "", self.codec.describe()

    def to_dict(self) -> dict[str, Any]:
        return self.codec.to_dict()

    @classmethod
    def from_dict(cls, column: Column, state: dict[str, Any]) -> "KeyColumn":
        return cls(column, KeyCodec.from_dict(state))


def _decimals(column: Column) -> int | None:
    """Digits after the point; whole numbers have none, whatever is declared."""
    return min(column.decimals or 0, 0) if is_integer(column.dtype) else column.decimals
