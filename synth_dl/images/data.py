"""Images as the data of a training."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor

from synth_dl.errors import ConfigError, DataError
from synth_dl.images.bits import BitsADimension
from synth_dl.images.codec import ImageCodec
from synth_dl.images.contents import digest_of_images
from synth_dl.images.image_set import ImageSet
from synth_dl.images.reading.levels import draw_levels
from synth_dl.images.reading.memory import images_in_memory
from synth_dl.images.reading.sources import ImageSources, load_images
from synth_dl.images.writing.contact_sheet import contact_sheet
from synth_dl.images.writing.png import spread
from synth_dl.models.latents import interpolate, reconstruct
from synth_dl.noise import generator_for
from synth_dl.training.callbacks.pictures import Pictures
from synth_dl.training.latent_pictures import kl_picture
from synth_dl.training.task import Codes

if TYPE_CHECKING:
    from synth_dl.metrics.figures import Figure

GRID = 10  # rows and columns of a picture
COMPLETIONS = 4  # of each image
RECONSTRUCTIONS = 4  # of each image
SMALL_SIZE = 200  # variables; so small images are pictured more often


class ImageTask:
    """Images to learn from; see `Task`.

    Args:
        sources: with their fixed splits.
        data: the resolved data config, from which an evaluation finds the same splits again.
        seed: of the splits that are drawn.
    """

    target: str | None = None

    def __init__(self, sources: ImageSources, data: Mapping[str, Any], seed: int) -> None:
        self.sources, self.data, self.seed = sources, dict(data), seed
        train = sources.train
        height, width, channels = train.shape
        levels = 2 if sources.dynamic else train.levels
        self.codec = ImageCodec(height, width, channels, levels, train.classes)
        self.rows = len(train)
        self.notes = sources.notes
        _check_classes(train)
        _check_varied(train)

    @classmethod
    def load(cls, data: Mapping[str, Any], seed: int) -> "ImageTask":
        """Read what a data config names."""
        return cls(load_images(data, seed), data, seed)

    @classmethod
    def in_memory(cls, images: Any, labels: Any, levels: int | None, seed: int) -> "ImageTask":
        """Images and labels that a program holds; a tenth of them is for validation."""
        return cls(images_in_memory(images, labels, levels, seed), {}, seed)

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

    def codes(self) -> Codes:
        """Training and validation records; binary pixels may be drawn anew at each use."""
        train, validation = (
            torch.from_numpy(self.codec.encode(part.pixels, part.labels))
            for part in (self.sources.train, self.sources.validation)
        )
        if not self.sources.dynamic:
            return Codes(train, validation)
        top, named = self.sources.train.levels - 1, len(self.codec.spec.variables)

        def draw(codes: Tensor, generator: torch.Generator) -> Tensor:
            grey = codes[:, named:].float() / top
            noise = torch.rand(grey.shape, generator=generator, device=generator.device)
            binary = (noise.to(grey.device) < grey).to(codes.dtype)
            return torch.cat([codes[:, :named], binary], 1)

        return Codes(train, validation, draw)

    def keep(self, folder: Path) -> dict[str, Any]:
        """Say where the images come from; they are read from there again."""
        places = {key: str(Path(str(self.data[key])).resolve()) for key in ("root", "path")
                  if self.data.get(key)}  # fmt: skip
        split = self.sources.split
        return {"kind": "images", "data": self.data | places, "seed": self.seed, "split": split}

    def callbacks(self, pictures: int) -> list[pl.Callback]:
        """Bits a dimension, and pictures at a fixed seed of whatever a family can draw."""
        drawn = {
            "samples": self._samples,
            "completions": self._completions,
            "reconstructions": self._reconstructions,
            "interpolations": self._interpolations,
            "kl_per_dimension": kl_picture,
        }
        if len(self.codec.spec) <= SMALL_SIZE:  # drawn in no time, so that one can watch
            pictures *= 5
        return [BitsADimension(), *([Pictures(drawn, pictures)] if pictures else [])]

    def digest(self) -> str:
        """Of all images as they were brought to size and levels; see `digest_of_images`."""
        sources = self.sources
        parts = [sources.train, sources.validation]
        if sources.holdout is not sources.validation:  # as it is for images in memory
            parts.append(sources.holdout)
        drawn = sources.dynamic or self.data.get("binarise") == "stochastic"
        return digest_of_images(parts, self.codec.levels, drawn)

    def assess(self, model: Any, share: float, seed: int) -> "tuple[int, list[Figure]]":
        """Against the validation images, which are fixed."""
        from synth_dl.images.assessment import assess_images

        train = self.sources.train
        if self.sources.dynamic:
            random = np.random.default_rng(seed % 2**64)
            pixels = draw_levels(train.pixels, train.levels, random)
            train = replace(train, pixels=pixels, levels=self.codec.levels)
        return assess_images(self._synthesizer(model), train, self.sources.validation)

    def _samples(self, model: Any, _: Tensor) -> Any:
        drawn = self._synthesizer(model).sample(GRID * GRID, seed=0)
        return self._picture(drawn.pixels, GRID)

    def _completions(self, model: Any, _: Tensor) -> Any:
        """Validation images with their upper half given, four completions beside each."""
        real = self.sources.validation.take(np.arange(min(GRID, len(self.sources.validation))))
        mask = np.zeros(real.shape[:2], bool)
        mask[: max(1, mask.shape[0] // 2)] = True
        # One after another, so that all completions are drawn in one go.
        places = np.arange(len(real)).repeat(COMPLETIONS)
        try:
            drawn = self._synthesizer(model).sample(given=real.take(places), mask=mask, seed=0)
        except ConfigError:  # a family that completes no images says so
            return None
        completed = drawn.pixels.reshape(len(real), COMPLETIONS, *real.shape)
        pixels = np.concatenate([real.pixels[:, None], completed], 1)
        return self._picture(pixels.reshape(-1, *real.shape), 1 + COMPLETIONS)

    def _reconstructions(self, model: Any, codes: Tensor) -> Any:
        """Validation images in the first row, and below each of them draws of it by the model."""
        if not model.latent:
            return None
        real, generator = codes[:GRID], generator_for(0)
        drawn = [reconstruct(model, real, generator) for _ in range(RECONSTRUCTIONS)]
        return self._decoded(torch.cat([real, *drawn]), len(real))

    def _interpolations(self, model: Any, codes: Tensor) -> Any:
        """A validation image at either end of a row, and draws on the way between their means."""
        rows = min(GRID, len(codes) // 2)
        if not model.latent or not rows:
            return None
        first, second = codes[: 2 * rows].split(rows)
        between = interpolate(model, first, second, GRID - 2, generator_for(0))
        lines = torch.cat([first[:, None], between, second[:, None]], 1)
        return self._decoded(lines.flatten(0, 1), GRID)

    def _decoded(self, codes: Tensor, columns: int) -> Any:
        """[C, h, w] of codes [N, V] in rows of so many."""
        return self._picture(self.codec.decode(codes.cpu().numpy())[0], columns)

    def _picture(self, pixels: Any, columns: int) -> Any:
        """[C, h, w] of images [N, H, W, C] in rows of so many."""
        return contact_sheet(spread(pixels, self.codec.levels), columns).transpose(2, 0, 1)

    def _synthesizer(self, model: Any) -> Any:
        from synth_dl.images.synthesizer import ImageSynthesizer

        return ImageSynthesizer(model, self.codec)


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
