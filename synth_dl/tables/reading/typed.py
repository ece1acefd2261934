"""What each column of a typed table is, found from its dtype and its values."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timezone, tzinfo
from typing import Any
from zoneinfo import available_timezones

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api import types

from synth_dl.errors import DataError
from synth_dl.tables.reading.dates import date_format
from synth_dl.tables.reading.numbers import count_decimals, whole_decimals
from synth_dl.tables.reading.rules import is_key, kind_of_words
from synth_dl.tables.schema import Column, Schema
from synth_dl.tables.stored import ARROW, DECIMAL, from_arrow, refused

# What pandas finds among objects, as tidy dtypes.
_OBJECT_DTYPES = {
    "integer": "Int64",
    "boolean": "boolean",
    "string": "str",
    "floating": "float64",
    "mixed-integer-float": "float64",
    "empty": "float64",
}
_OBJECT_TYPES = {
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timedelta": pa.duration("us"),
    "timedelta64": pa.duration("us"),
    "bytes": pa.binary(),
}
_PLAIN_KINDS = ("string", "integer", "floating", "boolean", "empty")


@dataclass(frozen=True)
class Cells:
    """A column in a tidy dtype, the dtype that samples get back, and see `Column.stored`."""

    series: pd.Series
    dtype: str
    stored: str | None = None


@dataclass(frozen=True)
class Tidy:
    """A typed table in few dtypes, and what is needed to give it back as it was.

    Attributes:
        frame: integers and Int64, floats, bool, boolean, str, category, datetime64; names of
            columns are text and the index counts rows.
        cells: its columns.
        labels: what each column was called.
    """

    frame: pd.DataFrame
    cells: tuple[Cells, ...]
    labels: tuple[Any, ...]


def infer_schema(frame: pd.DataFrame | pa.Table, min_count: int = 5) -> Schema:
    """The schema of a typed table.

    `min_count` is the number of rows from which on a word counts as frequent: a text column whose
    rows mostly hold frequent words is a category, else a key. Raises a DataError for columns of
    one name, and for lists, complex numbers, infinities and the like, naming the column and the
    cure.
    """
    return infer_tidy(tidy_table(frame), min_count)


def infer_tidy(tidy: Tidy, min_count: int = 5) -> Schema:
    """The schema of a table that `tidy_table` made."""
    columns = []
    for name, cells, label in zip(tidy.frame.columns, tidy.cells, tidy.labels, strict=True):
        column = _infer_column(name, cells, min_count)
        kept = isinstance(label, tuple) or type(label) in (int, float, bool)
        columns.append(replace(column, stored=cells.stored, label=label if kept else None))
    return Schema(columns=tuple(columns))


def tidy_frame(frame: pd.DataFrame | pa.Table) -> pd.DataFrame:
    """The frame of `tidy_table` alone."""
    return tidy_table(frame).frame


def tidy_table(table: pd.DataFrame | pa.Table) -> Tidy:
    """The same rows in tidy dtypes.

    Raises a DataError for columns of one name and for types without a meaning in a table.
    """
    of_arrow = isinstance(table, pa.Table)
    labels = tuple(table.column_names if of_arrow else map(_plain_label, table.columns))
    names = [_name(label) for label in labels]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise DataError(f"two columns are named {name!r}; rename one")
        if _SURROGATE.search(name):
            raise refused(name, "surrogate")
    read = _arrow_columns(table) if of_arrow else _columns(table, names)
    cells = tuple(read)
    frame = pd.DataFrame(
        {name: each.series for name, each in zip(names, cells, strict=True)},
        index=pd.RangeIndex(len(table)),
    )
    return Tidy(frame, cells, labels)


_SURROGATE = re.compile("[\ud800-\udfff]")


def _name(label: object) -> str:
    return "_".join(map(str, label)) if isinstance(label, tuple) else str(label)


def _plain_label(label: Any) -> Any:
    if isinstance(label, tuple):
        return tuple(map(_plain_label, label))
    return label.item() if isinstance(label, np.generic) else label


def _arrow_columns(table: pa.Table) -> Iterator[Cells]:
    described = (table.schema.pandas_metadata or {}).get("columns", [])
    # Columns that pandas wrote from Int64, boolean and their like.
    nullable = {
        entry["name"]
        for entry in described
        if str(entry.get("numpy_type", "")) == "boolean"
        or str(entry.get("numpy_type", ""))[:1] in ("I", "U", "F")
    }
    for name, column in zip(table.column_names, table.columns, strict=True):
        yield _arrow_cells(column, name, name in nullable)


def _arrow_cells(column: pa.ChunkedArray, name: str, nullable: bool = False) -> Cells:
    series = from_arrow(column, name, nullable)
    kind = column.type
    default = pa.Schema.from_pandas(pd.DataFrame({"x": series.head(0)})).field("x").type
    return Cells(series, str(series.dtype), None if kind == default else str(kind))


def _columns(frame: pd.DataFrame, names: list[str]) -> Iterator[Cells]:
    for index, name in enumerate(names):
        try:
            yield _tidy(frame.iloc[:, index].reset_index(drop=True), name)
        except UnicodeEncodeError as error:
            raise refused(name, "surrogate") from error


def _tidy(series: pd.Series, name: str) -> Cells:
    dtype: Any = series.dtype
    known = str(dtype)
    if isinstance(dtype, pd.SparseDtype):
        series = series.sparse.to_dense()
    elif isinstance(dtype, pd.ArrowDtype):
        return _of_arrow_dtype(series, dtype.pyarrow_dtype, name)
    if types.is_object_dtype(series.dtype):
        return _from_objects(series, name)
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _from_categories(series)
    if isinstance(dtype, pd.DatetimeTZDtype):
        series = _in_named_zone(series, dtype.tz)
        return Cells(series, str(series.dtype))
    if types.is_timedelta64_dtype(dtype):
        return _arrow_cells(pa.chunked_array([pa.array(series, from_pandas=True)]), name)
    if isinstance(dtype, pd.PeriodDtype):
        return Cells(series.dt.to_timestamp(), "datetime64[us]", known)
    if isinstance(dtype, pd.IntervalDtype):
        return Cells(series.map(str, na_action="ignore").astype("str"), "str", known)
    if dtype == np.float16:
        return Cells(series.astype("float32"), "float32", "halffloat")
    if types.is_float_dtype(dtype):
        single = isinstance(dtype, np.dtype) and dtype.itemsize < 8
        series = series if single else series.astype("float64")
    elif types.is_string_dtype(dtype):
        series = series.astype("str")
    elif not any(is_of(dtype) for is_of in _TIDY):
        raise refused(name, "complex" if types.is_complex_dtype(dtype) else known)
    return Cells(series, _returnable(series, known))


_TIDY = (types.is_bool_dtype, types.is_integer_dtype, types.is_datetime64_any_dtype)


def _of_arrow_dtype(series: pd.Series, kind: pa.DataType, name: str) -> Cells:
    array = pa.array(series)
    chunked = array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])
    cells = _arrow_cells(chunked, name, nullable=not pa.types.is_floating(kind))
    if cells.stored is None or pa.types.is_string(kind) or pa.types.is_boolean(kind):
        return Cells(cells.series, _returnable(cells.series, str(series.dtype)))
    return replace(cells, stored=f"{cells.stored}{ARROW}")


def _from_categories(series: pd.Series) -> Cells:
    """Categories as text unless they are text, numbers or truth values already."""
    categories = series.cat.categories
    if types.infer_dtype(categories) == "string":
        categories.astype("str")  # fails where one holds half of a character
    if types.infer_dtype(categories) in _PLAIN_KINDS or _tells_apart(categories):
        return Cells(series, "category")
    stored = None if categories.dtype == object else str(categories.dtype)
    words = [str(category) for category in categories]
    if len(set(words)) < len(words):
        return Cells(series.astype("object").map(str, na_action="ignore").astype("category"),
                     "category")  # fmt: skip
    return Cells(series.cat.rename_categories(words), "category", stored)


def _tells_apart(values: Any) -> bool:
    """Whether values are texts and numbers, which stay what they are also where some look alike."""
    return all(type(value) in (str, int, float) for value in values)


def _from_objects(series: pd.Series, name: str) -> Cells:
    kind = types.infer_dtype(series, skipna=True)
    if kind == "complex":
        raise refused(name, kind)
    if kind in ("datetime", "datetime64"):
        return _from_moments(series, name)
    if kind in _OBJECT_TYPES:
        absent = series.isna().to_numpy()
        array = pa.array(series, _OBJECT_TYPES[kind], mask=absent, from_pandas=True)
        return replace(
            _arrow_cells(pa.chunked_array([array]), name), stored=str(_OBJECT_TYPES[kind])
        )
    if kind == "decimal":
        floats = series.where(series.notna(), None).astype("float64")
        return Cells(floats, "float64", DECIMAL)
    if kind in ("period", "interval"):
        with suppress(ValueError, TypeError):
            return _tidy(pd.Series(pd.array(series.tolist())), name)
    if kind in _OBJECT_DTYPES:
        # Integers beyond 64 bits become text.
        with suppress(OverflowError):
            tidy = series.where(series.notna(), None).astype(_OBJECT_DTYPES[kind])
            return Cells(tidy, "object" if kind == "string" else str(tidy.dtype))
    present = series.dropna()
    if present.map(lambda value: isinstance(value, list | dict | set | tuple | np.ndarray)).any():
        raise refused(name, "nested")
    if _tells_apart(distinct := present.unique()):
        return Cells(series.astype(pd.CategoricalDtype(distinct)), "object")
    return Cells(series.map(str, na_action="ignore").astype("str"), "object")


def _from_moments(series: pd.Series, name: str) -> Cells:
    zones = {getattr(value, "tzinfo", None) for value in series.dropna()}
    zoned = zones != {None}
    try:
        tidy = pd.to_datetime(series, utc=zoned)
        tidy = tidy.astype("datetime64[us, UTC]" if zoned else "datetime64[us]")
    except (ValueError, TypeError) as error:
        raise DataError(
            f"column {name!r} holds dates that pandas cannot read; turn it into text"
        ) from error
    if zoned and len(zones) == 1:
        tidy = _in_named_zone(tidy, zones.pop())
    return Cells(tidy, str(tidy.dtype))


def _in_named_zone(series: pd.Series, zone: tzinfo | None) -> pd.Series:
    """The same moments in a zone that has a name, as those of dateutil have none."""
    said = str(getattr(zone, "key", None) or getattr(zone, "zone", None) or zone)
    path = str(getattr(zone, "_filename", ""))  # of dateutil
    known = [name for name in available_timezones() if said == name or path.endswith("/" + name)]
    if known:
        return series.dt.tz_convert(max(known, key=len))
    if re.fullmatch(r"UTC[+-]\d\d:\d\d", said):
        return series
    fixed = zone is not None and "offset" in type(zone).__name__.lower()
    offset = zone.utcoffset(datetime.now(UTC)) if zone is not None and fixed else None
    return series.dt.tz_convert(UTC if not offset else str(timezone(offset)))


def _infer_column(name: str, cells: Cells, min_count: int) -> Column:
    series, dtype = cells.series, cells.dtype
    if cells.stored and re.match(r"time\d\d\[", cells.stored):
        pattern, decimals = date_format(series)
        clock = pattern.partition(" ")[2] or "%H:%M:%S"
        if series.notna().any():
            return Column(name, "datetime", dtype, decimals=decimals, format=clock)
    counts = series.value_counts(dropna=True)
    if not len(counts) or not counts.iloc[0]:
        return Column(name, "empty", dtype)
    held = counts.to_numpy()
    column = _infer_values(name, series, dtype, held[held > 0], min_count)
    if counts.iloc[0] == len(series) and not column.ordered:
        return Column(name, "constant", dtype, format=column.format, places=column.places)
    return column


def _infer_values(
    name: str, series: pd.Series, dtype: str, counts: np.ndarray, min_count: int
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
    return Column(name, kind_of_words(counts, min_count), dtype)


def _returnable(series: pd.Series, dtype: str) -> str:
    """The user's dtype, or the tidy one where pandas cannot convert back by its name."""
    try:
        if dtype == "object":
            return dtype if isinstance(series.dtype, pd.StringDtype) else str(series.dtype)
        series.dropna().head(100).astype(dtype)
    except (TypeError, ValueError, NotImplementedError):
        return str(series.dtype)
    return dtype
