"""Tables from files and from DataFrames: the values, and what each column is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from synth_dl.errors import DataError
from synth_dl.tables.reading.cells import read_cells, shorten
from synth_dl.tables.reading.declared import check_names, read_declared, retype
from synth_dl.tables.reading.dialect import MISSING_WORDS, WEAK_MISSING_WORDS
from synth_dl.tables.reading.inference import find_decimal, infer_column
from synth_dl.tables.reading.parquet import is_parquet, read_parquet, row_labels
from synth_dl.tables.reading.parsed import Parsed, Source
from synth_dl.tables.reading.proposals import propose_kinds
from synth_dl.tables.reading.text import check_file, read_text
from synth_dl.tables.reading.tidy import tidy_table
from synth_dl.tables.reading.typed import infer_tidy, infinite_cells, odd_cells
from synth_dl.tables.schema import Column, Dialect, Schema


@dataclass(frozen=True)
class Table:
    """A table and what its columns are.

    Attributes:
        frame: the values, in tidy dtypes (integers and Int64, floats, bool, boolean, str,
            category, datetime64), rows numbered from 0.
        schema: one column for each of the frame, in its order. Its `dtype` is the user's, which
            may be another name for the frame's (such as `int64[pyarrow]` for Int64).
        notes: sentences that the user should read.
    """

    frame: pd.DataFrame
    schema: Schema
    notes: tuple[str, ...] = ()


def read_table(
    path: str | Path,
    *,
    columns: Sequence[str] | None = None,
    missing: Sequence[str] | None = None,
    schema: Schema | None = None,
    min_count: int = 5,
) -> Table:
    """Read a text file (CSV, TSV, compressed or not) or a Parquet file.

    Separator, decimal sign, encoding, header row, types and date formats are found.

    Args:
        path: the file; what it holds decides how it is read, not its ending.
        columns: names of the columns of a text file that may lack a header row.
        missing: words for a missing cell, instead of the usual ones.
        schema: what the columns are, where that is known; the file must have its columns and no
            others, in any order. Entries at their default (`decimals`, `format`, ...) are filled
            in from the file. `columns` defaults to its names where no header row is found.
        min_count: rows that must hold a word before it counts as frequent, which decides between
            category and key.

    Raises:
        DataError: one sentence with the file, and line and column where there are any.
    """
    path = Path(path)
    check_file(path)
    if is_parquet(path):
        return table_from_frame(
            read_parquet(path), schema=schema, min_count=min_count, name=str(path)
        )
    text = read_text(path)
    expected = schema.names if schema is not None else None
    sheet = read_cells(text, columns, missing, expected, min_count)
    source = Source(str(path), sheet.locate)
    default = schema.dialect.decimal if schema is not None else "."
    decimal = find_decimal(sheet.columns, sheet.separator, default)
    weak = WEAK_MISSING_WORDS if missing is None else ()
    _check_rows(source, len(sheet.columns[0].codes) if sheet.columns else 0)
    if schema is None:
        parsed = [infer_column(c, decimal, min_count, weak) for c in sheet.columns]
        _check_usable(source, parsed)
    else:
        check_names(source, [cells.name for cells in sheet.columns], schema)
        by_name = {cells.name: cells for cells in sheet.columns}
        tokens = (*(MISSING_WORDS if missing is None else ("", *missing)), *weak)
        parsed = [
            read_declared(source, by_name[c.name], c, decimal, tokens) for c in schema.columns
        ]
    dialect = Dialect(sheet.separator, "," if decimal == "," else ".")
    return _assemble(parsed, dialect, sheet.notes, schema.rules if schema is not None else ())


def table_from_frame(
    frame: pd.DataFrame | pa.Table,
    *,
    schema: Schema | None = None,
    min_count: int = 5,
    name: str = "the table",
) -> Table:
    """A table from typed values; `schema` and `min_count` as in `read_table`.

    Raises a DataError that names column and row (counted from 1), beginning with `name`.
    """
    source = Source(name)
    notes = tuple(f"{name}: {note}" for note in _left_out(frame))
    if isinstance(frame, pa.Table):
        frame = frame.drop_columns(row_labels(frame))
    try:
        typed = tidy_table(frame, min_count if schema is None else 1)
        tidy, found = typed.frame, infer_tidy(typed, min_count)
    except DataError as error:
        raise DataError(f"{name}: {error}") from error
    _check_rows(source, len(tidy))
    if schema is None:
        parsed = [_as_in_files(column, tidy.loc[:, column.name]) for column in found.columns]
        _check_usable(source, parsed)
        return _assemble(parsed, Dialect(), (*notes, *odd_cells(typed, found)))
    notes += infinite_cells(typed)
    check_names(source, found.names, schema)
    parsed = [
        retype(source, tidy.loc[:, column.name], column, found.column(column.name))
        for column in schema.columns
    ]
    return _assemble(parsed, schema.dialect, notes, schema.rules)


def _as_in_files(column: Column, values: pd.Series) -> Parsed:
    """What fewer than `min_count` rows show is not kept: values where all others are missing, and
    digits that no others have."""
    if column.type == "empty":
        values = values.mask(values.notna())
        if column.dtype == "float64":
            values = pd.Series(np.nan, values.index, "float64")
    elif column.decimals is not None and values.dtype == np.float64:
        values = values.round(column.decimals)
    elif column.type == "datetime" and column.format is not None:
        fine = values.dt.floor(_step(column.format, column.decimals or 0), ambiguous="NaT")
        values = values.where(fine.isna(), fine)
    return Parsed(column, values)


def _step(pattern: str, decimals: int) -> str:
    """The unit of time that a format shows."""
    if "%H" not in pattern and "%I" not in pattern:
        return "D"
    if "%S" not in pattern:
        return "min" if "%M" in pattern else "h"
    unit, most = next(
        (u, m) for u, m in (("s", 0), ("ms", 3), ("us", 6), ("ns", 9)) if m >= decimals
    )
    return f"{10 ** (most - decimals)}{unit}"


def _left_out(table: pd.DataFrame | pa.Table) -> list[str]:
    """A sentence on an index that says more than the number of the row."""
    if isinstance(table, pa.Table):
        names = row_labels(table)
        named = [name for name in names if not name.startswith("__index_level_")]
    else:
        names = [] if isinstance(table.index, pd.RangeIndex) else list(table.index.names)
        named = [str(name) for name in table.index.names if name is not None]
    if not names and not named:
        return []
    which = f"the index {', '.join(map(repr, named))}" if named else "the index of the rows"
    return [f"{which} is left out; reset_index() makes it a column to learn"]


def _check_rows(source: Source, rows: int) -> None:
    if rows < 2:
        found = "one row only" if rows else "no rows"
        raise DataError(f"{source.name}: the table has {found}; it needs at least two")


def _check_usable(source: Source, parsed: Sequence[Parsed]) -> None:
    useless = [
        entry.column for entry in parsed if entry.column.type in ("constant", "empty", "key")
    ]
    if len(useless) == len(parsed):
        named = ", ".join(f"{shorten(column.name)} ({column.type})" for column in useless[:5])
        raise DataError(
            f"{source.name}: no usable column was found, only {named or 'none'}; add a column of "
            "numbers or categories, or declare the type of one in a schema"
        )


def _assemble(
    parsed: Sequence[Parsed], dialect: Dialect, notes: Sequence[str], rules: tuple[str, ...] = ()
) -> Table:
    parsed = [propose_kinds(entry) for entry in parsed]
    frame = pd.DataFrame({entry.column.name: entry.series for entry in parsed})
    schema = Schema(tuple(entry.column for entry in parsed), dialect, rules)
    return Table(frame, schema, (*notes, *(note for entry in parsed for note in entry.notes)))
