"""One value that a user fixes a column to, in the type of the column."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api import types

from synth_dl.errors import ConfigError
from synth_dl.tables.reading.dates import Dates, read_dates
from synth_dl.tables.reading.matching import KNOWN_MISSING
from synth_dl.tables.schema import Column, Dialect


def where_cell(
    column: Column, value: Any, dialect: Dialect, levels: Sequence[Any] = ()
) -> pd.Series:
    """A series of one value, which may be a text as written in a file.

    Args:
        column: what the value is to be.
        value: None, NaN or `?missing` stand for a missing cell.
        dialect: says which sign stands before the decimals of a text.
        levels: the known categories, of which a text may name one that is no text.

    Raises:
        ConfigError: if the column cannot hold it.
    """
    if is_missing(column, value):
        value = None
    try:
        str(value).encode()  # half a character is no text
        return _typed(column, value, dialect.decimal, levels)
    except (ValueError, TypeError, OverflowError) as error:
        raise ConfigError(
            f"where: {value!r} is no value of column {column.name!r}, which is of type "
            f"{column.type} ({column.dtype}); give one like those in the table"
        ) from error


def is_missing(column: Column, value: Any) -> bool:
    """Whether a value says that a cell is missing."""
    if isinstance(value, str):
        return value in (KNOWN_MISSING, column.missing)
    return value is None or (bool(types.is_scalar(value)) and bool(pd.isna(value)))


def as_written(column: Column, text: str) -> Dates | None:
    """A date that is written as the table's file writes them; None where it is not."""
    if column.format is None:
        return None
    read = read_dates(pa.array([text.strip()], pa.string()), column.format)
    return read if read.valid[0] else None


def _typed(column: Column, value: Any, decimal: str, levels: Sequence[Any]) -> pd.Series:
    kind = _kind(column)
    if kind == "number":
        return _number(column, value, decimal)
    if kind == "datetime":
        return _moment(column, value)
    if kind == "boolean":
        return _boolean(column, value)
    if value is not None and not types.is_scalar(value):
        raise ValueError("no single value")
    known = {str(level): level for level in levels}
    if value is not None and column.type == "category" and levels:
        value = known.get(str(value), value)
    return pd.Series([value], dtype="object")


def _kind(column: Column) -> str:
    """Type of the values; that of a constant, empty or key column follows from its dtype."""
    if column.type in ("number", "datetime", "boolean"):
        return column.type
    dtype = types.pandas_dtype(column.dtype)
    if types.is_bool_dtype(dtype) and not isinstance(dtype, pd.CategoricalDtype):
        return "boolean"
    if types.is_numeric_dtype(dtype):
        return "number"
    return "datetime" if types.is_datetime64_any_dtype(dtype) else "text"


def _number(column: Column, value: Any, decimal: str) -> pd.Series:
    whole = types.is_integer_dtype(types.pandas_dtype(column.dtype))
    target = "Int64" if whole else "float64"
    if value is None:
        return pd.Series([None], dtype=target)
    if isinstance(value, (bool, np.bool_)):
        raise ValueError("no number")
    if isinstance(value, str):
        value = value.strip().replace(decimal, ".")
    numbers: Any = pd.to_numeric(pd.Series([value], dtype="object"))
    number = numbers.iloc[0]
    if not np.isfinite(number) or (whole and number % 1):
        raise ValueError("not finite or not whole")
    return pd.Series([int(number) if whole else number], dtype=target)


def _moment(column: Column, value: Any) -> pd.Series:
    cell = pd.Series([value], dtype="object")
    text = isinstance(value, str)
    try:
        own = as_written(column, value) if text else None
        if own is not None and own.zone is None:
            moment = pd.Series(own.values)
        else:
            moment = pd.to_datetime(cell, format=column.format if text else None)
    except ValueError:
        moment = pd.to_datetime(cell, format="ISO8601")
    dtype = types.pandas_dtype(column.dtype)
    zone = getattr(getattr(dtype, "pyarrow_dtype", dtype), "tz", None)
    if zone is None:
        return moment.astype("datetime64[us]")
    localised = moment.dt.tz_localize(zone) if moment.dt.tz is None else moment.dt.tz_convert(zone)
    return localised.astype(f"datetime64[us, {zone}]")


def _boolean(column: Column, value: Any) -> pd.Series:
    if isinstance(value, str):
        true, false = column.words or ("true", "false")
        words = {"true": True, "false": False, true.lower(): True, false.lower(): False}
        value = words.get(value.lower(), value)
    if isinstance(value, str):
        raise ValueError("no boolean")
    return pd.Series([value], dtype="boolean")
