"""Writing that is all or nothing, and replaces nothing that it was not told to replace.

Whatever is written is made in a hidden folder beside its place, brought to the disk, and moved to
its place when it is whole. A full disk, an exception or a kill leaves what stood there before.
"""

import ctypes
import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar, Self

from synth_dl.errors import DataError
from synth_dl.opening import open_regular

SIGN = "synth_dl"  # stands near the beginning of every file that goes along with a named one
PNG_SIGN = {"Software": SIGN}
# Columns of comparisons, of runs and of reports, which have no other place.
COMPARED = "data,run,model,seed,likelihood"
REPORTS_COMPARED = "report,place,dominated,seconds"
UNFINISHED = f".{SIGN}.unfinished-"  # begins the name of the hidden folder
_HEAD = 2**16  # bytes in which it is looked for
_MANY = 100  # files, from which on one call for the whole disk is quicker than one for each
_EXCHANGE, _HERE = 2, -100  # of Linux: RENAME_EXCHANGE and AT_FDCWD


class AtomicWriter:
    """Writes files or folders that appear in their places together, when its block ends well.

        with AtomicWriter(Path("a.json"), Path("a.png")) as writer:
            writer.temporary(Path("a.json")).write_text("{}")
            writer.temporary(Path("a.png")).write_bytes(picture)

    Missing folders around them are made. Where the block ends with an exception, nothing is left
    behind and what stood there before stays as it was. A place where nothing was written is left
    alone.

    Args:
        paths: in one folder, in the order in which they are put in place.
        what: is written, for messages.
        overwrite: whether they may replace what `check_free` allows; else nothing.

    Attributes:
        path: the last of the paths.
        opened: what is to be closed, the last one first.
        stale: files beside the paths, which tell of what stood there before; those that are ours
            are taken away as the new ones are put in place.

    Raises:
        DataError: one sentence, for a place that is taken, a full disk, missing rights and the
            like.
    """

    what: ClassVar[str] = "the file"

    def __init__(self, *paths: Path, what: str | None = None, overwrite: bool = False) -> None:
        self.paths, self.path = paths, paths[-1]
        self.overwrite = overwrite
        self.opened: list[Any] = []
        self.stale: tuple[Path, ...] = ()
        self._what = what or self.what
        self._made: list[Path] = []
        self._staging: Path | None = None

    def __enter__(self) -> Self:
        try:
            with self.refusals():
                self.check()
                folder = self.path.parent
                self._made = [each for each in (folder, *folder.parents) if not each.exists()]
                folder.mkdir(parents=True, exist_ok=True)
                self._staging = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder))
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
                    self._put_in_place()
        finally:
            self._discard()

    def temporary(self, path: Path) -> Path:
        """Where one of the paths is written until all are whole."""
        assert self._staging is not None  # made on entering the block
        return self._staging / path.name

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Turns an OSError of the disk into a DataError."""
        try:
            yield
        except OSError as error:
            raise _refused(self.path, error, self._what) from error

    def check(self) -> None:
        """A DataError if one of the places is taken."""
        check_free(*self.paths, overwrite=self.overwrite)

    def open(self) -> None:
        """Begin to write."""

    def finish(self) -> None:
        """Write what is left, and close what is open."""
        for resource in reversed(self.opened):
            resource.close()

    def _put_in_place(self) -> None:
        """Move all or none; what stands in a place is there until the new one is."""
        assert self._staging is not None  # made on entering the block
        self.check()  # something may have come there meanwhile
        _bring_to_disk(self._staging)
        old = Path(tempfile.mkdtemp(dir=self._staging))
        with ExitStack() as undo:
            for path in self.paths:
                if os.path.lexists(self.temporary(path)):
                    _move(self.temporary(path), path, old / path.name, undo)
            for path in self.stale if self.overwrite else ():
                if path.is_file() and not path.is_symlink() and is_signed(path):
                    os.replace(path, old / path.name)
                    undo.callback(os.replace, old / path.name, path)
            undo.pop_all()
        _sync(self.path.parent)

    def _discard(self) -> None:
        for resource in reversed(self.opened):
            # Closing writes what was buffered, which the full disk refuses once more.
            with suppress(Exception):
                resource.close()
        if self._staging is not None:
            shutil.rmtree(self._staging, ignore_errors=True)
        with suppress(OSError):  # what was written stands there
            for folder in self._made:
                folder.rmdir()


def write_file(path: Path, content: str | bytes, what: str = "the file") -> None:
    """Write one file of ours, whole or not at all; one that stands there is replaced.

    Raises:
        DataError: if it cannot be written.
    """
    with AtomicWriter(path, what=what, overwrite=True) as writer:
        data = content.encode("utf-8") if isinstance(content, str) else content
        writer.temporary(path).write_bytes(data)


def check_free(
    *paths: Path,
    overwrite: bool = False,
    beside: Iterable[Path] = (),
    read: Iterable[Path | str | None] = (),
) -> None:
    """Refuse places of files that are taken.

    Args:
        paths: that were named.
        overwrite: whether a file that was named may be replaced.
        beside: files that are written along with them; they may be replaced only if they are ours.
        read: files and folders of which nothing may be replaced, whatever they are called here.

    Raises:
        DataError: naming the place, and what to do.
    """
    beside, kept = tuple(beside), [Path(each) for each in read if each is not None]
    for path in (*paths, *beside):
        if "\0" in str(path):
            raise DataError(f"{str(path)!r}: no file has such a name; choose another")
        if path.is_symlink():
            raise DataError(
                f"{path}: this is a link to {os.readlink(path)}; name that file itself, or another"
            )
        if not os.path.lexists(path):
            around = next((each for each in path.parents if os.path.lexists(each)), None)
            if around is not None and not around.is_dir():
                raise DataError(_part_is_a_file(path))
            continue
        if any(_within(path, each) for each in kept):
            raise DataError(f"{path}: this is read from, so it would replace what is needed; "
                            "choose another name")  # fmt: skip
        if path in beside and path.is_dir():
            raise DataError(f"{path}: this is a folder; choose another name")
        if not (path.is_dir() or path.is_file()):
            raise DataError(f"{path}: this is no regular file; choose another name")
        if not overwrite:
            raise DataError(
                f"{path}: it exists already; add overwrite=true to replace it, or choose another "
                "name"
            )
        if path in beside and not is_signed(path):
            raise DataError(
                f"{path}: this file is not known to come from synth_dl, so overwrite=true leaves "
                "it alone; move it away, or choose another name"
            )


def is_signed(path: Path) -> bool:
    """Whether a file says that it was written by this package."""
    try:
        with open_regular(path) as file:
            head = file.read(_HEAD)
        # A checkpoint, which is a zip archive, names the classes of this package too.
        signed = SIGN.encode() in head and not head.startswith(b"PK")
        return signed or head.startswith((COMPARED.encode(), REPORTS_COMPARED.encode()))
    except (OSError, DataError):
        return False


def _within(path: Path, other: Path) -> bool:
    """Whether two names stand for one file, or the second for a folder around the first."""
    if not other.exists():
        return False
    return os.path.samefile(path, other) or path.resolve().is_relative_to(other.resolve())


def _move(new: Path, path: Path, old: Path, undo: ExitStack) -> None:
    """Put something in place; `undo` puts back what stood there, which lies at `old` then."""
    if not os.path.lexists(path):
        undo.callback(lambda: None if os.path.lexists(new) else os.replace(path, new))
        os.replace(new, path)
    elif path.is_dir() and not path.is_symlink():
        exchange(new, path)
        undo.callback(exchange, new, path)
    else:
        try:
            os.link(path, old)
        except OSError:  # not every file system has links
            shutil.copy2(path, old)
        undo.callback(os.replace, old, path)
        os.replace(new, path)


def exchange(one: Path, other: Path) -> None:
    """Exchange two folders, in one moment where the system can do so."""
    swap = getattr(ctypes.CDLL(None), "renameat2", None)
    if swap and swap(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0:
        return
    aside = Path(tempfile.mkdtemp(dir=one.parent)) / "aside"
    os.rename(other, aside)
    try:
        os.rename(one, other)
    except OSError:
        os.rename(aside, other)
        raise
    os.rename(aside, one)


def _bring_to_disk(folder: Path) -> None:
    """Have the disk hold everything under a folder, before any of it gets its name."""
    paths = [folder, *folder.rglob("*")]
    if len(paths) > _MANY:
        os.sync()
        return
    for path in paths:
        _sync(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # as some file systems say of a folder
            raise
    finally:
        os.close(descriptor)


def _part_is_a_file(path: Path) -> str:
    return f"{path}: a part of this path is a file, not a folder; choose another place"


def _refused(path: Path, error: OSError, what: str) -> DataError:
    """One sentence on why the disk refused to take what was to be written."""
    number = error.errno
    if number in (errno.ENOSPC, errno.EDQUOT):
        return DataError(f"{path}: the disk is full; make room or choose another place for {what}")
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return DataError(f"{path}: there is no right to write here; choose another place")
    if number in (errno.ENOTDIR, errno.EEXIST):
        return DataError(_part_is_a_file(path))
    reason = error.strerror or str(error)
    return DataError(f"{path}: {what} cannot be written ({reason}); choose another place")
