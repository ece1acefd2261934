"""Cells of a private run, each read by itself: what one row holds changes nothing of another's.

An ordinary run finds formats and types from all rows together; here a word is a number, a date or
a category by what was declared, and else missing.
"""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable, Sequence
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
        path, name = Path(source), str(source)
        check_file(path)
        if is_parquet(path):
            found = read_parquet(path).to_pandas()
        else:
            sheet = read_cells(read_text(path), columns, missing, schema.names)
            found = pd.DataFrame(
                {cells.name: _words(cells.codes, cells.words) for cells in sheet.columns}
            )
    check_names(Source(name), list(found.columns), schema)
    return found.loc[:, list(schema.names)]


def typed_frame(raw: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """The columns of a schema as values: floats, datetime64, plain objects; missing where a cell
    is none, and at the limit where it lies beyond."""
    decimal = schema.dialect.decimal
    return pd.DataFrame({c.name: _typed(raw.loc[:, c.name], c, decimal) for c in schema.columns})


def _typed(values: pd.Series, column: Column, decimal: str) -> pd.Series:
    match column.type:
        case "number":
            found = _numbers(values, column, decimal)
        case "datetime":
            found = _dates(values, column)
        case "boolean":
            return _by_word(values, _truth(column)).astype("boolean")
        case "category":
            return _by_word(values, _category(column, decimal))
        case _:
            return pd.Series([None] * len(values), values.index, "object")
    if column.minimum is None and column.maximum is None:
        return found
    return clipped(found, column.minimum, column.maximum)


def _numbers(values: pd.Series, column: Column, decimal: str) -> pd.Series:
    if types.is_numeric_dtype(values.dtype):
        found = values.astype("Float64").to_numpy(np.float64, na_value=np.nan)
    else:
        found = _by_word(values, lambda word: _number(word, decimal)).to_numpy(np.float64)
    return pd.Series(np.where(np.isfinite(found), found, np.nan), values.index)


def _number(word: str, decimal: str) -> float:
    try:
        return float(word.replace(decimal, ".")) if "_" not in word else np.nan
    except ValueError:
        return np.nan


def _dates(values: pd.Series, column: Column) -> pd.Series:
    zone = getattr(types.pandas_dtype(column.dtype), "tz", None)
    if types.is_datetime64_any_dtype(values.dtype):
        found, own = values, values.dt.tz
        if own is not None:
            found = found.dt.tz_convert(zone or own).dt.tz_localize(None)
    else:
        codes, words = _factorized(values)
        read = read_dates(pa.array(words, pa.string()), column.format or "%Y-%m-%d")
        moments = np.where(read.valid, read.values, np.datetime64("NaT", "us"))
        found = pd.Series(np.append(moments, np.datetime64("NaT", "us"))[codes], values.index)
    found = found.astype("datetime64[us]")
    # Wall times that no clock shows are moved as draws of them are.
    return found if zone is None else found.dt.tz_localize(
        zone, nonexistent="shift_forward", ambiguous=False
    )  # fmt: skip


def _truth(column: Column) -> Callable[[str], bool | None]:
    true, false = ((column.words[0],), (column.words[1],)) if column.words else (_TRUE, _FALSE)
    table = {**dict.fromkeys(true, True), **dict.fromkeys(false, False)}
    if column.words:
        return table.get
    return lambda word: table.get(word.lower())


def _category(column: Column, decimal: str) -> Callable[[str], Any]:
    """What a word stands for: a declared level, or a value of the dtype where none is declared."""
    whole, real = types.is_integer_dtype(column.dtype), types.is_float_dtype(column.dtype)
    if column.levels is not None:
        exact = {str(level): level for level in column.levels}
        numbers = {float(v): v for v in column.levels if isinstance(v, int | float)}
        # A word that is no level stays, as it is not missing.
        return lambda word: exact.get(word, numbers.get(_number(word, decimal), word))
    if whole or real:

        def read(word: str) -> Any:
            number = _number(word, decimal)
            if not isfinite(number) or (whole and not number.is_integer()):
                return None
            return int(number) if whole else number

        return read
    return lambda word: None if word == column.missing else word


def _by_word(values: pd.Series, read: Callable[[str], Any]) -> pd.Series:
    """What each word stands for; each different one is read once."""
    codes, words = _factorized(values)
    found = np.empty(len(words) + 1, object)
    found[:] = [*map(read, words), None]
    return pd.Series(found[codes], values.index, dtype="object")


def _factorized(values: pd.Series) -> tuple[np.ndarray, list[str]]:
    """[N] places of cells in their distinct words, -1 for missing ones; and these words."""
    codes, distinct = pd.factorize(values)
    return codes, [_word(value) for value in distinct]


def _word(value: Any) -> str:
    """A value as a text file would have it; a whole number the same in every dtype."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _words(codes: np.ndarray, words: pa.StringArray) -> pd.Series:
    found = np.array([*words.to_pylist(), None], object)
    return pd.Series(found[codes], dtype="object")
