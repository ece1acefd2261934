"""What each column of a DataFrame is, found from its dtype and its values."""

import datetime
from collections.abc import Iterable
from contextlib import suppress
from numbers import Integral, Number

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api import types

from synth_dl.errors import DataError
from synth_dl.tables.promise import full_dtype, nullable, slack_of
from synth_dl.tables.reading.dates import date_format
from synth_dl.tables.reading.dialect import MISSING_WORDS
from synth_dl.tables.reading.numbers import count_decimals, whole_decimals
from synth_dl.tables.reading.rules import is_key, kind_of_text
from synth_dl.tables.schema import Column, Schema

INFERRED = "inferred"  # in the attributes of a frame: columns whose dtype is none of the user
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
    tidy = tidy_frame(frame, min_count)
    return infer_tidy(tidy, given_dtypes(frame, tidy), min_count)


def infer_tidy(tidy: pd.DataFrame, dtypes: Iterable[str], min_count: int = 1) -> Schema:
    """The schema of a table that `tidy_frame` made of columns with these dtypes, see
    `given_dtypes`."""
    columns = [
        _infer_column(str(name), series, dtype, min_count)
        for (name, series), dtype in zip(tidy.items(), dtypes, strict=True)
    ]
    return Schema(columns=tuple(columns))


def given_dtypes(frame: pd.DataFrame, tidy: pd.DataFrame) -> list[str]:
    """The user's dtype of each column; empty where a few odd values made it what it is."""
    gone = tidy.isna().to_numpy().sum(0) > frame.isna().to_numpy().sum(0)
    whole = (tidy.dtypes == "Int64").to_numpy() & (frame.dtypes == "float64").to_numpy()
    inferred = gone | whole | np.isin(tidy.columns, frame.attrs.get(INFERRED, []))
    return ["" if own else str(dtype) for own, dtype in zip(inferred, frame.dtypes, strict=True)]


def odd_cells(frame: pd.DataFrame, tidy: pd.DataFrame, schema: Schema) -> tuple[str, ...]:
    """What is said of columns of which a few cells do not fit the others."""
    notes, gone = [], tidy.isna().to_numpy().sum(0) - frame.isna().to_numpy().sum(0)
    for place, column in enumerate(schema.columns):
        cells, values = int(gone[place]), frame.iloc[:, place].dropna()
        what = "are of another kind than all others and are read as missing"
        if not cells and values.dtype == np.float64 and column.decimals is not None:
            cells = int((values.round(column.decimals) != values).sum())
            what = "have more digits and are rounded (`decimals` in a schema keeps them)"
        if cells:
            notes.append(f"column {column.name!r}: {cells} cells {what}")
    return tuple(notes)


def tidy_frame(frame: pd.DataFrame, min_count: int = 1) -> pd.DataFrame:
    """The same rows in few dtypes: integers and Int64, floats, bool, boolean, str, category,
    datetime64; names of columns are text and the index counts rows.

    Where all but fewer than `min_count` rows hold values of one kind, the others become missing.
    Raises a DataError for columns of one name and for dtypes without a meaning in a table.
    """
    names = [_name(label) for label in frame.columns]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise DataError(f"two columns are named {name!r}; rename one")
    slack = slack_of(len(frame), min_count)
    try:
        parts = enumerate(names)
        columns = {name: _tidy(frame.iloc[:, index], name, slack) for index, name in parts}
        return pd.DataFrame(columns, index=pd.RangeIndex(len(frame)))
    except UnicodeEncodeError as error:
        raise DataError(
            f"a text holds {error.object[error.start]!a}, half of a character that no file can "
            "hold; replace it, for example with .str.encode('utf-8', 'replace').str.decode('utf-8')"
        ) from error


def _name(label: object) -> str:
    return "_".join(map(str, label)) if isinstance(label, tuple) else str(label)


def _tidy(series: pd.Series, name: str, slack: int) -> pd.Series:
    series = series.reset_index(drop=True)
    dtype = series.dtype
    if isinstance(dtype, pd.SparseDtype):
        series = series.sparse.to_dense()
    elif isinstance(dtype, pd.ArrowDtype):
        series = _from_arrow(series, dtype.pyarrow_dtype, name)
    if types.is_object_dtype(series.dtype):
        series = _from_objects(_of_one_kind(series, slack), name)
    elif series.dtype == np.float64:
        series = _whole(series, slack)
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _plain_categories(series, slack)
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


def _of_one_kind(series: pd.Series, slack: int) -> pd.Series:
    """Objects without those that a few rows hold among others of one kind."""
    kinds = series.map(_kind, na_action="ignore")
    if (kinds == "float").sum() > slack:
        kinds = kinds.replace("int", "float")
    counts = kinds.value_counts()
    if not slack or not 0 < counts.iloc[1:].sum() <= slack:
        return series
    # As pandas would have read it without them.
    kept = kinds == counts.index[0]
    if (absent := series.isna()).sum() > slack:
        kept |= absent
    chosen = series.loc[kept]
    read = pd.Series(chosen.tolist(), chosen.index)
    return read.astype(nullable(str(read.dtype))).reindex(series.index)


def _kind(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return "truth value"
    if isinstance(value, Integral):
        return "int" if -(2**63) <= int(value) < 2**64 else "beyond 64 bits"
    if isinstance(value, Number):
        return "float"
    zoned = getattr(value, "tzinfo", None) is not None
    return f"date {zoned}" if isinstance(value, datetime.date) else type(value).__name__


def _whole(series: pd.Series, slack: int) -> pd.Series:
    """Floats as integers where they are floats because a few rows lack one or hold a fraction."""
    whole = (series.round() == series) & (series.abs() < 2.0**63)
    if not 0 < (~whole).sum() <= slack:
        return series
    return series.where(series.abs() < 2.0**63).round().astype("Int64")


def _plain_categories(series: pd.Series, slack: int) -> pd.Series:
    """Categories as text unless they are text, numbers or truth values already."""
    kinds = pd.Series(series.cat.categories.map(_kind), dtype="str")
    held = series.cat.codes.value_counts().reindex(kinds.index, fill_value=0).groupby(kinds).sum()
    if len(held) > 1 and slack and held.sum() - held.max() <= slack:
        odd = series.cat.categories[(kinds != held.idxmax()).to_numpy()]
        kept = series.cat.remove_categories(odd)
        series = kept.cat.rename_categories(pd.Index(kept.cat.categories.tolist()))
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
    slack = slack_of(len(series), min_count)
    dtype = _returnable(series, dtype, slack)
    counts = series.value_counts(dropna=True)
    if counts.sum() <= slack:
        # Text is what a few words made of a column without any value.
        return Column(name, "empty", "float64" if counts.sum() and dtype == "str" else dtype)
    held = counts.to_numpy()
    column = _infer_values(name, series, dtype, counts[held > 0], min_count)
    if counts.iloc[0] >= len(series) - slack and not column.ordered:
        return Column(name, "constant", dtype, format=column.format, places=column.places)
    return column


def _infer_values(
    name: str, series: pd.Series, dtype: str, counts: pd.Series, min_count: int
) -> Column:
    kind, slack = series.dtype, slack_of(len(series), min_count)
    if isinstance(kind, pd.CategoricalDtype):
        if kind.ordered:
            levels = tuple(kind.categories.tolist())
            return Column(name, "category", dtype, ordered=True, levels=levels)
    elif types.is_bool_dtype(kind):
        return Column(name, "boolean", dtype)
    elif types.is_datetime64_any_dtype(kind):
        pattern, decimals = date_format(series, slack)
        return Column(name, "datetime", dtype, decimals=decimals, format=pattern)
    elif types.is_integer_dtype(kind):
        values = series.dropna().to_numpy(np.int64 if kind.kind == "i" else np.uint64)
        if is_key(name, values, min_count):
            return Column(name, "key", dtype, decimals=0)
        return Column(name, "number", dtype, decimals=whole_decimals(values, slack=slack))
    elif types.is_float_dtype(kind):
        values = series.to_numpy()
        if np.isinf(values).any():
            row = int(np.argmax(np.isinf(values)))
            raise DataError(
                f"row {row + 1} holds an infinite number in column {name!r}; make it "
                "missing or finite"
            )
        return Column(name, "number", dtype, decimals=count_decimals(values, slack), places=1)
    words, held = list(map(str, counts.index)), counts.to_numpy()
    # In a file an empty text and a missing cell must be told apart.
    empty = held[[word == "" for word in words]].sum() > slack and series.hasnans
    kind = kind_of_text(words, held, min_count)
    missing = next((word for word in MISSING_WORDS if word not in words), "") if empty else ""
    return Column(name, kind, dtype, missing=missing)


def _returnable(series: pd.Series, dtype: str, slack: int) -> str:
    """The user's dtype, or the tidy one where that is none of the user or pandas cannot convert
    back by its name."""
    if dtype in ("", "object") and not (dtype and isinstance(series.dtype, pd.StringDtype)):
        return full_dtype(series.dtype) if series.isna().sum() <= slack else str(series.dtype)
    try:
        series.dropna().head(100).astype(dtype)
    except (TypeError, ValueError, NotImplementedError):
        return str(series.dtype)
    return dtype
