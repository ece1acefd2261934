"""Columns of words as values: numbers, dates, truth values, or the text that they are."""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api.extensions import take

from synth_dl.errors import DataError
from synth_dl.tables.reading.cells import Cells
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
        cls, source: Source, cells: Cells, decimal: str, codes: bool = False
    ) -> Self | None:
        """int64, Int64 where integers are missing, or float64; None where a word is no number.

        `decimal` is the decimal sign of the file. With `codes` words with leading zeros are
        numbers, too. Raises a DataError for an infinite number.
        """
        numbers = parse_numbers(cells.words, decimal, codes)
        if numbers is None:
            return None
        _check_finite(source, cells, numbers.values)
        series = _rows(cells, numbers.values)
        found = {"decimals": numbers.decimals, "places": numbers.places, "format": numbers.format}
        return cls._of(cells, "number", series, **found)

    @classmethod
    def dates(cls, cells: Cells, dates: Dates) -> Self:
        """datetime64[us], with the time zone where the words have one."""
        series = _rows(cells, dates.values)
        if dates.zone is not None:
            series = series.dt.tz_localize(dates.zone)
        notes = ()
        if dates.other is not None and len(cells.words) > 1:
            notes = (
                f"column {cells.name!r}: dates are read as {dates.format}, though "
                f"{dates.other} fits as well (a schema with another `format` changes it)",
            )
        return cls._of(
            cells, "datetime", series, notes, decimals=dates.decimals, format=dates.format
        )

    @classmethod
    def booleans(cls, cells: Cells, words: tuple[str, str]) -> Self:
        """bool, or boolean where some are missing; `words` are those for true and for false."""
        true = pc.equal(cells.words, words[0]).to_numpy(zero_copy_only=False)
        return cls._of(cells, "boolean", _rows(cells, true), words=words)

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
        column = Column(cells.name, kind, str(series.dtype), missing=cells.token, **found)
        return cls(column, series, notes)


def _rows(cells: Cells, values: Any) -> pd.Series:
    """One value a row, from the value of each word."""
    if not cells.has_missing:
        return pd.Series(values[cells.codes])
    if isinstance(values, np.ndarray) and values.dtype.kind in "bi":
        values = pd.array(values)  # Int64 or boolean
    return pd.Series(take(values, cells.codes, allow_fill=True))


def _check_finite(source: Source, cells: Cells, values: np.ndarray) -> None:
    infinite = np.isinf(values)
    if infinite.any():
        row, word = cells.first(infinite)
        raise DataError(
            f"{source.name}: {source.locate(row)} holds an infinite number ({word}) in column "
            f"{cells.name!r}; leave the cell empty or write a finite number"
        )
