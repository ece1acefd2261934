"""Rows of a user in the types of the table that a model was trained on."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from synth_dl.tables.frames import taken
from synth_dl.tables.reading.cells import read_cells
from synth_dl.tables.reading.declared import check_names, read_declared, retype
from synth_dl.tables.reading.inference import find_decimal
from synth_dl.tables.reading.parquet import is_parquet, read_parquet, row_labels
from synth_dl.tables.reading.parsed import Source
from synth_dl.tables.reading.text import check_file, read_text
from synth_dl.tables.reading.tidy import Tidy, TidyColumn, tidy_frame, tidy_table
from synth_dl.tables.reading.typed import infer_tidy
from synth_dl.tables.schema import Schema

KNOWN_MISSING = "?missing"


def match_frame(
    frame: Any, schema: Schema, name: str = "the table", without: str | None = None
) -> pd.DataFrame:
    """The columns of a table in the schema's types; it may lack some of them.

    Args:
        frame: a table of any kind that `taken` takes.
        schema: that of the training table.
        name: for messages.
        without: a column that is passed over.

    Raises:
        DataError: for anything but a table, a column that the schema does not have, or values of
            another type.
    """
    # A schema may declare a dtype that is another name for a tidy one.
    return tidy_frame(_retyped(taken(frame, name), schema, Source(name), without))


def read_given(path: str | Path, schema: Schema) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read a file of partly known rows, which may lack columns of the schema.

    Returns the known cells in tidy dtypes, missing where unknown, and a frame of truth values of
    the same shape that marks the cells known to be missing (written `?missing`). Raises a
    DataError as `read_table` does.
    """
    path = Path(path)
    check_file(path)
    if is_parquet(path):
        table = read_parquet(path)
        frame = _retyped(table.drop_columns(row_labels(table)), schema, Source(str(path)))
        return frame, pd.DataFrame(False, index=frame.index, columns=frame.columns)
    sheet = read_cells(read_text(path), expected=schema.names)
    source = Source(str(path), sheet.locate)
    check_names(source, [cells.name for cells in sheet.columns], schema, partial=True)
    known = [cells.without([KNOWN_MISSING]) for cells in sheet.columns]
    decimal = find_decimal(known, sheet.separator, schema.dialect.decimal)
    values, absent = {}, {}
    for written, cells in zip(sheet.columns, known, strict=True):
        column = schema.column(cells.name)
        values[cells.name] = read_declared(source, cells, column, decimal).series
        absent[cells.name] = (written.codes >= 0) & (cells.codes < 0)
    return pd.DataFrame(values), pd.DataFrame(absent)


def _retyped(
    table: pd.DataFrame | pa.Table, schema: Schema, source: Source, without: str | None = None
) -> pd.DataFrame:
    tidy = tidy_table(table).frame.drop(columns=without or [], errors="ignore")
    check_names(source, list(tidy.columns), schema, partial=True)
    # In tidy dtypes, whatever they were.
    cells = tuple(TidyColumn(series, str(series.dtype)) for _, series in tidy.items())
    columns = infer_tidy(Tidy(tidy, cells, tuple(tidy.columns)), min_count=1).columns
    matched = {
        found.name: retype(source, tidy.loc[:, found.name], schema.column(found.name), found).series
        for found in columns
    }
    return pd.DataFrame(matched, index=tidy.index)
