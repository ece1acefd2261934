"""Images in an npz file of NumPy, under the names that are usual."""

import math
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth_dl.errors import DataError, SynthError
from synth_dl.images.image_set import ImageSet
from synth_dl.images.reading.labels import read_labels
from synth_dl.images.reading.pixels import Declared, read_pixels
from synth_dl.opening import check_unpacked, open_regular

# Names of images and of labels: of an export, of Keras and scikit-learn, of savez without names.
_PAIRS = (
    ("images", "labels"), ("image", "label"), ("x", "y"), ("X", "y"), ("data", "labels"),
    ("data", "target"), ("arr_0", "arr_1"),
)  # fmt: skip
_KINDS = ("train", "val", "test")
# Of the parts of a divided set, as Keras and MedMNIST name them.
_DIVIDED = (
    [(f"x_{kind}", f"y_{kind}") for kind in _KINDS],
    [(f"X_{kind}", f"y_{kind}") for kind in _KINDS],
    [(f"{kind}_images", f"{kind}_labels") for kind in _KINDS],
)
_SAVE = "save it with numpy.savez(images=...)"


def read_archive(
    path: Path, declared: Declared, *, labelled: bool = True
) -> tuple[ImageSet, NDArray[np.int64] | None, tuple[str, ...]]:
    """All images of a file, which part each belongs to, and what to say of them.

    The parts are 0, 1 and 2 for training, validation and test images; None if the file is not
    divided. Images and labels are such as `read_pixels` and `read_labels` take; `levels` is one
    number, and with `classes` labels are indices into these names, as an export has them.

    Args:
        path: of the file.
        declared: what is known of the images; `levels` in the file goes before its `levels`.
        labelled: whether labels are read.

    Raises:
        DataError: if the file or one of its arrays cannot be used.
    """
    with _Archive.open(path) as archive:
        places, pairs = _pairs_of(archive)
        if "levels" in archive.names:
            levels = check_levels(path, archive.read("levels"), "save such a number")
            declared = replace(declared, levels=levels)
        images = [archive.read(image) for image, _ in pairs]
        named = labelled and all(label in archive.names for _, label in pairs)
        labels = [archive.read(label) for _, label in pairs] if named else []
        classes = archive.read("classes") if named and "classes" in archive.names else None
    pixels, levels, notes = read_pixels(_joined(path, images), declared, f"{path}: the images")
    if not len(pixels):
        raise DataError(
            f"{path}: the images of shape {images[0].shape} are empty; give at least one"
        )
    codes, known = None, ()
    if named:
        joined = _joined(path, labels)
        codes, known = read_labels(joined, classes, len(pixels), f"{path}: the labels")
    if pairs[0][0] != "images":
        taken = f"{pairs[0][0]!r} as the images" + (f", {pairs[0][1]!r} as the labels" * named)
        notes.append(f"of {path} the array {taken} was taken")
    divided = np.repeat(places, [len(array) for array in images]) if len(pairs) > 1 else None
    return ImageSet(pixels, levels, codes, known), divided, tuple(notes)


def check_levels(path: Path, levels: Any, cure: str) -> int:
    """A number of levels that an array or a manifest holds: from 2 to 256."""
    number = levels.item() if isinstance(levels, np.ndarray) and levels.size == 1 else levels
    if isinstance(number, bool) or not isinstance(number, int) or not 2 <= number <= 256:
        raise DataError(f"{path}: 'levels' is {levels}, not one number from 2 to 256; {cure}")
    return number


class _Archive:
    """The arrays of an npz file, each checked against its bytes before it is read.

    Attributes:
        path: of the file.
        names: of the arrays.
    """

    def __init__(self, path: Path, file: BufferedReader) -> None:
        self.path = path
        self._file, self._stored = file, zipfile.ZipFile(file)
        self.names = [name[:-4] for name in self._stored.namelist() if name.endswith(".npy")]
        self._unpacked = 0

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> "Iterator[_Archive]":
        """Refuse, by a DataError, whatever goes wrong in the block with the file."""
        try:
            with open_regular(path) as file:
                yield cls(path, file)
        except SynthError:
            raise
        except OSError as error:
            reason = error.strerror or "damaged"
            raise DataError(
                f"{path}: it cannot be read ({reason}); check its rights, or save it again"
            ) from error
        # Also an .npy file, which has no names; damage has many faces.
        except Exception as error:
            raise DataError(
                f"{path}: this is no npz file of plain arrays, or it is damaged; {_SAVE}"
            ) from error

    def read(self, name: str) -> NDArray[Any]:
        """One array; of Python objects none, as reading them would run code."""
        info = self._stored.getinfo(f"{name}.npy")
        with self._stored.open(info) as file:
            version = np.lib.format.read_magic(file)
            readers = {
                1: np.lib.format.read_array_header_1_0,
                2: np.lib.format.read_array_header_2_0,
            }
            shape, _, dtype = readers[version[0]](file)
            if dtype.hasobject:
                raise DataError(
                    f"{self.path}: {name!r} holds Python objects, not plain arrays, as lists of "
                    "unequal images or texts become; save numbers, or texts by labels.astype(str)"
                )
            size = math.prod(shape) * dtype.itemsize
            if not dtype.itemsize or file.tell() + size != info.file_size:
                raise DataError(
                    f"{self.path}: {name!r} of shape {shape} and {dtype} promises {size:,} bytes "
                    f"and is damaged, as it has {info.file_size - file.tell():,}; {_SAVE}"
                )
            self._unpacked += size
            if self._unpacked > os.fstat(self._file.fileno()).st_size:
                check_unpacked(self._file, self.path, (self._unpacked,))
        with self._stored.open(info) as file:
            return np.lib.format.read_array(file, allow_pickle=False)


def _pairs_of(archive: _Archive) -> tuple[list[int], list[tuple[str, str]]]:
    """The names of images and labels, with 0, 1 and 2 for training, validation and test images."""
    names = archive.names
    for pairs in [] if "images" in names else _DIVIDED:
        places = [place for place, (image, _) in enumerate(pairs) if image in names]
        if 0 in places:
            return places, [pairs[place] for place in places]
    found = [pair for pair in _PAIRS if pair[0] in names]
    if found:
        return [0], [next((pair for pair in found if pair[1] in names), found[0])]
    shown = ", ".join(repr(name) for name in names[:10]) or "none"
    raise DataError(
        f"{archive.path}: there is no array 'images' among those of the file ({shown}); save it "
        "with numpy.savez(images=..., labels=...)"
    )


def _joined(path: Path, arrays: list[NDArray[Any]]) -> NDArray[Any]:
    if len({(array.shape[1:], array.dtype) for array in arrays}) > 1 or not arrays[0].ndim:
        shapes = ", ".join(f"{array.shape} of {array.dtype}" for array in arrays)
        raise DataError(f"{path}: arrays of shape {shapes} do not belong together; save all alike")
    return np.concatenate(arrays) if len(arrays) > 1 else arrays[0]
