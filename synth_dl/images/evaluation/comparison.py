"""The metrics of images: each on the synthetic images and on their two references."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from synth_dl.images.evaluation.classifier import ImageClassifier, train_classifier
from synth_dl.images.evaluation.copies import image_copies
from synth_dl.images.evaluation.features import FeatureExtractor
from synth_dl.images.evaluation.sets import shuffled
from synth_dl.images.image_set import ImageSet
from synth_dl.metrics.clouds import cloud_metrics
from synth_dl.metrics.comparison import Comparison, timed
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.intervals import share_error
from synth_dl.metrics.report import Metric, definition_of
from synth_dl.metrics.two_sample import TwoSampleResult, two_sample_auc

MAX_IMAGES = 10_000
MAX_TWO_SAMPLE = 5_000
ImageComparison = Comparison[ImageSet]


def common_size(images: ImageComparison) -> int:
    """How many images of each set are compared in features with the training images.

    One number for all sets, at most 10,000, as most of the figures depend on it.
    """
    return min(MAX_IMAGES, *images.roles(len).values())


def in_features(images: ImageComparison, extractor: FeatureExtractor) -> list[Metric]:
    """Fréchet and kernel distance, precision, recall, density and coverage."""
    size = common_size(images)
    real = extractor(shuffled(images.train, MAX_IMAGES, images.seed))
    made = images.roles(lambda each: extractor(shuffled(each, size, images.seed)))
    return cloud_metrics(real, made)


@timed
def two_sample(
    images: ImageComparison,
    validation: ImageSet | None,
    view: str,
    extractor: Callable[[ImageSet], np.ndarray],
) -> Metric:
    """AUC against the holdout, or against training images where there is none.

    Args:
        images: that are compared.
        validation: real images that the holdout is held against, or None.
        view: what the boosted trees look at, beside the class.
        extractor: the same as a function.
    """
    against = images.train if images.holdout is None else images.holdout
    # Features were learned from the training images, and would tell these from fresh ones.
    fresh = images.train if validation is None else validation

    def rows_of(each: ImageSet) -> EncodedTable:
        chosen = shuffled(each, MAX_TWO_SAMPLE, images.seed)
        values = extractor(chosen)
        if chosen.labels is not None and images.train.classes:
            values = np.column_stack([values, chosen.labels])
        return EncodedTable((), values)

    def tell(first: ImageSet, second: ImageSet) -> TwoSampleResult:
        found = two_sample_auc(rows_of(first), rows_of(second), images.seed, MAX_TWO_SAMPLE)
        assert found is not None
        return found

    found = tell(against, images.synthetic)
    kind = "training images" if images.holdout is None else "fresh images"
    return Metric(
        name=f"two_sample_auc_{view.replace(' ', '_')}",
        title=f"two-sample AUC on {view}, {kind}",
        definition=f"{definition_of(two_sample_auc)} The rows are {view}, and the class where "
        f"there is one; the real rows are {kind}. The real reference is the holdout against "
        f"{'training' if validation is None else 'validation'} images.",
        unit="AUC",
        better="0.5",
        synthetic=found.auc,
        standard_error=found.standard_error,
        holdout=None if images.holdout is None else tell(images.holdout, fresh).auc,
        independent=tell(against, images.independent).auc,
        rows={"each": found.rows_each},
    )


@timed
def accuracy(images: ImageComparison, classifier: ImageClassifier | None) -> Metric:
    """Accuracy on the holdout of a classifier that was trained on synthetic images.

    Args:
        images: that are compared.
        classifier: trained on all training images, or None where these have no classes.
    """
    metric = Metric(
        name="accuracy_of_trained",
        title="accuracy on the holdout, trained on it",
        definition="Accuracy on the real holdout of a small convolutional classifier trained "
        "on these images; the real reference is trained on as many training images.",
        unit="%",
        better="higher",
    )
    if images.holdout is None or classifier is None:
        return metric
    holdout, size = images.holdout, min(len(images.train), len(images.synthetic))

    def learned(each: ImageSet) -> ImageClassifier:
        return train_classifier(shuffled(each, size, images.seed), images.seed)

    real = classifier if size == len(images.train) else learned(images.train)
    found = learned(images.synthetic).accuracy(holdout)
    return replace(
        metric,
        synthetic=found,
        holdout=real.accuracy(holdout),
        independent=learned(images.independent).accuracy(holdout),
        rows={"each": size, "holdout": len(holdout)},
        standard_error=share_error(found, len(holdout)),
    )


def copies(images: ImageComparison) -> Metric:
    """Share of images that stand in the training set as they are."""
    title, definition = "exact copies of training images", definition_of(image_copies)
    rows = {"train": len(images.train), "synthetic": len(images.synthetic)}
    metric = Metric("exact_copies", title, definition, "%", "as the holdout", rows=rows)
    error = partial(share_error, count=len(images.synthetic))
    return images.with_train(metric, image_copies, error)
