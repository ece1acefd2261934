"""Types that cells are stored in, beside the few that they are learnt in.

Decimals, times of day, durations, periods, intervals and whatever else Arrow and pandas know are
brought to numbers, moments, truth values and text, and drawn rows are brought back. The name of
such a type is kept as `Column.stored`.
"""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from synth_dl.errors import DataError
from synth_dl.tables.schema import Column

ARROW = "[pyarrow]"  # ends the name of a type that pandas holds in Arrow's memory
DECIMAL = "decimal128"  # as many digits as the column shows
MOST_DIGITS = 38
_INTERVAL = re.compile(r"([\[(])(.+), (.+)([\])])")


def from_arrow(cells: pa.ChunkedArray, name: str, nullable: bool = False) -> pd.Series:
    """A column of Arrow in a tidy dtype; `nullable` asks for one with missing values of its own.

    Raises:
        DataError: for lists, records and bytes.
    """
    kind = cells.type
    if pa.types.is_dictionary(kind):
        # Its values may repeat, or be missing.
        return _categories(from_arrow(cells.cast(kind.value_type), name, nullable), kind.ordered)
    if isinstance(kind, pa.BaseExtensionType):
        return from_arrow(cells.cast(kind.storage_type), name, nullable)
    if pa.types.is_run_end_encoded(kind):
        return from_arrow(pc.run_end_decode(cells), name, nullable)
    if pa.types.is_nested(kind):
        raise refused(name, "nested")
    for is_of, read in _READERS:
        if is_of(kind):
            return read(cells, name, nullable)
    raise refused(name, str(kind))


def refused(name: str, kind: str) -> DataError:
    """What no column of a table may hold, and what to do about it."""
    what, cure = {
        "complex": ("complex numbers", "split it into two columns of numbers"),
        "nested": ("lists or records", "give each of its parts a column of its own"),
        "bytes": ("bytes that are no text", "turn it into text or leave it out"),
        "surrogate": (
            "text with half of a character (a lone surrogate)",
            "replace it, for example with .str.encode('utf-8', 'replace').str.decode('utf-8')",
        ),
    }.get(kind, (f"values of type {kind}", "turn it into text with .astype(str)"))
    return DataError(f"column {name!r} holds {what}, which are not supported; {cure}")


def arrow_type(stored: str, decimals: int | None = None) -> pa.DataType | None:
    """The type of Arrow that `Column.stored` names; None for those of pandas alone.

    Raises:
        DataError: if there is no such type.
    """
    stored = stored.removesuffix(ARROW)
    if stored == DECIMAL:
        return pa.decimal128(MOST_DIGITS, max(0, decimals or 0))
    if stored.startswith(("period[", "interval[", "datetime64[", "timedelta64[")):
        return None
    try:
        if found := re.fullmatch(r"decimal(32|64|128|256)\((\d+), (-?\d+)\)", stored):
            return getattr(pa, f"decimal{found[1]}")(int(found[2]), int(found[3]))
        if found := re.fullmatch(r"dictionary<values=(.+), indices=(\w+), ordered=([01])>", stored):
            values = arrow_type(found[1])
            return pa.dictionary(pa.type_for_alias(found[2]), values, found[3] == "1")
        if found := re.fullmatch(r"timestamp\[(\w+), tz=(.+)\]", stored):
            return pa.timestamp(found[1], found[2])
        if found := re.fullmatch(r"fixed_size_binary\[(\d+)\]", stored):
            return pa.binary(int(found[1]))
        return pa.type_for_alias(stored)
    except (TypeError, ValueError) as error:
        raise DataError(f"there is no type {stored!r}; remove `stored`") from error


def to_arrow(series: pd.Series, column: Column) -> pa.Array:
    """A tidy column as Arrow stores it."""
    kind = arrow_type(column.stored, column.decimals) if column.stored else None
    if kind is None:
        return _array(presented(series, column))
    if pa.types.is_null(kind):
        return pa.nulls(len(series))
    cells = _array(series)
    if pa.types.is_dictionary(cells.type):
        cells = cells.cast(cells.type.value_type)
    if pa.types.is_dictionary(kind):
        return cells.cast(kind.value_type).dictionary_encode().cast(kind)
    if pa.types.is_time(kind):
        cells = cells.cast(pa.timestamp(kind.unit), safe=False).cast(pa.int64())
        return (cells.cast(pa.int32()) if pa.types.is_time32(kind) else cells).cast(kind)
    if pa.types.is_duration(kind):
        return cells.cast(pa.int64()).cast(kind)
    if pa.types.is_decimal(kind):
        return _decimals(series, kind)
    if _is_bytes(kind):
        return cells.cast(pa.string()).cast(pa.binary()).cast(kind)
    return cells.cast(kind, safe=False)


def presented(series: pd.Series, column: Column) -> pd.Series:
    """A tidy column as pandas gives it to users."""
    if column.stored is None:
        return series
    stored, kind = column.stored, arrow_type(column.stored, column.decimals)
    if kind is None:
        if isinstance(series.dtype, pd.CategoricalDtype):
            return series.cat.rename_categories(_of_pandas(series.cat.categories, stored))
        return pd.Series(_of_pandas(series, stored), series.index, name=series.name)
    if pa.types.is_dictionary(kind) and not stored.endswith(ARROW):
        return series
    array = to_arrow(series, column)
    if stored.endswith(ARROW):
        return pd.Series(pd.arrays.ArrowExtensionArray(array), series.index)
    try:
        return pd.Series(array.to_pandas(), series.index)
    except (pa.ArrowInvalid, KeyError, ValueError):
        return series  # a time zone that this machine does not know


def _of_pandas(values: Any, stored: str) -> Any:
    if stored.startswith("period["):
        return pd.PeriodIndex(pd.DatetimeIndex(values), freq=stored[7:-1])
    if not stored.startswith("interval["):
        return pd.Index(values).astype(stored)
    dtype: Any = pd.api.types.pandas_dtype(stored)
    parts = [_INTERVAL.fullmatch(str(value)) for value in values]
    bounds = [None if part is None else (part[2], part[3]) for part in parts]
    sides = (pd.Series([None if b is None else b[side] for b in bounds], dtype="object")
             for side in (0, 1))  # fmt: skip
    wanted = str(dtype.subtype)
    low, high = (
        pd.to_datetime(side, format="ISO8601")
        if wanted.startswith("datetime")
        else pd.to_numeric(side)
        for side in sides
    )
    found = pd.arrays.IntervalArray.from_arrays(low, high, dtype.closed)
    return found if found.isna().any() else found.astype(dtype)


def _array(series: Any) -> pa.Array:
    """Values of pandas as Arrow, text where Arrow has no type for them all."""
    try:
        found = pa.Array.from_pandas(series)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.Array.from_pandas(series.astype("object").map(str, na_action="ignore"))
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _decimals(series: pd.Series, kind: Any) -> pa.Array:
    """Floats as decimals, each as close as floats can say and no larger than the type allows."""
    top = float(10.0 ** (kind.precision - kind.scale))
    top = np.nextafter(top - 10.0**-kind.scale, 0) if top > 1e15 else top - 10.0**-kind.scale
    values = series.to_numpy(np.float64, na_value=np.nan)
    return pa.array(np.clip(values, -top, top), from_pandas=True).cast(kind)


def _categories(values: pd.Series, ordered: bool) -> pd.Series:
    distinct = values.dropna().unique()
    try:
        plain = pd.CategoricalDtype(distinct, ordered)
    except (TypeError, ValueError):
        return values
    plain_kinds = ("string", "integer", "floating", "boolean", "empty")
    return values.astype(plain) if pd.api.types.infer_dtype(distinct) in plain_kinds else values


def _words(cells: pa.ChunkedArray, name: str, nullable: bool) -> pd.Series:
    return pd.Series(cells.cast(pa.large_string()).to_pandas(), dtype="str")


def _bytes(cells: pa.ChunkedArray, name: str, nullable: bool) -> pd.Series:
    try:
        return _words(cells.cast(pa.large_binary()), name, nullable)
    except pa.ArrowInvalid:
        raise refused(name, "bytes") from None


def _numbers(cells: pa.ChunkedArray, name: str, nullable: bool) -> pd.Series:
    if pa.types.is_float16(cells.type):
        cells = cells.cast(pa.float32())
    if not nullable and (pa.types.is_floating(cells.type) or not cells.null_count):
        return cells.to_pandas()
    plain = np.dtype(cells.type.to_pandas_dtype()).name
    masked = plain.replace("int", "Int").replace("uI", "UI").replace("float", "Float")
    dtype = pd.api.types.pandas_dtype("boolean" if plain == "bool" else masked)
    return cells.to_pandas(types_mapper=lambda _: dtype)


def _moments(cells: pa.ChunkedArray, name: str, nullable: bool) -> pd.Series:
    kind = cells.type
    if kind.tz is not None:
        try:
            return cells.to_pandas()
        except (pa.ArrowException, KeyError, ValueError):
            # A time zone that does not exist; the moments are those of UTC.
            return cells.cast(pa.timestamp(kind.unit, "UTC")).to_pandas()
    return cells.to_pandas()


def _days(cells: pa.ChunkedArray, name: str, nullable: bool) -> pd.Series:
    return cells.cast(pa.timestamp("s")).to_pandas()


def _clock(cells: pa.ChunkedArray, name: str, nullable: bool) -> pd.Series:
    """Times of day as moments of the first day of 1970."""
    kind = cells.type
    whole = cells.cast(pa.int32() if pa.types.is_time32(kind) else pa.int64())
    return whole.cast(pa.int64()).cast(pa.timestamp(kind.unit)).to_pandas()


def _durations(cells: pa.ChunkedArray, name: str, nullable: bool) -> pd.Series:
    return _numbers(cells.cast(pa.int64()), name, nullable)


def _floats(cells: pa.ChunkedArray, name: str, nullable: bool) -> pd.Series:
    return cells.cast(pa.float64()).to_pandas()


def _is_text(kind: pa.DataType) -> bool:
    return (
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _is_bytes(kind: pa.DataType) -> bool:
    return "binary" in str(kind)


def _is_plain(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)


_READERS: tuple[tuple[Callable[[pa.DataType], bool], Callable[..., pd.Series]], ...] = (
    (_is_plain, _numbers),
    (_is_text, _words),
    (pa.types.is_timestamp, _moments),
    (pa.types.is_date, _days),
    (pa.types.is_time, _clock),
    (pa.types.is_duration, _durations),
    (pa.types.is_decimal, _floats),
    (pa.types.is_null, _floats),
    (_is_bytes, _bytes),
)
