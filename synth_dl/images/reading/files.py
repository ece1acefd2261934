"""Single image files of any kind that Pillow reads, as arrays."""

import warnings
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from synth_dl.errors import DataError
from synth_dl.images.reading.limits import check_growth, check_regular

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
    source: Path | IO[bytes],
    name: str,
    *,
    formats: tuple[str, ...] = FORMATS,
    background: str = "white",
    max_gib: float | None = None,
) -> tuple[NDArray[Any], set[str]]:
    """[H, W, 1] of a grey image, otherwise [H, W, 3], and which of `TRAITS` it has.

    Whole numbers from 0 to 255 as uint8; deeper grey as uint16, int32 or float32, as stored.

    Args:
        source: the file.
        name: what it is called in messages.
        formats: that are tried.
        background: the colour that shows through where pixels are transparent.
        max_gib: see `check_growth`.

    Raises:
        DataError: if it is missing, damaged, or far too large.
    """
    from PIL import Image

    packed = check_regular(source) if isinstance(source, Path) else source.seek(0, 2)
    if not isinstance(source, Path):
        source.seek(0)
    most = Image.MAX_IMAGE_PIXELS
    if max_gib is not None:
        Image.MAX_IMAGE_PIXELS = int(max_gib * 2**30 / _BYTES)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(source, formats=formats) as image:
                check_growth(name, image.width * image.height * _BYTES, packed, max_gib)
                return pixels_of(image, background)
    except DataError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise DataError(
            f"{name}: this image has so many pixels that it may be made to fill the memory; "
            "shrink or delete it, or, if you trust it, give data.max_gib=4"
        ) from error
    # Decoders fail in many ways on damaged files, and none of them concerns the user.
    except Exception as error:
        raise DataError(
            f"{name}: this image cannot be read, it may be cut off, damaged or of another format; "
            "replace or delete it"
        ) from error
    finally:
        Image.MAX_IMAGE_PIXELS = most


def read_png(source: Path | IO[bytes], name: str, *, grey: bool = False) -> NDArray[np.uint8]:
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
