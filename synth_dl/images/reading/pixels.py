"""Arrays of any layout, type and scale as images: the one place that says what is what.

What is sure is recognised, and said where it is not obvious; what is not is refused with the option
that declares it.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth_dl.errors import DataError
from synth_dl.images.reading.files import pixels_of
from synth_dl.images.reading.levels import Pixels

CHANNELS = ("first", "last")
_DEPTHS = (8, 10, 12, 14, 16)  # bits that cameras and scanners fill of 16
_BRIGHT = 128  # Floats reach it where they are of 0 to 255.
_AT_ONCE = 4096


@dataclass(frozen=True)
class Declared:
    """What is said of arrays that do not show it themselves.

    Attributes:
        levels: of a pixel, from 2 to 256.
        channels: where the channels stand, `first` or `last`.
        value_range: the values of black and of white.
        option: what stands before the names of these in messages, `data.` for the command line;
            None where there are no such options.
    """

    levels: int | None = None
    channels: str | None = None
    value_range: tuple[float, float] | None = None
    option: str | None = ""

    def cure(self, name: str, *values: object) -> str:
        """How to declare `channels` or `value_range`, where that can be done."""
        if self.option is None:
            return "bring them to the form of the images that were learnt"
        return f"give {self.option}{name}={' or '.join(map(str, values))}"


@dataclass(frozen=True)
class Extent:
    """The least and the greatest value, whether all are whole numbers, and the type."""

    low: float
    top: float
    whole: bool
    dtype: np.dtype

    @classmethod
    def of(cls, arrays: Iterable[NDArray[Any]]) -> "Extent":
        """Of some arrays of one type, none of them empty."""
        with np.errstate(invalid="ignore"):  # of infinity there is no remainder
            found = [
                (part.min(), part.max(), part.dtype.kind != "f" or bool((part % 1 == 0).all()))
                for array in arrays
                for part in _parts(array)
            ]
        lows, tops, whole = zip(*found, strict=True)
        return cls(np.min(lows).item(), np.max(tops).item(), all(whole), lows[0].dtype)


@dataclass(frozen=True)
class Scale:
    """How values become levels: `low` the first, `top` the last of so many, others evenly."""

    low: float
    top: float
    levels: int
    note: str | None = None

    def apply(self, images: NDArray[Any]) -> Pixels:
        """Levels of values from `low` to `top`, rounded, of the same shape."""
        result = np.empty(images.shape, np.uint8)
        if (self.low, self.top) == (0, self.levels - 1) and images.dtype.kind in "bui":
            result[...] = images
            return result
        factor = (self.levels - 1) / (self.top - self.low)
        for target, part in zip(_parts(result), _parts(images), strict=True):
            target[...] = np.floor((part.astype(np.float64) - self.low) * factor + 0.5)
        return result


def read_pixels(
    images: Any, declared: Declared, name: str = "the images"
) -> tuple[Pixels, int, list[str]]:
    """[N, H, W, C] levels of images in whatever form, how many levels, and what to say of it.

    Args:
        images: an array or tensor [N, H, W], [N, H, W, C] or [N, C, H, W] with one or three
            channels, or a list of images.
        declared: what is known of it.
        name: what it is called in messages.

    Raises:
        DataError: if it holds no images, or does not show which.
    """
    array = as_array(images, name)
    if array.dtype.kind not in "buif" or array.ndim not in (2, 3, 4, 5):
        raise DataError(
            f"{name} are no images: {type(images).__name__} of shape {array.shape} and type "
            f"{array.dtype}; give an array [N, H, W] or [N, H, W, C] of numbers"
        )
    ordered, note = channels_last(array, declared, name)
    if not len(ordered):  # no value shows its scale, and none needs one
        return ordered.astype(np.uint8), declared.levels or 256, []
    scale = scale_of(Extent.of([ordered]), declared, name)
    pixels = np.ascontiguousarray(scale.apply(ordered))
    return pixels, scale.levels, [said for said in (note, scale.note) if said]


def as_array(values: Any, name: str) -> NDArray[Any]:
    """What NumPy, torch, TensorFlow, Pillow and lists of their images hold, as one array.

    Raises:
        DataError: for images of unequal size, masked values, and what is no array at all.
    """
    if np.ma.is_masked(values):
        raise DataError(f"{name} hold masked values; fill them, as by images.filled(0)")
    values = values.to_numpy() if hasattr(values, "to_numpy") else values  # a column of a table
    objects = isinstance(values, np.ndarray) and values.dtype.kind == "O" and values.ndim == 1
    if isinstance(values, list | tuple) or objects:
        return _stacked([_one(value, name) for value in values], name)
    return _one(values, name)


def channels_last(
    images: NDArray[Any], declared: Declared, name: str
) -> tuple[NDArray[Any], str | None]:
    """[N, H, W, C] of [N, H, W], [N, H, W, C] or [N, C, H, W], and what to say of it."""
    shape = images.shape
    if not math.prod(shape[1:]):
        raise DataError(f"{name} of shape {shape} are empty; give images of at least one pixel")
    if images.ndim == 3 and (declared.channels or not _along_the_last(shape)):
        return images[..., None], None
    if images.ndim == 4:
        chosen = [place for place in _fitting(shape) if declared.channels in (None, place)]
        if chosen == ["last"]:
            return images, None
        if chosen == ["first"]:
            note = f"shape {shape} was taken as [N, C, H, W], with channels first"
            return images.transpose(0, 2, 3, 1), None if declared.channels else note
    raise DataError(
        f"{name} of shape {shape} are not clearly [N, H, W], [N, H, W, C] or [N, C, H, W] with one "
        f"or three channels; {_cure(shape, declared)}"
    )


def scale_of(extent: Extent, declared: Declared, name: str) -> Scale:
    """What values of such an extent mean.

    Raises:
        DataError: if they do not show it, or contradict what is declared.
    """
    low, top, levels = extent.low, extent.top, declared.levels
    if not math.isfinite(top - low):
        raise DataError(f"{name} hold values that are missing or infinite; fill them")
    if declared.value_range is not None:
        return _declared_scale(extent, declared.value_range, declared, name)
    most = 255 if levels is None else levels - 1
    floats = extent.dtype.kind == "f"
    wide = top - low > 10  # so that whole numbers tell enough
    ends = (math.floor(low), math.ceil(top)) if wide else (low, max(top, low + 1))
    cure = declared.cure("value_range", f"[{ends[0]:.6g}, {ends[1]:.6g}]")
    if extent.whole and low >= 0 and top <= most:
        if floats and top == 1 < most and levels is not None:
            raise DataError(
                f"{name} hold the floats 0 and 1, which are black and white or the first two of "
                f"{levels} levels; give whole numbers in an integer type if they are levels, "
                f"otherwise {cure}"
            )
        return _of_levels(int(top), declared)
    if floats and not extent.whole and low >= 0 and top <= 1:
        return Scale(0, 1, levels or 256)
    if floats and -1 <= low <= -0.9 and 0.9 <= top <= 1:
        note = f"floats from {low:.3g} to {top:.3g} were taken as of -1 to 1"
        return Scale(-1, 1, levels or 256, _unless(note, declared, "[BLACK, WHITE]"))
    if floats and low >= 0 and _BRIGHT <= top <= most == 255:
        return Scale(0, 255, 256, "floats from 0 to 255 were rounded to whole levels")
    if levels is None and extent.dtype == np.uint16:
        bits = next(bits for bits in _DEPTHS if top < 2**bits)
        note = f"16-bit values up to {top} were taken as {bits} bits and brought to 256 levels"
        return Scale(0, 2**bits - 1, 256, _unless(note, declared, "[0, 65535]"))
    if extent.whole:
        raise DataError(
            f"{name} hold {low if low < 0 else top:g}, outside 0 to {most}; give levels that count "
            f"from 0, or {cure}, the values of black and white"
        )
    raise DataError(
        f"{name} hold values from {low:.4g} to {top:.4g} that are no whole levels and no floats "
        f"from 0 to 1; {cure}, the values of black and white"
    )


def _unless(note: str, declared: Declared, bounds: str) -> str:
    return f"{note}; if they are not, {declared.cure('value_range', bounds)}"


def _of_levels(top: int, declared: Declared) -> Scale:
    """Whole numbers from 0 on as they are; few of them if they reach no further."""
    if declared.levels is not None:
        return Scale(0, declared.levels - 1, declared.levels)
    few = max(2, top + 1) if top < 32 else 256
    note = f"the greatest value is {top}, so pixels have {few} levels"
    return Scale(0, few - 1, few, _unless(note, declared, "[0, 255]") if 2 < few < 256 else None)


def _declared_scale(
    extent: Extent, bounds: tuple[float, float], declared: Declared, name: str
) -> Scale:
    black, white = bounds
    if extent.low < min(bounds) or extent.top > max(bounds):
        raise DataError(
            f"{name} hold values from {extent.low:g} to {extent.top:g}, beyond "
            f"{declared.option}value_range=[{black:g}, {white:g}]; give the values of black and "
            "white, or cut the images to them"
        )
    steps = abs(white - black)
    few = int(steps) + 1 if extent.whole and steps % 1 == 0 and steps < 256 else 256
    return Scale(black, white, declared.levels or few)


def _fitting(shape: tuple[int, ...]) -> list[str]:
    """Where the channels may stand of four axes."""
    return [place for place, axis in zip(CHANNELS, (1, 3), strict=True) if shape[axis] in (1, 3)]


def _along_the_last(shape: tuple[int, ...]) -> bool:
    """Whether [H, W, N] is far likelier than [N, H, W]: squares, and many of them."""
    return shape[0] == shape[1] and shape[2] > 3 * shape[1]


def _cure(shape: tuple[int, ...], declared: Declared) -> str:
    if len(shape) == 2:
        side = math.isqrt(shape[1])
        sides = f"{side}, {side}" if side * side == shape[1] else "HEIGHT, WIDTH"
        return f"flat ones become images by images.reshape(-1, {sides})"
    if len(shape) == 3 or (len(shape) == 4 and shape[2] in (1, 3) and shape[0] == shape[1]):
        return (
            "images along the last axis are turned by numpy.moveaxis(images, -1, 0); if they are "
            f"along the first, {declared.cure('channels', 'last')}"
        )
    if len(shape) == 4 and (fitting := _fitting(shape)):
        return declared.cure("channels", *fitting)
    if len(shape) == 4 and (shape[3] in (2, 4) or shape[1] in (2, 4)):
        return "leave transparency out, as by images[..., :3]"
    return "change its axes"


def _one(value: Any, name: str) -> NDArray[Any]:
    """An array, a tensor or an image of Pillow."""
    if hasattr(value, "getbands"):  # an image of Pillow
        return pixels_of(value)[0]
    try:
        if hasattr(value, "detach"):  # a tensor of torch, perhaps on a GPU
            value = value.detach().cpu()
            value = value.float() if "bfloat16" in str(value.dtype) else value
        return np.asarray(value)
    # Arrays of other libraries fail in their own ways.
    except Exception as error:
        raise DataError(
            f"{name} are no array: {type(value).__name__}; give one of NumPy"
        ) from error


def _stacked(images: list[NDArray[Any]], name: str) -> NDArray[Any]:
    """[N, ...] of images of one shape; grey ones become coloured beside coloured ones."""
    sizes = {}
    for index, image in enumerate(images):
        sizes.setdefault(image.shape[:2], index)
    if len(sizes) > 1:
        (first, one), (second, other) = list(sizes.items())[:2]
        raise DataError(
            f"{name} have unequal sizes: number {one} is {_size(first)} and number {other} is "
            f"{_size(second)}; bring all to one size, as by image.resize((32, 32)) of Pillow"
        )
    if any(image.ndim == 3 and image.shape[2] == 3 for image in images):
        images = [image if image.ndim == 3 else image[..., None] for image in images]
        images = [image.repeat(3, 2) if image.shape[2] == 1 else image for image in images]
    types = {image.dtype for image in images}
    try:
        if len(types) > 1 and not types.isdisjoint((np.dtype("u1"), np.dtype("u2"))):
            raise ValueError
        return np.stack(images) if images else np.empty(0)
    except ValueError as error:
        raise DataError(f"{name} differ in their types or channels; give all alike") from error


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "a number"


def _parts(images: NDArray[Any]) -> Iterator[NDArray[Any]]:
    return (images[start : start + _AT_ONCE] for start in range(0, len(images), _AT_ONCE))
