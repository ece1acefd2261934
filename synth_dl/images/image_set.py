"""Images in memory, as whole levels, with or without a class each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

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


def joined(parts: Sequence[ImageSet]) -> ImageSet:
    """Images of the same kind, one part behind the other."""
    labels = [part.labels for part in parts if part.labels is not None]
    return replace(
        parts[0],
        pixels=np.concatenate([part.pixels for part in parts]),
        labels=np.concatenate(labels) if labels else None,
    )


def whole_pixels(images: Any) -> NDArray[Any]:
    """[N, H, W, C] whole numbers of an array [N, H, W] or [N, H, W, C].

    Raises:
        DataError: for anything else.
    """
    pixels = np.asarray(images)
    if pixels.dtype.kind not in "buif" or pixels.ndim not in (3, 4):
        raise DataError(
            f"these are no images: {type(images).__name__} of shape {pixels.shape}; give an array "
            "[N, H, W] or [N, H, W, C] of whole levels, or an ImageSet"
        )
    if pixels.dtype.kind == "f" and not np.equal(np.mod(pixels, 1), 0).all():
        raise DataError("the images hold values that are no whole levels; round them first")
    return pixels if pixels.ndim == 4 else pixels[..., None]


def outside(pixels: NDArray[Any], levels: int) -> Any:
    """The least or the greatest value, where it is none of 0 to `levels - 1`, or else None."""
    if pixels.size and pixels.min() < 0:
        return pixels.min()
    return pixels.max() if pixels.size and pixels.max() >= levels else None


def usual_levels(top: int) -> int:
    """How many levels are assumed of images whose greatest value is `top`."""
    return max(2, top + 1) if top < 32 else 256
