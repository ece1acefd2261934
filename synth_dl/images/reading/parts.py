"""The parts of a set of images, and how a set without parts is divided."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth_dl.errors import DataError
from synth_dl.images.image_set import ImageSet
from synth_dl.images.reading.options import LARGEST_SIDE, ImageOptions


@dataclass(frozen=True)
class Parts:
    """What a reader gives.

    Attributes:
        train, validation, holdout: disjoint sets of images, as read.
        rule: how they were divided, in words.
        notes: sentences for the user.
    """

    train: ImageSet
    validation: ImageSet
    holdout: ImageSet
    rule: str
    notes: tuple[str, ...] = ()


def split_images(
    images: ImageSet, options: ImageOptions, seed: int, notes: tuple[str, ...] = ()
) -> Parts:
    """Holdout and validation drawn by the seed, at least one image each, in the given order."""
    order = np.random.default_rng(seed % 2**64).permutation(len(images))
    held = max(1, round(options.holdout * len(order)))
    last = held + max(1, round(options.validation * len(order)))
    rule = (
        f"drawn by seed {seed} from {len(order):,} images: holdout {options.holdout:.3g}, "
        f"validation {options.validation:.3g}, the rest for training"
    )
    return Parts(
        train=images.take(np.sort(order[last:])),
        validation=images.take(np.sort(order[held:last])),
        holdout=images.take(np.sort(order[:held])),
        rule=rule,
        notes=notes,
    )


def name_classes(labels: NDArray) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Indices of [N] labels into their names; whole numbers in their order, others as text."""
    values, indices = np.unique(labels, return_inverse=True)
    return indices.reshape(-1).astype(np.int64), tuple(str(value) for value in values)


def check_classes(*parts: ImageSet) -> None:
    """Refuse, with a DataError, labels that are all the same, as they leave no class to learn."""
    present = {
        part.classes[label]
        for part in parts
        if part.labels is not None
        for label in np.unique(part.labels)
    }
    if len(present) == 1:
        raise DataError(
            f"all images are of one class, {present.pop()!r}, so there is no class to learn: give "
            "data.classes=false, or in Python leave the labels out"
        )


def check_side(name: str, height: int, width: int) -> None:
    """Refuse, with a DataError, images too large to be generated pixel by pixel."""
    if max(height, width) > LARGEST_SIDE:
        raise DataError(
            f"{name}: images of {width} x {height} are too large, at most {LARGEST_SIDE} a side; "
            "add data.size=32 to bring them to 32 x 32"
        )
