"""What stands beside every figure of images: a generator without any dependence."""

from dataclasses import replace

import numpy as np

from synth_dl.images.image_set import ImageSet

AT_ONCE = 10_000_000


def pixel_histogram(train: ImageSet, count: int, seed: int = 0) -> ImageSet:
    """Images whose every pixel is drawn on its own, from its own marginal in the training images.

    Labels are drawn from the frequencies of the classes and have nothing to do with the pixels: the
    score of this generator is what a trivial one gets.
    """
    generator = np.random.default_rng(seed)
    known = train.pixels.reshape(len(train), -1)
    drawn = np.empty((count, known.shape[1]), dtype=np.uint8)
    block = max(1, AT_ONCE // known.shape[1])
    for start in range(0, count, block):
        here = drawn[start : start + block]
        donors = generator.integers(len(known), size=here.shape)
        here[:] = np.take_along_axis(known, donors, axis=0)
    labels = None
    if train.labels is not None:
        labels = generator.choice(train.labels, size=count)
    return replace(train, pixels=drawn.reshape(count, *train.shape), labels=labels)
