"""A quick assessment of a model of images: draws against validation images."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from synth_dl.images.evaluation.features import FeatureExtractor
from synth_dl.images.evaluation.references import pixel_histogram
from synth_dl.images.evaluation.sets import labelled, shuffled
from synth_dl.images.image_set import ImageSet
from synth_dl.metrics.distances import frechet_distance
from synth_dl.metrics.encoded import EncodedColumn, EncodedTable
from synth_dl.metrics.figures import Figure
from synth_dl.metrics.measuring import SEED, AgainstValidation, likelihood_figures, timed_draw

if TYPE_CHECKING:
    from synth_dl.images.synthesizer import ImageSynthesizer

MOST_IMAGES = 256  # a chunk of samples
LEARNED_FROM = 5000  # training images, by the components
# Of the principal ones, so that a few hundred images say something and trees grow fast.
COMPONENTS = 16
LABEL = "label"


def assess_images(
    synthesizer: "ImageSynthesizer", train: ImageSet, validation: ImageSet
) -> tuple[int, list[Figure]]:
    """Fréchet distance, two-sample AUC, efficiency on the class, likelihood and seconds.

    All but the likelihood look at the first principal components of the training images, as a
    classifier takes longer to train than many a model. The likelihood is that of an image and its
    class together. Training images in the place of drawn ones are what a perfect generator gets,
    independent pixels what a trivial one gets.

    Args:
        synthesizer: the model.
        train: images that it was trained on, with the levels that it draws.
        validation: images that it was not trained on.

    Returns:
        How many images each of the sets has at most, and the figures.
    """
    count = max(1, min(MOST_IMAGES, len(validation), len(train) // 2))
    real = validation.take(np.random.default_rng(SEED).permutation(len(validation))[:count])
    drawn, sampling = timed_draw(lambda: synthesizer.sample(count, seed=SEED))
    # Components fit the images that they are learned from, and would tell these from fresh ones.
    mixed = shuffled(train, count + LEARNED_FROM, SEED)
    perfect, learned_from = mixed.take(slice(0, count)), mixed.take(slice(count, None))
    trivial = pixel_histogram(learned_from, count, SEED)
    extractor = FeatureExtractor.principal(learned_from, SEED)
    sets = AgainstValidation(
        *(_table(images, extractor) for images in (real, drawn, perfect, trivial))
    )
    figures = [
        sets.figure("frechet_distance", "Fréchet distance", "", "lower", _distance),
        sets.two_sample(),
    ]
    if labelled(train):
        figures.append(sets.efficiency(LABEL, "the class"))
    counted = "of the image and its class together" if labelled(train) else "of the image"
    names = None if real.labels is None else np.array(real.classes)[real.labels]
    figures += likelihood_figures(
        synthesizer.model, lambda: synthesizer.log_prob(real, names), "image", counted
    )
    return count, [*figures, sampling]


def _distance(real: EncodedTable, each: EncodedTable) -> float:
    size = int(real.numeric.sum())
    return frechet_distance(real.values[:, :size], each.values[:, :size])


def _table(images: ImageSet, extractor: FeatureExtractor) -> EncodedTable:
    """Features, and the class where there is one, as the metrics of tables take them."""
    features: NDArray[np.float64] = extractor(images)[:, :COMPONENTS]
    columns = [EncodedColumn(str(place), numeric=True) for place in range(features.shape[1])]
    if images.labels is None:
        return EncodedTable(tuple(columns), features)
    columns.append(EncodedColumn(LABEL, numeric=False, labels=tuple(images.classes)))
    return EncodedTable(tuple(columns), np.column_stack([features, images.labels]))
