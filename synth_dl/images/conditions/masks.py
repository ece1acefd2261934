"""Which pixels are known when images are completed, and the images that they are taken from."""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synth_dl.errors import ConfigError, DataError
from synth_dl.images.codec import ImageCodec
from synth_dl.images.image_set import ImageSet
from synth_dl.images.reading.exports import read_export
from synth_dl.images.reading.files import read_png
from synth_dl.images.reading.levels import reduce_levels
from synth_dl.images.writing.png import rescale

_SIDE = re.compile(r"(top|bottom|left|right)(?::(\d+))?")
_BOX = re.compile(r"box:(\d+),(\d+),(\d+),(\d+)")


def known_mask(text: str, height: int, width: int) -> NDArray[np.bool_]:
    """[H, W], True where a pixel is known.

    Forms of the text:

    - `top`, `bottom`, `left`, `right`: this half is known, the smaller one of an odd number;
    - `top:3`: the 3 rows (or columns) at this side are known;
    - `box:TOP,LEFT,HEIGHT,WIDTH`: this box is the hole to fill, all around it is known;
    - `FILE.png`: known where the file is white, drawn where it is black.

    Raises:
        ConfigError: for any other text, or one that leaves nothing known or nothing to draw.
        DataError: if the file cannot be used or has another size.
    """
    text = str(text).strip()
    if text.lower().endswith(".png"):
        known = _from_file(Path(text), height, width)
    elif (side := _SIDE.fullmatch(text)) is not None:
        known = _beside(side[1], side[2], height, width)
    elif (box := _BOX.fullmatch(text)) is not None:
        known = _around(text, [int(number) for number in box.groups()], height, width)
    else:
        raise ConfigError(
            f"mask={text}: give top, bottom, left or right, also as top:3, or "
            "box:TOP,LEFT,HEIGHT,WIDTH, or a PNG file that is white where pixels are known"
        )
    if known.all() or not known.any():
        raise ConfigError(
            f"mask={text}: of images of {height} x {width} pixels it leaves "
            f"{'nothing to draw' if known.all() else 'nothing known'}; give another mask"
        )
    return known


def read_given(path: str | Path, codec: ImageCodec) -> ImageSet:
    """The images to complete, in levels and classes of the codec.

    Args:
        path: `.npz` as an export writes it, which may have fewer levels than the codec; or
            `.parquet`, a folder of PNGs or one PNG. Fewer levels are spread evenly over those of
            the codec, more are reduced as those of training images are.
        codec: of the model. An archive that does not tell its levels has those of the codec.

    Raises:
        DataError: if the file cannot be used, or its images are no such images.
    """
    path = Path(path)
    if path.suffix.lower() == ".png" and not path.is_dir():
        given = ImageSet(read_png(path, str(path))[None], 256)
    else:
        given = read_export(path, codec.levels)
    if path.suffix.lower() == ".npz" and given.levels > codec.levels:
        raise DataError(f"{path}: its images have {given.levels} levels, and those of the model "
                        f"{codec.levels}; give images with as few levels")  # fmt: skip
    change = reduce_levels if given.levels > codec.levels else rescale
    pixels = change(_fitting(path, given, codec), given.levels, codec.levels)
    return ImageSet(pixels, codec.levels, _places(given, codec), codec.classes)


def _fitting(path: Path, given: ImageSet, codec: ImageCodec) -> NDArray[np.uint8]:
    """The pixels, with colours that are all grey in the number of channels of the codec."""
    pixels = given.pixels
    if codec.channels == 3 and given.shape[2] == 1:
        pixels = pixels.repeat(3, 3)
    elif codec.channels == 1 and (pixels == pixels[..., :1]).all():
        pixels = pixels[..., :1]
    wanted = (codec.height, codec.width, codec.channels)
    if pixels.shape[1:] != wanted:
        raise DataError(f"{path}: its images are {_size(given.shape)}, and those of the model are "
                        f"{_size(wanted)}; give images of that size")  # fmt: skip
    return pixels


def _places(given: ImageSet, codec: ImageCodec) -> NDArray[np.int64] | None:
    """[N] indices into the classes of the codec; None where it lacks one of the classes."""
    if given.labels is None or not set(given.classes) <= set(codec.classes):
        return None
    table = [codec.classes.index(name) for name in given.classes]
    return np.array(table, np.int64)[given.labels]


def _size(shape: tuple[int, int, int]) -> str:
    height, width, channels = shape
    return f"{height} x {width} pixels in {'grey' if channels == 1 else 'colour'}"


def _beside(side: str, number: str | None, height: int, width: int) -> NDArray[np.bool_]:
    length = height if side in ("top", "bottom") else width
    count = min(int(number), length) if number is not None else length // 2
    line = np.arange(length) < count
    if side in ("bottom", "right"):
        line = line[::-1]
    lines = line[:, None] if side in ("top", "bottom") else line[None]
    return np.broadcast_to(lines, (height, width)).copy()


def _around(text: str, box: list[int], height: int, width: int) -> NDArray[np.bool_]:
    top, left, high, wide = box
    if not high or not wide or top + high > height or left + wide > width:
        raise ConfigError(f"mask={text}: the box has no pixel or reaches beyond the images of "
                          f"{height} x {width} pixels; give box:TOP,LEFT,HEIGHT,WIDTH within them"
                          )  # fmt: skip
    known = np.ones((height, width), np.bool_)
    known[top : top + high, left : left + wide] = False
    return known


def _from_file(path: Path, height: int, width: int) -> NDArray[np.bool_]:
    pixels = read_png(path, str(path), grey=True)[:, :, 0]
    if pixels.shape != (height, width):
        raise DataError(
            f"{path}: a mask of another shape, {pixels.shape[0]} x {pixels.shape[1]} pixels, than "
            f"the images of {height} x {width}; draw it in their size"
        )
    if not np.isin(pixels, (0, 255)).all():
        raise DataError(f"{path}: a mask has only white (known) and black (drawn) pixels; "
                        "draw it without others")  # fmt: skip
    return pixels == 255
