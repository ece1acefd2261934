"""The figures of clouds of features: distances, and how the clouds cover each other."""

import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from synth_dl.metrics.distances import frechet_distance, kernel_distance
from synth_dl.metrics.manifolds import manifold_scores
from synth_dl.metrics.report import Metric, definition_of

IMAGES_A_FEATURE = 10
MANIFOLDS = {
    "precision": ("%", "Share of synthetic images inside the cloud of real ones."),
    "recall": ("%", "Share of real images inside the cloud of synthetic ones."),
    "density": ("", "How dense the cloud of real images is around synthetic ones."),
    "coverage": ("%", "Share of real images with a synthetic image among their neighbours."),
}


def cloud_metrics(
    real: NDArray[np.float64], made: Mapping[str, NDArray[np.float64]]
) -> list[Metric]:
    """Fréchet and kernel distance, precision, recall, density and coverage.

    Args:
        real: [N, F] features of training images, in random order.
        made: [n, F] features each of "synthetic", "independent" and, where there is one, "holdout".
            The last four figures look at n real images only, as they do at equal numbers.
    """
    return [*_distances(real, made), *_covering(real, made)]


def _distances(real: NDArray[np.float64], made: Mapping[str, NDArray[np.float64]]) -> list[Metric]:
    rows = {"real": len(real), "each": len(made["synthetic"])}
    started = time.perf_counter()
    frechet = {role: frechet_distance(real, each) for role, each in made.items()}
    middle = time.perf_counter()
    kernels = {role: kernel_distance(real, each) for role, each in made.items()}
    ended = time.perf_counter()
    first = Metric(
        name="frechet_distance",
        title="Fréchet distance",
        definition=definition_of(frechet_distance),
        unit="",
        better="lower",
        rows=rows,
        seconds=middle - started,
        note=_too_few(min(rows.values()), real.shape[1]),
    )
    second = Metric(
        name="kernel_distance",
        title="kernel distance",
        definition=definition_of(kernel_distance),
        unit="",
        better="lower",
        rows=rows,
        standard_error=kernels["synthetic"][1],
        seconds=ended - middle,
    )
    kernel = {role: value for role, (value, _) in kernels.items()}
    return [_filled(first, frechet), _filled(second, kernel)]


def _covering(real: NDArray[np.float64], made: Mapping[str, NDArray[np.float64]]) -> list[Metric]:
    real = real[: len(made["synthetic"])]
    started = time.perf_counter()
    scores = {role: manifold_scores(real, each) for role, each in made.items()}
    # The four are one computation.
    seconds = (time.perf_counter() - started) / len(MANIFOLDS)
    metrics = []
    for name, (unit, definition) in MANIFOLDS.items():
        metric = Metric(
            name=name,
            title=name,
            definition=definition,
            unit=unit,
            better="higher",
            rows={"real": len(real), "each": len(made["synthetic"])},
            seconds=seconds,
        )
        found = {role: getattr(score, name) for role, score in scores.items()}
        metrics.append(_filled(metric, found))
    return metrics


def _filled(metric: Metric, values: Mapping[str, float]) -> Metric:
    return replace(
        metric,
        synthetic=values["synthetic"],
        holdout=values.get("holdout"),
        independent=values["independent"],
    )


def _too_few(count: int, dimensions: int) -> str | None:
    needed = IMAGES_A_FEATURE * dimensions
    if count >= needed:
        return None
    return (
        f"{count} images are few for {dimensions} features ({needed} would be enough), so that it "
        "says little by itself"
    )
