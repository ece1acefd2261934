"""Columns of words as values: numbers, dates, truth values, or the text that they are."""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api.extensions import take

from synth_dl.tables.promise import full_dtype
from synth_dl.tables.reading.cells import Cells, shorten
from synth_dl.tables.reading.dates import Dates
from synth_dl.tables.reading.numbers import parse_numbers
from synth_dl.tables.schema import Column, ColumnType


@dataclass(frozen=True)
class Source:
    """Where values come from, for messages: a file's name, and what a row of it is called."""

    name: str
    locate: Callable[[int], str] = lambda row: f"row {row + 1}"


@dataclass(frozen=True)
class Parsed:
    """A column, its values row by row, and sentences for the user."""

    column: Column
    series: pd.Series
    notes: tuple[str, ...] = ()

    @classmethod
    def numbers(
        cls, cells: Cells, decimal: str, codes: bool = False, exact: bool = False
    ) -> Self | None:
        """int64, Int64 where integers are missing, or float64; None where a word is no number.

        `decimal` is the decimal sign of the file. With `codes` words with leading zeros are
        numbers, too; with `exact` none is rounded. Infinite numbers become missing.
        """
        numbers = parse_numbers(cells.words, decimal, codes, cells.counts, cells.slack)
        if numbers is None:
            return None
        cells, notes = _fitting(cells, numbers.valid, "numbers")
        if exact and cells.slack:
            parsed = cls.numbers(replace(cells, slack=0), decimal, codes)
            if parsed is None:
                return None
            column = replace(parsed.column, dtype=_dtype(cells, parsed.series))
            return replace(parsed, column=column, notes=(*notes, *parsed.notes))
        if numbers.rounded:
            digits = max(0, numbers.decimals or 0)
            notes += (
                f"column {cells.name!r}: {numbers.rounded} cells have more digits than others "
                f"and are rounded to {digits} after the point (`decimals` in a schema keeps them)",
            )
        values = numbers.values
        if numbers.rounded and values.dtype.kind == "f":
            values = np.round(values, max(0, numbers.decimals or 0))
        series = _rows(cells, values)
        found = {"decimals": numbers.decimals, "places": numbers.places, "format": numbers.format}
        return cls._of(cells, "number", series, notes, **found)

    @classmethod
    def dates(cls, cells: Cells, dates: Dates) -> Self:
        """datetime64[us], with the time zone where the words have one."""
        cells, notes = _fitting(cells, dates.valid, "dates")
        series = _rows(cells, dates.values[dates.valid])
        if dates.zone is not None:
            series = series.dt.tz_localize(dates.zone)
        if dates.other is not None and len(cells.words) > 1:
            notes += (
                f"column {cells.name!r}: dates are read as {dates.format}, though "
                f"{dates.other} fits as well (a schema with another `format` changes it)",
            )
        return cls._of(
            cells, "datetime", series, notes, decimals=dates.decimals, format=dates.format
        )

    @classmethod
    def booleans(cls, cells: Cells, words: tuple[str, str]) -> Self:
        """bool, or boolean where some are missing; `words` are those for true and for false."""
        known = pc.is_in(cells.words, pa.array(words, pa.string())).to_numpy(zero_copy_only=False)
        cells, notes = _fitting(cells, known, "truth values")
        true = pc.equal(cells.words, words[0]).to_numpy(zero_copy_only=False)
        return cls._of(cells, "boolean", _rows(cells, true), notes, words=words)

    @classmethod
    def text(cls, cells: Cells, kind: ColumnType, notes: tuple[str, ...] = ()) -> Self:
        """pandas' `str` dtype."""
        words = pd.Series(cells.words.cast(pa.large_string()).to_pandas(), dtype="str")
        return cls._of(cells, kind, _rows(cells, words.array), notes)

    @classmethod
    def _of(
        cls,
        cells: Cells,
        kind: ColumnType,
        series: pd.Series,
        notes: tuple[str, ...] = (),
        **found: Any,
    ) -> Self:
        dtype = _dtype(cells, series)
        return cls(Column(cells.name, kind, dtype, missing=cells.token, **found), series, notes)


def _rows(cells: Cells, values: Any) -> pd.Series:
    """One value a row, from the value of each word."""
    if not cells.has_missing:
        return pd.Series(values[cells.codes])
    if isinstance(values, np.ndarray) and values.dtype.kind in "bi":
        values = pd.array(values)  # Int64 or boolean
    return pd.Series(take(values, cells.codes, allow_fill=True))


def _dtype(cells: Cells, series: pd.Series) -> str:
    """The dtype of a series, without room for missing cells where only few are missing."""
    few = len(cells.codes) - int(cells.counts.sum()) <= cells.slack
    return full_dtype(series.dtype) if few else str(series.dtype)


def _fitting(cells: Cells, valid: np.ndarray, what: str) -> tuple[Cells, tuple[str, ...]]:
    """The column without the few words that do not fit its type, and what is said of them."""
    if valid.all():
        return cells, ()
    odd = cells.words.filter(pa.array(~valid)).to_pylist()
    shown = ", ".join(map(shorten, odd[:5])) + ", …" * (len(odd) > 5)
    note = (
        f"column {cells.name!r}: {int(cells.counts[~valid].sum())} cells among its {what} are read "
        f"as missing: {shown} (declare another `type` in a schema to keep them)"
    )
    return cells.only(valid), (note,)
