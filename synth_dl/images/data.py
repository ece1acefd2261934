"""Images as the data of a training."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor

from synth_dl.errors import ConfigError, DataError
from synth_dl.errors.options import Part, Whole, checked
from synth_dl.images.bits import BitsADimension
from synth_dl.images.codec import ImageCodec
from synth_dl.images.contents import digest_of_images
from synth_dl.images.image_set import ImageSet
from synth_dl.images.pictures import ImagePictures
from synth_dl.images.reading.levels import draw_levels
from synth_dl.images.reading.memory import images_in_memory
from synth_dl.images.reading.options import check_range
from synth_dl.images.reading.pixels import Declared
from synth_dl.images.reading.sources import ImageSources, load_images
from synth_dl.images.synthesizer import ImageSynthesizer
from synth_dl.training.callbacks.pictures import Pictures
from synth_dl.training.data import Codes, RecordData

if TYPE_CHECKING:
    from synth_dl.metrics.figures import Figure

SMALL_SIZE = 200  # variables; so small images are pictured more often


class ImageData(RecordData):
    """Images to learn from.

        data = ImageData("digits")
        data.setup()
        data.codec.classes, data.spec, data.sources.holdout

    Args:
        source: `digits`, `patches`, `mnist`, `image_folder` or `npz`; or an array or tensor
            [N, H, W], [N, H, W, C] or [N, C, H, W] of whole levels from 0 on, floats from 0 to 1
            or -1 to 1, or a list of images of NumPy, torch or Pillow.
        labels: of an array, the class of each image, or None.
        name: what the data are called.
        root: a folder, for `image_folder` and `mnist`.
        path: a file, for `npz`.
        levels: of a pixel; of an array, 2, the highest plus one up to 32, or 256 if None.
        channels: of an array [N, C, H, W], `first`, and `last` of [N, H, W, C], where the shape
            does not show it.
        value_range: the values of black and of white, where the images do not show them.
        background: `white` or `black`, behind transparent pixels of files.
        splits: whether folders such as `train` and `test` divide the images.
        binarise: with two levels: `threshold`, `stochastic` or `dynamic`.
        size: side of the square that images are resized to.
        crop: with size: `center` cuts the central square out, None squeezes the whole image.
        colour: `grey` or `rgb`.
        classes: whether the model also learns the class of an image.
        reduce: for `patches`, by which factor the photographs are shrunk first.
        validation, holdout: shares of the images, where the source has no split of its own.
        batch_size, seed: see `RecordData`.

    Attributes:
        sources: the images in their fixed parts. Known after `read`.

    Raises:
        ConfigError: for an option that makes no sense.
        DataError: if the images cannot be learnt from.
    """

    kind = ImageCodec.kind
    sources: ImageSources

    @checked("data")
    def __init__(
        self,
        source: Any,
        labels: Any = None,
        *,
        name: str | None = None,
        root: str | Path | None = None,
        path: str | Path | None = None,
        levels: int | None = None,
        binarise: str | None = None,
        channels: str | None = None,
        value_range: Sequence[float] | None = None,
        background: str | None = None,
        splits: bool = True,
        size: int | None = None,
        crop: str | None = "center",
        colour: str | None = None,
        classes: bool = True,
        reduce: int | None = None,
        validation: Part | None = None,
        holdout: Part | None = None,
        batch_size: Whole | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(validation=validation, batch_size=batch_size, seed=seed)
        self._images, self._labels = source, labels
        self._declared = Declared(levels, channels, check_range("value_range", value_range))
        said = {
            "source": source, "name": name, "root": root, "path": path, "levels": levels,
            "binarise": binarise, "size": size, "colour": colour, "reduce": reduce,
            "validation": validation, "holdout": holdout, "channels": channels,
            "value_range": None if value_range is None else list(value_range),
            "background": background,
        }  # fmt: skip
        self.options = {key: value for key, value in said.items() if value is not None}
        self.options |= {"crop": crop, "classes": classes, "splits": splits}
        if not isinstance(source, str):
            _refuse_for_arrays(self.options)

    def _read(self) -> None:
        if isinstance(self._images, str):
            self.sources = load_images(self.options, self.seed, self.allow_synthetic)
        else:
            self.options = {}
            self.sources = images_in_memory(
                self._images, self._labels, self._declared, self.seed, self.validation_share
            )
        train = self.sources.train
        levels = 2 if self.sources.dynamic else train.levels
        self.codec = ImageCodec(*train.shape, levels, train.classes)
        self.rows, self.notes = len(train), self.sources.notes
        _check_classes(train)
        _check_varied(train)

    def describe(self, width: int) -> Any:
        """Sizes of the images and of the splits."""
        from rich.box import SIMPLE
        from rich.table import Table

        codec, sources = self.codec, self.sources
        kind = {1: "grey", 3: "RGB"}.get(codec.channels, f"{codec.channels} channels")
        table = Table(title=f"{codec.height}×{codec.width} images, {kind}", box=SIMPLE)
        for title in ("split", "images", *(["images of each class"] if codec.classes else [])):
            table.add_column(title, justify="left" if title == "split" else "right")
        for name in ("train", "validation", "holdout"):
            part: ImageSet = getattr(sources, name)
            cells = [name, f"{len(part):,}"]
            if part.labels is not None:
                counts = torch.bincount(torch.from_numpy(part.labels), minlength=len(codec.classes))
                cells.append(f"{int(counts.min()):,} to {int(counts.max()):,}")
            table.add_row(*cells)
        levels = "drawn anew from the grey levels at each use" if sources.dynamic else "as read"
        classes = f"; {len(codec.classes)} classes" if codec.classes else ""
        table.caption = f"{codec.levels} levels, {levels}{classes}"
        return table

    def encode(self) -> Codes:
        """Training and validation records; binary pixels may be drawn anew at each use."""
        train, validation = self._codes(self.sources.train), self._codes(self.sources.validation)
        if not self.sources.dynamic:
            return Codes(train, validation)
        top, named = self.sources.train.levels - 1, len(self.codec.spec.variables)

        def draw(codes: Tensor, generator: torch.Generator) -> Tensor:
            grey = codes[:, named:].float() / top
            noise = torch.rand(grey.shape, generator=generator, device=generator.device)
            binary = (noise.to(grey.device) < grey).to(codes.dtype)
            return torch.cat([codes[:, :named], binary], 1)

        return Codes(train, validation, draw)

    def held_out(self) -> Tensor | None:
        """[N, V] of the images that were kept from the training."""
        held = self.sources.holdout
        return self._codes(held) if len(held) else None

    def _codes(self, part: ImageSet) -> Tensor:
        return torch.from_numpy(self.codec.encode(part.pixels, part.labels))

    def keep(self, folder: Path) -> dict[str, Any]:
        """Say where the images come from; they are read from there again."""
        places = {
            key: str(Path(str(self.options[key])).resolve())
            for key in ("root", "path")
            if self.options.get(key)
        }
        data = {"kind": self.kind, **self.options, **places}
        return {"kind": self.kind, "data": data, "seed": self.seed, "split": self.sources.split}

    def callbacks(self, pictures: int) -> list[pl.Callback]:
        """Bits a dimension, and pictures at a fixed seed of whatever a family can draw."""
        drawn = ImagePictures(self.codec, self.sources.validation).by_name()
        if len(self.codec.spec) <= SMALL_SIZE:  # drawn in no time, so that one can watch
            pictures *= 5
        return [BitsADimension(), *([Pictures(drawn, pictures)] if pictures else [])]

    def digest(self) -> str:
        """Of all images as they were brought to size and levels; see `digest_of_images`."""
        sources = self.sources
        parts = [sources.train, sources.validation]
        if sources.holdout is not sources.validation:  # as it is for images in memory
            parts.append(sources.holdout)
        drawn = sources.dynamic or self.options.get("binarise") == "stochastic"
        return digest_of_images(parts, self.codec.levels, drawn)

    def assess(self, model: Any) -> "tuple[int, list[Figure]]":
        """Against the validation images, which are fixed."""
        # Loaded here, as metrics bring libraries along that a training does not need.
        from synth_dl.images.assessment import assess_images

        train = self.sources.train
        if self.sources.dynamic:
            random = np.random.default_rng(self.seed % 2**64)
            pixels = draw_levels(train.pixels, train.levels, random)
            train = replace(train, pixels=pixels, levels=self.codec.levels)
        synthesizer = ImageSynthesizer(model, self.codec)
        return assess_images(synthesizer, train, self.sources.validation)


def _refuse_for_arrays(options: dict[str, Any]) -> None:
    """Refuse, by a ConfigError, what a program does to its images itself."""
    usual = {"crop": "center", "classes": True, "splits": True}
    free = ("source", "name", "levels", "channels", "value_range", "validation", *usual)
    said = [name for name in options if name not in free]
    said += [name for name, value in usual.items() if options[name] != value]
    if said:
        raise ConfigError(
            f"{said[0]} is for images from a file or a folder: change the array itself, or leave "
            f"{said[0]} out"
        )


def _check_classes(train: ImageSet) -> None:
    """Refuse a class that only validation or holdout know, as nothing can be learnt of it."""
    if train.labels is None:
        return
    seen = set(train.labels.tolist())
    unseen = [name for index, name in enumerate(train.classes) if index not in seen]
    if unseen:
        raise DataError(
            f"the class {unseen[0]!r} has no image to train on, only held-out ones; add images of "
            "it, or leave the classes out by data.classes=false"
        )


def _check_varied(train: ImageSet) -> None:
    """Refuse images of which each is like the others, as nothing can be learnt of them."""
    if (train.pixels.min(0) == train.pixels.max(0)).all():
        raise DataError(
            f"the {len(train):,} training images are all the same at {train.levels} levels of a "
            "pixel, so there is nothing to learn; give images that differ"
        )
