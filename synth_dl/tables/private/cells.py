"""Cells of a private run, each read by itself: what one row holds changes nothing of another's.

An ordinary run finds formats and types from all rows together; here a word is a number, a date or
a category by what was declared, and else missing.
"""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable, Sequence
from datetime import date
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api import types

from synth_dl.tables.limits import clipped
from synth_dl.tables.reading.cells import read_cells
from synth_dl.tables.reading.dates import read_dates
from synth_dl.tables.reading.declared import check_names
from synth_dl.tables.reading.parquet import is_parquet, read_parquet
from synth_dl.tables.reading.parsed import Source
from synth_dl.tables.reading.text import check_file, read_text
from synth_dl.tables.schema import Column, Schema

_TRUE = ("true", "yes", "y", "t", "1", "on", "1.0")
_FALSE = ("false", "no", "n", "f", "0", "off", "0.0")


def raw_table(
    source: str | Path | pd.DataFrame,
    schema: Schema,
    *,
    columns: Sequence[str] | None = None,
    missing: Sequence[str] | None = None,
) -> pd.DataFrame:
    """The cells as they stand, words of a text file and values of any other; the names of the
    columns must be those of the schema.

    Args:
        source: a file or a DataFrame.
        schema: as it was declared, with all columns of the file.
        columns: names, for a text file without a header row.
        missing: words for a missing cell, instead of the usual ones.
    """
    if isinstance(source, pd.DataFrame):
        name, found = "the table", source.reset_index(drop=True)
        found.columns = [str(label) for label in found.columns]
    else:
        name = str(source)
        found = cells_of(Path(source), schema.names, columns=columns, missing=missing)
    check_names(Source(name), list(found.columns), schema)
    return found.loc[:, list(schema.names)]


def cells_of(
    path: Path,
    expected: Sequence[str],
    *,
    columns: Sequence[str] | None = None,
    missing: Sequence[str] | None = None,
) -> pd.DataFrame:
    """The cells of a file as they stand, in all its columns.

    Args:
        path: of the file.
        expected: names, by which a header row is known.
        columns, missing: as of `raw_table`.
    """
    check_file(path)
    if is_parquet(path):
        return read_parquet(path).to_pandas()
    sheet = read_cells(read_text(path), columns, missing, expected)
    return pd.DataFrame({cells.name: _words(cells.codes, cells.words) for cells in sheet.columns})


def typed_frame(raw: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """The columns of a schema as values: floats, datetime64, plain objects; missing where a cell
    is none, and at the limit where it lies beyond."""
    decimal = schema.dialect.decimal
    return pd.DataFrame({c.name: _typed(raw.loc[:, c.name], c, decimal) for c in schema.columns})


def _typed(values: pd.Series, column: Column, decimal: str) -> pd.Series:
    match column.type:
        case "number":
            found = _numbers(values, decimal)
        case "datetime":
            found = _dates(values, column)
        case "boolean":
            return _by_value(values, _truth(column)).astype("boolean")
        case "category":
            return _by_value(values, _category(column, decimal))
        case _:
            return pd.Series([None] * len(values), values.index, "object")
    if column.minimum is None and column.maximum is None:
        return found
    return clipped(found, column.minimum, column.maximum)


def _numbers(values: pd.Series, decimal: str) -> pd.Series:
    if types.is_numeric_dtype(values.dtype):
        found = values.astype("Float64").to_numpy(np.float64, na_value=np.nan)
    else:
        found = _by_value(values, lambda value: _number(value, decimal)).to_numpy(np.float64)
    return pd.Series(np.where(np.isfinite(found), found, np.nan), values.index)


def _number(value: Any, decimal: str) -> float:
    if isinstance(value, str):
        # Separators of thousands are no declared part of a number.
        value = "" if "_" in value or (decimal != "." and "." in value) else value
        value = value.replace(decimal, ".")
    try:
        return float(value)
    except (TypeError, ValueError):
        return np.nan


def _dates(values: pd.Series, column: Column) -> pd.Series:
    zone = getattr(types.pandas_dtype(column.dtype), "tz", None)
    if not types.is_datetime64_any_dtype(values.dtype):
        values = _read_dates(values, column.format or "%Y-%m-%d", zone)
    elif values.dt.tz is not None:
        values = values.dt.tz_convert(zone or values.dt.tz).dt.tz_localize(None)
    found = values.astype("datetime64[us]")
    # Wall times that no clock shows are moved as draws of them are.
    return found if zone is None else found.dt.tz_localize(
        zone, nonexistent="shift_forward", ambiguous=False
    )  # fmt: skip


def _read_dates(values: pd.Series, pattern: str, zone: Any) -> pd.Series:
    """Words under a pattern, and dates among them as they are, in local time."""
    codes, distinct = _distinct(values)
    read = read_dates(pa.array([_word(value) for value in distinct], pa.string()), pattern)
    moments = np.where(read.valid, read.values, np.datetime64("NaT", "us"))
    for place, value in enumerate(distinct):
        if isinstance(value, date | np.datetime64):
            moment = pd.Timestamp(value)
            moment = moment if moment.tz is None else moment.tz_convert(zone).tz_localize(None)
            moments[place] = moment.to_datetime64()
    return pd.Series(np.append(moments, np.datetime64("NaT", "us"))[codes], values.index)


def _truth(column: Column) -> Callable[[Any], bool | None]:
    true, false = ((column.words[0],), (column.words[1],)) if column.words else (_TRUE, _FALSE)
    table = {**dict.fromkeys(true, True), **dict.fromkeys(false, False)}

    def read(value: Any) -> bool | None:
        if isinstance(value, bool | np.bool_):
            return bool(value)
        word = _word(value)
        return table.get(word if column.words else word.lower())

    return read


def _category(column: Column, decimal: str) -> Callable[[Any], Any]:
    """What a cell stands for: a declared level, or a value of the dtype where none is declared."""
    whole, real = types.is_integer_dtype(column.dtype), types.is_float_dtype(column.dtype)
    if column.levels is not None:
        exact = {str(level): level for level in column.levels}
        numbers = {float(v): v for v in column.levels if isinstance(v, int | float)}

        def read_level(value: Any) -> Any:
            # A word that is no level stays, as it is not missing.
            word = _word(value)
            return exact.get(word, numbers.get(_number(value, decimal), word))

        return read_level

    def read(value: Any) -> Any:
        if not whole and not real:
            word = _word(value)
            return None if word == column.missing else word
        number = _number(value, decimal)
        if not isfinite(number) or (whole and not number.is_integer()):
            return None
        return int(number) if whole else number

    return read


def _by_value(values: pd.Series, read: Callable[[Any], Any]) -> pd.Series:
    """What each cell stands for; each different one is read once."""
    codes, distinct = _distinct(values)
    found = np.empty(len(distinct) + 1, object)
    found[:] = [*map(read, distinct), None]
    return pd.Series(found[codes], values.index, dtype="object")


def _distinct(values: pd.Series) -> tuple[np.ndarray, list[Any]]:
    """[N] places of cells among the distinct ones, -1 for missing ones; and these, where words
    have no blanks around them."""
    codes, distinct = pd.factorize(values)
    return codes, [value.strip() if isinstance(value, str) else value for value in distinct]


def _word(value: Any) -> str:
    """A value as a text file would have it; a whole number the same in every dtype."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)


def _words(codes: np.ndarray, words: pa.StringArray) -> pd.Series:
    found = np.array([*words.to_pylist(), None], object)
    return pd.Series(found[codes], dtype="object")
