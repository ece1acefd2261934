"""Single images as PNG: levels spread over 0 to 255, and back to the very same levels."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from synth_dl.provenance.xmp import CHUNK
from synth_dl.writing import PNG_SIGN


def spread(pixels: NDArray[np.uint8], levels: int) -> NDArray[np.uint8]:
    """Levels as brightness: 0 becomes 0, `levels - 1` becomes 255, the others lie evenly."""
    return rescale(pixels, levels, 256)


def rescale(pixels: NDArray[np.uint8], levels: int, target: int) -> NDArray[np.uint8]:
    """Levels out of `levels` as the nearest ones out of `target`, of any shape.

    There and back gives the same levels where `target >= levels`.
    """
    brightness = np.arange(levels) / (levels - 1)
    table = np.floor(brightness * (target - 1) + 0.5).astype(np.uint8)
    return table[pixels]


def to_png(pixels: NDArray[np.uint8], xmp: str | None = None) -> bytes:
    """The file of one image, which says that this package wrote it.

    Args:
        pixels: [H, W, C] from 0 to 255; one channel is grey, three are RGB.
        xmp: a packet that it carries, if any.
    """
    held, said = BytesIO(), PngInfo()
    for key, text in PNG_SIGN.items():
        said.add_text(key, text)
    if xmp is not None:
        said.add_itxt(CHUNK, xmp)
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    image.save(held, "PNG", pnginfo=said)
    return held.getvalue()
