"""Columns of few values as codes: categories, booleans, and those of one value or none.

Categories that fewer than `min_count` rows share get no code. Many of them are split into a coarse
and a fine code, so that a column of fifty thousand names costs two small softmaxes and not a large
one.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from msgspec import Struct
from numpy.typing import NDArray

from synth_dl.opening import converted
from synth_dl.spec import Variable
from synth_dl.tables.codecs.columns import (
    Codes,
    Place,
    SingleColumn,
    Uniform,
    split_variables,
    trim,
)
from synth_dl.tables.codecs.dtypes import restore_choices
from synth_dl.tables.schema import Column

SPLIT_ABOVE = 256  # categories; from here on two codes cost less than one


@dataclass(frozen=True)
class CategoryColumn(SingleColumn):
    """Categories and booleans.

    Attributes:
        categories: the categories that have a code, in order; plain str, int, float or bool.
        missing: whether the last coarse code stands for a missing value.
    """

    categories: tuple[Any, ...]
    missing: bool

    @classmethod
    def fit(cls, values: pd.Series, column: Column, min_count: int) -> Self:
        """Keep the categories that enough rows share, in the declared order where there is one."""
        counts = values.value_counts(dropna=True)
        common = {_plain(value) for value in counts.index[counts.to_numpy() >= min_count]}
        order = sorted(common, key=_sort_key) if column.levels is None else column.levels
        kept = tuple(value for value in order if value in common)
        return cls(column, kept, int(values.isna().sum()) >= min_count)

    @property
    def fine(self) -> int:
        """Fine codes under a full coarse code; 1 where one code is enough."""
        count = len(self.categories)
        return 1 if count <= SPLIT_ABOVE else int(np.ceil(np.sqrt(count)))

    @property
    def children(self) -> tuple[int, ...]:
        """Fine codes under each coarse code."""
        full, rest = divmod(len(self.categories), self.fine)
        return (self.fine,) * full + ((rest,) if rest else ()) + (1,) * self.missing

    @property
    def has_missing(self) -> bool:
        return self.missing

    def variables(self, column: int, first: int) -> list[Variable]:
        return split_variables(self.children, self.column.name, column, first, self.column.ordered)

    def encode(self, values: pd.Series) -> Codes:
        distinct, inverse = _factorize(values)
        index = {value: code for code, value in enumerate(self.categories)}
        table = np.array([index.get(_plain(value), -1) for value in distinct] + [-1], np.int64)
        joint = table[inverse]
        codes = np.stack([joint // self.fine, joint % self.fine], axis=1)
        codes[joint < 0] = -1
        if self.missing:
            codes[inverse < 0] = (len(self.children) - 1, 0)
        return trim(codes, self.children)

    def decode(self, codes: Codes, uniform: Uniform, place: Place) -> pd.Series:
        joint = codes[:, 0] * self.fine + codes[:, 1:].sum(1)
        present = joint < len(self.categories)
        if self.missing:
            present &= codes[:, 0] < len(self.children) - 1
        return restore_choices(self.categories, np.where(present, joint, 0), present, self.column)

    def labels(self) -> list[Any]:
        """The categories, missing left out."""
        return list(self.categories)

    def describe(self) -> tuple[str, str]:
        shown = ", ".join(str(value) for value in self.categories[:3])
        more = ", …" if len(self.categories) > 3 else ""
        return shown + more, f"{len(self.categories)} categories"

    def to_dict(self) -> dict[str, Any]:
        return {"categories": list(self.categories), "missing": self.missing}

    @classmethod
    def from_dict(cls, column: Column, state: dict[str, Any]) -> Self:
        stored = converted(state, _Stored)
        if len(set(stored.categories)) < len(stored.categories):
            raise ValueError("a category is listed twice")
        return cls(column, tuple(stored.categories), stored.missing)


class _Stored(Struct, forbid_unknown_fields=True):
    """What `CategoryColumn.to_dict` gives."""

    categories: list[str | int | float | bool]
    missing: bool


@dataclass(frozen=True)
class FixedColumn(SingleColumn):
    """A column with one value in every row, or with none at all; it needs no variable."""

    value: Any

    @classmethod
    def fit(cls, values: pd.Series, column: Column, min_count: int) -> Self:
        """Keep the one value where at least `min_count` rows have it."""
        counts = values.value_counts()
        if column.type != "constant" or not len(counts) or counts.iloc[0] < min_count:
            return cls(column, None)
        return cls(column, _plain(counts.index[0]))

    def variables(self, column: int, first: int) -> list[Variable]:
        return []

    def encode(self, values: pd.Series) -> Codes:
        return np.zeros((len(values), 0), np.int64)

    def decode(self, codes: Codes, uniform: Uniform, place: Place) -> pd.Series:
        choices = [] if self.value is None else [self.value]
        index = np.zeros(len(codes), np.int64)
        return restore_choices(choices, index, np.full(len(codes), bool(choices)), self.column)

    def describe(self) -> tuple[str, str]:
        return "" if self.value is None else str(self.value), "written as it is"

    def to_dict(self) -> dict[str, Any]:
        return {"value": self.value}

    @classmethod
    def from_dict(cls, column: Column, state: dict[str, Any]) -> Self:
        return cls(column, converted(state, _Fixed).value)


class _Fixed(Struct, forbid_unknown_fields=True):
    """What `FixedColumn.to_dict` gives."""

    value: str | int | float | bool | None


def _factorize(values: pd.Series) -> tuple[list[Any], NDArray[np.int64]]:
    """Distinct values and [N] indices into them, -1 for missing."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return list(values.cat.categories), values.cat.codes.to_numpy().astype(np.int64)
    inverse, distinct = pd.factorize(values)
    return list(distinct), inverse


def _plain(value: Any) -> Any:
    """A value as JSON gives it back."""
    value = value.item() if isinstance(value, np.generic) else value
    return value if isinstance(value, str | int | float | bool) else str(value)


def _sort_key(value: Any) -> tuple[str, Any]:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return ("", value) if number else ("text", str(value))
