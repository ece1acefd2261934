"""The arrays of an npz file of images, and what every reader of such a file asks of them.

A `cure` is the end of a sentence, which each reader words for its user.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth_dl.errors import DataError
from synth_dl.images.reading.levels import Pixels

_NAMES = ("images", "labels", "levels", "classes")


def read_arrays(path: Path, cure: str) -> dict[str, NDArray[Any]]:
    """`images`, and those of `labels`, `levels` and `classes` that the file has.

    Raises:
        DataError: if it is no npz file of plain arrays, is damaged, or has no images.
        OSError: if the file cannot be read at all.
    """
    try:
        # Opened here, since NumPy leaves a damaged file open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in _NAMES if name in stored.files}
    except OSError:
        raise
    # Also an .npy file, which has no names, and arrays of objects; damage has many faces.
    except Exception as error:
        raise DataError(
            f"{path}: this is no npz file of plain arrays, or it is damaged; {cure}"
        ) from error
    if "images" not in arrays:
        raise DataError(f"{path}: there is no array 'images'; {cure}")
    return arrays


def order_axes(
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


def check_levels(path: Path, levels: Any, cure: str) -> int:
    """A number of levels that an array or a manifest holds: from 2 to 256."""
    try:
        number = int(levels.item() if isinstance(levels, np.ndarray) else levels)
    except (TypeError, ValueError, OverflowError):
        number = 0
    if not 2 <= number <= 256:
        raise DataError(f"{path}: 'levels' is {levels}, not one number from 2 to 256; {cure}")
    return number


def whole_levels(path: Path, images: NDArray[Any], levels: int, cure: str) -> Pixels:
    """Images of any type of whole numbers from 0 to `levels - 1`, as uint8."""
    if images.dtype.kind not in "iu":
        found = images.dtype
    elif images.min() < 0:
        found = images.min()
    elif images.max() >= levels:
        found = images.max()
    else:
        return images.astype(np.uint8)
    raise DataError(
        f"{path}: 'images' holds {found}, but with {levels} levels it must hold whole levels from "
        f"0 to {levels - 1}; {cure}"
    )


def check_labels(path: Path, labels: NDArray[Any], count: int, *, words: bool) -> None:
    """Refuse all but [count] whole numbers, or with `words` also text and truth values."""
    if labels.shape != (count,):
        raise DataError(
            f"{path}: 'labels' has shape {list(labels.shape)}; save one label for each of the "
            f"{count} images"
        )
    if labels.dtype.kind not in ("buiUS" if words else "iu"):
        wanted = "whole numbers or text" if words else "whole numbers"
        raise DataError(f"{path}: 'labels' holds {labels.dtype}; save {wanted}")


def check_places(path: Path, labels: NDArray[Any], classes: NDArray[Any], cure: str) -> None:
    """Refuse labels that are not all indices into a list of classes."""
    if classes.ndim != 1 or labels.min() < 0 or labels.max() >= len(classes):
        raise DataError(
            f"{path}: 'labels' runs from {labels.min()} to {labels.max()}, but must hold places in "
            f"'classes', which has shape {list(classes.shape)}; {cure}"
        )
