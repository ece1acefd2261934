"""Many images as one picture."""

import numpy as np
from numpy.typing import NDArray

from synth_dl.data.images.image_set import ImageSet

FEWEST_PIXELS = 48  # a smaller image is enlarged by a whole factor to about this side


def grid_of(images: ImageSet, columns: int) -> NDArray[np.uint8]:
    """[H, W, 3] picture of images in rows of `columns`, with thin lines between them."""
    height, width, channels = images.shape
    factor = max(1, round(FEWEST_PIXELS / max(height, width)))
    shown = (images.pixels.astype(np.float32) * (255 / (images.levels - 1))).round()
    shown = shown.astype(np.uint8).repeat(factor, 1).repeat(factor, 2)
    shown = np.broadcast_to(shown, (*shown.shape[:3], 3)) if channels == 1 else shown
    rows = -(-len(shown) // columns)
    gap = max(1, factor // 3)
    tall, wide = height * factor + gap, width * factor + gap
    canvas = np.full((rows * tall + gap, columns * wide + gap, 3), 128, np.uint8)
    for place, image in enumerate(shown):
        row, column = divmod(place, columns)
        top, left = row * tall + gap, column * wide + gap
        canvas[top : top + height * factor, left : left + width * factor] = image
    return canvas
