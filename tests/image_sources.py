"""Images loaded as a data config says, and their parts together."""

import numpy as np

from synth_dl.images.image_set import ImageSet
from synth_dl.images.reading.sources import ImageSources, load_images


def load(source: str, seed: int = 0, **options) -> ImageSources:
    return load_images({"kind": "images", "name": None, "source": source, **options}, seed)


def parts(sources: ImageSources) -> list[ImageSet]:
    return [sources.train, sources.validation, sources.holdout]


def all_pixels(sources: ImageSources) -> np.ndarray:
    return np.concatenate([part.pixels for part in parts(sources)])
