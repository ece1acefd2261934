"""The class of each image, from labels in whatever form they come."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.errors import DataError
from synth_dl.images.reading.pixels import as_array

Named = tuple[NDArray[np.int64], tuple[str, ...]]


def read_labels(labels: Any, classes: Any, images: int, name: str) -> Named:
    """[N] indices into names of classes, and these names.

    Whole numbers, also as floats, are classes in their order, texts in alphabetical order. A row
    for each image with a single 1 stands for the place of the 1.

    Args:
        labels: [N] or [N, 1] numbers or texts, or [N, K] rows with a single 1.
        classes: names that whole numbers are indices into, or None; texts are names themselves.
        images: how many there are.
        name: what the labels are called in messages.

    Raises:
        DataError: if they are no such labels, or not one for each image.
    """
    found = _one_each(_as_labels(labels, name), images, name)
    if classes is None or found.dtype.kind not in "ui":
        return name_classes(found)
    names = _as_labels(classes, name)
    names = names.ravel() if names.ndim == 2 and 1 in names.shape else names
    if names.ndim != 1 or found.min() < 0 or found.max() >= len(names):
        raise DataError(
            f"{name} run from {found.min()} to {found.max()}, but must hold places in 'classes', "
            f"which has shape {list(names.shape)}; save such places, or leave 'classes' out"
        )
    codes, known = name_classes(names)
    if len(known) != len(names):
        raise DataError(f"{name}: a name stands twice in 'classes'; give each class its own")
    return found.astype(np.int64), tuple(known[code] for code in codes)


def name_classes(labels: NDArray[Any]) -> Named:
    """Indices of [N] labels into their names; whole numbers in their order, others as text.

    Raises:
        DataError: if some are numbers and others texts, or a name cannot be written.
    """
    try:
        values, indices = np.unique(labels, return_inverse=True)
    except TypeError as error:
        raise DataError("the labels have no order; give all as numbers, or all as texts") from error
    names = tuple(_text(value) for value in values.tolist())
    for text in names:
        if text.endswith("\0") or text != text.encode("utf-8", "ignore").decode():
            raise DataError(f"the class {text!r} has signs that no file can hold; rename it")
    return indices.reshape(-1).astype(np.int64), names


def _as_labels(labels: Any, name: str) -> NDArray[Any]:
    """An array of whole numbers, truth values or texts."""
    # A list of texts with a NaN in it would become texts, and the NaN one of them.
    listed = isinstance(labels, list | tuple | pd.Series | pd.Index)
    listed |= isinstance(labels, np.ndarray) and labels.dtype.kind == "O"
    found = np.asarray(labels, object) if listed else as_array(labels, name)
    missing = int(pd.isna(found).sum()) if found.dtype.kind in "fO" else 0
    if missing:
        raise DataError(
            f"{missing:,} of {found.size:,} labels are missing (NaN or None); leave those images "
            "out, or give no labels"
        )
    if found.dtype.kind == "O":
        found = _of_one_type(found)
    if found.dtype.kind == "f":  # as MATLAB saves whole numbers
        found = found.astype(np.float64)  # halves know no number as large as the limit
        with np.errstate(invalid="ignore"):  # of infinity there is no remainder
            whole = (found % 1 == 0) & (abs(found) < 2**53)
        if not whole.all():
            raise DataError(f"{name} hold {found[~whole].flat[0]}; save whole numbers or text")
        return found.astype(np.int64)
    if found.dtype.kind not in "buiUSO":
        raise DataError(f"{name} hold {found.dtype}; save whole numbers or text")
    return found


def _of_one_type(found: NDArray[np.object_]) -> NDArray[Any]:
    """Objects as numbers or texts where all are; texts stay objects, as arrays cut NULs off."""
    plain = [value.item() if hasattr(value, "item") else value for value in found.flat]
    if plain and all(isinstance(value, float | int) for value in plain):
        return np.array(plain).reshape(found.shape)
    return found


def _one_each(found: NDArray[Any], images: int, name: str) -> NDArray[Any]:
    """[N] of [N], [N, 1] or [N, K] labels."""
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    single = found.ndim == 2 and found.dtype.kind in "bui" and found.shape[1] > 1
    if single and ((found != 0).sum(1) == 1).all() and (found.max(1) == 1).all():
        found = found.argmax(1)
    if found.shape == (images,):
        return found
    raise DataError(
        f"{name} are {len(found) if found.ndim else 0:,}, of shape {list(found.shape)}, for "
        f"{images:,} images; give one label for each image"
    )


def _text(value: Any) -> str:
    if not isinstance(value, bytes):
        return str(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
