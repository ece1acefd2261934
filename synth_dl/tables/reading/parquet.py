"""Parquet files as typed tables."""

from pathlib import Path

import pandas as pd
import pyarrow as pa

from synth_dl import opening
from synth_dl.errors import DataError
from synth_dl.tables.reading.typed import INFERRED

_WHOLE = {
    pa.int8(): pd.Int8Dtype(), pa.int16(): pd.Int16Dtype(), pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(), pa.uint8(): pd.UInt8Dtype(), pa.uint16(): pd.UInt16Dtype(),
    pa.uint32(): pd.UInt32Dtype(), pa.uint64(): pd.UInt64Dtype(), pa.bool_(): pd.BooleanDtype(),
}  # fmt: skip


def is_parquet(path: Path) -> bool:
    """Whether a file begins as Parquet files do, whatever its name."""
    with opening.open_regular(path) as stream:
        return stream.read(4) == b"PAR1"


def read_parquet(path: Path) -> pd.DataFrame:
    """The table in a Parquet file; integers with missing values stay integers.

    Raises a DataError for a damaged file and for columns of one name.
    """
    table = opening.read_parquet(path)
    names = table.column_names
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"{path}: two columns are named {name!r}; rename one")
    nullable = _nullable(table.schema)
    columns = {}
    for name in names:
        if name.startswith("__index_level_"):
            # Row labels that pandas stored beside the columns.
            continue
        columns[name] = _to_series(table.column(name), name in nullable)
    if not columns or not len(table):
        raise DataError(f"{path}: the table has no rows or no columns; name one that has some")
    frame = pd.DataFrame(columns)
    frame.attrs[INFERRED] = [
        name for name in columns if table.column(name).null_count and name not in nullable
    ]
    return frame


def _nullable(schema: pa.Schema) -> set[str]:
    """Names of the columns that pandas wrote from Int64, boolean and their like."""
    described = (schema.pandas_metadata or {}).get("columns", [])
    return {
        entry["name"]
        for entry in described
        if str(entry.get("numpy_type", "")) == "boolean"
        or str(entry.get("numpy_type", ""))[:1] in ("I", "U", "F")
    }


def _to_series(column: pa.ChunkedArray, nullable: bool) -> pd.Series:
    mapper = None
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    elif pa.types.is_floating(column.type) and nullable:
        mapper = {pa.float64(): pd.Float64Dtype(), pa.float32(): pd.Float32Dtype()}.get
    elif column.type in _WHOLE and (nullable or column.null_count):
        mapper = _WHOLE.get
    elif pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        # Text that its writer did not mark as such.
        try:
            column = column.cast(pa.string())
        except pa.ArrowInvalid:
            return column.to_pandas()
    return column.to_pandas(types_mapper=mapper, date_as_object=False)
