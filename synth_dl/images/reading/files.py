"""Single image files of any kind that Pillow reads, as arrays."""

import os
import warnings
from contextlib import nullcontext
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from synth_dl.errors import DataError, SynthError
from synth_dl.opening import FREE, RATIO, SETTING, largest, open_regular, too_large

if TYPE_CHECKING:
    from PIL import Image

ENDINGS = (
    ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff",
    ".pgm", ".ppm", ".pnm",
)  # fmt: skip
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM", "MPO")
_BYTES = 4  # that a pixel takes at most while a file is read
_GREY = ("1", "L", "LA", "La")

# What users are told of files, by the word for it.
TRAITS = {
    "transparent": "have transparent pixels, which became {background}; data.background=black or "
    "white declares the other",
    "frames": "hold several frames or pages, of which the first was taken; save others as files of "
    "their own",
    "reduced": "have colours of 16 bits, of which the upper 8 were taken",
}


def read_file(
    source: Path | BytesIO,
    name: str,
    *,
    formats: tuple[str, ...] = FORMATS,
    background: str = "white",
) -> tuple[NDArray[Any], set[str]]:
    """[H, W, 1] of a grey image, otherwise [H, W, 3], and which of `TRAITS` it has.

    Whole numbers from 0 to 255 as uint8; deeper grey as uint16, int32 or float32, as stored.

    Args:
        source: the file.
        name: what it is called in messages.
        formats: that are tried.
        background: the colour that shows through where pixels are transparent.

    Raises:
        DataError: if it is missing, damaged, or far too large.
    """
    from PIL import Image

    limit = Image.MAX_IMAGE_PIXELS
    try:
        opened = open_regular(source) if isinstance(source, Path) else nullcontext(source)
        with opened as stream:
            most = largest(stream) if isinstance(stream, BufferedReader) else FREE
            if SETTING in os.environ:
                Image.MAX_IMAGE_PIXELS = most // _BYTES
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                with Image.open(stream, formats=formats) as image:
                    if image.width * image.height * _BYTES > most:
                        raise too_large(name, most)
                    return pixels_of(image, background)
    except SynthError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise too_large(name, (Image.MAX_IMAGE_PIXELS or 0) * _BYTES) from error
    # Decoders fail in many ways on damaged files, and none of them concerns the user.
    except Exception as error:
        raise DataError(
            f"{name}: this image cannot be read, it may be cut off, damaged or of another format; "
            "replace or delete it"
        ) from error
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def check_total(name: object, unpacked: int, packed: int) -> None:
    """Refuse, by a DataError, files that unpack to far more than their size all together."""
    most = max(FREE, RATIO * packed)
    if unpacked > most and SETTING not in os.environ:
        raise too_large(str(name), most)


def read_png(source: Path | BytesIO, name: str, *, grey: bool = False) -> NDArray[np.uint8]:
    """[H, W, C] from 0 to 255 of a PNG that holds just that.

    Args:
        source: the file.
        name: what it is called in messages.
        grey: whether one channel is wanted, which colours that are all grey become.

    Raises:
        DataError: as of `read_file`, and for 16 bits, transparency, or colours that are not wanted.
    """
    pixels, traits = read_file(source, name, formats=("PNG",))
    if pixels.dtype != np.uint8 or "reduced" in traits:
        raise DataError(f"{name}: it has 16 bits a pixel; save it with 8 bits")
    if "transparent" in traits:
        raise DataError(f"{name}: some pixels are transparent; save it without transparency")
    if grey and (pixels != pixels[:, :, :1]).any():
        raise DataError(f"{name}: it has colours where grey is wanted; save it in grey")
    return pixels[:, :, :1] if grey else pixels


def pixels_of(image: "Image.Image", background: str = "white") -> tuple[NDArray[Any], set[str]]:
    """[H, W, C] of an image of Pillow, turned as its camera says, and which of `TRAITS` it has."""
    from PIL import Image, ImageOps

    traits = set()
    # The second image of an MPO is the camera's own preview.
    if getattr(image, "is_animated", False) and image.format != "MPO":
        traits.add("frames")
    stored = str(getattr(image, "tile", ""))  # with the way in which values are packed
    if ";16" in stored and not image.mode.startswith("I"):
        traits.add("reduced")
    image = ImageOps.exif_transpose(image)
    if image.mode[0] in "IF":
        return _deep(np.asarray(image))[..., None], traits
    grey, palette = image.mode in _GREY, image.mode in ("P", "PA")
    if image.has_transparency_data:
        above = image.convert("RGBA")
        if np.asarray(above.getchannel("A")).min() < 255:
            traits.add("transparent")
            image = Image.alpha_composite(Image.new("RGBA", above.size, background), above)
    pixels = np.asarray(image.convert("RGB"))
    if palette:
        grey = bool((pixels == pixels[..., :1]).all())
    return pixels[..., :1] if grey else pixels, traits


def _deep(pixels: NDArray[Any]) -> NDArray[Any]:
    """16 bits that stand in 32 as 16, so that depth is seen from the type."""
    if pixels.dtype.kind in "iu" and pixels.size and pixels.min() >= 0 and pixels.max() < 2**16:
        return pixels.astype(np.uint16)
    return pixels
