"""A typed table in few dtypes, and what is needed to give it back as it came."""

import datetime
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from numbers import Integral, Number
from typing import Any
from zoneinfo import available_timezones

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api import types

from synth_dl.errors import DataError
from synth_dl.tables.promise import nullable, slack_of
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
_TIDY = (types.is_bool_dtype, types.is_integer_dtype, types.is_datetime64_any_dtype)
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class TidyColumn:
    """A column in a tidy dtype.

    Attributes:
        series: its values.
        dtype: that samples get back; empty where the values alone made it what it is.
        stored: see `Column.stored`.
        odd: cells of another kind than all others, which became missing.
        rounded: cells that had more digits than all others, and were rounded.
        infinite: infinite numbers, which became missing.
    """

    series: pd.Series
    dtype: str = ""
    stored: str | None = None
    odd: int = 0
    rounded: int = 0
    infinite: int = 0


@dataclass(frozen=True)
class Tidy:
    """A typed table in few dtypes, and what is needed to give it back as it was.

    Attributes:
        frame: integers and Int64, floats, bool, boolean, str, category, datetime64; names of
            columns are text and the index counts rows.
        columns: one for each of the frame.
        labels: what each column was called.
    """

    frame: pd.DataFrame
    columns: tuple[TidyColumn, ...]
    labels: tuple[Any, ...]


def tidy_frame(frame: pd.DataFrame | pa.Table, min_count: int = 1) -> pd.DataFrame:
    """The frame of `tidy_table` alone."""
    return tidy_table(frame, min_count).frame


def tidy_table(table: pd.DataFrame | pa.Table, min_count: int = 1) -> Tidy:
    """The same rows in tidy dtypes.

    Where all but fewer than `min_count` rows hold values of one kind, the others become missing;
    so do infinite numbers.

    Raises a DataError for columns of one name and for types without a meaning in a table.
    """
    of_arrow = isinstance(table, pa.Table)
    labels = tuple(table.column_names if of_arrow else map(_plain_label, table.columns))
    names = [column_name(label) for label in labels]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise DataError(f"two columns are named {name!r}; rename one")
        if _SURROGATE.search(name):
            raise refused(name, "surrogate")
    slack = slack_of(len(table), min_count)
    read = _arrow_columns(table, slack) if of_arrow else _columns(table, names, slack)
    columns = tuple(map(_finite, read))
    frame = pd.DataFrame(
        {name: column.series for name, column in zip(names, columns, strict=True)},
        index=pd.RangeIndex(len(table)),
    )
    return Tidy(frame, columns, labels)


def column_name(label: object) -> str:
    """What a column of a frame is called here, whatever its label is."""
    return "_".join(map(str, label)) if isinstance(label, tuple) else str(label)


def _plain_label(label: Any) -> Any:
    if isinstance(label, tuple):
        return tuple(map(_plain_label, label))
    return label.item() if isinstance(label, np.generic) else label


def _finite(cells: TidyColumn) -> TidyColumn:
    """The column with its infinite numbers missing."""
    series: Any = cells.series
    if isinstance(series.dtype, pd.CategoricalDtype):
        held = series.cat.categories
        infinite = held[np.isinf(held)] if types.is_float_dtype(held.dtype) else held[:0]
        count, finite = series.isin(infinite).sum(), series.cat.remove_categories(infinite)
    elif types.is_float_dtype(series.dtype):
        infinite = np.isinf(series.to_numpy())
        count, finite = infinite.sum(), series.mask(infinite)
    else:
        return cells
    return replace(cells, series=finite, infinite=int(count)) if count else cells


def _arrow_columns(table: pa.Table, slack: int) -> Iterator[TidyColumn]:
    described = (table.schema.pandas_metadata or {}).get("columns", [])
    of_pandas = {entry["name"]: str(entry.get("numpy_type", "")) for entry in described}
    for name, column in zip(table.column_names, table.columns, strict=True):
        dtype = of_pandas.get(name, "")
        # Columns that pandas wrote from Int64, boolean and their like.
        masked = dtype == "boolean" or dtype[:1] in ("I", "U", "F")
        cells = _arrow_cells(column, name, masked)
        if dtype == "float64" and cells.series.dtype == np.float64 and cells.stored is None:
            cells = _from_floats(cells.series, dtype, slack)
        # That cells are missing says nothing of a dtype which its writer did not choose for them.
        yield replace(cells, dtype="") if column.null_count and not masked else cells


def _arrow_cells(column: pa.ChunkedArray, name: str, masked: bool = False) -> TidyColumn:
    series = from_arrow(column, name, masked)
    kind = column.type
    default = pa.Schema.from_pandas(pd.DataFrame({"x": series.head(0)})).field("x").type
    return TidyColumn(series, str(series.dtype), None if kind == default else str(kind))


def _columns(frame: pd.DataFrame, names: list[str], slack: int) -> Iterator[TidyColumn]:
    for index, name in enumerate(names):
        try:
            yield _tidy(frame.iloc[:, index].reset_index(drop=True), name, slack)
        except UnicodeEncodeError as error:
            raise refused(name, "surrogate") from error


def _tidy(series: pd.Series, name: str, slack: int) -> TidyColumn:
    dtype: Any = series.dtype
    known = str(dtype)
    if isinstance(dtype, pd.SparseDtype):
        series = series.sparse.to_dense()
    elif isinstance(dtype, pd.ArrowDtype):
        return _of_arrow_dtype(series, dtype.pyarrow_dtype, name)
    if types.is_object_dtype(series.dtype):
        kept = _of_one_kind(series, slack)
        odd = int(kept.isna().sum() - series.isna().sum())
        cells = _from_objects(kept, name, slack)
        if cells.series.dtype == np.float64 and cells.stored is None:
            cells = _from_floats(cells.series, cells.dtype, slack)
        # Objects that a few cells made of a column are no wish of the user.
        return replace(cells, dtype="" if odd else cells.dtype, odd=cells.odd + odd)
    if series.dtype == np.float64:
        return _from_floats(series, known, slack)
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _from_categories(series, slack)
    if isinstance(dtype, pd.DatetimeTZDtype):
        series = _in_named_zone(series, dtype.tz)
        return TidyColumn(series, str(series.dtype))
    if types.is_timedelta64_dtype(dtype):
        return _arrow_cells(pa.chunked_array([pa.array(series, from_pandas=True)]), name)
    if isinstance(dtype, pd.PeriodDtype):
        return TidyColumn(series.dt.to_timestamp(), "datetime64[us]", known)
    if isinstance(dtype, pd.IntervalDtype):
        return TidyColumn(series.map(str, na_action="ignore").astype("str"), "str", known)
    if dtype == np.float16:
        return TidyColumn(series.astype("float32"), "float32", "halffloat")
    if types.is_float_dtype(dtype):
        single = isinstance(dtype, np.dtype) and dtype.itemsize < 8
        series = series if single else series.astype("float64")
    elif types.is_string_dtype(dtype):
        series = series.astype("str")
    elif not any(is_of(dtype) for is_of in _TIDY):
        raise refused(name, "complex" if types.is_complex_dtype(dtype) else known)
    return TidyColumn(series, known)


def _of_arrow_dtype(series: pd.Series, kind: pa.DataType, name: str) -> TidyColumn:
    array = pa.array(series)
    chunked = array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])
    cells = _arrow_cells(chunked, name, masked=not pa.types.is_floating(kind))
    if cells.stored is None or pa.types.is_string(kind) or pa.types.is_boolean(kind):
        return TidyColumn(cells.series, str(series.dtype))
    return replace(cells, stored=f"{cells.stored}{ARROW}")


def _from_floats(series: pd.Series, dtype: str, slack: int) -> TidyColumn:
    """Floats of pandas as integers where all but a few rows hold whole numbers, as a single row
    that lacks one makes floats of integers."""
    infinite = np.isinf(series)
    whole = (series.round() == series) & (series.abs() < 2.0**63)
    if not slack or (~whole).sum() > slack:
        return TidyColumn(series, dtype)
    tidy = series.where(series.abs() < 2.0**63).round().astype("Int64")
    lost = int(tidy.isna().sum() - series.isna().sum())
    rounded = int((~whole).sum() - tidy.isna().sum())
    tidy = tidy if tidy.hasnans else tidy.astype("int64")
    count = int(infinite.sum())
    return TidyColumn(tidy, odd=lost - count, rounded=rounded, infinite=count)


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


def _from_categories(series: pd.Series, slack: int) -> TidyColumn:
    """Categories as text unless they are text, numbers or truth values already."""
    kinds = pd.Series(series.cat.categories.map(_kind), dtype="str")
    held = series.cat.codes.value_counts().reindex(kinds.index, fill_value=0).groupby(kinds).sum()
    odd = int(held.sum() - held.max()) if len(held) > 1 else slack + 1
    if odd <= slack:
        others = series.cat.categories[(kinds != held.idxmax()).to_numpy()]
        kept = series.cat.remove_categories(others)
        kept = kept.cat.rename_categories(pd.Index(kept.cat.categories.tolist()))
        return replace(_plain_categories(kept), dtype="", odd=odd)
    return _plain_categories(series)


def _plain_categories(series: pd.Series) -> TidyColumn:
    categories = series.cat.categories
    if types.infer_dtype(categories) == "string":
        categories.astype("str")  # fails where one holds half of a character
    if types.infer_dtype(categories) in _PLAIN_KINDS or _tells_apart(categories):
        return TidyColumn(series, "category")
    stored = None if categories.dtype == object else str(categories.dtype)
    words = [str(category) for category in categories]
    if len(set(words)) < len(words):
        return TidyColumn(series.astype("object").map(str, na_action="ignore").astype("category"),
                     "category")  # fmt: skip
    return TidyColumn(series.cat.rename_categories(words), "category", stored)


def _tells_apart(values: Any) -> bool:
    """Whether values are texts and numbers, which stay what they are also where some look alike."""
    return all(type(value) in (str, int, float) for value in values)


def _from_objects(series: pd.Series, name: str, slack: int) -> TidyColumn:
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
        return TidyColumn(floats, "float64", DECIMAL)
    if kind in ("period", "interval"):
        with suppress(ValueError, TypeError):
            return _tidy(pd.Series(pd.array(series.tolist())), name, slack)
    if kind in _OBJECT_DTYPES:
        # Integers beyond 64 bits become text.
        with suppress(OverflowError):
            tidy = series.where(series.notna(), None).astype(_OBJECT_DTYPES[kind])
            return TidyColumn(tidy, "object" if kind == "string" else "")
    present = series.dropna()
    if present.map(lambda value: isinstance(value, list | dict | set | tuple | np.ndarray)).any():
        raise refused(name, "nested")
    if _tells_apart(distinct := present.unique()):
        return TidyColumn(series.astype(pd.CategoricalDtype(distinct)), "object")
    return TidyColumn(series.map(str, na_action="ignore").astype("str"), "object")


def _from_moments(series: pd.Series, name: str) -> TidyColumn:
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
    return TidyColumn(tidy)


def _in_named_zone(series: pd.Series, zone: datetime.tzinfo | None) -> pd.Series:
    """The same moments in a zone that has a name, as those of dateutil have none."""
    said = str(getattr(zone, "key", None) or getattr(zone, "zone", None) or zone)
    path = str(getattr(zone, "_filename", ""))  # of dateutil
    known = [name for name in available_timezones() if said == name or path.endswith("/" + name)]
    if known:
        return series.dt.tz_convert(max(known, key=len))
    if re.fullmatch(r"UTC[+-]\d\d:\d\d", said):
        return series
    fixed = zone is not None and "offset" in type(zone).__name__.lower()
    offset = (
        zone.utcoffset(datetime.datetime.now(datetime.UTC)) if zone is not None and fixed else None
    )
    return series.dt.tz_convert(datetime.UTC if not offset else str(datetime.timezone(offset)))
