"""The figures of synthetic images: every metric beside the real holdout and a trivial generator."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from synth_dl.images.evaluation.classifier import ImageClassifier, train_classifier
from synth_dl.images.evaluation.copies import image_copies, nearer_train_images
from synth_dl.images.evaluation.features import FeatureExtractor
from synth_dl.images.evaluation.sets import Images, shuffled
from synth_dl.metrics.clouds import cloud_metrics
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.report import Metric, definition_of
from synth_dl.metrics.two_sample import TwoSampleResult, two_sample_auc

MAX_IMAGES = 10_000
MAX_TWO_SAMPLE = 5_000
T = TypeVar("T")


@dataclass(frozen=True)
class ImageComparison:
    """The sets, cut to what each metric looks at, and each metric on all of them.

    The reference is the training set. Synthetic images, holdout and trivial images are cut to one
    size, at most 10,000, as most of the figures depend on the number of images.

    Attributes:
        train, synthetic, validation, holdout, trivial: whole sets.
        extractor: the features.
        seed: of every random choice.
    """

    train: Images
    synthetic: Images
    validation: Images | None
    holdout: Images | None
    trivial: Images
    extractor: FeatureExtractor
    seed: int

    @property
    def size(self) -> int:
        """Images of each of the sets that are compared with the training images."""
        sets = (self.synthetic, self.trivial, self.holdout)
        return min(MAX_IMAGES, *(len(each) for each in sets if each is not None))

    def in_features(self) -> list[Metric]:
        """Fréchet and kernel distance, precision, recall, density and coverage."""
        real = self.extractor(shuffled(self.train, MAX_IMAGES, self.seed))
        return cloud_metrics(real, self._roles(lambda images: self.extractor(self._cut(images))))

    def two_sample(self, view: str, extractor: Callable[[Images], np.ndarray]) -> Metric:
        """AUC against the holdout, or against training images where there is none.

        Args:
            view: what the boosted trees look at, beside the class.
            extractor: the same as a function.
        """
        started = time.perf_counter()
        against = self.train if self.holdout is None else self.holdout
        kind = "training images" if self.holdout is None else "fresh images"
        metric = Metric(
            name=f"two_sample_auc_{view.replace(' ', '_')}",
            title=f"two-sample AUC on {view}, {kind}",
            definition=f"{definition_of(two_sample_auc)} The rows are {view}, and the class where "
            f"there is one; the real rows are {kind}. The real reference is the holdout against "
            f"{'training' if self.validation is None else 'validation'} images.",
            unit="AUC",
            better="0.5",
        )

        def tell(first: Images, second: Images) -> TwoSampleResult | None:
            real, made = (self._rows_of(each, extractor) for each in (first, second))
            return two_sample_auc(real, made, self.seed, MAX_TWO_SAMPLE)

        found = tell(against, self.synthetic)
        assert found is not None
        # Features were learned from the training images, and would tell these from fresh ones.
        fresh = self.train if self.validation is None else self.validation
        perfect = None if self.holdout is None else tell(self.holdout, fresh)
        trivial = tell(against, self.trivial)
        return replace(
            metric,
            synthetic=found.auc,
            holdout=None if perfect is None else perfect.auc,
            independent=None if trivial is None else trivial.auc,
            rows={"each": found.rows_each},
            seconds=time.perf_counter() - started,
        )

    def accuracy(self) -> Metric:
        """Accuracy on the holdout of a classifier that was trained on synthetic images."""
        started = time.perf_counter()
        metric = Metric(
            name="accuracy_of_trained",
            title="accuracy on the holdout, trained on it",
            definition="Accuracy on the real holdout of a small convolutional classifier trained "
            "on these images; the real reference is trained on as many training images.",
            unit="%",
            better="higher",
        )
        if self.holdout is None or self.extractor.classifier is None:
            return metric
        holdout, size = self.holdout, min(len(self.train), len(self.synthetic))

        def learned(images: Images) -> ImageClassifier:
            return train_classifier(shuffled(images, size, self.seed), self.seed)

        real = self.extractor.classifier if size == len(self.train) else learned(self.train)
        found = learned(self.synthetic).accuracy(holdout)
        return replace(
            metric,
            synthetic=found,
            holdout=real.accuracy(holdout),
            independent=learned(self.trivial).accuracy(holdout),
            rows={"each": size, "holdout": len(holdout)},
            standard_error=float(np.sqrt(found * (100.0 - found) / len(holdout))),
            seconds=time.perf_counter() - started,
        )

    def nearer_share(self) -> Metric:
        """Share of images nearer to train than to an equal holdout."""
        started = time.perf_counter()
        metric = Metric(
            name="nearer_train_images",
            title="nearer to train than to holdout",
            definition=definition_of(nearer_train_images)
            + " The real reference is one half of the holdout against the other half.",
            unit="%",
            better="50",
        )
        if self.holdout is None:
            return metric
        halves, half = shuffled(self.holdout, len(self.holdout), self.seed), len(self.holdout) // 2
        first, second = halves.take(slice(0, half)), halves.take(slice(half, None))
        found = nearer_train_images(self.train, self.holdout, self.synthetic, self.seed)
        trivial = nearer_train_images(self.train, self.holdout, self.trivial, self.seed)
        return replace(
            metric,
            synthetic=found.percent,
            holdout=nearer_train_images(self.train, second, first, self.seed).percent,
            independent=trivial.percent,
            rows={"synthetic": found.asked, "each": found.references},
            standard_error=found.standard_error,
            seconds=time.perf_counter() - started,
        )

    def copies(self) -> Metric:
        """Share of images that stand in the training set as they are."""
        started = time.perf_counter()
        shares = self._roles(lambda images: image_copies(self.train, images))
        return Metric(
            name="exact_copies",
            title="exact copies of training images",
            definition=definition_of(image_copies),
            unit="%",
            better="as the holdout",
            synthetic=shares["synthetic"],
            holdout=shares.get("holdout"),
            independent=shares["independent"],
            rows={"train": len(self.train), "synthetic": len(self.synthetic)},
            seconds=time.perf_counter() - started,
        )

    def _roles(self, measure: Callable[[Images], T]) -> dict[str, T]:
        sets = {"synthetic": self.synthetic, "holdout": self.holdout, "independent": self.trivial}
        return {role: measure(each) for role, each in sets.items() if each is not None}

    def _cut(self, images: Images) -> Images:
        return shuffled(images, self.size, self.seed)

    def _rows_of(self, images: Images, extractor: Callable[[Images], np.ndarray]) -> EncodedTable:
        images = shuffled(images, MAX_TWO_SAMPLE, self.seed)
        values = extractor(images)
        if images.labels is not None and self.train.classes:
            values = np.column_stack([values, images.labels])
        return EncodedTable((), values)
