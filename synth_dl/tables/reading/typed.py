"""What each column of a DataFrame is, found from its dtype and its values."""

from collections.abc import Iterable
from contextlib import suppress

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api import types

from synth_dl.errors import DataError
from synth_dl.tables.reading.dates import date_format
from synth_dl.tables.reading.numbers import count_decimals, whole_decimals
from synth_dl.tables.reading.rules import is_key, kind_of_text
from synth_dl.tables.schema import Column, Schema

# What no column of a table may hold, and what to do about it.
_REFUSED = {
    "timedelta": ("timedeltas", "turn it into a number, for example with .dt.total_seconds()"),
    "period": ("periods", "turn it into dates with .dt.to_timestamp()"),
    "interval": ("intervals", "turn it into text with .astype(str)"),
    "complex": ("complex numbers", "split it into two columns of numbers"),
    "nested": ("lists or records", "give each of its parts a column of its own"),
    "bytes": ("bytes", "turn it into text or leave it out"),
}
_TIDY = (types.is_bool_dtype, types.is_integer_dtype, types.is_datetime64_any_dtype)
# From the types of pyarrow, and of what pandas finds among objects, to tidy dtypes.
_ARROW_REFUSED = (
    (pa.types.is_nested, "nested"),
    (pa.types.is_duration, "timedelta"),
    (pa.types.is_binary, "bytes"),
    (pa.types.is_large_binary, "bytes"),
)
_ARROW_DTYPES = (
    (pa.types.is_dictionary, "category"),
    (pa.types.is_decimal, "float64"),
    (pa.types.is_date, "datetime64[us]"),
    (pa.types.is_time, "str"),
    (pa.types.is_null, "float64"),
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_unsigned_integer, "UInt64"),
    (pa.types.is_integer, "Int64"),
)
_OBJECT_DTYPES = {
    "integer": "Int64",
    "boolean": "boolean",
    "string": "str",
    "floating": "float64",
    "mixed-integer-float": "float64",
    "decimal": "float64",
    "empty": "float64",
}


def infer_schema(frame: pd.DataFrame, min_count: int = 5) -> Schema:
    """The schema of a typed table.

    `min_count` is the number of rows from which on a word counts as frequent: a text column whose
    rows mostly hold frequent words is a category, else a key. Raises a DataError for columns of
    one name, and for lists, durations, infinities and the like, naming the column and the cure.
    """
    return infer_tidy(tidy_frame(frame), [str(dtype) for dtype in frame.dtypes], min_count)


def infer_tidy(tidy: pd.DataFrame, dtypes: Iterable[str], min_count: int = 5) -> Schema:
    """The schema of a table that `tidy_frame` made of columns with these dtypes."""
    columns = [
        _infer_column(str(name), series, dtype, min_count)
        for (name, series), dtype in zip(tidy.items(), dtypes, strict=True)
    ]
    return Schema(columns=tuple(columns))


def tidy_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """The same rows in few dtypes: integers and Int64, floats, bool, boolean, str, category,
    datetime64; names of columns are text and the index counts rows.

    Raises a DataError for columns of one name and for dtypes without a meaning in a table.
    """
    names = [_name(label) for label in frame.columns]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise DataError(f"two columns are named {name!r}; rename one")
    columns = {name: _tidy(frame.iloc[:, index], name) for index, name in enumerate(names)}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(frame)))


def _name(label: object) -> str:
    return "_".join(map(str, label)) if isinstance(label, tuple) else str(label)


def _tidy(series: pd.Series, name: str) -> pd.Series:
    series = series.reset_index(drop=True)
    dtype = series.dtype
    if isinstance(dtype, pd.SparseDtype):
        series = series.sparse.to_dense()
    elif isinstance(dtype, pd.ArrowDtype):
        series = _from_arrow(series, dtype.pyarrow_dtype, name)
    if types.is_object_dtype(series.dtype):
        series = _from_objects(series, name)
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _plain_categories(series)
    if any(is_of(dtype) for is_of in _TIDY):
        return series
    if types.is_float_dtype(dtype):
        single = isinstance(dtype, np.dtype) and dtype.itemsize < 8
        return series if single else series.astype("float64")
    if types.is_string_dtype(dtype):
        return series.astype("str")
    for kind in ("timedelta", "period", "interval", "complex"):
        if kind in str(dtype).lower():
            raise _refuse(name, kind)
    raise DataError(f"column {name!r} has dtype {dtype}, which is not supported; turn it into text")


def _plain_categories(series: pd.Series) -> pd.Series:
    """Categories as text unless they are text, numbers or truth values already."""
    categories = series.cat.categories
    kind = types.infer_dtype(categories)
    if kind in ("string", "integer", "floating", "boolean", "empty"):
        return series
    return series.cat.rename_categories([str(category) for category in categories])


def _from_arrow(series: pd.Series, kind: pa.DataType, name: str) -> pd.Series:
    for is_of, refused in _ARROW_REFUSED:
        if is_of(kind):
            raise _refuse(name, refused)
    for is_of, dtype in _ARROW_DTYPES:
        if is_of(kind):
            return series.astype(dtype)
    if pa.types.is_timestamp(kind):
        zone = f", {kind.tz}" if kind.tz else ""
        return series.astype(f"datetime64[{kind.unit}{zone}]")
    return series.convert_dtypes(dtype_backend="numpy_nullable")


def _from_objects(series: pd.Series, name: str) -> pd.Series:
    kind = types.infer_dtype(series, skipna=True)
    if kind in ("timedelta64", *_REFUSED):
        raise _refuse(name, kind.removesuffix("64"))
    if kind in ("date", "datetime", "datetime64"):
        zoned = getattr(series.dropna().iloc[0], "tzinfo", None) is not None
        try:
            return pd.to_datetime(series, utc=zoned).astype(
                "datetime64[us, UTC]" if zoned else "datetime64[us]"
            )
        except (ValueError, TypeError) as error:
            raise DataError(
                f"column {name!r} holds dates that pandas cannot read; turn it into text"
            ) from error
    if kind in _OBJECT_DTYPES:
        # Integers beyond 64 bits become text.
        with suppress(OverflowError):
            return series.where(series.notna(), None).astype(_OBJECT_DTYPES[kind])
    present = series.dropna()
    if present.map(lambda value: isinstance(value, list | dict | set | tuple | np.ndarray)).any():
        raise _refuse(name, "nested")
    return series.map(str, na_action="ignore").astype("str")


def _refuse(name: str, kind: str) -> DataError:
    what, cure = _REFUSED[kind]
    return DataError(f"column {name!r} holds {what}, which are not supported; {cure}")


def _infer_column(name: str, series: pd.Series, dtype: str, min_count: int) -> Column:
    dtype = _returnable(series, dtype)
    counts = series.value_counts(dropna=True)
    if not len(counts) or not counts.iloc[0]:
        return Column(name, "empty", dtype)
    held = counts.to_numpy()
    column = _infer_values(name, series, dtype, counts[held > 0], min_count)
    if counts.iloc[0] == len(series) and not column.ordered:
        return Column(name, "constant", dtype, format=column.format, places=column.places)
    return column


def _infer_values(
    name: str, series: pd.Series, dtype: str, counts: pd.Series, min_count: int
) -> Column:
    kind = series.dtype
    if isinstance(kind, pd.CategoricalDtype):
        if kind.ordered:
            levels = tuple(kind.categories.tolist())
            return Column(name, "category", dtype, ordered=True, levels=levels)
    elif types.is_bool_dtype(kind):
        return Column(name, "boolean", dtype)
    elif types.is_datetime64_any_dtype(kind):
        pattern, decimals = date_format(series)
        return Column(name, "datetime", dtype, decimals=decimals, format=pattern)
    elif types.is_integer_dtype(kind):
        values = series.dropna().to_numpy(np.int64 if kind.kind == "i" else np.uint64)
        if is_key(name, values, min_count):
            return Column(name, "key", dtype, decimals=0)
        return Column(name, "number", dtype, decimals=whole_decimals(values))
    elif types.is_float_dtype(kind):
        values = series.to_numpy()
        if np.isinf(values).any():
            row = int(np.argmax(np.isinf(values)))
            raise DataError(
                f"row {row + 1} holds an infinite number in column {name!r}; make it "
                "missing or finite"
            )
        return Column(name, "number", dtype, decimals=count_decimals(values), places=1)
    words, held = list(map(str, counts.index)), counts.to_numpy()
    return Column(name, kind_of_text(words, held, min_count), dtype)


def _returnable(series: pd.Series, dtype: str) -> str:
    """The user's dtype, or the tidy one where pandas cannot convert back by its name."""
    try:
        if dtype == "object":
            return dtype if isinstance(series.dtype, pd.StringDtype) else str(series.dtype)
        series.dropna().head(100).astype(dtype)
    except (TypeError, ValueError, NotImplementedError):
        return str(series.dtype)
    return dtype
