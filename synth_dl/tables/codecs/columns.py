"""What a codec of a column does, and the codecs of numbers and of keys.

A column becomes `width` neighbouring variables of the record. `encode` gives -1 where a cell has
no code (unseen, or rarer than `min_count`), which models treat as unknown.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.errors import ConfigError
from synth_dl.identifiers.realistic import Realistic
from synth_dl.spec import Variable
from synth_dl.tables.codecs.dtypes import (
    fits_grid,
    is_integer,
    numbers_of,
    restore_numbers,
)
from synth_dl.tables.codecs.key import KeyCodec
from synth_dl.tables.codecs.number import NumberCodec
from synth_dl.tables.promise import full_dtype, slack_of
from synth_dl.tables.schema import Column

Codes = NDArray[np.int64]
Uniform = NDArray[np.float64]


@dataclass(frozen=True)
class Place:
    """Where drawn rows stand in the whole sample; keys depend on it and on nothing else."""

    first_row: int
    seed: int


@dataclass(frozen=True)
class ColumnCodec(ABC):
    """What a table codec asks of each of its columns; what it learns, and what it says of it."""

    column: Column

    @abstractmethod
    def variables(self, column: int, first: int) -> list[Variable]:
        """The variables of this column, the first of which has index `first` in the spec."""

    def log_measure(self, codes: Codes) -> NDArray[np.float64]:
        """[N] log of how many values (or how wide an interval) the codes stand for."""
        return np.zeros(len(codes))

    def labels(self) -> list[Any]:
        """What the codes of the first variable stand for, missing left out.

        Raises:
            ConfigError: for keys and dates, whose codes have no value of their own.
        """
        raise ConfigError(
            f"column {self.column.name!r} is of type {self.column.type}, which cannot be "
            "predicted; choose a number, category or boolean"
        )

    @property
    def has_missing(self) -> bool:
        """Whether the last code of the first variable stands for a missing cell."""
        return False

    @abstractmethod
    def describe(self) -> tuple[str, str]:
        """Range or categories, and how they are encoded, for people."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold."""


@dataclass(frozen=True)
class SingleColumn(ColumnCodec):
    """A column that is fitted, encoded and decoded by its own cells alone."""

    @classmethod
    @abstractmethod
    def fit(cls, values: pd.Series, column: Column, min_count: int) -> Self:
        """Fit on the training rows."""

    @abstractmethod
    def encode(self, values: pd.Series) -> Codes:
        """[N, width] codes, -1 where a cell has none."""

    @abstractmethod
    def decode(self, codes: Codes, uniform: Uniform, place: Place) -> pd.Series:
        """The cells behind [N, width] codes; `uniform` [N, width] places numbers in their bins."""

    @classmethod
    @abstractmethod
    def from_dict(cls, column: Column, state: dict[str, Any]) -> Self:
        """The inverse of `to_dict`."""


@dataclass(frozen=True)
class CodedColumn(SingleColumn):
    """A column around a codec that knows nothing of the schema, and whose state is its own."""

    codec: Any
    kind: ClassVar[Any]

    def to_dict(self) -> dict[str, Any]:
        return self.codec.to_dict()

    @classmethod
    def from_dict(cls, column: Column, state: dict[str, Any]) -> Self:
        return cls(column, cls.kind.from_dict(state))


@dataclass(frozen=True)
class NumberColumn(CodedColumn):
    """Integers and decimals."""

    codec: NumberCodec
    kind = NumberCodec

    @classmethod
    def fit(cls, values: pd.Series, column: Column, min_count: int) -> Self:
        decimals = _decimals(column)
        if not fits_grid(values, decimals, column.dtype, slack_of(len(values), min_count)):
            decimals = None
        numbers, present = numbers_of(values, decimals, column.dtype)
        return cls(column, NumberCodec.fit(numbers, present, min_count=min_count))

    @property
    def has_missing(self) -> bool:
        return self.codec.missing

    def variables(self, column: int, first: int) -> list[Variable]:
        return number_variables(self.codec, self.column.name, column, first)

    def encode(self, values: pd.Series) -> Codes:
        numbers, present = numbers_of(values, self.grid_decimals, self.column.dtype)
        return trim(self.codec.encode(numbers, present), self.codec.children)

    def decode(self, codes: Codes, uniform: Uniform, place: Place) -> pd.Series:
        numbers, present = self.codec.decode(codes, uniform[:, 0])
        return restore_numbers(numbers, present, self.grid_decimals, self.column.dtype)

    def log_measure(self, codes: Codes) -> NDArray[np.float64]:
        return self.codec.log_measure(codes)

    def inside(self, values: pd.Series) -> NDArray[np.bool_]:
        """[N] whether a cell is missing or between the stored extremes."""
        numbers, present = numbers_of(values, self.grid_decimals, self.column.dtype)
        return ~present | self.codec.inside(numbers)

    def step_of(self, values: pd.Series) -> Any:
        """The first value as the codec has it: a number of steps, or a float."""
        return numbers_of(values, self.grid_decimals, self.column.dtype)[0][0]

    def labels(self) -> list[Any]:
        """What each coarse code stands for, missing left out: a value or an interval."""
        pairs = zip(self.codec.lows, self.codec.highs, strict=True)
        bounds = [(self._in_units(low), self._in_units(high)) for low, high in pairs]
        return [low if low == high else pd.Interval(low, high, "left") for low, high in bounds]

    def describe(self) -> tuple[str, str]:
        codec, decimals = self.codec, self.grid_decimals
        if not codec.values:
            return "", "no value is shared by enough rows"
        form = ".4g" if decimals is None else f".{decimals}f" if decimals > 0 else "d"
        low, high = (format(self._in_units(bound), form) for bound in codec.extremes())
        atoms = int(codec.is_atom.sum())
        bins = sum(codec.children) - atoms - codec.missing
        counts = ((atoms, "exact value"), (bins, "bin"))
        parts = [f"{count} {word}{'s' * (count > 1)}" for count, word in counts if count]
        return f"{low} to {high}", " and ".join(parts)

    @property
    def grid_decimals(self) -> int | None:
        """Digits after the point that the steps of the codec stand for; None where it has none."""
        return _decimals(self.column) if self.codec.grid else None

    def _in_units(self, bound: Any) -> int | float:
        decimals, value = self.grid_decimals, bound.item()
        if decimals is None:
            return value
        return value / 10**decimals if decimals > 0 else value * 10**-decimals


@dataclass(frozen=True)
class KeyColumn(CodedColumn):
    """Identifiers and free text; the model knows their pattern only."""

    codec: KeyCodec
    kind = KeyCodec

    @classmethod
    def fit(cls, values: pd.Series, column: Column, min_count: int) -> Self:
        source = Realistic(column.kind, column.locale) if column.kind else None
        if source is not None:
            source.check()
        found = KeyCodec.fit(values, min_count, source)
        few = not found.has_missing and full_dtype(found.dtype) == column.dtype
        return cls(column, replace(found, dtype=column.dtype) if few else found)

    def variables(self, column: int, first: int) -> list[Variable]:
        return [Variable(self.column.name, self.codec.levels, column)]

    def encode(self, values: pd.Series) -> Codes:
        return self.codec.encode(values)[:, None]

    def decode(self, codes: Codes, uniform: Uniform, place: Place) -> pd.Series:
        # Columns of one pattern hold values of their own.
        seed = place.seed ^ crc32(self.column.name.encode())
        return self.codec.decode(codes[:, 0], first_row=place.first_row, seed=seed)

    @property
    def has_missing(self) -> bool:
        return self.codec.has_missing

    def describe(self) -> tuple[str, str]:
        return "", self.codec.describe()


def number_variables(codec: NumberCodec, name: str, column: int, first: int) -> list[Variable]:
    """The variables of a number, with ranks; `first` is the index of the first in the spec."""
    coarse, *fine = split_variables(codec.children, name, column, first, ordered=True)
    ranks, widths = tuple(codec.ranks().tolist()), tuple(codec.widths().tolist())
    return [replace(coarse, ranks=ranks, widths=widths), *fine]


def split_variables(
    children: tuple[int, ...], name: str, column: int, first: int, ordered: bool
) -> list[Variable]:
    """A coarse variable, whose codes have so many fine codes each, and the fine one if needed."""
    found = [Variable(name, len(children), column, ordered)]
    if width(children) > 1:
        fine = Variable(
            f"{name} (fine)", max(children), column, ordered, parent=first, children=children
        )
        found.append(fine)
    return found


def width(children: tuple[int, ...]) -> int:
    """Number of variables of a column whose coarse codes have so many fine codes each."""
    return 1 + (max(children, default=1) > 1)


def trim(codes: Codes, children: tuple[int, ...]) -> Codes:
    """[N, 2] codes without the fine one where no code has several children."""
    return codes[:, : width(children)]


def _decimals(column: Column) -> int | None:
    """Digits after the point; whole numbers have none, whatever is declared."""
    return min(column.decimals or 0, 0) if is_integer(column.dtype) else column.decimals
