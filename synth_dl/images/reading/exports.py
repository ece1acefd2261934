"""Exports read back: archives, Parquet files, folders of PNGs."""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from synth_dl.errors import DataError
from synth_dl.images.image_set import ImageSet
from synth_dl.images.reading.files import check_total, read_png
from synth_dl.images.reading.labels import name_classes
from synth_dl.images.reading.levels import Pixels, one_depth
from synth_dl.images.reading.npz import check_levels, read_archive
from synth_dl.images.reading.pixels import Declared
from synth_dl.images.writing.places import MANIFEST, METADATA, SHEET, class_name
from synth_dl.images.writing.png import rescale
from synth_dl.opening import read_parquet, read_small


class Manifest(msgspec.Struct):
    """What an export tells of its images.

    Attributes:
        levels: of a pixel.
        classes: their names in order; None if they are those that occur.
        images: how many there are; None if it is not told.
    """

    levels: int = 256
    classes: list[str] | None = None
    images: int | None = None


def read_export(path: str | Path, levels: int = 256) -> ImageSet:
    """The images of a `.npz` or `.parquet` file or of a folder of PNGs, in the order of the sample.

    PNGs without a manifest count as 256 levels. Then classes are the names of the folders, or the
    labels that occur, in sorted order.

    Args:
        path: as an export wrote it, or a foreign one of the same form.
        levels: what an archive that does not tell its levels is taken to have.

    Raises:
        DataError: if it is missing, damaged, or holds no images of one size.
    """
    path = Path(path)
    try:
        if path.is_dir():
            return _read_folder(path)
        if path.suffix.lower() == ".npz":
            return read_archive(path, Declared(levels, "last"))[0]
        if path.suffix.lower() == ".parquet":
            return _read_parquet(path)
    except OSError as error:
        raise DataError(
            f"{path}: it cannot be read ({error.strerror or 'damaged'}); copy it again"
        ) from error
    raise DataError(f"{path}: images come from .npz, .parquet or a folder of PNGs; choose another "
                    "file")  # fmt: skip


def _read_parquet(path: Path) -> ImageSet:
    table = read_parquet(path, ("image", "label"))
    names = table.column_names
    if "image" not in names:
        raise DataError(f"{path}: it has no column 'image'; export it again")
    manifest = _manifest(path, (table.schema.metadata or {}).get(METADATA))
    cells = table.column("image").to_pylist()
    words = table.column("label").to_pylist() if "label" in names else None
    if not all(isinstance(cell, bytes) for cell in cells):
        raise DataError(f"{path}: 'image' must hold a PNG in each row; export it again")
    pngs = ((f"row {row} of {path}", BytesIO(cell)) for row, cell in enumerate(cells))
    return _from_pngs(path, pngs, len(cells), words, manifest)


def _read_folder(path: Path) -> ImageSet:
    written = path / MANIFEST
    manifest = _manifest(written, read_small(written) if written.exists() else None)
    files = [file for file in _pngs(path) if file.name != SHEET]
    words: list[Any] | None = None
    if not files:
        files = [file for folder in path.iterdir() if folder.is_dir() for file in _pngs(folder)]
        files.sort(key=lambda file: (len(file.name), file.name, file.parent.name))
        words = [class_name(file.parent.name) for file in files]
    return _from_pngs(path, ((str(file), file) for file in files), len(files), words, manifest)


def _pngs(folder: Path) -> list[Path]:
    found = [
        file
        for file in folder.iterdir()
        if file.suffix.lower() == ".png" and not file.name.startswith(".")
    ]
    return sorted(found, key=lambda file: (len(file.name), file.name))


def _from_pngs(
    path: Path,
    pngs: Iterable[tuple[str, Any]],
    count: int,
    words: list[Any] | None,
    manifest: Manifest,
) -> ImageSet:
    """Images from (name, PNG) pairs, and a label for each from its class's name."""
    if not count:
        raise DataError(f"{path}: it holds no PNG; name a folder or file with images")
    if manifest.images not in (None, count):
        raise DataError(f"{path}: of {manifest.images} images in its manifest, {count} are there; "
                        "copy it again")  # fmt: skip
    pixels = rescale(_stacked(pngs), 256, manifest.levels)
    if words is None:
        return ImageSet(pixels, manifest.levels)
    if None in words:
        raise DataError(f"{path}: row {words.index(None)} has no class None; export it again")
    texts = np.array([str(word) for word in words], object)
    if manifest.classes is None:
        return ImageSet(pixels, manifest.levels, *name_classes(texts))
    places = {name: index for index, name in enumerate(manifest.classes)}
    if unknown := set(texts) - set(places):
        raise DataError(f"{path}: it has no class {min(unknown)!r}; export it again")
    labels = np.array([places[text] for text in texts], np.int64)
    return ImageSet(pixels, manifest.levels, labels, tuple(places))


def _stacked(pngs: Iterable[tuple[str, Any]]) -> Pixels:
    """[N, H, W, C]; three channels if any image has colours."""
    images: list[Pixels] = []
    first = ""
    packed = unpacked = 0
    for name, source in pngs:
        image = read_png(source, name)
        packed += source.stat().st_size if isinstance(source, Path) else len(source.getbuffer())
        unpacked += image.nbytes
        check_total(name, unpacked, packed)
        first = first or name
        if images and image.shape[:2] != images[0].shape[1:3]:
            height, width = images[0].shape[1:3]
            raise DataError(
                f"{name}: it has {image.shape[0]} x {image.shape[1]} pixels, and {first} has "
                f"{height} x {width}; make all images of one size"
            )
        images.append(image[None])
    return one_depth(images)


def _manifest(path: Path, text: bytes | None) -> Manifest:
    try:
        found = msgspec.json.decode(text, type=Manifest) if text is not None else Manifest()
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: the manifest is damaged; export the images again") from error
    check_levels(path, found.levels, "export it again")
    return found
