"""The metrics of clouds of features: distances, and how the clouds cover each other."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from synth_dl.metrics.comparison import timed
from synth_dl.metrics.distances import frechet_distance, kernel_distance
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.intervals import error_by_parts, share_error
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
    rows = {"real": len(real), "each": len(made["synthetic"])}
    return [_frechet(real, made, rows), _kernel(real, made, rows), *_covering(real, made)]


@timed
def _frechet(
    real: NDArray[np.float64], made: Mapping[str, NDArray[np.float64]], rows: dict[str, int]
) -> Metric:
    note = _too_few(min(rows.values()), real.shape[1])
    definition = definition_of(frechet_distance)
    metric = Metric("frechet_distance", "Fréchet distance", definition, "", "lower", rows=rows,
                    limits=(0.0, None))  # fmt: skip
    found = {role: frechet_distance(real, each) for role, each in made.items()}
    error = _error(frechet_distance, real, made["synthetic"])
    return replace(metric, note=note, standard_error=error, **found)


@timed
def _kernel(
    real: NDArray[np.float64], made: Mapping[str, NDArray[np.float64]], rows: dict[str, int]
) -> Metric:
    found = {role: kernel_distance(real, each) for role, each in made.items()}
    error = found["synthetic"][1]
    definition = definition_of(kernel_distance)
    metric = Metric("kernel_distance", "kernel distance", definition, "", "lower", rows=rows)
    distances = {role: value for role, (value, _) in found.items()}
    return replace(metric, standard_error=error, **distances)


def _covering(real: NDArray[np.float64], made: Mapping[str, NDArray[np.float64]]) -> list[Metric]:
    real = real[: len(made["synthetic"])]
    rows = {"real": len(real), "each": len(made["synthetic"])}
    started = time.perf_counter()
    scores = {role: manifold_scores(real, each) for role, each in made.items()}
    made_of = made["synthetic"]
    errors = {
        name: share_error(getattr(scores["synthetic"], name), len(each))
        for name, each in (("precision", made_of), ("recall", real), ("coverage", real))
    }
    density = _error(lambda *both: manifold_scores(*both).density, real, made_of)
    # The four are one computation.
    seconds = (time.perf_counter() - started) / len(MANIFOLDS)
    metrics = []
    for name, (unit, definition) in MANIFOLDS.items():
        limits = None if unit else (0.0, None)
        metric = Metric(name, name, definition, unit, "higher", rows=rows, seconds=seconds,
                        limits=limits)  # fmt: skip
        found = {role: getattr(score, name) for role, score in scores.items()}
        metrics.append(replace(metric, standard_error=errors.get(name, density), **found))
    return metrics


def _error(
    measure: Callable[[NDArray[np.float64], NDArray[np.float64]], float],
    real: NDArray[np.float64],
    made: NDArray[np.float64],
) -> float | None:
    first, second = (EncodedTable((), features) for features in (real, made))
    return error_by_parts(lambda *both: measure(*(each.values for each in both)), first, second)


def _too_few(count: int, dimensions: int) -> str | None:
    needed = IMAGES_A_FEATURE * dimensions
    if count >= needed:
        return None
    return (
        f"{count} images are few for {dimensions} features ({needed} would be enough), so that it "
        "says little by itself"
    )
