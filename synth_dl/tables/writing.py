"""Tables to files that appear whole or not at all."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from synth_dl.errors import DataError
from synth_dl.tables.schema import Schema
from synth_dl.tables.table_file import TableFile
from synth_dl.writing import AtomicWriter, check_free


class TableWriter(AtomicWriter):
    """Writes the parts of a table to one file, which appears under its name when it is whole.

        with TableWriter("synthetic.csv", schema) as writer:
            for part in parts:
                writer.write(part)

    The ending tells the kind, see `TableFile`. A missing folder is made. Where the block ends with
    an exception, nothing is left behind and a file of that name from before stays as it was.

    Args:
        path: of the file.
        schema: of the table.
        overwrite: whether a file of that name may be replaced.

    Raises:
        DataError: one sentence, for an unknown ending, a file that stands there, a full disk,
            missing rights and the like.
    """

    def __init__(self, path: str | Path, schema: Schema, *, overwrite: bool = False) -> None:
        super().__init__(Path(path), overwrite=overwrite)
        TableFile(self.path, schema)  # an unknown ending is refused at once
        self.schema = schema

    def check(self) -> None:
        """A DataError if the place is taken."""
        check_place(self.path, self.overwrite)

    def open(self) -> None:
        """Begin the file."""
        self._file = TableFile(self.temporary(self.path), self.schema)
        self.opened = [self._file]
        self._file.open()

    def write(self, frame: pd.DataFrame) -> None:
        """Append rows, whose columns are those of the schema in any order."""
        with self.refusals():
            self._file.write(frame)

    def finish(self) -> None:
        """Write what is left, and close the file."""
        self._file.finish()
        super().finish()


def check_place(path: Path, overwrite: bool, read: Iterable[Path | str | None] = ()) -> None:
    """Refuse, by a DataError, a place for a table that is taken; `read` as in `check_free`."""
    if path.is_dir():
        raise DataError(f"{path}: this is a folder; name a file in it")
    check_free(path, overwrite=overwrite, read=read)
