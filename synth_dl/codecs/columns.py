"""One codec for each type of column, all with the same six methods.

A column becomes `width` neighbouring variables of the record. `encode` gives -1 where a cell has
no code (unseen, or rarer than `min_count`), which models treat as unknown.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.codecs.category import CategoryCodec
from synth_dl.codecs.key import KeyCodec
from synth_dl.codecs.number import NumberCodec
from synth_dl.codecs.schema import Column
from synth_dl.spec import Variable

Codes = NDArray[np.int64]
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
        numbers, present = _numbers(values, column.decimals)
        return cls(column, NumberCodec.fit(numbers, present, min_count=min_count))

    def variables(self, column: int, first: int) -> list[Variable]:
        return number_variables(self.codec, self.column.name, column, first)

    def encode(self, values: pd.Series) -> Codes:
        numbers, present = _numbers(values, self.column.decimals)
        return trim(self.codec.encode(numbers, present), self.codec.children)

    def decode(self, codes: Codes, uniform: Uniform, place: Place) -> pd.Series:
        numbers, present = self.codec.decode(pad(codes), uniform[:, 0])
        decimals = self.column.decimals
        if decimals is not None and decimals != 0:
            scale = 10.0 ** abs(decimals)
            numbers = numbers / scale if decimals > 0 else numbers * int(scale)
        return _restore(numbers, present, self.column.dtype)

    def log_measure(self, codes: Codes) -> NDArray[np.float64]:
        return self.codec.log_measure(pad(codes))

    def inside(self, values: pd.Series) -> NDArray[np.bool_]:
        """[N] whether a cell is missing or between the stored extremes."""
        numbers, present = _numbers(values, self.column.decimals)
        return ~present | self.codec.inside(numbers)

    def labels(self) -> list[Any]:
        """What each coarse code stands for, missing left out: a value or an interval."""
        codec = self.codec
        scale = 10.0 ** -(self.column.decimals or 0) if codec.grid else 1.0
        whole = codec.grid and (self.column.decimals or 0) <= 0
        bounds = [
            tuple(int(b * scale) if whole else float(b * scale) for b in pair)
            for pair in zip(codec.lows, codec.highs, strict=True)
        ]
        return [low if low == high else pd.Interval(low, high, "left") for low, high in bounds]

    def describe(self) -> tuple[str, str]:
        codec, decimals = self.codec, self.column.decimals or 0
        if not codec.values:
            return "", "no value is shared by enough rows"
        top = codec.highs[-1] - (codec.grid and not codec.is_atom[-1])
        scale = 10.0**-decimals
        low, high = (f"{bound * scale:.{max(decimals, 0)}f}" if codec.grid else f"{bound:.4g}"
                     for bound in (codec.lows[0], top))
        atoms = int(codec.is_atom.sum())
        bins = sum(codec.children) - atoms - codec.missing
        parts = [f"{atoms} exact values"] * (atoms > 0) + [f"{bins} bins"] * (bins > 0)
        return f"{low} to {high}", " and ".join(parts)

    def to_dict(self) -> dict[str, Any]:
        return self.codec.to_dict()

    @classmethod
    def from_dict(cls, column: Column, state: dict[str, Any]) -> "NumberColumn":
        return cls(column, NumberCodec.from_dict(state))


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
        return _split_variables(
            self.codec.children, self.column.name, column, first, self.column.ordered
        )

    def encode(self, values: pd.Series) -> Codes:
        return trim(self.codec.encode(values), self.codec.children)

    def decode(self, codes: Codes, uniform: Uniform, place: Place) -> pd.Series:
        index, present = self.codec.decode(pad(codes))
        return _restore_categories(self.codec.categories, index, present, self.column)

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
        return cls(column, KeyCodec.fit(values, min_count=min_count))

    def variables(self, column: int, first: int) -> list[Variable]:
        return [Variable(self.column.name, self.codec.levels, column)]

    def encode(self, values: pd.Series) -> Codes:
        return self.codec.encode(values)[:, None]

    def decode(self, codes: Codes, uniform: Uniform, place: Place) -> pd.Series:
        return self.codec.decode(codes[:, 0], first_row=place.first_row, seed=place.seed)

    def log_measure(self, codes: Codes) -> NDArray[np.float64]:
        return np.zeros(len(codes))

    def describe(self) -> tuple[str, str]:
        return "", self.codec.describe()

    def to_dict(self) -> dict[str, Any]:
        return self.codec.to_dict()

    @classmethod
    def from_dict(cls, column: Column, state: dict[str, Any]) -> "KeyColumn":
        return cls(column, KeyCodec.from_dict(state))


@dataclass(frozen=True)
class FixedColumn:
    """A column with one value in every row, or with none at all; it needs no variable."""

    column: Column
    value: Any

    @classmethod
    def fit(cls, values: pd.Series, column: Column, min_count: int) -> "FixedColumn":
        """Keep the one value where at least `min_count` rows have it."""
        present = values.dropna()
        kept = column.type == "constant" and len(present) >= min_count
        if not kept:
            return cls(column, None)
        value = present.iloc[0]
        return cls(column, value.item() if isinstance(value, np.generic) else _jsonable(value))

    def variables(self, column: int, first: int) -> list[Variable]:
        return []

    def encode(self, values: pd.Series) -> Codes:
        return np.zeros((len(values), 0), np.int64)

    def decode(self, codes: Codes, uniform: Uniform, place: Place) -> pd.Series:
        present = np.full(len(codes), self.value is not None)
        index = np.zeros(len(codes), np.int64)
        return _restore_categories((self.value,), index, present, self.column)

    def log_measure(self, codes: Codes) -> NDArray[np.float64]:
        return np.zeros(len(codes))

    def describe(self) -> tuple[str, str]:
        return "" if self.value is None else str(self.value), "written as it is"

    def to_dict(self) -> dict[str, Any]:
        return {"value": self.value}

    @classmethod
    def from_dict(cls, column: Column, state: dict[str, Any]) -> "FixedColumn":
        return cls(column, state["value"])


def number_variables(
    codec: NumberCodec, name: str, column: int, first: int
) -> list[Variable]:
    ranks = tuple(float(rank) for rank in codec.ranks())
    widths = tuple(float(width) for width in codec.widths())
    found = _split_variables(codec.children, name, column, first, True)
    coarse = found[0]
    found[0] = Variable(coarse.name, coarse.levels, column, True, ranks=ranks, widths=widths)
    return found


def _split_variables(
    children: tuple[int, ...], name: str, column: int, first: int, ordered: bool
) -> list[Variable]:
    """A coarse variable and, where a code has several children, a fine one."""
    found = [Variable(name, len(children), column, ordered)]
    most = max(children, default=1)
    if most > 1:
        fine = Variable(f"{name} (fine)", most, column, ordered, parent=first, children=children)
        found.append(fine)
    return found


def trim(codes: Codes, children: tuple[int, ...]) -> Codes:
    """Without the fine code where no code has several children."""
    return codes if max(children, default=1) > 1 else codes[:, :1]


def pad(codes: Codes) -> Codes:
    """With a fine code of 0 where there is none."""
    return codes if codes.shape[1] == 2 else np.concatenate([codes, 0 * codes], axis=1)


def _numbers(values: pd.Series, decimals: int | None) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Grid integers (or floats for continuous columns) and whether each is present."""
    present = values.notna().to_numpy(dtype=bool)
    if pd.api.types.is_integer_dtype(values.dtype) and decimals == 0:
        return values.fillna(0).to_numpy(dtype=np.int64), present
    floats = values.to_numpy(dtype=np.float64, na_value=np.nan)
    floats = np.where(present, floats, 0.0)
    if decimals is None:
        return floats, present
    return np.rint(floats * 10.0**decimals).astype(np.int64), present


def _restore(numbers: NDArray[Any], present: NDArray[np.bool_], dtype: str) -> pd.Series:
    """A series of the training column's dtype with missing values where there is none."""
    if present.all():
        return pd.Series(numbers).astype(dtype)
    masked = pd.Series(numbers).astype("Int64" if numbers.dtype.kind == "i" else "float64")
    return masked.mask(~present).astype(dtype)


def _restore_categories(
    categories: tuple[Any, ...], index: NDArray[np.int64], present: NDArray[np.bool_], column: Column
) -> pd.Series:
    """A series of the training column's dtype from indices into its categories."""
    choices = pd.Series([*categories, None], dtype="object")
    if column.dtype == "category":
        kept = pd.CategoricalDtype(list(categories), ordered=column.ordered)
        return pd.Series(pd.Categorical.from_codes(np.where(present, index, -1), dtype=kept))
    typed = choices.iloc[:-1].astype(column.dtype) if present.all() else choices.astype(column.dtype)
    taken = typed.array.take(np.where(present, index, len(categories)))
    return pd.Series(taken)


def _jsonable(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool)) else str(value)
