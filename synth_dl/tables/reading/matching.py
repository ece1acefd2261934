"""Rows of a user in the types of the table that a model was trained on."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from synth_dl.tables.frames import taken
from synth_dl.tables.reading.cells import Sheet, read_cells
from synth_dl.tables.reading.declared import check_names, read_declared, retype
from synth_dl.tables.reading.inference import find_decimal
from synth_dl.tables.reading.parquet import is_parquet, read_parquet, row_labels
from synth_dl.tables.reading.parsed import Source
from synth_dl.tables.reading.text import check_file, read_text
from synth_dl.tables.reading.tidy import Tidy, TidyColumn, column_name, tidy_frame, tidy_table
from synth_dl.tables.reading.typed import infer_tidy
from synth_dl.tables.schema import Schema

KNOWN_MISSING = "?missing"
Choice = Callable[[Sequence[str]], Sequence[str]]  # of the columns that a table has, those to read


def match_frame(
    frame: Any,
    schema: Schema,
    name: str = "the table",
    without: str | None = None,
    choice: Choice | None = None,
) -> pd.DataFrame:
    """The columns of a table in the schema's types; it may lack some of them.

    Args:
        frame: a table of any kind that `taken` takes.
        schema: that of the training table.
        name: for messages.
        without: a column that is passed over.
        choice: of the columns that are read; all if not given.

    Raises:
        DataError: for anything but a table, a column that the schema does not have, or values of
            another type.
    """
    # A schema may declare a dtype that is another name for a tidy one.
    return tidy_frame(_retyped(taken(frame, name), schema, Source(name), without, choice))


def read_given(
    path: str | Path, schema: Schema, choice: Choice | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read a file of partly known rows, which may lack columns of the schema.

    Returns the known cells in tidy dtypes, missing where unknown, and a frame of truth values of
    the same shape that marks the cells known to be missing (written `?missing`). Raises a
    DataError as `read_table` does. Of columns outside the `choice` nothing is looked at but the
    names.
    """
    path = Path(path)
    check_file(path)
    if is_parquet(path):
        table = read_parquet(path)
        frame = given_table(table.drop_columns(row_labels(table)), path, schema, choice)
        return frame, pd.DataFrame(False, index=frame.index, columns=frame.columns)
    sheet = read_cells(read_text(path), expected=schema.names)
    return given_cells(sheet, schema, choice)[:2]


def given_table(
    table: pa.Table, path: Path, schema: Schema, choice: Choice | None = None
) -> pd.DataFrame:
    """The known cells of a table of Arrow; as of `read_given`."""
    return _retyped(table, schema, Source(str(path)), choice=choice)


def given_cells(
    sheet: Sheet, schema: Schema, choice: Choice | None = None, decimal: str | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """The known cells of a text, and which are known to be missing; as of `read_given`.

    The decimal sign is that of `decimal`, or found, and given back.
    """
    source = Source(str(sheet.text.path), sheet.locate)
    names = [cells.name for cells in sheet.columns]
    chosen = names if choice is None else choice(names)
    check_names(source, chosen, schema, partial=True)
    columns = [cells for cells in sheet.columns if cells.name in chosen]
    known = [cells.without([KNOWN_MISSING]) for cells in columns]
    decimal = decimal or find_decimal(known, sheet.separator, schema.dialect.decimal)
    values, absent = {}, {}
    for written, cells in zip(columns, known, strict=True):
        column = schema.column(cells.name)
        values[cells.name] = read_declared(source, cells, column, decimal).series
        absent[cells.name] = (written.codes >= 0) & (cells.codes < 0)
    return pd.DataFrame(values), pd.DataFrame(absent), decimal


def _chosen(table: pd.DataFrame | pa.Table, choice: Choice) -> pd.DataFrame | pa.Table:
    """The columns of a choice, before anything is looked at that may be of no type of ours."""
    of_arrow = isinstance(table, pa.Table)
    names = [column_name(label) for label in (table.column_names if of_arrow else table.columns)]
    chosen = choice(names)
    places = [place for place, name in enumerate(names) if name in chosen]
    return table.select(places) if of_arrow else table.iloc[:, places]


def _retyped(
    table: pd.DataFrame | pa.Table,
    schema: Schema,
    source: Source,
    without: str | None = None,
    choice: Choice | None = None,
) -> pd.DataFrame:
    if choice is not None:
        table = _chosen(table, choice)
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
