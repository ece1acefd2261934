"""Rows of a user, in memory or in a file, in the types of the table that a model learnt."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from synth_dl.errors import DataError
from synth_dl.tables.frames import taken
from synth_dl.tables.reading.matching import Choice, match_frame, read_given
from synth_dl.tables.reading.tidy import tidy_frame
from synth_dl.tables.schema import Schema


@dataclass(frozen=True)
class Cells:
    """Cells in the types of their columns.

    Attributes:
        values: missing where nothing is known.
        absent: True where a cell is known to be missing.
    """

    values: pd.DataFrame
    absent: pd.DataFrame

    def __len__(self) -> int:
        return len(self.values)

    def rows(self, first: int, last: int) -> "Cells":
        """Some of the rows, counted anew from 0."""
        frames = (self.values, self.absent)
        return Cells(*(each.iloc[first:last].reset_index(drop=True) for each in frames))

    def whole(self) -> "Cells":
        """The same with every missing cell known to be so."""
        return Cells(self.values, self.values.isna())


@dataclass(frozen=True)
class FrameRows:
    """Rows in memory, see `frames.taken`; a missing cell is unknown.

    Attributes:
        frame: the table.
        name: for messages.
    """

    frame: Any
    name: str

    def said(self, rows: int) -> str:
        """How many rows there are, in words."""
        return f"{rows} rows are given"

    def read(self, schema: Schema, choice: Choice | None = None) -> Cells:
        """The cells of the columns of a choice.

        Raises:
            DataError: if there are none, or they do not fit the table.
        """
        table = taken(self.frame, self.name)
        for what, count in (("rows", len(table)), ("columns", len(table.columns))):
            if not count:
                option = self.name.rstrip("=")
                raise DataError(f"{self.name} has no {what}; give at least one, or leave {option} "
                                "out")  # fmt: skip
        values = match_frame(table, schema, choice=choice)
        return Cells(values, pd.DataFrame(False, values.index, values.columns))


@dataclass(frozen=True)
class FileRows:
    """Rows in a file; an empty cell is unknown, and `?missing` known to be missing."""

    path: Path

    @property
    def name(self) -> str:
        """For messages."""
        return str(self.path)

    def said(self, rows: int) -> str:
        """As of `FrameRows`."""
        return f"{self.path} has {rows} rows"

    def read(self, schema: Schema, choice: Choice | None = None) -> Cells:
        """As of `FrameRows`."""
        values, absent = read_given(self.path, schema, choice)
        if not len(values):
            raise DataError(f"{self.path} has no rows; give at least one, or leave it out")
        return Cells(tidy_frame(values), absent)


Rows = FrameRows | FileRows
