"""Images in one npz file of NumPy: an array `images`, and perhaps `labels` and `levels`."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synth_dl.data.images.image_set import ImageSet
from synth_dl.data.images.levels import Pixels
from synth_dl.data.images.options import ImageOptions
from synth_dl.data.images.parts import Parts, name_classes, split_images
from synth_dl.errors import ConfigError, DataError

_NAMES = ("images", "labels", "levels", "classes")


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
    arrays = _read_arrays(path)
    if "images" not in arrays:
        raise DataError(f"{path}: there is no array 'images'; save it with numpy.savez(images=...)")
    levels = _read_levels(path, arrays["levels"]) if "levels" in arrays else None
    images = _order_axes(path, arrays["images"])
    pixels, levels = _to_levels(path, images, levels)
    labels, classes = None, ()
    if "labels" in arrays and options.classes:
        named = _with_names(path, arrays["labels"], arrays.get("classes"))
        labels, classes = _read_labels(path, named, len(pixels))
    return split_images(ImageSet(pixels, levels, labels, classes), options, seed)


def _read_arrays(path: Path) -> dict[str, NDArray]:
    if not path.is_file():
        raise DataError(f"data.path={path}: there is no such file; check the path")
    try:
        # Opened here, since NumPy leaves a damaged file open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in _NAMES if name in stored.files}
    # Also an .npy file, which has no names, and arrays of objects; damage has many faces.
    except Exception as error:
        raise DataError(
            f"{path}: this is no npz file of plain arrays, or it is damaged; save it with "
            "numpy.savez(images=...)"
        ) from error


def _read_levels(path: Path, array: NDArray) -> int:
    if array.size != 1 or array.dtype.kind not in "iu" or not 2 <= array.item() <= 256:
        raise DataError(f"{path}: 'levels' must be one whole number from 2 to 256")
    return int(array.item())


def _order_axes(path: Path, images: NDArray) -> NDArray:
    """[N, H, W, C] of any layout that is told apart by its channels."""
    if images.size == 0:
        raise DataError(f"{path}: the array 'images' is empty; save images of at least one pixel")
    if images.ndim == 3:
        return images[..., None]
    if images.ndim == 4:
        last, second = images.shape[3] in (1, 3), images.shape[1] in (1, 3)
        if last != second:
            return images if last else images.transpose(0, 2, 3, 1)
    raise DataError(
        f"{path}: 'images' of shape {list(images.shape)} is not clearly [N, H, W], [N, H, W, C] "
        "or [N, C, H, W] with one or three channels; change its axes"
    )


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
    low, high = int(images.min()), int(images.max())
    if low < 0:
        raise DataError(f"{path}: 'images' holds {low}; levels count from 0, so shift them")
    if high >= (levels or 256):
        raise DataError(
            f"{path}: 'images' holds {high}, but with {levels or 256} levels the largest is "
            f"{(levels or 256) - 1}; save fewer levels" + (" or mend 'levels'" if levels else "")
        )
    if levels is None:
        levels = 2 if high <= 1 else high + 1 if high < 32 else 256
    return images.astype(np.uint8), levels


def _with_names(path: Path, labels: NDArray, classes: NDArray | None) -> NDArray:
    if classes is None or labels.dtype.kind not in "ui" or not labels.size:
        return labels
    if labels.min() < 0 or labels.max() >= len(classes):
        raise DataError(
            f"{path}: 'labels' runs from {labels.min()} to {labels.max()}, but there are "
            f"{len(classes)} 'classes'; save an index into them, or leave 'classes' out"
        )
    return classes[labels]


def _read_labels(
    path: Path, labels: NDArray, count: int
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or len(labels) != count:
        raise DataError(
            f"{path}: 'labels' has shape {list(labels.shape)}, but there are {count} images; save "
            "one label for each"
        )
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8", "replace")
    if labels.dtype.kind not in "buiU":
        raise DataError(f"{path}: 'labels' holds {labels.dtype}; save whole numbers or text")
    return name_classes(labels)
