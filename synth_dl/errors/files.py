"""Refusals of the disk, in one sentence each."""

import errno
from pathlib import Path

from synth_dl.errors import DataError


def refused(path: Path, error: OSError, what: str = "the file") -> DataError:
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
