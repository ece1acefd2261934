"""Whether a short training on digits ended well: classes, features and repeats of its images."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from modes import modes_found

from synth_dl.images.evaluation.features import FeatureExtractor
from synth_dl.images.evaluation.references import pixel_histogram
from synth_dl.images.image_set import ImageSet
from synth_dl.metrics.distances import frechet_distance

FOUND_SHARE = 0.1  # of an equal share of the images
MAX_DISTANCE_SHARE = 0.5  # of what independent pixels get
MIN_DISTINCT = 0.5
MIN_AGREEING = 50.0  # percent


@dataclass(frozen=True)
class DigitJudge:
    """Judges digits by a classifier of real ones and its features.

    Attributes:
        extractor: the features, and the classifier behind them.
        train: the real images.
        trivial_distance: Fréchet distance that independent pixels get.
    """

    extractor: FeatureExtractor
    train: ImageSet
    trivial_distance: float

    @classmethod
    def of(cls, train: ImageSet, count: int, seed: int = 0) -> "DigitJudge":
        """Learns from real digits, to judge `count` others at a time."""
        extractor = FeatureExtractor.fit(train, seed=seed)
        trivial = extractor(pixel_histogram(train, count, seed))
        return cls(extractor, train, frechet_distance(extractor(train), trivial))

    def figures(self, images: ImageSet) -> dict[str, Any]:
        """What a sample is worth.

        Returns:
            `classes` that the classifier sees in a tenth of an equal share of the images at least;
            `confidence`, the mean probability of the class it sees; `distance`, the Fréchet
            distance to the real images, and `trivial_distance` beside it; `distinct`, the share of
            images that differ from all before; `agreeing`, the percentage whose label it sees too.
        """
        classifier = self.extractor.classifier
        assert classifier is not None
        seen = np.bincount(classifier.predict(images), minlength=len(self.train.classes))
        with torch.inference_mode():
            logits = classifier.head(torch.from_numpy(classifier.features(images)))
        flat = images.pixels.reshape(len(images), -1)
        agreeing = None if images.labels is None else round(classifier.accuracy(images), 2)
        distance = frechet_distance(self.extractor(self.train), self.extractor(images))
        return {
            "classes": modes_found(seen, FOUND_SHARE * len(images) / len(seen)),
            "confidence": round(float(logits.softmax(1).max(1).values.mean()), 4),
            "distance": round(distance, 4),
            "trivial_distance": round(self.trivial_distance, 4),
            "distinct": round(len(np.unique(flat, axis=0)) / len(images), 4),
            "agreeing": agreeing,
        }

    def bad_end(self, figures: dict[str, Any]) -> list[str]:
        """Why these figures are those of a failed training; empty if they are not.

        A class is lost; or the features are at least half as far off as those of independent
        pixels, as they are for noise, for blurred means, or for one image a class; or most images
        are repeats; or most labels do not say what the image shows. Real test images get a tenth of
        that distance, and 93 % of their labels agree. The confidence is no reason: it is 0.96 for
        real images, 0.73 for independent pixels, and 0.98 for one image a class. A training that
        was only too short fails too.
        """
        reasons = []
        if figures["classes"] < len(self.train.classes):
            reasons.append(f"{figures['classes']} classes")
        if figures["distance"] >= MAX_DISTANCE_SHARE * self.trivial_distance:
            reasons.append(f"distance {figures['distance']:.2f}")
        if figures["distinct"] < MIN_DISTINCT:
            reasons.append(f"{figures['distinct']:.0%} distinct")
        if figures["agreeing"] is not None and figures["agreeing"] < MIN_AGREEING:
            reasons.append(f"{figures['agreeing']:.0f}% of the labels agree")
        return reasons
