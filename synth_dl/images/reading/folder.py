"""A folder of image files, with a subfolder for each class or none at all."""

import os
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synth_dl.errors import ConfigError, DataError
from synth_dl.images.image_set import ImageSet
from synth_dl.images.reading.files import ENDINGS, TRAITS, check_total, read_file
from synth_dl.images.reading.labels import name_classes
from synth_dl.images.reading.levels import Pixels, describe_resize, one_depth, resize, to_colour
from synth_dl.images.reading.options import ImageOptions
from synth_dl.images.reading.parts import (
    HOLDOUT,
    TRAIN,
    VALIDATION,
    Parts,
    check_side,
    split_images,
)
from synth_dl.images.reading.pixels import Extent, Scale, scale_of
from synth_dl.images.writing.places import MANIFEST, OWN, class_name

_SPLITS = {
    **dict.fromkeys(("train", "training"), TRAIN),
    **dict.fromkeys(("val", "valid", "validation", "dev"), VALIDATION),
    **dict.fromkeys(("test", "testing", "holdout", "eval"), HOLDOUT),
}
_DARK = 32  # Files of 8 bits that are no brighter than this look black.
_BYTES = Scale(0, 255, 256)


def read_folder(options: ImageOptions, seed: int) -> Parts:
    """Images of 256 levels, grey if all files are, divided by their folders or else by the seed.

    Folders `train`, `val` and `test`, above the classes or below them, divide the images.

    Raises:
        DataError: if there are no images, one cannot be read, sizes differ without
            `options.size`, or only some lie in subfolders.
        ConfigError: if no folder is given.
    """
    root = options.root
    if root is None:
        raise ConfigError("data.root is missing: give the folder of the images, data.root=DIR")
    files, notes = _find_files(root)
    if not files:
        raise DataError(
            f"{root}: there are no images in this folder; it needs files that end in "
            f"{', '.join(ENDINGS)}, or subfolders of them"
        )
    folders, divided = _divided(
        [file.relative_to(root).parts[:-1] for file in files], notes, options
    )
    inside = [len(folder) > 0 for folder in folders]
    if options.classes and any(inside) and not all(inside):
        raise DataError(
            f"{root}: {files[inside.index(False)].name} lies beside subfolders that hold "
            "images; move it into the subfolder of its class, or add data.classes=false"
        )
    pixels, levels = _read_files(files, options, notes)
    labels, classes = None, ()
    if options.classes and all(inside):
        names = [folder[0] for folder in folders]
        if (root / MANIFEST).is_file():  # a folder that was exported
            names = [class_name(name) for name in names]
        labels, classes = name_classes(np.array(names, object))
        if max(map(len, folders)) > 1:
            notes.append("subfolders within the folder of a class belong to that class")
    if options.size is not None:
        notes.append(describe_resize(options.size, options.crop))
    whole = ImageSet(pixels, levels, labels, classes)
    return split_images(whole, options, seed, tuple(notes), divided)


def _find_files(root: Path) -> tuple[list[Path], list[str]]:
    """The image files by their paths, and what to say of the others."""
    if not root.is_dir():
        what = "this is a file, so unpack it or name a folder" if root.exists() else ""
        raise DataError(f"data.root={root}: {what or 'there is no such folder; check the path'}")
    found: list[Path] = []
    try:
        # Subfolders one by one, since a search from the root would not enter those that are links.
        for entry in root.iterdir():
            if entry.is_symlink() and root.resolve().is_relative_to(os.path.realpath(entry)):
                raise DataError(f"{entry}: this link leads back to the folder; delete it")
            found += entry.rglob("*") if entry.is_dir() else [entry]
    except OSError as error:
        reason = error.strerror or "damaged"
        raise DataError(f"{root}: it cannot be read ({reason}); check its rights") from error
    exported = [root / name for name in OWN] if root / MANIFEST in found else []
    files = [
        file
        for file in found
        if not any(part.startswith(".") for part in file.relative_to(root).parts)
        and file.is_file()
        and file not in exported
    ]
    images = [file for file in files if file.suffix.lower() in ENDINGS]
    others = Counter(file.suffix.lower() for file in set(files) - set(images))
    notes = []
    if others:
        names = ", ".join(ending or "no ending" for ending, _ in others.most_common(5))
        notes.append(f"{others.total():,} files that are no images were left out ({names})")
    return sorted(images, key=lambda file: file.relative_to(root).parts), notes


def _divided(
    folders: list[tuple[str, ...]], notes: list[str], options: ImageOptions
) -> tuple[list[tuple[str, ...]], NDArray[np.int64] | None]:
    """The folders of classes, and which part each image belongs to, None if no folder says it."""
    while min(map(len, folders)) > 1 and len({folder[0] for folder in folders}) == 1:
        notes.append(f"all images lie in {folders[0][0]}, and classes are the folders within it")
        folders = [folder[1:] for folder in folders]
    for depth in (0, 1) if options.splits else ():
        names = {folder[depth].lower() if len(folder) > depth else "" for folder in folders}
        said = f"the folders {', '.join(sorted(names))} divide the images"
        if len(names) == 1 or not names <= set(_SPLITS):
            continue
        parts = np.array([_SPLITS[folder[depth].lower()] for folder in folders])
        if TRAIN not in parts:
            raise DataError(
                f"{options.root}: {said}, and none is for training; call one train, or give "
                "data.splits=false if these are classes"
            )
        notes.append(f"{said}; data.splits=false takes them as classes")
        return [(*folder[:depth], *folder[depth + 1 :]) for folder in folders], parts
    return folders, None


def _read_files(files: list[Path], options: ImageOptions, notes: list[str]) -> tuple[Pixels, int]:
    """[N, H, W, C] of all files, and how many levels they have."""
    images: list[Pixels] = []
    traits: Counter[str] = Counter()
    scales: dict[np.dtype, Scale] = {}
    size: tuple[int, ...] = ()
    packed = unpacked = 0
    for file in files:
        read, found = _read(file, options)
        traits.update(found)
        scale = scales.get(read.dtype) or _scale(files, read, options)
        scales[read.dtype] = scale
        if options.size is None:
            size = size or read.shape[:2]
            _check_size(file, read.shape[:2], files[0], size)
        pixels = to_colour(scale.apply(read)[None], options.colour)
        if options.size is not None:
            pixels = resize(pixels, scale.levels, options.size, crop=options.crop)
        packed, unpacked = packed + file.stat().st_size, unpacked + pixels.nbytes
        check_total(options.root, unpacked, packed)
        images.append(pixels)
    levels = {scale.levels for scale in scales.values()}
    if len(levels) > 1:
        raise DataError(
            f"{options.root}: some files have {min(levels)} levels and others {max(levels)}; give "
            "the values of black and white, such as data.value_range=[0, 255]"
        )
    whole = one_depth(images)
    background = options.background
    for name, count in traits.items():
        notes.append(f"{count:,} files {TRAITS[name].format(background=background)}")
    notes += [scale.note for scale in scales.values() if scale.note]
    if list(scales.values()) == [_BYTES] and whole.max() < _DARK:
        notes.append(
            f"no pixel is brighter than {whole.max()} of 255, which looks black; if these are "
            f"levels, give data.value_range=[0, {whole.max()}]"
        )
    return whole, levels.pop()


def _read(file: Path, options: ImageOptions) -> tuple[NDArray, set[str]]:
    return read_file(file, str(file), background=options.background)


def _scale(files: list[Path], first: NDArray, options: ImageOptions) -> Scale:
    """What the values of the files of one type mean, which only all together show."""
    if first.dtype == np.uint8 and options.value_range is None:
        return _BYTES
    images = (_read(file, options)[0] for file in files)
    extent = Extent.of(image for image in images if image.dtype == first.dtype)
    return scale_of(extent, options.declared, str(options.root))


def _check_size(file: Path, found: tuple[int, ...], first: Path, wanted: tuple[int, ...]) -> None:
    """Refuse images of another size than the first, and too large ones."""
    height, width = found
    check_side(str(file), height, width)
    if found != wanted:
        raise DataError(
            f"{file}: this image is {width} x {height}, but {first} is {wanted[1]} x {wanted[0]}; "
            "add data.size=32 to bring all to 32 x 32"
        )
