"""Where the images of a run come from, and which of them train, validate and are held out."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from synth_dl.errors import ConfigError, DataError
from synth_dl.images.image_set import ImageSet
from synth_dl.images.reading.embedded import read_digits, read_patches
from synth_dl.images.reading.folder import read_folder
from synth_dl.images.reading.levels import (
    cut_levels,
    describe_resize,
    draw_levels,
    reduce_levels,
    resize,
    to_colour,
)
from synth_dl.images.reading.mnist import read_mnist
from synth_dl.images.reading.npz import read_archive
from synth_dl.images.reading.options import ImageOptions, read_options
from synth_dl.images.reading.parts import Parts, check_classes, check_side, split_images
from synth_dl.provenance.reading import check_real


def read_npz(options: ImageOptions, seed: int) -> Parts:
    """Images of an npz file, divided as the file divides them or else by the seed.

    Raises:
        DataError: if the file or one of its arrays cannot be used.
        ConfigError: if no file is given.
    """
    if options.path is None:
        raise ConfigError("data.path is missing: give the file of the images, data.path=FILE.npz")
    images, divided, notes = read_archive(options.path, options.declared, labelled=options.classes)
    return split_images(images, options, seed, notes, divided)


READERS: dict[str, Callable[[ImageOptions, int], Parts]] = {
    "digits": read_digits,
    "mnist": read_mnist,
    "patches": read_patches,
    "image_folder": read_folder,
    "npz": read_npz,
}
_PARTS = ("train", "validation", "holdout")
FEWEST = 10  # images to train on


@dataclass(frozen=True)
class ImageSources:
    """The images of a run.

    Attributes:
        train, validation, holdout: disjoint, fixed, none empty.
        notes: sentences for the user about what was done.
        split: plain data that record the split: `rule` in words, `seed`, and for each part its
            `sizes` and the `sha256` of its pixels and labels.
        dynamic: whether `train` has grey levels of which a binary image is drawn at each use;
            the other parts are binary then, drawn once.
    """

    train: ImageSet
    validation: ImageSet
    holdout: ImageSet
    notes: tuple[str, ...]
    split: dict[str, Any]
    dynamic: bool


def load_images(data: Mapping[str, Any], seed: int, allow_synthetic: bool = False) -> ImageSources:
    """Read the images that a data config names, and bring them to its size, colour and levels.

    Raises:
        DataError: if a file cannot be used, or its metadata say that it is synthetic and this is
            not allowed.
        ConfigError: if an option makes no sense.
    """
    options = read_options(data)
    check_real(allow_synthetic, data__path=options.path, data__root=options.root)
    if options.source not in READERS:
        known = ", ".join(READERS)
        raise ConfigError(f"data.source={options.source}: there is no such source; known: {known}")
    parts = READERS[options.source](options, seed)
    images = {name: getattr(parts, name) for name in _PARTS}
    notes = [f"{options.name}: {parts.rule}", *parts.notes]
    if len(parts.train) < FEWEST:
        raise DataError(
            f"{options.name}: {len(parts.train)} images are left to train on; at least {FEWEST} "
            "are needed, so add images"
        )
    images = _classify(images, options)
    images = {name: _reshape(part, options, notes) for name, part in images.items()}
    images, dynamic = _reduce(images, options, seed, notes)
    split = {
        "rule": parts.rule,
        "seed": seed,
        "sizes": {name: len(part) for name, part in images.items()},
        "sha256": {name: _digest(part) for name, part in images.items()},
    }
    return ImageSources(**images, notes=tuple(dict.fromkeys(notes)), split=split, dynamic=dynamic)


def _classify(images: dict[str, ImageSet], options: ImageOptions) -> dict[str, ImageSet]:
    """All parts with their classes, of which there are at least two, or without any."""
    if options.classes:
        check_classes(*images.values())
        return images
    return {name: replace(part, labels=None, classes=()) for name, part in images.items()}


def _reshape(images: ImageSet, options: ImageOptions, notes: list[str]) -> ImageSet:
    pixels = to_colour(images.pixels, options.colour)
    height, width, _ = images.shape
    if options.size is None:
        check_side(options.name, height, width)
    elif (height, width) != (options.size, options.size):
        pixels = resize(pixels, images.levels, options.size, crop=options.crop)
        notes.append(describe_resize(options.size, options.crop and height != width))
    return replace(images, pixels=np.ascontiguousarray(pixels))


def _reduce(
    images: dict[str, ImageSet], options: ImageOptions, seed: int, notes: list[str]
) -> tuple[dict[str, ImageSet], bool]:
    """Fewer levels in all parts, and whether those of the training images are drawn later."""
    old, new, how = images["train"].levels, options.levels, options.binarise
    if new is not None and new > old:
        raise ConfigError(
            f"data.levels={new}: the images of {options.name} have {old} levels; take at most "
            f"{old}, or null"
        )
    if new is None or new == old:
        return images, False
    streams = np.random.default_rng(seed % 2**64).spawn(len(_PARTS))
    reduced = {}
    for (name, part), random in zip(images.items(), streams, strict=True):
        if how == "dynamic" and name == "train":
            reduced[name] = part
            continue
        if how is None:
            pixels = reduce_levels(part.pixels, old, new)
        elif how == "threshold":
            pixels = cut_levels(part.pixels, old)
        else:
            pixels = draw_levels(part.pixels, old, random)
        reduced[name] = replace(part, pixels=pixels, levels=new)
    notes.append(_REDUCTIONS[how].format(old=old, new=new))
    return reduced, how == "dynamic"


_REDUCTIONS = {
    None: "{old} levels were mapped evenly onto {new}",
    "threshold": "pixels of at least half of the top level are 1, the others 0",
    "stochastic": "each pixel was drawn once as 0 or 1, with its grey level as the probability",
    "dynamic": "training pixels are drawn anew as 0 or 1 at each use, with their grey level as the "
    "probability; those of validation and holdout were drawn once",
}


def _digest(images: ImageSet) -> str:
    digest = hashlib.sha256(images.pixels.tobytes())
    if images.labels is not None:
        digest.update(images.labels.astype("<i8").tobytes())
    return digest.hexdigest()
