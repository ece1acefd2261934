"""Columns while they are worked with: numbers as floats, moments in seconds, texts by their words.

| kind | in an expression | in a table |
|---|---|---|
| `number` | floats | float64 |
| `whole` | floats without a fraction | int64; Int64 where a cell may be missing |
| `truth` | booleans | bool; boolean where a cell may be missing |
| `moment` | seconds since 1970, as floats | datetime64[us] |
| `text` | `Texts` | str; an ordered category where it has ranks |

A missing number or moment is not a number, a missing text has code -1.
"""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pandas.api import types

from synth_dl.errors import DataError

Kind = Literal["number", "whole", "truth", "moment", "text"]
KINDS: tuple[Kind, ...] = get_args(Kind)
NUMERIC = ("number", "whole")
_FEW = 1 << 16  # pairs of words that are joined each once
_LONGEST = 1 << 15  # bytes of a word that was joined of others
_HELD = 1 << 30  # bytes of the cells of a column
LARGEST = 2.0**53  # whole numbers beyond it are not told apart


@dataclass(frozen=True)
class Texts:
    """A column of text.

    Attributes:
        codes: [N] the word of each row, -1 for none.
        words: [K] the distinct words, in order; some may stand twice.
    """

    codes: NDArray[np.int64]
    words: pa.Array

    def __len__(self) -> int:
        return len(self.codes)

    @classmethod
    def constant(cls, word: str, rows: int = 1) -> "Texts":
        return cls(np.zeros(rows, np.int64), pa.array([word], pa.string()))

    @classmethod
    def of(cls, words: pa.Array) -> "Texts":
        """One word for each row."""
        codes = np.arange(len(words))
        if words.null_count:
            codes[words.is_null().to_numpy(zero_copy_only=False)] = -1
        return cls(codes, words)

    @classmethod
    def of_numbers(cls, numbers: NDArray[Any], whole: bool) -> "Texts":
        """As they are written: whole numbers without a point, others as short as they can be."""
        distinct, codes = np.unique(numbers, return_inverse=True)
        unknown = ~(np.abs(distinct) < LARGEST) if whole else np.isnan(distinct)
        plain = np.where(unknown, 0, distinct)
        if whole:
            words = pc.cast(pa.array(plain.astype(np.int64), mask=unknown), pa.string())
        else:
            written = pa.array([repr(n).removesuffix(".0") for n in plain.tolist()], pa.string())
            words = pc.if_else(pa.array(unknown), None, written)
        missing = words.is_null().to_numpy(zero_copy_only=False)[codes]
        return cls(np.where(missing, -1, codes), words)

    def take(self, rows: Any) -> "Texts":
        return Texts(self.codes[rows], self.words)

    def change(self, function: Callable[[pa.Array], pa.Array]) -> "Texts":
        """Each word changed."""
        return Texts(self.codes, function(self.words))

    def array(self) -> pa.Array:
        """[N] the words row by row; a DataError where they are more than the memory should hold."""
        lengths = np.append(self._lengths(), 0)
        if len(self.codes) * lengths.max() > _HELD and lengths[self.codes].sum() > _HELD:
            raise DataError(
                "the texts of a column take more than 1 GiB; draw fewer rows at once, by "
                "batch_size=1000, or shorter texts"
            )
        if (self.codes < 0).any():
            return self.words.take(pa.array(self.codes, mask=self.codes < 0))
        return self.words.take(pa.array(self.codes))

    def _lengths(self) -> NDArray[np.int64]:
        """[K] bytes of each word."""
        found = pc.call_function("binary_length", [self.words]).cast(pa.int64())
        return found.fill_null(0).to_numpy(zero_copy_only=False)

    def equals(self, other: "Texts") -> NDArray[np.bool_]:
        """[N] whether the words are the same; no word is the same as none."""
        if len(other.words) == 1 and len(other.codes) == 1:
            known = pc.equal(self.words, other.words[0]).fill_null(False)
            hit = np.append(known.to_numpy(zero_copy_only=False), False)
            return hit[self.codes] & (other.codes[0] == 0)
        if len(self.codes) == 1:
            return other.equals(self)
        return pc.equal(self.array(), other.array()).fill_null(False).to_numpy(zero_copy_only=False)

    def join(self, other: "Texts") -> "Texts":
        """Each word with one of the other after it; a ValueError where they are too long."""
        if sum(max(each._lengths(), default=0) for each in (self, other)) > _LONGEST:
            raise ValueError(f"the texts become longer than {_LONGEST:,} bytes; join fewer of them")
        rows = max(len(self), len(other))
        mine, theirs = (np.broadcast_to(each.codes, rows) for each in (self, other))
        if len(self.words) * len(other.words) <= min(_FEW, rows + 1):
            count = len(other.words)
            left = self.words.take(pa.array(np.repeat(np.arange(len(self.words)), count)))
            right = other.words.take(pa.array(np.tile(np.arange(count), len(self.words))))
            codes = np.where((mine < 0) | (theirs < 0), -1, mine * count + theirs)
            return Texts(codes, pc.binary_join_element_wise(left, right, ""))
        left, right = Texts(mine, self.words).array(), Texts(theirs, other.words).array()
        return Texts.of(pc.binary_join_element_wise(left, right, ""))


Value = NDArray[Any] | Texts
Values = Mapping[str, Value]


def take(value: Value, rows: Any) -> Value:
    """The value of some rows; itself where it is one for all."""
    if len(value) == 1:
        return value
    return value.take(rows) if isinstance(value, Texts) else value[rows]


def to_series(value: Value, kind: Kind, rows: int, missing: NDArray[np.bool_] | None,
              ranks: tuple[str, ...] | None = None) -> pd.Series:  # fmt: skip
    """A column of a table.

    Args:
        value: [rows], or [1] for all.
        kind: of the column.
        rows: of the table.
        missing: [rows] which cells are to be empty; None where none may be.
        ranks: of an ordered category, all its words in order.
    """
    if isinstance(value, Texts):
        codes = np.broadcast_to(value.codes, rows)
        codes = codes if missing is None else np.where(missing, -1, codes)
        if ranks is not None:
            return pd.Series(pd.Categorical.from_codes(codes, list(ranks), ordered=True))
        words = Texts(codes, value.words).array()
        return pd.Series(pd.array(words, dtype="str"))
    value = value if len(value) == rows else np.repeat(value, rows)
    if kind == "truth":
        plain = value.astype(bool)
        return pd.Series(plain if missing is None else pd.arrays.BooleanArray(plain, missing))
    unknown = ~np.isfinite(value) if kind != "number" else np.isnan(value)
    gone = unknown if missing is None else missing | unknown
    if kind == "number":
        return pd.Series(value if missing is None else np.where(gone, np.nan, value), copy=False)
    if kind == "moment":
        return pd.Series(_moments(value, gone), copy=False)
    if (np.abs(value[~unknown]) > LARGEST).any():
        raise DataError("a whole number goes beyond 2**53; multiply it by 1.0 to have a number "
                        "with a fraction")  # fmt: skip
    plain = np.where(gone, 0, value).astype(np.int64) if gone.any() else value.astype(np.int64)
    if missing is None and not gone.any():
        return pd.Series(plain, copy=False)
    return pd.Series(pd.arrays.IntegerArray(plain, gone))


def _moments(seconds: NDArray[Any], gone: NDArray[np.bool_]) -> NDArray[Any]:
    with np.errstate(all="ignore"):
        micros = np.round(seconds * 1e6)
        gone = gone | ~(np.abs(micros) < 2.0**63)  # no calendar goes so far
        whole = np.where(gone, 0, micros).astype("datetime64[us]")
    whole[gone] = np.datetime64("NaT")
    return whole


def from_series(series: pd.Series, kind: Kind, name: str) -> tuple[Value, NDArray[np.bool_]]:
    """A column of a table as a value, and [N] which of its cells are missing.

    Raises:
        DataError: for cells of another kind.
    """
    missing = series.isna().to_numpy(bool)
    try:
        if kind == "text":
            codes, words = pd.factorize(series.astype("str"))
            return Texts(codes, pa.array(list(map(str, words)), pa.string())), missing
        if kind == "moment":
            moments = pd.to_datetime(series).to_numpy("datetime64[us]")
            return np.where(missing, np.nan, moments.astype(np.int64) / 1e6), missing
        if kind == "truth":
            return _truths(series), missing
        if types.is_datetime64_any_dtype(series.dtype):
            raise ValueError("moments")
        numbers: Any = pd.to_numeric(series)
        return numbers.to_numpy(float, na_value=np.nan), missing
    except (ValueError, TypeError) as error:
        expected = {"moment": "dates", "truth": "true and false"}.get(kind, "numbers")
        raise DataError(f"column {name!r} holds other cells than {expected}, which the recipe has "
                        "there; correct the table") from error  # fmt: skip


def _truths(series: pd.Series) -> NDArray[np.bool_]:
    if types.is_bool_dtype(series.dtype):
        return series.to_numpy(bool, na_value=False)
    words = series.astype("str").str.lower()
    known = words.isin(["true", "false", "1", "0", "1.0", "0.0"]) | series.isna()
    if not known.all():
        raise ValueError("no truth values")
    return words.isin(["true", "1", "1.0"]).to_numpy(bool, na_value=False)
