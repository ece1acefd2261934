"""Files from anybody: opened only where they are regular, read and unpacked within bounds.

A packed file may unpack to `RATIO` times its size, or to `FREE` bytes where that is more, but to
no more than `MOST` bytes. Bytes are counted as they come, so that a file that was made to fill
the memory is refused before it does. Whoever trusts larger files sets `SYNTH_DL_UNPACKED_GIB`, in
place of all three, to the GiB that a file may unpack to.
"""

import bz2
import gzip
import json
import lzma
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from io import BufferedReader
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

import msgspec
import yaml

from synth_dl.errors import ConfigError, DataError

if TYPE_CHECKING:
    import pyarrow as pa

Kind = TypeVar("Kind")

SETTING = "SYNTH_DL_UNPACKED_GIB"
RATIO, FREE, MOST = 200, 1 << 28, 1 << 31
SMALL = 1 << 23  # bytes of a file that people write
DAMAGED = (OSError, EOFError, RuntimeError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
_DEEPEST = 40  # entries within entries of a YAML file
_STEP, _ROWS = 1 << 20, 4096
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
_OTHERS = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"),
           (stat.S_ISCHR, "a device"), (stat.S_ISBLK, "a device"))  # fmt: skip


def _zstd(stream: IO[bytes]) -> Any:
    import pyarrow as pa

    return pa.CompressedInputStream(stream, "zstd")


# How the files of each compression begin.
_PACKED: tuple[tuple[bytes, Callable[[IO[bytes]], Any]], ...] = (
    (rb"\x1f\x8b", gzip.open),
    (rb"BZh.1AY&SY", bz2.open),
    (rb"\xfd7zXZ\x00", lzma.open),
    (rb"\x28\xb5\x2f\xfd", _zstd),
)


class Counted:
    """A stream that unpacks, and fails once it has given more than its file may unpack to.

    Args:
        stream: of the unpacked bytes.
        file: that it unpacks.
        path: for messages.
    """

    def __init__(self, stream: Any, file: BufferedReader, path: Path) -> None:
        self._stream, self._path = stream, path
        self._most = self._left = largest(file)

    def read(self, size: int = -1) -> bytes | bytearray:
        """The next bytes, all that are left if no size is given; a DataError if they are many."""
        if size >= 0:
            return self._counted(size)
        whole = bytearray()
        while piece := self._counted(_STEP):
            whole += piece
        return whole

    def _counted(self, size: int) -> bytes:
        piece = self._stream.read(size)
        self._left -= len(piece)
        if self._left < 0:
            raise too_large(self._path, self._most)
        return piece


def open_regular(path: str | Path) -> BufferedReader:
    """A file, for reading.

    Raises:
        DataError: if there is none, it cannot be read, or it is a folder, a pipe, a socket, a
            device, or a file whose content the system makes up.
    """
    try:
        found = os.stat(path)
        other = next((name for is_of, name in _OTHERS if is_of(found.st_mode)), None)
        if other is not None:
            raise DataError(f"{path}: this is {other}; name a file")
        # A pipe that took the place of the file meanwhile would be waited for.
        stream = open(path, "rb", opener=lambda at, flags: os.open(at, flags | _NO_WAIT))  # noqa: SIM115
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file; check the path") from error
    except ValueError as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{str(path)!r}: no file has such a name; check the path") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError(f"{path}: the file cannot be read ({reason}); check its rights") from error
    if not found.st_size and stream.peek(1):
        stream.close()
        raise DataError(
            f"{path}: the system makes up what is in this file; copy it into another and name that"
        )
    return stream


def read_small(path: str | Path, most: int = SMALL) -> bytes:
    """All bytes of a file that has at most so many; a DataError as by `open_regular`, or if it has
    more."""
    with open_regular(path) as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise DataError(f"{path}: it has more than {_size(most)}, which no such file has; give the "
                        "right one")  # fmt: skip
    return content


def read_json(path: str | Path, kind: type[Kind], most: int = SMALL) -> Kind:
    """What a JSON file holds, as a declared type; a DataError as by `read_small`, and a ValueError
    where it holds something else."""
    try:
        content = read_small(path, most)
        state = json.loads(content)
        if b"\\ud" in content.lower():  # half of a pair would fail wherever it is written
            json.dumps(state, ensure_ascii=False).encode()
        return converted(state, kind)
    except RecursionError as error:
        raise ValueError("entries lie too deep in one another") from error


def read_yaml(path: str | Path) -> Any:
    """Plain data of a YAML file; a DataError as by `yaml_text`, or for what is no YAML."""
    text = yaml_text(path)
    try:
        return yaml.load(text, Loader=yaml.CSafeLoader)
    # Dates that no calendar has are a ValueError, and keys that are lists a YAMLError.
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise _no_yaml(path, error) from error


def yaml_text(path: str | Path, readable: Callable[[str], str] = str) -> str:
    """The text of a YAML file, as `readable` gives it; a DataError as by `read_small`, for what is
    no YAML, and for entries that refer to others, as a few of these stand for any number."""
    depth = 0
    try:
        text = readable(read_small(path).decode("utf-8"))
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent) or depth > _DEEPEST:
                what = "refers to another entry" if depth <= _DEEPEST else "lies too deep in others"
                line = event.start_mark.line + 1
                raise DataError(f"{path}: an entry on line {line} {what}; write it out")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: it is no text in UTF-8; save it as such") from error
    except yaml.YAMLError as error:
        raise _no_yaml(path, error) from error
    return text


def _no_yaml(path: str | Path, error: Exception) -> DataError:
    mark = getattr(error, "problem_mark", None)
    place = f" near line {mark.line + 1}" if mark is not None else ""
    return DataError(f"{path}: this is not valid YAML{place}; correct the file")


def converted(state: Any, kind: type[Kind]) -> Kind:
    """Plain data as a declared type, without turning one type into another.

    Raises:
        ValueError: where the data are of another type or out of bounds, or an entry is unknown.
    """
    try:
        if is_dataclass(kind) and isinstance(state, Mapping):
            check_names(state, [field.name for field in fields(kind)])
        return msgspec.convert(state, kind)
    except msgspec.ValidationError as error:
        said, _, place = str(error).replace(" | null", "").partition(" - at `$")
        said = said.replace("Expected", "must be").replace(", got", ", not")
        raise ValueError(f"`{place.strip('.`') or 'it'}` {said}") from error


def check_names(state: Iterable[Any], known: Sequence[str]) -> None:
    """Refuse an entry of another name than these, by a ValueError with the nearest one."""
    for name in state:
        if name not in known:
            close = get_close_matches(str(name), known, n=1)
            cure = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
            raise ValueError(f"unknown entry {name!r}; {cure}")


def unpacked(file: BufferedReader, path: Path) -> Counted | None:
    """What a file of gzip, bzip2, xz or Zstandard unpacks to; None for any other file."""
    magic = file.peek(10)
    for pattern, unpack in _PACKED:
        if re.match(pattern, magic, re.DOTALL):
            return Counted(unpack(file), file, path)
    return None


def largest(file: BufferedReader) -> int:
    """Bytes that a file may unpack to."""
    said = os.environ.get(SETTING)
    if not said:
        return min(MOST, max(FREE, RATIO * os.fstat(file.fileno()).st_size))
    if not re.fullmatch(r"[1-9]\d{0,5}", said):
        raise ConfigError(f"{SETTING}={said}: it must be a whole number of GiB, such as 8")
    return int(said) << 30


def too_large(path: str | Path, most: int) -> DataError:
    """What is said of a file that unpacks to more than so many bytes."""
    return DataError(
        f"{path}: it unpacks to more than {_size(most)}, as files do that are made to fill the "
        f"memory; if you trust it, set {SETTING}=8 in the environment for up to 8 GiB"
    )


def check_unpacked(file: BufferedReader, path: Path, sizes: Iterable[int]) -> None:
    """Refuse, by a DataError, parts of a file that have so many bytes when they are unpacked."""
    most = largest(file)
    if sum(sizes) > most:
        raise too_large(path, most)


def read_parquet(path: Path, columns: Sequence[str] | None = None) -> "pa.Table":
    """The table in a Parquet file, or some of its columns.

    Raises:
        DataError: as by `open_regular`, if it is damaged or unpacks to too much, or for columns of
            lists and records.
    """
    import pyarrow.parquet as pq

    with _checked_parquet(path, columns), pq.ParquetFile(path) as file:
        return file.read(columns)


def parquet_parts(path: Path, rows: int) -> Iterator["pa.RecordBatch"]:
    """The table in a Parquet file by so many rows at once; a DataError as by `read_parquet`."""
    import pyarrow.parquet as pq

    with _checked_parquet(path), pq.ParquetFile(path) as file:
        yield from file.iter_batches(rows)


@contextmanager
def _checked_parquet(path: Path, columns: Sequence[str] | None = None) -> Iterator[None]:
    """Looks at a whole Parquet file; what is raised while it is read is a DataError too."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with open_regular(path) as stream:
        try:
            found = pq.read_schema(path)
            texts = [field.name for field in found if _is_text(field.type)]
            names = [name for name in found.names if columns is None or name in columns]
            for name in names:
                if any(f.name == name and pa.types.is_nested(f.type) for f in found):
                    raise DataError(
                        f"{path}: column {name!r} holds lists or records, which are not "
                        "supported; give each of its parts a column of its own"
                    )
            # Counted as it is read: a cell that is repeated takes no place in the file.
            with pq.ParquetFile(path, read_dictionary=texts) as file:
                groups = (file.metadata.row_group(k) for k in range(file.num_row_groups))
                check_unpacked(stream, path, (group.total_byte_size for group in groups))
                size = 0
                for batch in file.iter_batches(_ROWS, columns=columns):
                    size += sum(map(_held, batch.columns))
                    check_unpacked(stream, path, (size,))
            yield
        except DataError:
            raise
        except (pa.ArrowException, OSError, ValueError) as error:
            raise DataError(f"{path}: the Parquet file is damaged; write or fetch it again"
                            ) from error  # fmt: skip


def _is_text(kind: "pa.DataType") -> bool:
    import pyarrow.types as types

    kinds = (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    return any(is_of(kind) for is_of in kinds)


def _held(column: "pa.Array") -> int:
    """Bytes of the cells of a column, those of a repeated text counted each time."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not isinstance(column, pa.DictionaryArray):
        return column.nbytes
    if not _is_text(column.dictionary.type):
        return column.indices.nbytes
    lengths = pc.call_function("binary_length", [column.dictionary])
    repeated = pc.call_function("sum", [lengths.cast(pa.int64()).take(column.indices)])
    return column.indices.nbytes + (repeated.as_py() or 0)


def _size(count: int) -> str:
    return f"{count / 2**30:.3g} GiB" if count >= 2**30 else f"{count / 2**20:.3g} MiB"
