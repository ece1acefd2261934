"""One table on its way to one file, part by part: text as its schema says, or Parquet."""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from synth_dl.errors import DataError
from synth_dl.provenance.parquet import key_values
from synth_dl.tables.formatting import format_column, format_header, join_words
from synth_dl.tables.frames import arrow_table
from synth_dl.tables.reading.dialect import SEPARATORS
from synth_dl.tables.schema import Dialect, Schema

_COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
_TEXT = (".csv", ".tsv", ".txt")
_PARQUET = (".parquet", ".pq")


class TableFile:
    """Writes the parts of a table to a file as it is; `TableWriter` makes it whole or not at all.

    The ending tells the kind: `.csv`, `.tsv` or `.txt`, also with `.gz`, `.bz2` or `.zst` after
    it, or `.parquet`, with a row group for each part. Text is written in UTF-8 with a header, in
    the dialect of the schema (`.tsv`: tabs).

    Args:
        path: of the file.
        schema: of the table.
        manifest: how the rows were made, which a Parquet file tells too; None says nothing.

    Raises:
        DataError: for an unknown ending. What the disk says is raised as it comes.
    """

    def __init__(
        self, path: Path, schema: Schema, manifest: Mapping[str, Any] | None = None
    ) -> None:
        self.schema, self._manifest = schema, manifest
        self._path = path
        self._ending, self._compression = check_ending(path)
        self._stream: Any = None
        self._parquet: pq.ParquetWriter | None = None
        self._opened = ExitStack()
        separator = "\t" if self._ending == ".tsv" else schema.dialect.separator
        # Where there is one column only, whatever may be a separator needs quotes.
        alone = len(schema.columns) == 1
        self._dialect = Dialect(SEPARATORS if alone else separator, schema.dialect.decimal)

    @property
    def is_text(self) -> bool:
        """Whether cells are written as words."""
        return self._ending in _TEXT

    def open(self) -> None:
        """Begin the file, that of a text with its header."""
        self._stream = file = self._path.open("wb")
        self._opened.callback(file.close)
        if self._compression is not None:
            self._stream = pa.CompressedOutputStream(pa.PythonFile(file, "w"), self._compression)
            self._opened.callback(self._stream.close)
        if self.is_text:
            names = list(self.schema.names)
            self._stream.write(format_header(names, self._dialect).encode("utf-8"))

    def write(self, frame: pd.DataFrame) -> None:
        """Append rows, whose columns are those of the schema in any order."""
        if self.is_text:
            self._write_text(frame)
        else:
            self._write_parquet(frame)

    def finish(self) -> None:
        """Close the file; a Parquet file without rows tells the types all the same."""
        if self._ending in _PARQUET and self._parquet is None:
            self._write_parquet(_no_rows(self.schema))
        self.close()

    def close(self) -> None:
        """Close what is open, finished or not."""
        self._opened.close()

    def _write_text(self, frame: pd.DataFrame) -> None:
        if not len(frame):
            return
        words = [
            format_column(frame.loc[:, column.name], column, self._dialect)
            for column in self.schema.columns
        ]
        if len(words) == 1:
            # A line without any sign would be passed over when the file is read.
            words[0] = pc.if_else(pc.equal(words[0], ""), '""', words[0])
        lines = join_words([join_words(words, self._dialect.separator), "\n"])
        offsets = lines.buffers()[1]
        first, last = (
            int.from_bytes(offsets.slice(8 * index, 8), "little")
            for index in (lines.offset, lines.offset + len(lines))
        )
        self._stream.write(lines.buffers()[2].slice(first, last - first))

    def _write_parquet(self, frame: pd.DataFrame) -> None:
        table = arrow_table(frame, self.schema)
        if self._parquet is None:
            # Floats seldom repeat, and looking whether they do takes longer than writing them.
            repeating = [each.name for each in table.schema if not pa.types.is_floating(each.type)]
            options: dict[str, Any] = {"compression": "zstd", "use_dictionary": repeating}
            more = {} if self._manifest is None else key_values(self._manifest)
            told = table.schema.with_metadata({**(table.schema.metadata or {}), **more})
            self._parquet = pq.ParquetWriter(self._stream, told, **options)
            self._opened.callback(self._parquet.close)
        self._parquet.write_table(
            table.cast(self._parquet.schema), row_group_size=max(1, len(table))
        )


def check_ending(path: str | Path) -> tuple[str, str | None]:
    """The kind of file that a name asks for (`.csv`, `.parquet`, ...) and its compression.

    Raises a DataError for an ending that stands for nothing known.
    """
    endings = [ending.lower() for ending in Path(path).suffixes]
    compression = _COMPRESSIONS.get(endings[-1]) if endings else None
    ending = endings[-2] if compression and len(endings) > 1 else (endings or [""])[-1]
    if ending in _TEXT or (ending in _PARQUET and compression is None):
        return ending, compression
    wrong = (
        f"the ending {''.join(endings[-2:])!r} is not known"
        if endings
        else "the name has no ending"
    )
    raise DataError(f"{path}: {wrong}; use .csv, .tsv, .csv.gz or .parquet")


def _no_rows(schema: Schema) -> pd.DataFrame:
    return pd.DataFrame(
        {column.name: pd.Series([], dtype=column.dtype) for column in schema.columns}
    )
