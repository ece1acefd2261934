"""Images and labels that a program holds in memory."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.errors import DataError
from synth_dl.images.image_set import ImageSet, outside, usual_levels, whole_pixels
from synth_dl.images.reading.parts import check_classes, name_classes
from synth_dl.images.reading.sources import FEWEST, ImageSources

MOST_VALIDATION = 5000


def images_in_memory(
    images: Any, labels: Any, levels: int | None, seed: int, share: float = 0.1
) -> ImageSources:
    """Images as a source, a share of them for validation; the holdout is the same share.

    Args:
        images: [N, H, W] or [N, H, W, C] whole levels from 0 on, or an ImageSet.
        labels: N classes, as numbers or texts, or None.
        levels: how many values a pixel can take; 2, the highest plus one up to 32, or 256 if None.
        seed: of the split.
        share: of the images.

    Raises:
        DataError: if they cannot be learnt from.
    """
    whole = images if isinstance(images, ImageSet) else _image_set(images, labels, levels)
    _check_enough(len(whole))
    check_classes(whole)
    order = np.random.default_rng(seed % 2**64).permutation(len(whole))
    count = min(MOST_VALIDATION, max(1, round(share * len(whole))))
    validation, train = whole.take(order[:count]), whole.take(order[count:])
    split = {"rule": "drawn by the seed", "seed": seed}
    return ImageSources(train, validation, validation, (), split, dynamic=False)


def _image_set(images: Any, labels: Any, levels: int | None) -> ImageSet:
    pixels = whole_pixels(images)
    if 0 in pixels.shape[1:]:
        raise DataError(f"images of shape {pixels.shape} have no pixel; give larger ones")
    _check_enough(len(pixels))
    low, top = int(pixels.min()), int(pixels.max())
    if levels is None:
        levels = usual_levels(top)
    if not 2 <= levels <= 256 or outside(pixels, levels) is not None:
        raise DataError(
            f"the images hold values from {low} to {top}, outside 0 to {levels - 1}; "
            "give levels= a larger number, 256 at most, or reduce them"
        )
    pixels = pixels.astype(np.uint8)
    if labels is None:
        return ImageSet(pixels, levels)
    codes, classes = _classes(labels)
    if len(codes) != len(pixels):
        raise DataError(
            f"there are {len(pixels)} images and {len(codes)} labels; give one label for each image"
        )
    return ImageSet(pixels, levels, codes, classes)


def _check_enough(count: int) -> None:
    if count < FEWEST:
        raise DataError(
            f"{count} images were given, and at least {FEWEST} are needed to learn from; give more"
        )


def _classes(labels: Any) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    # A list of texts with a NaN in it would become texts, and the NaN one of them.
    names = np.asarray(labels, object if isinstance(labels, list | tuple) else None).ravel()
    missing = int(pd.isna(names).sum())
    if missing:
        raise DataError(
            f"{missing:,} of {len(names):,} labels are missing (NaN or None); leave those images "
            "out, or give no labels"
        )
    try:
        return name_classes(names)
    except TypeError as error:
        raise DataError("the labels have no order; give all as numbers, or all as texts") from error
