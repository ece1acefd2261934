"""Images and labels that a program holds in memory."""

from typing import Any

import numpy as np

from synth_dl.errors import DataError
from synth_dl.images.image_set import ImageSet
from synth_dl.images.reading.labels import read_labels
from synth_dl.images.reading.parts import check_classes
from synth_dl.images.reading.pixels import Declared, read_pixels
from synth_dl.images.reading.sources import FEWEST, ImageSources

MOST_VALIDATION = 5000


def images_in_memory(
    images: Any, labels: Any, declared: Declared, seed: int, share: float = 0.1
) -> ImageSources:
    """Images as a source, a share of them for validation; the holdout is the same share.

    Args:
        images: as `read_pixels` takes them, or an ImageSet.
        labels: N classes as `read_labels` takes them, or None.
        declared: what is known of the images.
        seed: of the split.
        share: of the images.

    Raises:
        DataError: if they cannot be learnt from.
    """
    whole, notes = images, []
    if hasattr(images, "__len__") and len(images) < FEWEST:
        raise DataError(
            f"{len(images)} images were given, and at least {FEWEST} are needed to learn from; "
            "give more"
        )
    if not isinstance(images, ImageSet):
        pixels, levels, notes = read_pixels(images, declared)
        codes, classes = None, ()
        if labels is not None:
            codes, classes = read_labels(labels, None, len(pixels), "the labels")
        whole = ImageSet(pixels, levels, codes, classes)
    check_classes(whole)
    order = np.random.default_rng(seed % 2**64).permutation(len(whole))
    count = min(MOST_VALIDATION, max(1, round(share * len(whole))))
    validation, train = whole.take(order[:count]), whole.take(order[count:])
    split = {"rule": "drawn by the seed", "seed": seed}
    return ImageSources(train, validation, validation, tuple(notes), split, dynamic=False)
