"""Images in one npz file of NumPy: an array `images`, and perhaps `labels`, `levels`, `classes`.

A `cure` is the end of a sentence, which each reader words for its user.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth_dl.errors import ConfigError, DataError
from synth_dl.images.image_set import ImageSet, outside, usual_levels
from synth_dl.images.reading.levels import Pixels
from synth_dl.images.reading.options import ImageOptions
from synth_dl.images.reading.parts import Parts, name_classes, split_images
from synth_dl.opening import check_unpacked, open_regular

_NAMES = ("images", "labels", "levels", "classes")
_SAVE, _EXPORT = "save it with numpy.savez(images=...)", "export it again"
_CLASSES = 10_000  # that may go without names


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
    try:
        arrays = _read_arrays(path, _SAVE)
    except OSError as error:
        reason = error.strerror or "damaged"
        raise DataError(
            f"{path}: it cannot be read ({reason}); check its rights, or save it again"
        ) from error
    levels = None
    if "levels" in arrays:
        kind = arrays["levels"].dtype
        if kind.kind not in "iu":
            raise DataError(f"{path}: 'levels' holds {kind}; save a whole number from 2 to 256")
        levels = check_levels(path, arrays["levels"], "save such a number")
    images = _order_axes(path, arrays["images"], "change its axes", channels_first=True)
    pixels, levels = _to_levels(path, images, levels)
    labels, classes = None, ()
    if "labels" in arrays and options.classes:
        labels, classes = _named(path, arrays["labels"], arrays.get("classes"), len(pixels))
    return split_images(ImageSet(pixels, levels, labels, classes), options, seed)


def read_npz_export(path: Path, levels: int) -> ImageSet:
    """Images of an archive as an export writes it, in its order.

    Args:
        path: of the archive.
        levels: what it is taken to have if it does not tell.

    Raises:
        DataError: if the file or one of its arrays cannot be used.
        OSError: if it cannot be read at all.
    """
    arrays = _read_arrays(path, _EXPORT)
    images = _order_axes(path, arrays["images"], _EXPORT, channels_first=False)
    levels = check_levels(path, arrays.get("levels", levels), _EXPORT)
    pixels = _whole_levels(path, images, levels, _EXPORT)
    if "labels" not in arrays:
        return ImageSet(pixels, levels)
    labels = arrays["labels"]
    _check_labels(path, labels, len(pixels), words=False)
    numbers = np.arange(min(int(labels.max()), _CLASSES) + 1).astype(np.str_)
    names: NDArray[Any] = arrays.get("classes", numbers)
    _check_places(path, labels, names, _EXPORT)
    return ImageSet(pixels, levels, labels.astype(np.int64), tuple(str(name) for name in names))


def check_levels(path: Path, levels: Any, cure: str) -> int:
    """A number of levels that an array or a manifest holds: from 2 to 256."""
    try:
        number = int(levels.item() if isinstance(levels, np.ndarray) else levels)
    except (TypeError, ValueError, OverflowError):
        number = 0
    if not 2 <= number <= 256:
        raise DataError(f"{path}: 'levels' is {levels}, not one number from 2 to 256; {cure}")
    return number


def _read_arrays(path: Path, cure: str) -> dict[str, NDArray[Any]]:
    """`images`, and those of `labels`, `levels` and `classes` that the file has.

    Raises:
        DataError: if it is no npz file of plain arrays, is damaged, or has no images.
        OSError: if the file cannot be read at all.
    """
    try:
        # Opened here, since NumPy leaves a damaged file open.
        with open_regular(path) as file, np.load(file, allow_pickle=False) as stored:
            check_unpacked(file, path, (part.file_size for part in stored.zip.infolist()))
            arrays = {name: stored[name] for name in _NAMES if name in stored.files}
    except (OSError, DataError):
        raise
    # Also an .npy file, which has no names, and arrays of objects; damage has many faces.
    except Exception as error:
        raise DataError(
            f"{path}: this is no npz file of plain arrays, or it is damaged; {cure}"
        ) from error
    if "images" not in arrays:
        raise DataError(f"{path}: there is no array 'images'; {cure}")
    return arrays


def _order_axes(
    path: Path, images: NDArray[Any], cure: str, *, channels_first: bool
) -> NDArray[Any]:
    """[N, H, W, C] of [N, H, W] or [N, H, W, C].

    With `channels_first` also of [N, C, H, W], if its channels tell it apart.
    """
    shape = images.shape
    if not images.size:
        raise DataError(
            f"{path}: 'images' of shape {shape} is empty; save images of at least one pixel"
        )
    if images.ndim == 3:
        return images[..., None]
    if images.ndim == 4:
        last, second = shape[3] in (1, 3), channels_first and shape[1] in (1, 3)
        if last != second:
            return images if last else images.transpose(0, 2, 3, 1)
    layouts = "[N, H, W] or [N, H, W, C]" + (" or [N, C, H, W]" if channels_first else "")
    raise DataError(
        f"{path}: 'images' of shape {shape} is not clearly {layouts} with one or three channels; "
        f"{cure}"
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
    whole = images.astype(np.uint8) if kind == "b" else images
    cure = "save levels that count from 0" + (" or mend 'levels'" if levels else "")
    pixels = _whole_levels(path, whole, levels or 256, cure)
    return pixels, levels or usual_levels(int(pixels.max()))


def _whole_levels(path: Path, images: NDArray[Any], levels: int, cure: str) -> Pixels:
    """Images of any type of whole numbers from 0 to `levels - 1`, as uint8."""
    found = images.dtype if images.dtype.kind not in "iu" else outside(images, levels)
    if found is None:
        return images.astype(np.uint8)
    raise DataError(
        f"{path}: 'images' holds {found}, but with {levels} levels it must hold whole levels from "
        f"0 to {levels - 1}; {cure}"
    )


def _named(
    path: Path, labels: NDArray[Any], classes: NDArray[Any] | None, count: int
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Indices into the classes, which are the labels themselves where no names are given."""
    if classes is not None and labels.dtype.kind in "ui" and labels.size:
        classes = _flat(classes)
        _check_places(path, labels, classes, "save such places, or leave 'classes' out")
        labels = classes[labels]
    labels = _flat(labels)
    _check_labels(path, labels, count, words=True)
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8", "replace")
    return name_classes(labels)


def _check_labels(path: Path, labels: NDArray[Any], count: int, *, words: bool) -> None:
    """Refuse all but [count] whole numbers, or with `words` also text and truth values."""
    if labels.shape != (count,):
        raise DataError(
            f"{path}: 'labels' has shape {list(labels.shape)}; save one label for each of the "
            f"{count} images"
        )
    if labels.dtype.kind not in ("buiUS" if words else "iu"):
        wanted = "whole numbers or text" if words else "whole numbers"
        raise DataError(f"{path}: 'labels' holds {labels.dtype}; save {wanted}")


def _check_places(path: Path, labels: NDArray[Any], classes: NDArray[Any], cure: str) -> None:
    """Refuse labels that are not all indices into a list of classes."""
    if classes.ndim != 1 or labels.min() < 0 or labels.max() >= len(classes):
        raise DataError(
            f"{path}: 'labels' runs from {labels.min()} to {labels.max()}, but must hold places in "
            f"'classes', which has shape {list(classes.shape)}; {cure}"
        )


def _flat(array: NDArray) -> NDArray:
    """[N] of [N, 1]."""
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
