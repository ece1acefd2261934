"""The digest of a set of images, see `training.contents`."""

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from synth_dl.images.image_set import ImageSet
from synth_dl.training.contents import digest


def digest_of_images(parts: Sequence[ImageSet], levels: int, drawn: bool) -> str:
    """Of the images of all parts together, with their labels.

    Args:
        parts: none of them twice.
        levels: that are learned.
        drawn: whether the pixels were drawn by the seed; sizes and labels are what stands then.
    """
    first = parts[0]
    head = {"shape": first.shape, "levels": levels, "classes": first.classes, "drawn": drawn}
    images = sorted(record for part in parts for record in _records(part, drawn))
    return digest(head, b"".join(images))


def _records(images: ImageSet, drawn: bool) -> Iterable[bytes]:
    labels = _labels(images)
    if drawn:
        return (label.tobytes() for label in labels)
    pixels = np.ascontiguousarray(images.pixels)
    return (
        hashlib.sha256(label.tobytes() + image.tobytes()).digest()
        for label, image in zip(labels, pixels, strict=True)
    )


def _labels(images: ImageSet) -> NDArray[np.int64]:
    """One for each image, -1 where there are none."""
    return np.full(len(images), -1) if images.labels is None else images.labels.astype("<i8")
