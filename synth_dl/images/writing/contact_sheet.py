"""Many small images on one picture."""

import math

import numpy as np
from numpy.typing import NDArray

SHOWN = 100  # images on a sheet
_SIDE = 84  # pixels that the longer side of an image should have about
_GAP = 2
_GREY = 128


def contact_sheet(images: NDArray[np.uint8], columns: int | None = None) -> NDArray[np.uint8]:
    """[h, w, C] picture of all images in raster order.

    Each pixel becomes a square, or every so-many-th is left out where images are large.

    Args:
        images: [N, H, W, C] from 0 to 255.
        columns: images in a row; as many as make the grid about as wide as high if None.
    """
    count, height, width, channels = images.shape
    longer = max(height, width)
    scale, step = max(1, _SIDE // longer), max(1, longer // (2 * _SIDE))
    shown = images[:, ::step, ::step].repeat(scale, 1).repeat(scale, 2)
    columns = columns or max(1, math.ceil(math.sqrt(count)))
    rows = max(1, math.ceil(count / columns))
    high, wide = shown.shape[1] + _GAP, shown.shape[2] + _GAP
    sheet = np.full((rows * high + _GAP, columns * wide + _GAP, channels), _GREY, np.uint8)
    for index, image in enumerate(shown):
        top, left = (index // columns) * high + _GAP, (index % columns) * wide + _GAP
        sheet[top : top + high - _GAP, left : left + wide - _GAP] = image
    return sheet
