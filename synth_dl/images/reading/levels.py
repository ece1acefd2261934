"""Fewer levels, other sizes and other colours of images that are in memory."""

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

# BT.601, as for the Y of a JPEG.
_LUMA = np.array([0.299, 0.587, 0.114])
_AT_ONCE = 4096


def reduce_levels(pixels: Pixels, old: int, new: int) -> Pixels:
    """Levels 0 to `old - 1` mapped evenly onto 0 to `new - 1`, for `new <= old <= 256`."""
    return (pixels.astype(np.uint16) * new // old).astype(np.uint8)


def cut_levels(pixels: Pixels, levels: int) -> Pixels:
    """1 where a pixel reaches half of the top level, otherwise 0."""
    return (pixels >= levels // 2).astype(np.uint8)


def draw_levels(pixels: Pixels, levels: int, random: np.random.Generator) -> Pixels:
    """0 or 1 for each pixel, 1 with the probability `pixel / (levels - 1)`."""
    drawn = np.empty_like(pixels)
    for start in range(0, len(pixels), _AT_ONCE):
        part = pixels[start : start + _AT_ONCE]
        # A whole number below the top is below `part` exactly so often.
        drawn[start : start + _AT_ONCE] = (
            random.integers(0, levels - 1, part.shape, np.uint8) < part
        )
    return drawn


def resize(pixels: Pixels, levels: int, size: int, *, crop: bool = True) -> Pixels:
    """[N, H, W, C] brought to [N, size, size, C].

    Means over whole blocks where both sides are multiples of `size`, otherwise Pillow's bicubic
    filter, which smooths where it shrinks; rounded to levels.

    Args:
        pixels: levels 0 to `levels - 1`.
        levels: of a pixel.
        size: the new side.
        crop: whether the central square is cut out first, or else the whole image is squeezed.
    """
    if crop:
        pixels = _central_square(pixels)
    _, height, width, _ = pixels.shape
    if (height, width) == (size, size):
        return pixels
    if height % size == 0 and width % size == 0:
        return _block_means(pixels, height // size, width // size)
    return _bicubic(pixels, levels, size)


def describe_resize(size: int, crop: bool) -> str:
    """What `resize` does, in a sentence for the user."""
    how = "cut to its central square and " if crop else ""
    return (
        f"each image was {how}brought to {size} x {size}, by means over blocks where its sides "
        f"are multiples of {size}, otherwise by a bicubic filter"
    )


def reduce_size(pixels: Pixels, factor: int) -> Pixels:
    """[N, H, W, C] shrunk by a whole factor; what is over at the bottom and right is cut off."""
    _, height, width, _ = pixels.shape
    whole = pixels[:, : height // factor * factor, : width // factor * factor]
    return _block_means(whole, factor, factor)


def to_colour(pixels: Pixels, colour: str | None) -> Pixels:
    """[N, H, W, 1] for `grey`, [N, H, W, 3] for `rgb`, as it was for None."""
    if colour == "rgb" and pixels.shape[3] == 1:
        return np.repeat(pixels, 3, axis=3)
    if colour == "grey" and pixels.shape[3] == 3:
        return np.floor(pixels @ _LUMA + 0.5).astype(np.uint8)[..., None]
    return pixels


def one_depth(parts: list[Pixels]) -> Pixels:
    """All images of [N, H, W, C] parts together, in colour if any part is."""
    colour = "rgb" if any(part.shape[3] == 3 for part in parts) else None
    return np.concatenate([to_colour(part, colour) for part in parts])


def _central_square(pixels: Pixels) -> Pixels:
    _, height, width, _ = pixels.shape
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return pixels[:, top : top + side, left : left + side]


def _block_means(pixels: Pixels, rows: int, columns: int) -> Pixels:
    count, height, width, channels = pixels.shape
    shape = (count, height // rows, rows, width // columns, columns, channels)
    sums = pixels.reshape(shape).sum(axis=(2, 4), dtype=np.uint32)
    area = rows * columns
    return ((2 * sums + area) // (2 * area)).astype(np.uint8)


def _bicubic(pixels: Pixels, levels: int, size: int) -> Pixels:
    from PIL import Image

    count, _, _, channels = pixels.shape
    resized = np.empty((count, size, size, channels), np.uint8)
    for index in range(count):
        for channel in range(channels):
            # In floats, since few levels would suffer from Pillow's rounding to bytes.
            plane = Image.fromarray(pixels[index, :, :, channel].astype(np.float32))
            smooth = np.asarray(plane.resize((size, size), Image.Resampling.BICUBIC))
            resized[index, :, :, channel] = np.clip(np.floor(smooth + 0.5), 0, levels - 1)
    return resized
