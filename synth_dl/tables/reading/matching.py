"""Rows of a user in the types of the table that a model was trained on."""

from typing import Any

import pandas as pd

from synth_dl.errors import DataError
from synth_dl.tables.reading.columns import Source
from synth_dl.tables.reading.declared import check_names, retype
from synth_dl.tables.reading.typed import infer_tidy, tidy_frame
from synth_dl.tables.schema import Schema


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
    source = Source(name, lambda row: f"row {row + 1}")
    tidy = tidy_frame(frame)
    check_names(source, list(tidy.columns), schema, partial=True)
    found = infer_tidy(tidy, map(str, tidy.dtypes))
    matched = {}
    for column in found.columns:
        series: pd.Series = tidy.loc[:, column.name]
        matched[column.name] = retype(source, series, schema.column(column.name), column).series
    # A schema may declare a dtype that is another name for a tidy one.
    return tidy_frame(pd.DataFrame(matched, index=tidy.index))
