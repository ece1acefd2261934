"""What each column of a typed table is, found from its dtype and its values."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api import types

from synth_dl.tables.promise import full_dtype, slack_of
from synth_dl.tables.reading.dates import date_format
from synth_dl.tables.reading.dialect import MISSING_WORDS
from synth_dl.tables.reading.numbers import count_decimals, whole_decimals
from synth_dl.tables.reading.rules import is_key, kind_of_text
from synth_dl.tables.reading.tidy import Tidy, TidyColumn, tidy_table
from synth_dl.tables.schema import Column, Schema


def infer_schema(frame: pd.DataFrame | pa.Table, min_count: int = 5) -> Schema:
    """The schema of a typed table.

    `min_count` is the number of rows from which on a word counts as frequent: a text column whose
    rows mostly hold frequent words is a category, else a key. Raises a DataError for columns of
    one name, and for lists, complex numbers and the like, naming the column and the cure.
    """
    return infer_tidy(tidy_table(frame, min_count), min_count)


def infer_tidy(tidy: Tidy, min_count: int = 5) -> Schema:
    """The schema of a table that `tidy_table` made."""
    columns = []
    for name, cells, label in zip(tidy.frame.columns, tidy.columns, tidy.labels, strict=True):
        column = _infer_column(name, cells, min_count)
        kept = isinstance(label, tuple) or type(label) in (int, float, bool)
        columns.append(replace(column, stored=cells.stored, label=label if kept else None))
    return Schema(columns=tuple(columns))


def odd_cells(tidy: Tidy, schema: Schema) -> tuple[str, ...]:
    """What is said of columns of which a few cells do not fit the others."""
    notes = []
    for cells, column in zip(tidy.columns, schema.columns, strict=True):
        values, rounded = cells.series.dropna(), cells.rounded
        if values.dtype == np.float64 and column.decimals is not None:
            rounded = int((values.round(column.decimals) != values).sum())
        for count, what in (
            (len(values) if column.type == "empty" else 0, "are too few and are read as missing"),
            (cells.odd, "are of another kind than all others and are read as missing"),
            (rounded, "have more digits and are rounded (`decimals` in a schema keeps them)"),
        ):
            if count:
                notes.append(f"column {column.name!r}: {count} cells {what}")
    return (*notes, *infinite_cells(tidy))


def infinite_cells(tidy: Tidy) -> tuple[str, ...]:
    """What is said of columns with infinite numbers."""
    return tuple(
        f"column {name!r}: {cells.infinite} infinite numbers are read as missing"
        for name, cells in zip(tidy.frame.columns, tidy.columns, strict=True)
        if cells.infinite
    )


def _infer_column(name: str, cells: TidyColumn, min_count: int) -> Column:
    series = cells.series
    slack = slack_of(len(series), min_count)
    dtype = _returnable(series, cells.dtype, slack)
    if cells.stored and re.match(r"time\d\d\[", cells.stored) and series.notna().any():
        pattern, decimals = date_format(series, slack)
        clock = pattern.partition(" ")[2] or "%H:%M:%S"
        return Column(name, "datetime", dtype, decimals=decimals, format=clock)
    counts = series.value_counts(dropna=True)
    if counts.sum() <= slack:
        # Another dtype may be what a few cells made of a column without any value.
        return Column(name, "empty", "float64" if counts.sum() else dtype)
    column = _infer_values(name, series, dtype, counts.loc[counts.to_numpy() > 0], min_count)
    if counts.iloc[0] >= len(series) - slack and not column.ordered:
        return Column(name, "constant", dtype, format=column.format, places=column.places)
    return column


def _infer_values(name: str, series: pd.Series, dtype: str, counts: Any, min_count: int) -> Column:
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
        decimals = count_decimals(series.to_numpy(), slack)
        return Column(name, "number", dtype, decimals=decimals, places=1)
    words, held = list(map(str, counts.index)), counts.to_numpy()
    # In a file an empty text and a missing cell must be told apart.
    empty = held[[word == "" for word in words]].sum() > slack and series.hasnans
    kind = kind_of_text(words, held, min_count)
    missing = next((word for word in MISSING_WORDS if word not in words), "") if empty else ""
    return Column(name, kind, dtype, missing=missing)


def _returnable(series: pd.Series, dtype: str, slack: int) -> str:
    """The user's dtype, or the tidy one where that is none of the user or pandas cannot convert
    back by its name."""
    if dtype == "object" and isinstance(series.dtype, pd.StringDtype | pd.CategoricalDtype):
        return dtype
    if dtype in ("", "object"):
        return full_dtype(series.dtype) if series.isna().sum() <= slack else str(series.dtype)
    try:
        series.dropna().head(100).astype(dtype)
    except (TypeError, ValueError, NotImplementedError):
        return str(series.dtype)
    return dtype
