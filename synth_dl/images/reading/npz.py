"""Images in one npz file of NumPy: an array `images`, and perhaps `labels` and `levels`."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synth_dl.errors import ConfigError, DataError
from synth_dl.images.image_set import ImageSet
from synth_dl.images.reading.arrays import (
    check_labels,
    check_levels,
    check_places,
    order_axes,
    read_arrays,
    whole_levels,
)
from synth_dl.images.reading.levels import Pixels
from synth_dl.images.reading.options import ImageOptions
from synth_dl.images.reading.parts import Parts, name_classes, split_images

_CURE = "save it with numpy.savez(images=...)"


def read_npz(options: ImageOptions, seed: int) -> Parts:
    """Images of an npz file, divided by the seed.

    `images` is [N, H, W], [N, H, W, C] or [N, C, H, W] with one or three channels: whole levels,
    or floats from 0 to 1. `labels` is [N], and if there is an array `classes`, an index into it, as
    an export of our own has it. `levels` is one number; without it, levels are 2 for
    truth values and for whole numbers up to 1, one more than the largest below 32, and otherwise
    256.

    Raises:
        DataError: if the file or one of its arrays cannot be used.
        ConfigError: if no file is given.
    """
    path = options.path
    if path is None:
        raise ConfigError("data.path is missing: give the file of the images, data.path=FILE.npz")
    if not path.is_file():
        raise DataError(f"data.path={path}: there is no such file; check the path")
    try:
        arrays = read_arrays(path, _CURE)
    except OSError as error:
        reason = error.strerror or "damaged"
        raise DataError(
            f"{path}: it cannot be read ({reason}); check its rights, or save it again"
        ) from error
    levels = _read_levels(path, arrays["levels"]) if "levels" in arrays else None
    images = order_axes(path, arrays["images"], "change its axes", channels_first=True)
    pixels, levels = _to_levels(path, images, levels)
    labels, classes = None, ()
    if "labels" in arrays and options.classes:
        named = _with_names(path, arrays["labels"], arrays.get("classes"))
        labels, classes = _read_labels(path, named, len(pixels))
    return split_images(ImageSet(pixels, levels, labels, classes), options, seed)


def _read_levels(path: Path, array: NDArray) -> int:
    if array.dtype.kind not in "iu":
        raise DataError(f"{path}: 'levels' holds {array.dtype}; save a whole number from 2 to 256")
    return check_levels(path, array, "save such a number")


def _to_levels(path: Path, images: NDArray, levels: int | None) -> tuple[Pixels, int]:
    kind = images.dtype.kind
    if kind not in "buif":
        raise DataError(
            f"{path}: 'images' holds {images.dtype}; save whole numbers, or floats from 0 to 1"
        )
    if kind == "f":
        # Written so that it is false for NaN.
        if not (images.min() >= 0 and images.max() <= 1):
            raise DataError(
                f"{path}: 'images' holds floats that are missing or not between 0 and 1; save "
                "them from 0 to 1, or as whole levels in uint8"
            )
        levels = levels or 256
        return np.floor(images * (levels - 1) + 0.5).astype(np.uint8), levels
    whole = images.astype(np.uint8) if kind == "b" else images
    cure = "save levels that count from 0" + (" or mend 'levels'" if levels else "")
    pixels = whole_levels(path, whole, levels or 256, cure)
    if levels is None:
        high = int(pixels.max())
        levels = 2 if high <= 1 else high + 1 if high < 32 else 256
    return pixels, levels


def _with_names(path: Path, labels: NDArray, classes: NDArray | None) -> NDArray:
    if classes is None or labels.dtype.kind not in "ui" or not labels.size:
        return labels
    classes = _flat(classes)
    check_places(path, labels, classes, "save such places, or leave 'classes' out")
    return classes[labels]


def _read_labels(
    path: Path, labels: NDArray, count: int
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    labels = _flat(labels)
    check_labels(path, labels, count, words=True)
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8", "replace")
    return name_classes(labels)


def _flat(array: NDArray) -> NDArray:
    """[N] of [N, 1]."""
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
