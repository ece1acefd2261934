"""All metrics of synthetic images, each beside the real holdout and a pixel histogram.

The holdout shows what a perfect generator gets, the pixel histogram what a trivial one gets; a
figure means nothing without the two.
"""

import time
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial

import numpy as np
from numpy.typing import NDArray

from synth_dl.images.evaluation.charts import image_charts, repeated
from synth_dl.images.evaluation.comparison import (
    ImageComparison,
    accuracy,
    common_size,
    copies,
    in_features,
    two_sample,
)
from synth_dl.images.evaluation.copies import nearer_train_images
from synth_dl.images.evaluation.features import FeatureExtractor
from synth_dl.images.evaluation.pictures import samples_figure
from synth_dl.images.evaluation.references import pixel_histogram
from synth_dl.images.evaluation.sets import check_sets, labelled
from synth_dl.images.image_set import ImageSet
from synth_dl.metrics.figures import finite
from synth_dl.metrics.privacy.membership import LEVEL
from synth_dl.metrics.progress import Announce, silent
from synth_dl.metrics.report import Metric, Report

# Images of no more pixels and channels are shown to the boosted trees as they are.
SMALL_IMAGE = 256
NO_HOLDOUT = (
    "Without a holdout this report cannot tell whether training images were memorised or what a "
    "classifier trained on synthetic images is worth, and the figures lack their real reference."
)


def evaluate_images(
    train: ImageSet,
    synthetic: ImageSet,
    *,
    validation: ImageSet | None = None,
    holdout: ImageSet | None = None,
    seed: int = 0,
    likelihood: Mapping[str, Mapping[str, float]] | None = None,
    announce: Announce = silent,
) -> Report:
    """Compare synthetic images with the real ones that they imitate.

    Args:
        train: the images that the generator was trained on.
        synthetic: the images that it made, with labels where the training images have them.
        validation: real images that tell how good the features are, and nothing else.
        holdout: real images that it never saw, not for selection either.
        seed: of features, folds and random choices of images.
        likelihood: figures of the model itself, by the split that they are for: "nats", the mean
            negative log-likelihood of an image, "bits", the same in bits a dimension, and
            "standard_error" of the nats; lower is better. Each may be left out.
        announce: is told the name of each part when it begins.

    Raises:
        DataError: if the sets do not fit together or are too small.
    """
    started = time.perf_counter()
    given = {"train": train, "validation": validation, "holdout": holdout, "synthetic": synthetic}
    sets = {role: images for role, images in given.items() if images is not None}
    check_sets(sets)
    announce("features")
    extractor = FeatureExtractor.fit(train, validation, seed)
    announce("figures")
    trivial = pixel_histogram(train, len(synthetic), seed)
    compared = ImageComparison(train, synthetic, holdout, trivial, seed)
    metrics = (
        *_metrics(compared, validation, extractor), *_likelihood_metrics(likelihood or {})
    )  # fmt: skip
    private = {}
    if holdout is not None:
        private = {"level": LEVEL, "exact_copies": asdict(repeated(train, synthetic, holdout))}
    return Report(
        title="Synthetic against real images",
        trivial="pixel histogram",
        metrics=metrics,
        facts={
            "images": {role: len(images) for role, images in sets.items()},
            "features": extractor.to_dict(),
            "privacy": private,
        },
        seed=seed,
        seconds=time.perf_counter() - started,
        notes=tuple(_notes(compared, extractor, metrics)),
        pictures={"samples": partial(samples_figure, train, synthetic, holdout, seed)},
        charts=image_charts(train, synthetic, holdout, seed),
        records="images",
    )


def _metrics(
    images: ImageComparison, validation: ImageSet | None, extractor: FeatureExtractor
) -> list[Metric]:
    metrics = in_features(images, extractor)
    metrics.append(two_sample(images, validation, "features", extractor))
    if images.train.pixels[0].size <= SMALL_IMAGE:
        metrics.append(two_sample(images, validation, "pixels", _flat))
    elif extractor.classifier is not None:
        principal = FeatureExtractor.principal(images.train, images.seed)
        metrics.append(two_sample(images, validation, "principal components", principal))
    metrics.append(accuracy(images, extractor.classifier))
    metrics.append(images.nearer_share(nearer_train_images))
    metrics.append(copies(images))
    return metrics


def _flat(images: ImageSet) -> NDArray[np.float64]:
    return images.pixels.reshape(len(images), -1).astype(float)


def _likelihood_metrics(likelihood: Mapping[str, Mapping[str, float]]) -> list[Metric]:
    units = {"nats": "nats an image", "bits": "bits a dimension"}
    metrics = []
    for split, figures in likelihood.items():
        for name, unit in units.items():
            if figures.get(name) is None:
                continue
            error = figures.get("standard_error") if name == "nats" else None
            metric = Metric(
                name=f"likelihood_{split}_{name}",
                title=f"negative log-likelihood, {split}",
                definition="Mean negative log-likelihood of an image under the model, as the model "
                "reports it; bits a dimension are nats an image over ln 2 and the number of pixels "
                "times channels.",
                unit=unit,
                better="lower",
                synthetic=finite(figures[name]),
                standard_error=finite(error),
            )
            metrics.append(metric)
    return metrics


def _notes(
    images: ImageComparison, extractor: FeatureExtractor, metrics: tuple[Metric, ...]
) -> list[str]:
    size = common_size(images)
    notes = [
        f"Features: {extractor.dimensions} of a {_kind(extractor)}, seed {extractor.seed}, "
        f"SHA-256 {extractor.digest[:12]}…; figures in features compare only among equal features."
    ]
    if images.holdout is None:
        notes.append(NO_HOLDOUT)
    if not labelled(images.train):
        notes.append("Without labels there is no classifier: features are principal components.")
    if min(len(images.train), len(images.synthetic)) > size:
        notes.append(
            f"Figures in features rest on a random choice of {size:,} images of each "
            "set, as they depend on the number of images."
        )
    notes.extend(f"{metric.title}: {metric.note}." for metric in metrics if metric.note)
    return notes


def _kind(extractor: FeatureExtractor) -> str:
    if extractor.classifier is None:
        return "principal component analysis of the training images"
    kind = "classifier of the training images"
    if extractor.accuracy is not None:
        kind += f" ({extractor.accuracy:.2f} % right on the validation images)"
    return kind
