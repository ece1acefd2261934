"""A folder of image files, with a subfolder for each class or none at all."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from synth_dl.errors import ConfigError, DataError
from synth_dl.images.image_set import ImageSet
from synth_dl.images.reading.levels import Pixels, describe_resize, one_depth, resize, to_colour
from synth_dl.images.reading.options import ImageOptions
from synth_dl.images.reading.parts import Parts, check_side, split_images
from synth_dl.images.writing.places import MANIFEST, SHEET
from synth_dl.opening import open_regular

if TYPE_CHECKING:
    from PIL import Image

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")


def read_folder(options: ImageOptions, seed: int) -> Parts:
    """Images of 256 levels, grey if all files are, divided by the seed.

    Raises:
        DataError: if there are no images, one cannot be read, sizes differ without
            `options.size`, or only some lie in subfolders.
        ConfigError: if no folder is given.
    """
    if options.root is None:
        raise ConfigError("data.root is missing: give the folder of the images, data.root=DIR")
    files, notes = _find_files(options.root)
    if not files:
        raise DataError(
            f"{options.root}: there are no images in this folder; it needs files that end in "
            f"{', '.join(ENDINGS)}, or subfolders of them"
        )
    names = [file.relative_to(options.root).parts[0] for file in files]
    inside = [len(file.relative_to(options.root).parts) > 1 for file in files]
    if options.classes and any(inside) and not all(inside):
        raise DataError(
            f"{options.root}: {files[inside.index(False)].name} lies beside subfolders that hold "
            "images; move it into the subfolder of its class, or add data.classes=false"
        )
    pixels = _read_files(files, options)
    labels, classes = None, ()
    if options.classes and all(inside):
        classes = tuple(sorted(set(names)))
        labels = np.array([classes.index(name) for name in names], np.int64)
    if options.size is not None:
        notes.append(describe_resize(options.size, options.crop))
    return split_images(ImageSet(pixels, 256, labels, classes), options, seed, tuple(notes))


def _find_files(root: Path) -> tuple[list[Path], list[str]]:
    """The image files by their paths, and what to say of the others."""
    if not root.is_dir():
        raise DataError(f"data.root={root}: there is no such folder; check the path")
    files = []
    # Subfolders one by one, since a search from the root would not enter those that are links.
    for entry in root.iterdir():
        files += entry.rglob("*") if entry.is_dir() else [entry]
    files = [
        file
        for file in files
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(root).parts)
    ]
    if any(file == root / MANIFEST for file in files):  # a folder that was exported
        files = [file for file in files if file not in (root / MANIFEST, root / SHEET)]
    images = [file for file in files if file.suffix.lower() in ENDINGS]
    others = len(files) - len(images)
    notes = [f"{others:,} files that are no images were left out"] if others else []
    return sorted(images, key=lambda file: file.relative_to(root).parts), notes


def _read_files(files: list[Path], options: ImageOptions) -> Pixels:
    """[N, H, W, C] of all files."""
    images: list[Pixels] = []
    first = None
    for file in files:
        pixels = to_colour(_read_file(file)[None], options.colour)
        _, height, width, _ = pixels.shape
        if options.size is not None:
            pixels = resize(pixels, 256, options.size, crop=options.crop)
        else:
            check_side(str(file), height, width)
            first = first or (height, width)
            if (height, width) != first:
                raise DataError(
                    f"{file}: this image is {width} x {height}, but {files[0]} is {first[1]} x "
                    f"{first[0]}; add data.size=32 to bring all to 32 x 32"
                )
        images.append(pixels)
    return one_depth(images)


def _read_file(path: Path) -> Pixels:
    """[H, W, C] of one file; a DataError if it is damaged or far too large."""
    from PIL import Image, ImageOps

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with open_regular(path) as file, Image.open(file, formats=_FORMATS) as image:
                return _to_pixels(ImageOps.exif_transpose(image))
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise DataError(
                f"{path}: this image has so many pixels that it may be made to fill the memory; "
                "shrink or delete it"
            ) from error
        except DataError:
            raise
        # Decoders fail in many ways on damaged files, and none of them concerns the user.
        except Exception as error:
            raise DataError(
                f"{path}: this image cannot be read, it may be cut off or damaged; replace or "
                "delete it"
            ) from error


def _to_pixels(image: "Image.Image") -> Pixels:
    """[H, W, 1] of a grey image, otherwise [H, W, 3]; what is transparent becomes white."""
    from PIL import Image

    if image.mode.startswith("I"):
        return _to_bytes(np.asarray(image))[..., None]
    grey = image.mode in ("1", "L", "LA")
    palette = image.mode in ("P", "PA")
    if image.has_transparency_data:
        above = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", above.size, "white"), above)
    pixels = np.asarray(image.convert("RGB"))
    if palette:
        grey = bool((pixels == pixels[..., :1]).all())
    return pixels[..., :1] if grey else pixels


def _to_bytes(deep: NDArray[np.integer]) -> Pixels:
    """8 of 16 bits, rounded."""
    return ((np.clip(deep, 0, 65535).astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
