"""Parquet files as tables of Arrow."""

from pathlib import Path

import pyarrow as pa

from synth_dl import opening
from synth_dl.errors import DataError


def is_parquet(path: Path) -> bool:
    """Whether a file begins as Parquet files do, whatever its name."""
    with opening.open_regular(path) as stream:
        return stream.read(4) == b"PAR1"


def read_parquet(path: Path) -> pa.Table:
    """The table in a Parquet file.

    Raises a DataError for a damaged file and for one without rows or columns.
    """
    table = opening.read_parquet(path)
    if not len(table) or not set(table.column_names) - set(row_labels(table)):
        raise DataError(f"{path}: the table has no rows or no columns; name one that has some")
    return table


def row_labels(table: pa.Table) -> list[str]:
    """Columns that pandas stored beside the others for its index."""
    stored = (table.schema.pandas_metadata or {}).get("index_columns", [])
    return [name for name in stored if isinstance(name, str) and name in table.column_names]
