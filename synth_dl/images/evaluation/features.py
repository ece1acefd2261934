"""Features in which images are compared: of a classifier of the real images, or principal ones.

Nothing is downloaded: with labels, the features are the penultimate layer of a small classifier of
the training images, without labels their principal components. Figures of two reports can be
compared only if digest and seed of the features are the same.

All features are divided by one number, their root mean square over training images, so that
distances have a scale that does not hang on how long a classifier was trained.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from synth_dl.images.evaluation.classifier import ImageClassifier, train_classifier
from synth_dl.images.evaluation.sets import labelled, shuffled
from synth_dl.images.image_set import ImageSet

if TYPE_CHECKING:
    from sklearn.decomposition import PCA

COMPONENTS = 64
LEARNED_FROM = 20_000
# Numbers held at the same time, 400 MiB to learn from and 40 MiB to project.
MAX_CELLS = 100_000_000
CELLS_AT_ONCE = 10_000_000


@dataclass(frozen=True)
class FeatureExtractor:
    """Images to [N, F] float64 features.

    Attributes:
        kind: "classifier" or "principal components".
        dimensions: F.
        seed: of its training.
        digest: SHA-256 of its weights.
        accuracy: of the classifier on the validation images, in percent, or None.
        extract: the map itself.
        classifier: the network behind it, or None.
    """

    kind: str
    dimensions: int
    seed: int
    digest: str
    accuracy: float | None
    extract: Callable[[ImageSet], NDArray[np.float64]] = field(repr=False)
    classifier: ImageClassifier | None = field(default=None, repr=False)

    def __call__(self, images: ImageSet) -> NDArray[np.float64]:
        """[N, F] features."""
        return self.extract(images)

    def to_dict(self) -> dict[str, Any]:
        """What a report says about the features."""
        names = ("kind", "dimensions", "seed", "digest", "accuracy")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def fit(
        cls, train: ImageSet, validation: ImageSet | None = None, seed: int = 0
    ) -> "FeatureExtractor":
        """Features of real images: of a classifier where there are classes, else principal ones.

        Args:
            train: all that it learns from.
            validation: images that tell the accuracy, and nothing else.
            seed: of every random choice.
        """
        if not labelled(train) or len(train.classes) < 2:
            return cls.principal(train, seed)
        network = train_classifier(train, seed)
        scale = _scale(network.features(shuffled(train, LEARNED_FROM, seed)))
        return cls(
            kind="classifier",
            dimensions=network.features(train.take(slice(0, 1))).shape[1],
            seed=seed,
            digest=network.digest(),
            accuracy=None if validation is None else network.accuracy(validation),
            extract=lambda images: network.features(images).astype(np.float64) * scale,
            classifier=network,
        )

    @classmethod
    def principal(cls, train: ImageSet, seed: int = 0) -> "FeatureExtractor":
        """The first 64 principal components of pixels from 0 to 1, or fewer where there are fewer.

        Fitted on at most 20,000 images, a random choice by the seed, and on no more than 400 MiB
        hold.
        """
        from sklearn.decomposition import PCA

        most = max(2, min(LEARNED_FROM, MAX_CELLS // train.pixels[0].size))
        known = _flat(shuffled(train, most, seed))
        size = min(COMPONENTS, known.shape[0] - 1, known.shape[1])
        reduced = PCA(size, random_state=seed).fit(known)
        scale = _scale(reduced.transform(known))
        seen = hashlib.sha256(reduced.mean_.tobytes())
        seen.update(np.ascontiguousarray(reduced.components_).tobytes())
        return cls(
            kind="principal components",
            dimensions=size,
            seed=seed,
            digest=seen.hexdigest(),
            accuracy=None,
            extract=lambda images: _project(reduced, images) * scale,
        )


def _project(reduced: "PCA", images: ImageSet) -> NDArray[np.float64]:
    step = max(1, CELLS_AT_ONCE // images.pixels[0].size)
    blocks = range(0, len(images), step)
    parts = [reduced.transform(_flat(images.take(slice(at, at + step)))) for at in blocks]
    return np.concatenate(parts).astype(np.float64)


def _scale(features: NDArray[np.floating]) -> float:
    size = float(np.sqrt(np.mean(np.square(features, dtype=np.float64))))
    return 1.0 / size if size > 0 else 1.0


def _flat(images: ImageSet) -> NDArray[np.float32]:
    flat = images.pixels.reshape(len(images), -1)
    return flat.astype(np.float32) / np.float32(images.levels - 1)
