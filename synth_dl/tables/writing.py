"""Tables to files that appear whole or not at all."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from synth_dl.errors import DataError
from synth_dl.provenance.label import Label, manifest_of
from synth_dl.provenance.sidecars import Sidecars
from synth_dl.tables.exported import exported_file
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
        manifest: how the rows were made, as plain data.
        label: that they are synthetic, which is said in a Parquet file and beside every file; of
            real rows None.
        overwrite: whether a file of that name may be replaced, and what stands beside it.

    Attributes:
        rows: written so far.

    Raises:
        DataError: one sentence, for an unknown ending, a file that stands there, a full disk,
            missing rights and the like.
    """

    def __init__(
        self,
        path: str | Path,
        schema: Schema,
        manifest: Mapping[str, Any] | None = None,
        label: Label | None = None,
        *,
        overwrite: bool = False,
    ) -> None:
        self._sidecars = Sidecars.of(Path(path))
        super().__init__(*self._sidecars.written(label), Path(path), overwrite=overwrite)
        TableFile(self.path, schema)  # an unknown ending is refused at once
        self.schema, self._label, self.rows = schema, label, 0
        self.stale = self._sidecars.stale(self.paths)
        self._manifest = None if label is None else manifest_of("table", label, manifest or {})

    def check(self) -> None:
        """A DataError if the place is taken."""
        check_place(self.path, self.overwrite, label=self._label)

    def open(self) -> None:
        """Begin the file."""
        self._file = TableFile(self.temporary(self.path), self.schema, self._manifest)
        self.opened = [self._file]
        self._file.open()

    def write(self, frame: pd.DataFrame) -> None:
        """Append rows, whose columns are those of the schema in any order."""
        with self.refusals():
            self._file.write(frame)
        self.rows += len(frame)

    def finish(self) -> None:
        """Write what is left, close the file, and tell of it where it is labelled."""
        self._file.finish()
        super().finish()
        if self._manifest is not None:
            inside, name = self.temporary(self.path).parent, self.path.name
            file = exported_file(name, self.schema, self.rows)
            cards = bool(self._sidecars.cards(self._label))
            self._sidecars.write(inside, name, self._manifest, [file], cards)


def check_place(
    path: Path,
    overwrite: bool,
    read: Iterable[Path | str | None] = (),
    label: Label | None = None,
) -> None:
    """Refuse, by a DataError, a place for a table that is taken, or one beside it that its label
    needs; `read` as in `check_free`."""
    if path.is_dir():
        raise DataError(f"{path}: this is a folder; name a file in it")
    read = tuple(read)
    check_free(path, overwrite=overwrite, read=read)
    check_free(beside=Sidecars.of(path).written(label), overwrite=overwrite, read=read)
