"""Random choices of images, and the checks before sets of images are compared."""

from collections.abc import Mapping

import numpy as np

from synth_dl.errors import DataError
from synth_dl.images.image_set import ImageSet

MIN_IMAGES = 10


def shuffled(images: ImageSet, count: int, seed: int) -> ImageSet:
    """At most `count` images, a random choice without repeats, in random order."""
    order = np.random.default_rng(seed).permutation(len(images))
    return images.take(order[:count])


def labelled(images: ImageSet) -> bool:
    """Whether each image has a class."""
    return bool(images.classes) and images.labels is not None


def check_sets(sets: Mapping[str, ImageSet]) -> None:
    """Refuse sets that cannot be compared with the training images.

    Args:
        sets: by what error messages call them; "train" is one of them.

    Raises:
        DataError: if shape, levels or classes differ, if labels are missing where the training
            images have classes, or if images are too few.
    """
    train = sets["train"]
    for role, images in sets.items():
        words = f"The {role} images"
        if len(images) < MIN_IMAGES:
            raise DataError(
                f"{words} are {len(images)}, which is too few for any figure: give at least "
                f"{MIN_IMAGES}."
            )
        if images.pixels.shape[1:] != train.pixels.shape[1:]:
            raise DataError(
                f"{words} are {_size(images)} (height, width, channels), those of training "
                f"{_size(train)}: give images of one size."
            )
        if images.levels != train.levels:
            raise DataError(
                f"{words} have {images.levels} levels, those of training {train.levels}: give "
                "images of the same levels."
            )
        _check_labels(words, images, train)


def _check_labels(words: str, images: ImageSet, train: ImageSet) -> None:
    if not train.classes:
        return
    if images.labels is None:
        raise DataError(
            f"{words} have no labels, though the training images have the classes "
            f"{_names(train)}: give a label with each image."
        )
    if tuple(images.classes) != tuple(train.classes):
        raise DataError(
            f"{words} have the classes {_names(images)}, those of training {_names(train)}: give "
            "the same classes in the same order."
        )


def _size(images: ImageSet) -> str:
    return "×".join(str(length) for length in images.pixels.shape[1:])


def _names(images: ImageSet) -> str:
    names = [str(name) for name in images.classes]
    shown = ", ".join(names[:5]) or "none"
    return shown if len(names) <= 5 else f"{shown}, … ({len(names)} in all)"
