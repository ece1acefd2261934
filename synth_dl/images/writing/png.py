"""Single images as PNG: levels spread over 0 to 255, and back to the very same levels."""

import struct
from io import BytesIO
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from synth_dl.errors import DataError
from synth_dl.opening import open_regular
from synth_dl.writing import PNG_SIGN

_GREY = ("1", "L")
_COLOUR = ("P", "RGB", "RGBA", "LA")
_DAMAGED = (
    OSError, ValueError, SyntaxError, EOFError, struct.error, Image.DecompressionBombError,
)  # fmt: skip


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


def to_png(pixels: NDArray[np.uint8]) -> bytes:
    """The file of one image, which says that this package wrote it.

    Args:
        pixels: [H, W, C] from 0 to 255; one channel is grey, three are RGB.
    """
    held, said = BytesIO(), PngInfo()
    for key, text in PNG_SIGN.items():
        said.add_text(key, text)
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    image.save(held, "PNG", pnginfo=said)
    return held.getvalue()


def read_png(source: Path | IO[bytes], name: str, *, grey: bool = False) -> NDArray[np.uint8]:
    """[H, W, C] from 0 to 255.

    Args:
        source: the file.
        name: what to call it in a message.
        grey: whether one channel is wanted, which colours that are all grey become.

    Raises:
        DataError: if it is missing, is no PNG, is damaged, or holds what has no place in levels:
            16 bits, transparency, or colours where grey is wanted.
    """
    try:
        stream = open_regular(source) if isinstance(source, Path) else source
        with stream, Image.open(stream, formats=("PNG",)) as image:
            mode = image.mode
            if mode in _COLOUR:
                image = image.convert("RGBA")
            pixels = np.asarray(image.convert("L") if mode in _GREY else image)
    except DataError:
        raise
    except _DAMAGED as error:
        raise DataError(f"{name}: it is no PNG file or is damaged; save it as PNG again") from error
    if mode in _GREY:
        return pixels[:, :, None]
    if mode not in _COLOUR:
        raise DataError(f"{name}: it has 16 bits a pixel; save it with 8 bits")
    if (pixels[:, :, 3] < 255).any():
        raise DataError(f"{name}: some pixels are transparent; save it without transparency")
    if grey and (pixels[:, :, :3] != pixels[:, :, :1]).any():
        raise DataError(f"{name}: it has colours where grey is wanted; save it in grey")
    return np.ascontiguousarray(pixels[:, :, : 1 if grey else 3])
