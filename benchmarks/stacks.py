"""Three digits stacked as the channels of one image: 1,000 modes that a classifier can name."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from modes import modes_found, reverse_kl
from numpy.typing import NDArray

from synth_dl.images.evaluation.classifier import ImageClassifier, train_classifier
from synth_dl.images.image_set import ImageSet
from synth_dl.images.reading.sources import ImageSources

CHANNELS = 3
TRAIN = 50_000
FILLED_SHARE = 0.1


def stacked(digits: ImageSet, count: int, seed: int = 0) -> ImageSet:
    """[count, 8, 8, 3] images without labels, no two of them the same three digits in one order."""
    size = len(digits)
    chosen = np.random.default_rng(seed).choice(size**CHANNELS, count, replace=False)
    digit = np.stack([chosen // size**channel % size for channel in range(CHANNELS)], axis=1)
    pixels = digits.pixels[digit, :, :, 0].transpose(0, 2, 3, 1)
    return ImageSet(np.ascontiguousarray(pixels), digits.levels)


@dataclass(frozen=True)
class Judge:
    """Names the digit of each channel.

    Attributes:
        classifier: of single digits.
        expected: [1000] share of each mode in the training stacks: the product of the shares of
            its three classes.
        accuracy: of the classifier on digits that it has not seen, in percent.
    """

    classifier: ImageClassifier
    expected: NDArray[np.float64]
    accuracy: float

    @classmethod
    def of(cls, sources: ImageSources, seed: int = 0) -> "Judge":
        """Learns from the real digits of training and validation; the stacks are of the former."""
        train, more = sources.train, sources.validation
        known = ImageSet(
            np.concatenate([train.pixels, more.pixels]),
            train.levels,
            np.concatenate([_labels(train), _labels(more)]),
            train.classes,
        )
        classifier = train_classifier(known, seed)
        shares = np.bincount(_labels(train), minlength=len(known.classes))
        shares = shares / shares.sum()
        expected = np.einsum("i,j,k->ijk", shares, shares, shares).ravel()
        return cls(classifier, expected, round(classifier.accuracy(sources.holdout), 2))

    def figures(self, images: ImageSet) -> dict[str, Any]:
        """What stacks are worth.

        Returns:
            `modes`, how many of the 1,000 occur at all; `filled_modes`, how many have a tenth of
            their share at least; `reverse_kl` in nats. Whatever is drawn gets some class, so that
            even independent pixels have nearly all modes once there are many of them.
        """
        counts = self.counts(images)
        return {
            "modes": modes_found(counts),
            "filled_modes": modes_found(counts, FILLED_SHARE * self.expected * len(images)),
            "reverse_kl": round(reverse_kl(counts, self.expected), 4),
        }

    def counts(self, images: ImageSet) -> NDArray[np.int64]:
        """[1000] how many of the stacks are of each mode."""
        count, height, width, channels = images.pixels.shape
        planes = images.pixels.transpose(0, 3, 1, 2).reshape(-1, height, width, 1)
        digits = self.classifier.predict(ImageSet(planes, images.levels)).reshape(count, channels)
        classes = round(len(self.expected) ** (1 / CHANNELS))
        places = classes ** np.arange(CHANNELS - 1, -1, -1)
        return np.bincount(digits @ places, minlength=len(self.expected))


def _labels(images: ImageSet) -> NDArray[np.int64]:
    assert images.labels is not None
    return images.labels
