"""Writing that is all or nothing: under a temporary name, and when it is whole under its own."""

import errno
import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar, Self

import pyarrow as pa

from synth_dl.errors import DataError


class AtomicWriter(ABC):
    """Writes a file or folder that appears under its name when its block ends well.

    A missing folder is made. Where the block ends with an exception, nothing is left behind and
    what stood there before stays as it was.

    Attributes:
        path: of the file or folder.
        temporary: where it is written until it is whole.
        opened: what is to be closed, the last one first.

    Raises:
        DataError: one sentence, for a full disk, missing rights and the like.
    """

    what: ClassVar[str] = "the file"  # is written, in such a sentence

    def __init__(self, path: Path) -> None:
        self.path = path
        self.temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
        self.opened: list[Any] = []

    def __enter__(self) -> Self:
        try:
            with self.refusals():
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.open()
        except BaseException:
            self._discard()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                with self.refusals():
                    self.finish()
                    self.put_in_place()
        finally:
            self._discard()

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Turns an OSError of the disk into a DataError."""
        try:
            yield
        except OSError as error:
            raise _refused(self.path, error, self.what) from error

    @abstractmethod
    def open(self) -> None:
        """Begin to write at `temporary`; a DataError if the place is taken."""

    def finish(self) -> None:
        """Write what is left, and close what is open."""
        for resource in reversed(self.opened):
            resource.close()

    def put_in_place(self) -> None:
        """Move what is whole to its own name."""
        os.replace(self.temporary, self.path)

    def _discard(self) -> None:
        for resource in reversed(self.opened):
            # Closing writes what was buffered, which the full disk refuses once more.
            with suppress(OSError, ValueError, pa.ArrowException):
                resource.close()
        if self.temporary.is_dir():
            shutil.rmtree(self.temporary, ignore_errors=True)
        with suppress(OSError):
            self.temporary.unlink()


def _refused(path: Path, error: OSError, what: str) -> DataError:
    """One sentence on why the disk refused to take what was to be written."""
    number = error.errno
    if number in (errno.ENOSPC, errno.EDQUOT):
        return DataError(f"{path}: the disk is full; make room or choose another place for {what}")
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return DataError(f"{path}: there is no right to write here; choose another place")
    if number in (errno.ENOTDIR, errno.EEXIST):
        return DataError(
            f"{path}: a part of this path is a file, not a folder; choose another place"
        )
    reason = error.strerror or str(error)
    return DataError(f"{path}: {what} cannot be written ({reason}); choose another place")
