"""A file of rows, read block by block: no more of it is in memory than a block takes.

A text is cut where a record ends, and each piece is read as a file with the header of the whole
one, so that it means what it would mean there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pyarrow as pa

from synth_dl.errors import DataError
from synth_dl.opening import parquet_parts
from synth_dl.tables.conditions.rows import Cells
from synth_dl.tables.formatting import format_header
from synth_dl.tables.reading.cells import Sheet, read_cells, separated
from synth_dl.tables.reading.matching import Choice, given_cells, given_table
from synth_dl.tables.reading.parquet import is_parquet, row_labels
from synth_dl.tables.reading.text import Text, check_file, read_text
from synth_dl.tables.reading.tidy import tidy_frame
from synth_dl.tables.schema import Dialect, Schema

PIECE = 1 << 22  # bytes of a text


@dataclass
class Blocks:
    """The rows of a file in blocks of one length, but for the last.

    Args:
        path: of the file.
        schema: of the model.
        choice: of the columns that the file has, those to read.
        rows: of a block.
    """

    path: Path
    schema: Schema
    choice: Choice
    rows: int

    def __iter__(self) -> Iterator[Cells]:
        """The blocks.

        Raises:
            DataError: for a file without rows, or that cannot be read; it may come late.
        """
        held, count, any_ = list[Cells](), 0, False
        for part in self._parts():
            held.append(part)
            count += len(part)
            while count >= self.rows:
                whole = _joined(held)
                yield whole.rows(0, self.rows)
                held, count, any_ = [whole.rows(self.rows, count)], count - self.rows, True
        if count:
            yield _joined(held)
        elif not any_:
            raise DataError(f"{self.path} has no rows; give at least one")

    def _parts(self) -> Iterator[Cells]:
        check_file(self.path)
        if is_parquet(self.path):
            yield from self._of_parquet()
        else:
            yield from self._of_text(read_text(self.path))

    def _of_parquet(self) -> Iterator[Cells]:
        for batch in parquet_parts(self.path, self.rows):
            table = pa.Table.from_batches([batch])
            table = table.drop_columns(row_labels(table))
            values = tidy_frame(given_table(table, self.path, self.schema, self.choice))
            yield Cells(values, pd.DataFrame(False, values.index, values.columns))

    def _of_text(self, text: Text) -> Iterator[Cells]:
        names, decimal = self.schema.names, None
        text, _ = separated(text, names)
        start = text.start
        line, header = text.blank_lines + 1, b""
        while start < len(text.buffer):
            stop = _end_of_record(text, start, start + PIECE)
            body = bytes(text.buffer[start:stop])
            # Less the lines of the header, so that the lines of a piece are told as in the file.
            lines = line - header.count(b"\n") - 1
            piece = replace(text, buffer=header + body, start=0, blank_lines=lines)
            if not header or body.strip():
                sheet = read_cells(piece, expected=names)
                values, absent, decimal = given_cells(sheet, self.schema, self.choice, decimal)
                yield Cells(tidy_frame(values), absent)
                header = header or _header(text, sheet)
            line += body.count(b"\n")
            start = stop


def _header(text: Text, sheet: Sheet) -> bytes:
    """The line with the names, which the file has or should have."""
    if not sheet.header:
        return format_header(
            [each.name for each in sheet.columns], Dialect(sheet.separator)
        ).encode()
    found = bytes(text.buffer[text.start : _end_of_record(text, text.start, text.start)])
    return found if found.endswith(b"\n") else found + b"\n"


def _end_of_record(text: Text, start: int, stop: int) -> int:
    """Where a record ends at or after `stop`: a line break that stands in no quotes."""
    buffer = text.buffer
    inside = bytes(buffer[start:stop]).count(b'"') % 2
    while stop < len(buffer):
        end = buffer.find(b"\n", stop)
        end = len(buffer) if end < 0 else end + 1
        inside ^= bytes(buffer[stop:end]).count(b'"') % 2
        stop = end
        if not inside:
            break
    return min(stop, len(buffer))


def _joined(parts: list[Cells]) -> Cells:
    if len(parts) == 1:
        return parts[0]
    frames = zip(*((each.values, each.absent) for each in parts), strict=True)
    return Cells(*(pd.concat(each, ignore_index=True) for each in frames))
