"""Rows of a user in the types of the table that a model was trained on."""

from pathlib import Path
from typing import Any

import pandas as pd

from synth_dl.errors import DataError
from synth_dl.tables.reading.cells import read_cells
from synth_dl.tables.reading.declared import check_names, read_declared, retype
from synth_dl.tables.reading.inference import find_decimal
from synth_dl.tables.reading.parquet import is_parquet, read_parquet
from synth_dl.tables.reading.parsed import Source
from synth_dl.tables.reading.text import check_file, read_text
from synth_dl.tables.reading.typed import infer_tidy, tidy_frame
from synth_dl.tables.schema import Schema

KNOWN_MISSING = "?missing"


def check_frame(frame: Any, name: str = "the table") -> None:
    """Refuse anything but a DataFrame by a DataError."""
    if not isinstance(frame, pd.DataFrame):
        raise DataError(f"{name} is of type {type(frame).__name__}; give a pandas DataFrame")


def match_frame(frame: pd.DataFrame, schema: Schema, name: str = "the table") -> pd.DataFrame:
    """The columns of a frame in the schema's types; it may lack some of them.

    Raises:
        DataError: for anything but a DataFrame, a column that the schema does not have, or values
            of another type.
    """
    check_frame(frame, name)
    # A schema may declare a dtype that is another name for a tidy one.
    return tidy_frame(_retyped(frame, schema, Source(name)))


def read_given(path: str | Path, schema: Schema) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read a file of partly known rows, which may lack columns of the schema.

    Returns the known cells in tidy dtypes, missing where unknown, and a frame of truth values of
    the same shape that marks the cells known to be missing (written `?missing`). Raises a
    DataError as `read_table` does.
    """
    path = Path(path)
    check_file(path)
    if is_parquet(path):
        frame = _retyped(read_parquet(path), schema, Source(str(path)))
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


def _retyped(frame: pd.DataFrame, schema: Schema, source: Source) -> pd.DataFrame:
    tidy = tidy_frame(frame)
    check_names(source, list(tidy.columns), schema, partial=True)
    columns = infer_tidy(tidy, map(str, tidy.dtypes)).columns
    matched = {
        found.name: retype(source, tidy.loc[:, found.name], schema.column(found.name), found).series
        for found in columns
    }
    return pd.DataFrame(matched, index=tidy.index)
