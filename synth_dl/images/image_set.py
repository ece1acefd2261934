"""Images in memory, as whole levels, with or without a class each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from synth_dl.errors import DataError


@dataclass(frozen=True)
class ImageSet:
    """Images of one size.

    Attributes:
        pixels: [N, H, W, C] uint8, from 0 to `levels - 1`; one channel is grey, three are RGB.
        levels: how many values a pixel can take, from 2 to 256.
        labels: [N] int64 indices into `classes`, or None.
        classes: names of the classes; empty without labels.

    Raises:
        DataError: for anything else.
    """

    pixels: NDArray[np.uint8]
    levels: int
    labels: NDArray[np.int64] | None = None
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        pixels, labels = self.pixels, self.labels
        if pixels.dtype != np.uint8 or pixels.ndim != 4:
            raise DataError(
                f"images are {pixels.dtype} of shape {list(pixels.shape)}: give uint8 of shape "
                "[images, height, width, channels]"
            )
        if not 2 <= self.levels <= 256 or (pixels.size and pixels.max() >= self.levels):
            raise DataError(
                f"images hold the level {pixels.max(initial=0)}, though they have {self.levels} "
                "levels, the first being 0: bring the pixels to these levels, 256 at most"
            )
        if labels is not None and (
            labels.shape != (len(pixels),)
            or labels.dtype.kind not in "ui"
            or (labels.size and not 0 <= labels.min() <= labels.max() < len(self.classes))
        ):
            raise DataError(
                f"images need one label each, from 0 to {len(self.classes) - 1}: mend the labels"
            )

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


def joined(parts: Sequence[ImageSet]) -> ImageSet:
    """Images of the same kind, one part behind the other."""
    labels = [part.labels for part in parts if part.labels is not None]
    return replace(
        parts[0],
        pixels=np.concatenate([part.pixels for part in parts]),
        labels=np.concatenate(labels) if labels else None,
    )
