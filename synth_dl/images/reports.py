"""Evaluation of images: reads or draws them, has them compared, prints and writes the report.

Metrics know no files and files know no metrics; this is where the two meet.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from synth_dl.errors import ConfigError, DataError

if TYPE_CHECKING:
    from synth_dl.images.evaluation import ImageReport
    from synth_dl.images.image_set import ImageSet
    from synth_dl.images.reading.sources import ImageSources

# Characters a line where the table goes into a file or a pipe, so that metrics keep one line each.
PLAIN_WIDTH = 120
FEWEST_DRAWN = 1_000
SCORED = 2_000


def run(
    *,
    data: Mapping[str, Any] | None,
    run: str | None,
    synthetic: str | None,
    artifact: str | None,
    out: str | None,
    seed: int,
) -> Path:
    """Compare synthetic images with real ones; print the table and write the report.

    Args:
        data: the data config of the real images.
        run: a run folder, which knows data, their seed and the artifact; what is given here goes
            before what it knows.
        synthetic: file or folder of the images to judge; drawn from the model if None, as many as
            the holdout has and at least 1,000.
        artifact: folder of a model, whose likelihood is told too.
        out: folder for the report; `report`, or the same in the run folder, if None.
        seed: of drawing and of comparing, and of the splits where no run is given.

    Returns:
        The folder of the report.

    Raises:
        ConfigError: if it is not said what to compare.
        DataError: if a file cannot be used, or the images do not fit together.
    """
    if data is None and run is None:
        raise ConfigError("it is not said what to evaluate: give run=FOLDER or data=NAME.")
    if synthetic is None and artifact is None and run is None:
        raise ConfigError(
            "no images to judge are given: add synthetic=FILE, or artifact=FOLDER to draw them."
        )
    split_seed, recorded = seed, None
    if run is not None:
        known = read_image_run(Path(run))
        if data is None:
            data, split_seed, recorded = known.data, known.seed, known.split
        artifact = artifact or f"{run}/artifact"
        out = out or f"{run}/report"
    assert data is not None
    place = Path(out or "report")
    report = _compare(data, split_seed, synthetic, artifact, seed, recorded)
    _show(report, place)
    return place


@dataclass(frozen=True)
class ImageRun:
    """What a run of images says about its data.

    Attributes:
        data: the data config.
        seed: of the splits.
        split: digests of the parts at the time of training, or None.
    """

    data: dict[str, Any]
    seed: int
    split: dict[str, Any] | None


def read_image_run(folder: Path) -> ImageRun:
    """What the `run.json` of a run says.

    Raises:
        DataError: if the folder is no run, or none of images.
    """
    place = folder / "run.json"
    try:
        state: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
        kind = state.get("kind")
        known = None
        if kind == "images":
            known = ImageRun(dict(state["data"]), int(state["seed"]), state.get("split"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataError(
            f"'{folder}' is no run folder, as it has no run.json: name one that a training left."
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"'{place}' is damaged: train again, or give data=NAME.") from error
    if known is None:
        raise DataError(f"'{folder}' is no run of images: name one that learned from images.")
    return known


def _compare(
    data: Mapping[str, Any],
    split_seed: int,
    synthetic: str | None,
    artifact: str | None,
    seed: int,
    recorded: Mapping[str, Any] | None,
) -> "ImageReport":
    from synth_dl.images.evaluation import evaluate_images
    from synth_dl.images.reading.sources import load_images

    sources = load_images(data, split_seed)
    if recorded is not None and recorded.get("sha256") != sources.split["sha256"]:
        raise DataError(
            f"the images of {data.get('root') or data.get('path') or data.get('name')} are not "
            "those that the run was trained on: restore them, or train again"
        )
    train, notes = sources.train, list(sources.notes)
    if sources.dynamic:
        train = _drawn_once(train, split_seed)
        notes.append("The binary training images that figures rest on were drawn once.")
    model = None if artifact is None else _load(artifact)
    likelihood: dict[str, dict[str, float]] = {}
    if model is not None and model.likelihood_kind is not None:
        likelihood = _likelihoods(model, sources, seed, notes)
    if synthetic is not None:
        made = _named_alike(_read(synthetic, train), train)
    else:
        assert model is not None
        count = max(FEWEST_DRAWN, len(sources.holdout))
        made = model.sample(count, seed=seed)
        notes.append(f"{count:,} images were drawn from the model with the seed {seed}.")
    report = evaluate_images(
        train,
        made,
        validation=sources.validation,
        holdout=sources.holdout,
        seed=seed,
        likelihood=likelihood,
    )
    return replace(report, notes=(*notes, *report.notes))


def _drawn_once(train: "ImageSet", seed: int) -> "ImageSet":
    from synth_dl.images.reading.levels import draw_levels

    pixels = draw_levels(train.pixels, train.levels, np.random.default_rng(seed % 2**64))
    return replace(train, pixels=pixels, levels=2)


def _read(path: str, train: "ImageSet") -> "ImageSet":
    from synth_dl.images.reading.exports import read_export

    return read_export(path, train.levels)


def _named_alike(images: "ImageSet", train: "ImageSet") -> "ImageSet":
    """The same images with the classes in the order of the training images.

    A file without a manifest names its classes in sorted order, and only those that occur.
    """
    places = {name: place for place, name in enumerate(train.classes)}
    if images.labels is None or not set(images.classes) <= set(places):
        return images
    codes = np.array([places[name] for name in images.classes], dtype=np.int64)
    return replace(images, labels=codes[images.labels], classes=train.classes)


def _load(artifact: str) -> Any:
    from synth_dl.artifact import existing, kind_of
    from synth_dl.images.synthesizer import ImageSynthesizer

    if kind_of(existing(artifact)) != ImageSynthesizer.kind:
        raise DataError(
            f"'{artifact}' is no model of images: name the artifact of a run that learned from "
            "images."
        )
    return ImageSynthesizer.load(artifact)


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


def _show(report: "ImageReport", folder: Path) -> None:
    from rich.console import Console

    from synth_dl.images.evaluation import write_image_report

    write_image_report(report, folder)
    console = Console()
    if not console.is_terminal:
        console = Console(width=PLAIN_WIDTH)
    console.print(report.table())
    console.print(f"the report is in {folder}", highlight=False, markup=False)
