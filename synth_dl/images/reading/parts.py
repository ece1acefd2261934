"""The parts of a set of images, and how a set without parts is divided."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from synth_dl.errors import DataError
from synth_dl.images.image_set import ImageSet
from synth_dl.images.reading.options import LARGEST_SIDE, ImageOptions

TRAIN, VALIDATION, HOLDOUT = range(3)


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


def divide(
    images: ImageSet, parts: NDArray[np.integer], rule: str, notes: tuple[str, ...] = ()
) -> Parts:
    """The images by their parts [N], each `TRAIN`, `VALIDATION` or `HOLDOUT`, in their order."""
    train, validation, holdout = (
        images.take(np.flatnonzero(parts == part)) for part in (TRAIN, VALIDATION, HOLDOUT)
    )
    return Parts(train, validation, holdout, rule, notes)


def split_images(
    images: ImageSet,
    options: ImageOptions,
    seed: int,
    notes: tuple[str, ...] = (),
    divided: NDArray[np.integer] | None = None,
) -> Parts:
    """Holdout and validation drawn by the seed, at least one image each, in the given order.

    Of `divided` images [N], see `divide`, only the part that is missing is drawn.
    """
    images = _without_unused(images)
    parts = np.zeros(len(images), np.int64) if divided is None else divided.copy()
    own = np.flatnonzero(parts == TRAIN)
    order = own[np.random.default_rng(seed % 2**64).permutation(len(own))]
    rules, start = [], 0
    for part, name in ((HOLDOUT, "holdout"), (VALIDATION, "validation")):
        if (parts == part).any():
            rules.append(f"{name} as the images are divided")
            continue
        share = getattr(options, name)
        stop = start + max(1, round(share * len(order)))
        parts[order[start:stop]] = part
        rules.append(f"{name} {share:.3g}")
        start = stop
    drawn = f"drawn by seed {seed} from {len(order):,} images: " if start else ""
    return divide(images, parts, f"{drawn}{', '.join(rules)}, the rest for training", notes)


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


def _without_unused(images: ImageSet) -> ImageSet:
    """The same images without classes that none of them has."""
    if images.labels is None:
        return images
    used, labels = np.unique(images.labels, return_inverse=True)
    classes = tuple(images.classes[place] for place in used)
    return replace(images, labels=labels.astype(np.int64), classes=classes)
