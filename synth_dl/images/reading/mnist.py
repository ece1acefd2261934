"""MNIST, or images in files of the same names: from a folder, or else from the network.

The files are IDX, arrays of numbers behind a short header, compressed by gzip or not.
"""

import logging
import math
import struct
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from synth_dl.errors import DataError
from synth_dl.images.image_set import ImageSet
from synth_dl.images.reading.labels import read_labels
from synth_dl.images.reading.options import ImageOptions
from synth_dl.images.reading.parts import HOLDOUT, TRAIN, VALIDATION, Parts, divide
from synth_dl.images.reading.pixels import read_pixels
from synth_dl.opening import DAMAGED, Counted, open_regular, unpacked

ADDRESS = "https://ossci-datasets.s3.amazonaws.com/mnist/"
HASHES = {
    "train-images-idx3-ubyte": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
_FULL, _VALIDATION = 60_000, 5_000
# Seconds to connect, which is tried at each address of the host, and to wait for data.
_TIMEOUT = (2, 10)
# By the third byte of a file.
_TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_STEP = 1 << 20


def read_mnist(options: ImageOptions, seed: int) -> Parts:
    """Images of 256 levels; validation is the end of the training file.

    Raises a DataError if files are damaged or do not belong together, and if they are neither in
    the folder nor can be fetched.
    """
    files = _find_files(options.root)
    train, train_labels = _read_pair(files[0], files[1])
    test, test_labels = _read_pair(files[2], files[3])
    if train.shape[1:] != test.shape[1:] or train.dtype != test.dtype:
        raise DataError(
            f"{files[2]}: its images have another size or type than those of {files[0].name}; give "
            "files that belong together"
        )
    together = np.concatenate([train, test])
    pixels, levels, notes = read_pixels(together, options.declared, f"{files[0].parent}: images")
    named = np.concatenate([train_labels, test_labels])
    labels, classes = read_labels(named, None, len(pixels), f"{files[1].parent}: labels")
    count = len(train)
    kept = _VALIDATION if count >= _FULL else max(1, count // 12)
    rule = (
        f"of the {count:,} training images the last {kept:,} for validation; the "
        f"{len(test):,} test images held out"
    )
    parts = np.repeat((TRAIN, VALIDATION, HOLDOUT), (count - kept, kept, len(test)))
    return divide(ImageSet(pixels, levels, labels, classes), parts, rule, tuple(notes))


def _read_pair(image_file: Path, label_file: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    images, labels = (_read_idx(file) for file in (image_file, label_file))
    if images.ndim < 3 or labels.ndim != 1 or len(images) != len(labels):
        raise DataError(
            f"{label_file}: labels of shape {labels.shape} for images of shape {images.shape} in "
            f"{image_file.name}; give files that belong together"
        )
    return images, labels


def _find_files(root: Path | None) -> list[Path]:
    """The four files, in the order of `HASHES`; those that are missing are fetched."""
    if root is None:
        import pooch

        root = Path(pooch.os_cache("synth_dl")) / "mnist"
    found = {name: _find_file(root, name) for name in HASHES}
    missing = [name for name, file in found.items() if file is None]
    if missing:
        _check_genuine(root, missing, [file for file in found.values() if file is not None])
    return [file or _fetch(root, name) for name, file in found.items()]


def _find_file(root: Path, name: str) -> Path | None:
    for written in (name, name.replace("-idx", ".idx")):
        for file in (root / written, root / f"{written}.gz"):
            if file.is_file():
                return file
    return None


def _check_genuine(root: Path, missing: list[str], present: list[Path]) -> None:
    """Refuse to complete the files of another data set with those of MNIST."""
    import pooch

    for file in present:
        if pooch.file_hash(str(file)) not in HASHES.values():
            raise DataError(
                f"{root}: {missing[0]} is missing beside {file.name}; put all four files into "
                "this folder"
            )


def _fetch(root: Path, name: str) -> Path:
    import pooch

    pooch.get_logger().setLevel(logging.ERROR)
    # Its own types of the downloader and of what takes one disagree.
    download: Any = pooch.HTTPDownloader(timeout=_TIMEOUT)
    made = [folder for folder in (root, *root.parents) if not folder.exists()]
    try:
        file = pooch.retrieve(
            f"{ADDRESS}{name}.gz", f"sha256:{HASHES[name]}", f"{name}.gz", root, downloader=download
        )
    # No network, a folder that cannot be written, or bytes of another hash.
    except (OSError, ValueError) as error:
        with suppress(OSError):
            for folder in made:
                folder.rmdir()
        raise DataError(
            f"{root}: {name} is not there and could not be fetched; put the four files of MNIST "
            f"({', '.join(HASHES)}, as they are or as .gz) into a folder and give data.root=DIR"
        ) from error
    return Path(file)


def _read_idx(path: Path) -> NDArray[Any]:
    """The array of a file, not empty.

    Raises a DataError if it is no such file, or has other bytes than its header says.
    """
    try:
        with open_regular(path) as file:
            return _read_array(path, unpacked(file, path) or file)
    except DAMAGED as error:
        raise DataError(
            f"{path}: the file cannot be read to its end, it may be cut off; get it anew"
        ) from error


def _read_array(path: Path, file: IO[bytes] | Counted) -> NDArray[Any]:
    zeros, kind, dimensions = struct.unpack(">HBB", file.read(4).ljust(4, b"\xff"))
    header = file.read(4 * dimensions)
    if zeros or kind not in _TYPES or not dimensions or len(header) < 4 * dimensions:
        raise DataError(
            f"{path}: this is no IDX file of numbers; give the files of MNIST or others made alike"
        )
    shape = struct.unpack(f">{dimensions}I", header)
    size = math.prod(shape) * np.dtype(_TYPES[kind]).itemsize
    content = bytearray()
    # Step by step, since the header may promise more than the file, or the memory, holds.
    while len(content) <= size and (step := file.read(min(_STEP, size + 1 - len(content)))):
        content += step
    if len(content) != size or size == 0:
        found = "more" if len(content) > size else f"{len(content):,}"
        raise DataError(
            f"{path}: the header promises {size:,} bytes, but the file has {found}; it is cut "
            "off or damaged, so get it anew"
        )
    return np.frombuffer(content, _TYPES[kind]).reshape(shape)
