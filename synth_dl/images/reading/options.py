"""What a data config says about images, checked before anything is read."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth_dl.errors import ConfigError
from synth_dl.errors.options import check
from synth_dl.images.reading.pixels import CHANNELS, Declared

BINARISE = ("threshold", "stochastic", "dynamic")
COLOURS = ("grey", "rgb")
CROPS = ("center",)
BACKGROUNDS = ("white", "black")
LARGEST_SIDE = 1024


@dataclass(frozen=True)
class ImageOptions:
    """Options of all image sources; each reader takes those that concern it.

    Attributes:
        source: the name of the reader.
        name: of the data, for messages.
        root: a folder, or None.
        path: a file, or None.
        levels: of a pixel, or None for as many as the source has.
        binarise: how two levels come from more, or None for an even reduction.
        size: side of the square that images are brought to, or None.
        channels: of an array, `first`, `last` or None where its shape shows it.
        value_range: the values of black and of white, or None where the images show them.
        background: `white` or `black`, behind transparent pixels.
        splits: whether folders such as `train` and `test` divide the images.
        crop: whether `size` cuts the central square out, or else squeezes the whole image.
        colour: `grey`, `rgb` or None for what is read.
        classes: whether labels are used.
        validation, holdout: shares of the images, where the source has no split of its own.
        reduce: by which whole factor photographs shrink before they are cut into patches.
    """

    source: str
    name: str
    root: Path | None
    path: Path | None
    levels: int | None
    binarise: str | None
    size: int | None
    channels: str | None
    value_range: tuple[float, float] | None
    background: str
    splits: bool
    crop: bool
    colour: str | None
    classes: bool
    validation: float
    holdout: float
    reduce: int

    @property
    def declared(self) -> Declared:
        """What is said of arrays that do not show it; `levels` are what they are brought to."""
        return Declared(None, self.channels, self.value_range, "data.")


def read_options(data: Mapping[str, Any]) -> ImageOptions:
    """The options of a data config; a ConfigError names the first that makes no sense."""
    levels = _whole(data, "levels", None, 2, 256)
    binarise = _choice(data, "binarise", None, BINARISE)
    if binarise is not None and levels != 2:
        raise ConfigError(
            f"data.binarise={binarise} makes two levels of a pixel: add data.levels=2, or leave "
            "data.binarise out"
        )
    classes = data.get("classes", True)
    splits = data.get("splits", True)
    check("data.classes", classes, bool)
    check("data.splits", splits, bool)
    validation, holdout = _share(data, "validation", 0.1), _share(data, "holdout", 0.15)
    if validation + holdout >= 1:
        raise ConfigError(
            f"data.validation={validation} and data.holdout={holdout} leave nothing to train on: "
            "their sum must be below 1"
        )
    root, path = data.get("root"), data.get("path")
    source = str(data.get("source"))
    return ImageOptions(
        source=source,
        name=str(data.get("name") or root or path or source),
        root=Path(root) if root is not None else None,
        path=Path(path) if path is not None else None,
        levels=levels,
        binarise=binarise,
        size=_whole(data, "size", None, 2, LARGEST_SIDE),
        channels=_choice(data, "channels", None, CHANNELS),
        value_range=check_range("data.value_range", data.get("value_range")),
        background=_choice(data, "background", "white", BACKGROUNDS) or "white",
        splits=splits,
        crop=_choice(data, "crop", "center", CROPS) is not None,
        colour=_choice(data, "colour", None, COLOURS),
        classes=classes,
        validation=validation,
        holdout=holdout,
        reduce=_whole(data, "reduce", 2, 1, 8) or 2,
    )


def check_range(option: str, value: Any) -> tuple[float, float] | None:
    """Two different numbers, or None; a ConfigError for anything else."""
    if value is None:
        return None
    try:
        black, white = map(float, value)
        if black != white and math.isfinite(white - black):
            return black, white
    except (TypeError, ValueError):
        pass
    raise ConfigError(
        f"{option}={value}: it must be the values of black and white, such as [0, 255]"
    )


def _whole(
    data: Mapping[str, Any], name: str, default: int | None, low: int, high: int
) -> int | None:
    value = data.get(name, default)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ConfigError(
            f"data.{name}={value}: it must be a whole number from {low} to {high}"
            + (", or null" if default is None else "")
        )
    return value


def _choice(
    data: Mapping[str, Any], name: str, default: str | None, known: tuple[str, ...]
) -> str | None:
    value = data.get(name, default)
    if value is not None and value not in known:
        raise ConfigError(f"data.{name}={value}: it must be {', '.join(known)} or null")
    return value


def _share(data: Mapping[str, Any], name: str, default: float) -> float:
    value = data.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        raise ConfigError(
            f"data.{name}={value}: it must be a share between 0 and 1, such as {default}"
        )
    return float(value)
