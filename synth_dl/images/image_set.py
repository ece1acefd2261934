"""Images in memory, as whole levels, with or without a class each."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ImageSet:
    """Images of one size.

    Attributes:
        pixels: [N, H, W, C] uint8, from 0 to `levels - 1`; one channel is grey, three are RGB.
        levels: how many values a pixel can take, from 2 to 256.
        labels: [N] int64 indices into `classes`, or None.
        classes: names of the classes; empty without labels.
    """

    pixels: NDArray[np.uint8]
    levels: int
    labels: NDArray[np.int64] | None = None
    classes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        _, height, width, channels = self.pixels.shape
        return height, width, channels

    def take(self, chosen: NDArray[np.int64] | slice) -> "ImageSet":
        """The chosen images, in that order."""
        labels = None if self.labels is None else self.labels[chosen]
        return replace(self, pixels=self.pixels[chosen], labels=labels)
