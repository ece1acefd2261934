"""Evaluation of images: reads or draws them, and has them compared.

Metrics know no files and files know no metrics; this is where the two meet.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from synth_dl.errors import ConfigError, DataError
from synth_dl.metrics.progress import Announce, silent

if TYPE_CHECKING:
    from synth_dl.images.image_set import ImageSet
    from synth_dl.images.reading.sources import ImageSources
    from synth_dl.metrics.report import Report

# What is done, and the time that it takes of all in percent, with a thousand digits.
PARTS = {"reading": 5, "drawing": 20, "features": 15, "figures": 60}
FEWEST_DRAWN = 1_000
SCORED = 2_000
COMPLETED, WAYS = 6, 4  # images of the holdout that are completed, and ways that each is


def report_on_images(
    data: Mapping[str, Any],
    *,
    split_seed: int,
    split: Mapping[str, Any] | None = None,
    synthetic: str | None = None,
    artifact: Path | str | None = None,
    seed: int = 0,
    trust: Sequence[str] | None = None,
    allow_synthetic: bool = False,
    announce: Announce = silent,
) -> "Report":
    """Compare synthetic images with real ones.

    Args:
        data: the data config of the real images.
        split_seed: of the splits of the real images.
        split: digests that the parts of the real images must have, where they are known.
        synthetic: file or folder of the images to judge; drawn from the model if None, as many as
            the holdout has and at least 1,000.
        artifact: folder of a model, whose likelihood is told too.
        seed: of drawing and of comparing.
        trust: packages whose classes the artifact may name.
        allow_synthetic: whether images are taken for real whose metadata say otherwise.
        announce: is told each of `PARTS` when it begins.

    Raises:
        DataError: if a file cannot be used, or the images do not fit together.
    """
    from synth_dl.images.evaluation import evaluate_images
    from synth_dl.images.reading.sources import load_images

    announce("reading")
    sources = load_images(data, split_seed, allow_synthetic)
    if split is not None and split.get("sha256") != sources.split["sha256"]:
        raise DataError(
            f"the images of {data.get('root') or data.get('path') or data.get('name')} are not "
            "those that the run was trained on: restore them, or train again"
        )
    train, notes = sources.train, list(sources.notes)
    if sources.dynamic:
        train = _drawn_once(train, split_seed)
        notes.append("The binary training images that figures rest on were drawn once.")
    announce("drawing")
    model = None if artifact is None else _load(artifact, trust)
    likelihood: dict[str, dict[str, float]] = {}
    if model is not None and model.likelihood_kind is not None:
        likelihood = _likelihoods(model, sources, seed, notes)
    made = _drawn(model, sources, seed, notes) if synthetic is None else _read(synthetic, train)
    report = evaluate_images(
        train, made, validation=sources.validation, holdout=sources.holdout, seed=seed,
        likelihood=likelihood, announce=announce,
    )  # fmt: skip
    charts = dict(report.charts)
    drawn = None if model is None else completions(model, sources.holdout, seed)
    if drawn is not None:
        charts["completions"] = drawn
    return replace(report, notes=(*notes, *report.notes), charts=charts)


def completions(model: Any, real: "ImageSet", seed: int) -> list[list[str]] | None:
    """Real images, and beside each what a model makes of its upper half, as PNG in base64.

    None of a model that completes no images.
    """
    from synth_dl.images.evaluation.charts import tile

    given = real.take(np.random.default_rng(seed).permutation(len(real))[:COMPLETED])
    try:
        drawn = model.sample(given=given.take(np.repeat(np.arange(len(given)), WAYS)), mask="top",
                             seed=seed)  # fmt: skip
    except ConfigError:  # a family that completes no images says so
        return None
    made = drawn.pixels.reshape(len(given), WAYS, *given.shape)
    return [[tile(each, real.levels) for each in (image, *ways)]
            for image, ways in zip(given.pixels, made, strict=True)]  # fmt: skip


def _drawn_once(train: "ImageSet", seed: int) -> "ImageSet":
    from synth_dl.images.reading.levels import draw_levels

    pixels = draw_levels(train.pixels, train.levels, np.random.default_rng(seed % 2**64))
    return replace(train, pixels=pixels, levels=2)


def _drawn(model: Any, sources: "ImageSources", seed: int, notes: list[str]) -> "ImageSet":
    count = max(FEWEST_DRAWN, len(sources.holdout))
    notes.append(f"{count:,} images were drawn from the model with the seed {seed}.")
    return model.sample(count, seed=seed)


def _read(path: str, train: "ImageSet") -> "ImageSet":
    from synth_dl.images.reading.exports import read_export

    return _named_alike(read_export(path, train.levels), train)


def _named_alike(images: "ImageSet", train: "ImageSet") -> "ImageSet":
    """The same images with the classes in the order of the training images.

    A file without a manifest names its classes in sorted order, and only those that occur.
    """
    places = {name: place for place, name in enumerate(train.classes)}
    if images.labels is None or not set(images.classes) <= set(places):
        return images
    codes = np.array([places[name] for name in images.classes], dtype=np.int64)
    return replace(images, labels=codes[images.labels], classes=train.classes)


def _load(artifact: Path | str, trust: Sequence[str] | None) -> Any:
    from synth_dl.artifact import existing, kind_of
    from synth_dl.images.synthesizer import ImageSynthesizer

    if kind_of(existing(artifact)) != ImageSynthesizer.kind:
        raise DataError(
            f"'{artifact}' is no model of images: name the artifact of a run that learned from "
            "images."
        )
    return ImageSynthesizer.load(artifact, trust)


def _likelihoods(
    model: Any, sources: "ImageSources", seed: int, notes: list[str]
) -> dict[str, dict[str, float]]:
    """By split, nats an image with their standard error, and bits a dimension."""
    figures = {}
    if model.likelihood_kind == "bound":
        notes.append(
            "The likelihood is a lower bound by importance sampling: the nats are upper bounds."
        )
    for split in ("validation", "holdout"):
        images: ImageSet = getattr(sources, split)
        chosen = np.random.default_rng(seed).permutation(len(images))[:SCORED]
        if len(chosen) < len(images):
            notes.append(
                f"The likelihood of {split} rests on {len(chosen):,} of its {len(images):,} "
                "images, a random choice."
            )
        nats = -np.asarray(model.log_prob(images.take(chosen)), dtype=np.float64)
        size = math.prod(images.shape)
        figures[split] = {
            "nats": float(nats.mean()),
            "bits": float(nats.mean() / (size * math.log(2))),
            "standard_error": float(nats.std() / math.sqrt(len(nats))),
        }
    return figures
