"""Whether images repeat training images: nearest neighbours in pixels, and exact copies.

Both figures are smoke tests of memorising and no guarantee of privacy.
"""

import numpy as np
from numpy.typing import NDArray

from synth_dl.images.evaluation.sets import shuffled
from synth_dl.images.image_set import ImageSet
from synth_dl.metrics.neighbours import NearerShare

MAX_IMAGES = 10_000
# Numbers held for one set at a time, 400 MiB of them.
MAX_CELLS = 100_000_000


def nearer_train_images(
    train: ImageSet, holdout: ImageSet, images: ImageSet, seed: int = 0
) -> NearerShare:
    """Share of images nearer to a training image than to any holdout image, in percent.

    Euclidean distance of pixels; ties count half. Range 0 to 100; a perfect generator gets 50, more
    means memorising, 100 copies. The larger of train and holdout is cut to the size of the other by
    a random choice, without which the share says nothing. At most 10,000 images of each, fewer
    where 10,000 of their size need more than 400 MiB. The standard error is that of the choice of
    images.
    """
    limit = min(MAX_IMAGES, max(1, MAX_CELLS // images.pixels[0].size))
    size = min(len(train), len(holdout), limit)
    asked = shuffled(images, limit, seed)
    to_train = nearest(asked.pixels, shuffled(train, size, seed).pixels)[0]
    to_holdout = nearest(asked.pixels, shuffled(holdout, size, seed).pixels)[0]
    return NearerShare.of(to_train, to_holdout, size)


def image_copies(train: ImageSet, images: ImageSet) -> float:
    """Share of images that equal a training image in every pixel, in percent.

    Range 0 to 100; a perfect generator gets what a real holdout gets, more means memorising. All
    training images are searched; the class counts for nothing.
    """
    known = {image.tobytes() for image in train.pixels}
    return 100.0 * sum(image.tobytes() in known for image in images.pixels) / len(images)


def nearest(
    asked: NDArray[np.uint8], references: NDArray[np.uint8]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """[N] squared Euclidean distance to the nearest reference image, and [N] its position."""
    from sklearn.metrics import pairwise_distances_argmin_min

    flat, other = (each.reshape(len(each), -1).astype(np.float32) for each in (asked, references))
    # Whole numbers, whose sums of squares are exact in the float64 of the search: ties are ties.
    places, distances = pairwise_distances_argmin_min(flat, other, metric="sqeuclidean")
    return distances, places
