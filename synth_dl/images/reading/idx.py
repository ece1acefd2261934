"""Arrays of bytes in IDX files, the format of MNIST, compressed by gzip or not."""

import gzip
import math
import zlib
from pathlib import Path
from typing import IO

import numpy as np

from synth_dl.errors import DataError
from synth_dl.images.reading.levels import Pixels

_BYTES = 8  # The code of the element type, which stands third in the file.
_STEP = 1 << 20


def read_idx(path: Path, dimensions: int) -> Pixels:
    """The array of a file that must have so many dimensions, none of them empty.

    Raises a DataError if it is no such file, or has other bytes than its header says.
    """
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if not packed:
                return _read(path, raw, dimensions)
            with gzip.open(raw) as file:
                return _read(path, file, dimensions)
    except (EOFError, zlib.error, OSError) as error:
        raise DataError(
            f"{path}: the file cannot be read to its end, it may be cut off; get it anew"
        ) from error


def _read(path: Path, file: "IO[bytes] | gzip.GzipFile", dimensions: int) -> Pixels:
    header = file.read(4 + 4 * dimensions)
    if header[:4] != bytes((0, 0, _BYTES, dimensions)) or len(header) < 4 + 4 * dimensions:
        raise DataError(
            f"{path}: this is no IDX file of bytes in {dimensions} dimensions; give the files "
            "of MNIST or others made alike"
        )
    shape = tuple(int(side) for side in np.frombuffer(header, ">u4", dimensions, 4))
    size = math.prod(shape)
    content = bytearray()
    # Step by step, since the header may promise more than the memory holds.
    while len(content) <= size and (step := file.read(min(_STEP, size + 1 - len(content)))):
        content += step
    if len(content) != size or size == 0:
        found = "more" if len(content) > size else f"{len(content):,}"
        raise DataError(
            f"{path}: the header promises {size:,} bytes, but the file has {found}; it is cut "
            "off or damaged, so get it anew"
        )
    return np.frombuffer(bytes(content), np.uint8).reshape(shape)
