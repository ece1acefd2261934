"""The bytes of a file: opened, decompressed, and known to be text in UTF-8."""

import codecs
import csv
import io
import mmap
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from synth_dl.errors import DataError
from synth_dl.opening import DAMAGED, Counted, open_regular, unpacked

Buffer = bytes | bytearray | mmap.mmap

_STEP = 1 << 24
# Folders, and what macOS and Windows add to an archive.
_OF_SYSTEMS = re.compile(r"/$|(^|/)(__MACOSX/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)")
_QUOTED = re.compile(rb'"(?:[^"]|"")*"')
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\x0b\x0c\x1a\x1b")) + b"\x7f"


@dataclass(frozen=True)
class Text:
    """The text of a file.

    Attributes:
        path: where it was read, for messages.
        buffer: the file's bytes in UTF-8.
        start: where the first line that is not blank begins, in bytes.
        blank_lines: how many blank lines stand before `start`.
        notes: sentences for the user.
    """

    path: Path
    buffer: Buffer
    start: int
    blank_lines: int
    notes: tuple[str, ...] = ()

    def head(self, size: int = 1 << 20) -> str:
        """The first lines, whole ones, of about `size` bytes (one very long line may be cut)."""
        piece = bytes(self.buffer[self.start : self.start + size])
        if self.start + size < len(self.buffer):
            piece = piece[: piece.rfind(b"\n") + 1] or piece
        return piece.decode("utf-8", errors="ignore")

    def records(self, separator: str) -> Iterator[tuple[int, list[str]]]:
        """Line number (from 1) and cells of each record, one by one: slow, for messages only."""
        stream = io.TextIOWrapper(io.BytesIO(self.buffer[self.start :]), "utf-8", newline="")
        reader = csv.reader(stream, delimiter=separator, skipinitialspace=True)
        line = self.blank_lines + 1
        for cells in reader:
            if cells:
                yield line, cells
            line = self.blank_lines + reader.line_num + 1

    def line_of(self, record: int, separator: str) -> int:
        """The line, counted from 1, on which a record, counted from 0, begins."""
        for index, (line, _) in enumerate(self.records(separator)):
            if index == record:
                return line
        return record + 1 + self.blank_lines


def check_file(path: Path) -> None:
    """Raise a DataError where there is no readable, non-empty file at `path`."""
    with open_regular(path) as stream:
        if not stream.peek(1):
            raise DataError(f"{path}: the file is empty; name one with a header and rows")


def read_text(path: Path) -> Text:
    """Open a text file, compressed or not, in UTF-8, UTF-16 with a mark, or Windows-1252.

    Raises a DataError for an empty file, for bytes that are no text, and for damaged archives.
    """
    check_file(path)
    data, notes = _transcode(_decompress(path), path)
    if data.find(b"\n") < 0 <= data.find(b"\r"):
        data = data[:].replace(b"\r", b"\n")
    start = blank_lines = 0
    while start < len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end + 1
        if data[start:end].strip():
            break
        start, blank_lines = end, blank_lines + 1
    if start >= len(data):
        raise DataError(f"{path}: the file is empty; name one with a header and rows")
    return Text(path, data, start, blank_lines, notes)


def _decompress(path: Path) -> Buffer:
    with open_regular(path) as stream:
        try:
            content = unpacked(stream, path)
            if content is not None:
                return content.read()
            if stream.peek(4).startswith(b"PK\x03\x04"):
                return _only_member(stream, path)
        except DAMAGED as error:
            raise DataError(
                f"{path}: the compressed file is damaged; unpack or fetch it again"
            ) from error
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)


def _only_member(stream: io.BufferedReader, path: Path) -> Buffer:
    with zipfile.ZipFile(stream) as archive:
        members = [name for name in archive.namelist() if not _OF_SYSTEMS.search(name)]
        if "[Content_Types].xml" in members or "mimetype" in members:
            raise DataError(f"{path}: this is a spreadsheet or document; save the table as CSV")
        if len(members) != 1:
            raise DataError(
                f"{path}: the archive holds {len(members)} files; unpack it and name one of them"
            )
        with archive.open(members[0]) as content:
            return Counted(content, stream, path).read()


def _transcode(data: Buffer, path: Path) -> tuple[Buffer, tuple[str, ...]]:
    mark = data[:4]
    if mark in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
        return _recode(data, "utf-32", path), ()
    elif mark[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return _recode(data, "utf-16", path), ()
    while data[:3] == codecs.BOM_UTF8:
        data = data[3:]
    _check_no_nul(data, path)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for begin in range(0, len(data), _STEP):
            decoder.decode(data[begin : begin + _STEP], final=begin + _STEP >= len(data))
    except UnicodeDecodeError:
        sample = data[: 1 << 20]
        if len(sample.translate(None, _CONTROL)) < 0.999 * len(sample):
            raise DataError(
                f"{path}: the bytes of this file are no text; save the table as CSV or Parquet"
            ) from None
        note = f"{path}: the text is not UTF-8 and was read as Windows-1252"
        return _recode_western(data), (note,)
    return data, ()


def _recode(data: Buffer, encoding: str, path: Path) -> bytes:
    try:
        recoded = data[:].decode(encoding).lstrip("\ufeff").encode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: the bytes of this file are no {encoding.upper()} text, though it begins as "
            "such; save it as UTF-8"
        ) from error
    _check_no_nul(recoded, path)
    return recoded


def _recode_western(data: Buffer) -> bytes:
    try:
        return data[:].decode("cp1252").encode("utf-8")
    except UnicodeDecodeError:
        return data[:].decode("latin-1").encode("utf-8")


def _check_no_nul(data: Buffer, path: Path) -> None:
    """Raise a DataError for a zero byte that is not part of a quoted cell."""
    position = data.find(b"\0")
    if position >= 0 and b"\0" in _QUOTED.sub(b"", data):
        line = data[:position].count(b"\n") + 1
        raise DataError(
            f"{path}: line {line} holds a zero byte, so this is no text; save the table as CSV in "
            "UTF-8, or as Parquet"
        )
