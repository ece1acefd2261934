"""Images and labels that a program holds in memory."""

from operator import length_hint
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
    count = length_hint(images, FEWEST)  # a single number has no length
    if count < FEWEST:
        raise DataError(
            f"{count} images were given, and at least {FEWEST} are needed to learn from; give more"
        )
    if not isinstance(images, ImageSet):
        pixels, levels, notes = read_pixels(images, declared)
        codes, classes = None, ()
        if labels is not None:
            codes, classes = read_labels(labels, None, len(pixels), "the labels")
        whole = ImageSet(pixels, levels, codes, classes)
    check_classes(whole)
    order = np.random.default_rng(seed % 2**64).permutation(len(whole))
    held = min(MOST_VALIDATION, max(1, round(share * len(whole))))
    validation, train = whole.take(order[:held]), whole.take(order[held:])
    split = {"rule": "drawn by the seed", "seed": seed}
    return ImageSources(train, validation, validation, tuple(notes), split, dynamic=False)
