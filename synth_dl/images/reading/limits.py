"""How much a file may unpack to, checked before the memory is taken."""

import math
import stat
from pathlib import Path

from synth_dl.errors import DataError

RATIO = 100  # An image of one colour shrinks more, but not half a GiB of them in one file.
FREE = 2**29  # bytes that any file may unpack to


def check_growth(name: object, unpacked: int, packed: int, max_gib: float | None = None) -> None:
    """Refuse what unpacks to over half a GiB and over 100 times its size, as bombs do.

    Args:
        name: of the file, for the message.
        unpacked: bytes in memory, as the file declares them or as they have been counted so far.
        packed: bytes of the file.
        max_gib: replaces both bounds.

    Raises:
        DataError: for more than that.
    """
    limit = max(FREE, RATIO * packed) if max_gib is None else max_gib * 2**30
    if unpacked > limit:
        raise DataError(
            f"{name}: its {packed:,} bytes unpack to {unpacked / 2**30:,.1f} GiB, more than the "
            f"{limit / 2**30:.1f} GiB allowed, as if made to fill the memory; if you trust it, "
            f"give data.max_gib={math.ceil(unpacked / 2**30)}, or save the images uncompressed"
        )


def check_regular(path: Path) -> int:
    """The bytes of a file; a DataError if it is missing, or a pipe, device or folder."""
    try:
        found = path.stat()
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: there is no such file; check the path") from error
    if not stat.S_ISREG(found.st_mode):
        raise DataError(f"{path}: this is a folder, pipe or device, not a file; check the path")
    return found.st_size
