"""What stands beside every figure of images: a generator without any dependence."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth_dl.images.evaluation.sets import Images

AT_ONCE = 10_000_000


@dataclass(frozen=True)
class DrawnImages:
    """Images that were drawn here: see `Images` for what the fields mean."""

    pixels: NDArray[np.uint8]
    levels: int
    labels: NDArray[np.int64] | None
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, chosen: NDArray[np.int64] | slice) -> "DrawnImages":
        """The chosen images, in that order."""
        labels = None if self.labels is None else self.labels[chosen]
        return DrawnImages(self.pixels[chosen], self.levels, labels, self.classes)


def pixel_histogram(train: Images, count: int, seed: int = 0) -> DrawnImages:
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
    pixels = drawn.reshape(count, *train.pixels.shape[1:])
    return DrawnImages(pixels, train.levels, labels, tuple(train.classes))
