"""From a column's distinct words and their parsed values to one value a row."""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from synth_dl.errors import DataError
from synth_dl.tables.reading.cells import Cells
from synth_dl.tables.reading.dates import Dates
from synth_dl.tables.reading.numbers import Numbers
from synth_dl.tables.schema import Column


@dataclass(frozen=True)
class Source:
    """Where values come from, for messages: a file's name, and what a row of it is called."""

    name: str
    locate: Callable[[int], str]


@dataclass(frozen=True)
class Parsed:
    """A column, its values row by row, and sentences for the user."""

    column: Column
    series: pd.Series
    notes: tuple[str, ...] = ()


def shorten(word: str) -> str:
    """A word in quotes for a message, cut where it is long."""
    return repr(word if len(word) <= 40 else word[:39] + "…")


def number_series(cells: Cells, values: np.ndarray) -> pd.Series:
    """One number a row: int64, Int64 where integers are missing, or float64."""
    if not cells.has_missing:
        return pd.Series(values[cells.codes])
    if values.dtype.kind == "f":
        return pd.Series(np.append(values, np.nan)[cells.codes])
    whole = np.append(values, 0)[cells.codes]
    return pd.Series(pd.arrays.IntegerArray(whole, cells.codes < 0))


def text_series(cells: Cells) -> pd.Series:
    """One text a row, in pandas' `str` dtype."""
    rows = pa.array(cells.codes, mask=cells.codes < 0)
    return pd.Series(
        pa.chunked_array([cells.words.cast(pa.large_string()).take(rows)]).to_pandas(), dtype="str"
    )


def boolean_series(cells: Cells, words: tuple[str, str]) -> pd.Series:
    """One truth value a row: bool, or boolean where some are missing."""
    true = np.append(pc.equal(cells.words, words[0]).to_numpy(zero_copy_only=False), False)
    if not cells.has_missing:
        return pd.Series(true[cells.codes])
    return pd.Series(pd.arrays.BooleanArray(true[cells.codes], cells.codes < 0))


def number_column(cells: Cells, numbers: Numbers, series: pd.Series) -> Column:
    """The schema entry of a column of numbers."""
    return Column(
        cells.name,
        "number",
        str(series.dtype),
        decimals=numbers.decimals,
        missing=cells.token,
        places=numbers.places,
    )


def date_column(cells: Cells, dates: Dates, series: pd.Series) -> Column:
    """The schema entry of a column of dates."""
    return Column(
        cells.name,
        "datetime",
        str(series.dtype),
        decimals=dates.decimals,
        format=dates.format,
        missing=cells.token,
    )


def check_finite(source: Source, cells: Cells, values: np.ndarray) -> None:
    """Raise a DataError that names the place of the first infinite number."""
    infinite = np.isinf(values)
    if infinite.any():
        row = cells.first_row(infinite)
        word = shorten(cells.words[int(cells.codes[row])].as_py())
        raise DataError(
            f"{source.name}: {source.locate(row)} holds an infinite number ({word}) in column "
            f"{cells.name!r}; leave the cell empty or write a finite number"
        )
