"""Pictures of a model of images while it trains, of whatever its family can draw."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from synth_dl.errors import ConfigError
from synth_dl.images.codec import ImageCodec
from synth_dl.images.image_set import ImageSet
from synth_dl.images.synthesizer import ImageSynthesizer
from synth_dl.images.writing.contact_sheet import contact_sheet
from synth_dl.images.writing.png import spread
from synth_dl.models.latents import interpolate, reconstruct
from synth_dl.noise import generator_for
from synth_dl.training.latent_pictures import kl_picture

GRID = 10  # rows and columns of a picture
COMPLETIONS = 4  # of each image
RECONSTRUCTIONS = 4  # of each image


class ImagePictures:
    """Pictures at a fixed seed, each [C, h, w] of a model and validation codes [M, V].

    Args:
        codec: of the images.
        validation: images to complete.
    """

    def __init__(self, codec: ImageCodec, validation: ImageSet) -> None:
        self.codec, self.validation = codec, validation

    def by_name(self) -> dict[str, Callable[[Any, Tensor], Any]]:
        """What draws each picture; None comes of one that a family does not have."""
        return {
            "samples": self._samples,
            "completions": self._completions,
            "reconstructions": self._reconstructions,
            "interpolations": self._interpolations,
            "kl_per_dimension": kl_picture,
        }

    def _samples(self, model: Any, _: Tensor) -> Any:
        drawn = ImageSynthesizer(model, self.codec).sample(GRID * GRID, seed=0)
        return self._picture(drawn.pixels, GRID)

    def _completions(self, model: Any, _: Tensor) -> Any:
        """Validation images with their upper half given, four completions beside each."""
        real = self.validation.take(np.arange(min(GRID, len(self.validation))))
        mask = np.zeros(real.shape[:2], bool)
        mask[: max(1, mask.shape[0] // 2)] = True
        # One after another, so that all completions are drawn in one go.
        places = np.arange(len(real)).repeat(COMPLETIONS)
        try:
            drawn = ImageSynthesizer(model, self.codec).sample(
                given=real.take(places), mask=mask, seed=0
            )
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
