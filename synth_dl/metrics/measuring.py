"""What the assessments of tables and of images share."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from synth_dl.metrics.figures import NATS, Figure, finite

# The same for all runs: what differs between two assessments is then the model, not the draw.
SEED = 0
WORKERS = 2
T = TypeVar("T")


def beside_references(
    name: str,
    title: str,
    unit: str,
    better: str,
    measure: Callable[[T], float | None],
    sets: Sequence[T],
) -> Figure:
    """One metric of the drawn, the perfect and the trivial records, in that order."""
    with ThreadPoolExecutor(WORKERS) as pool:
        value, perfect, trivial = (finite(found) for found in pool.map(measure, sets))
    return Figure(name, title, unit, better, value, perfect, trivial)


def timed_draw(draw: Callable[[], T]) -> tuple[T, Figure]:
    """What was drawn, and how long it took."""
    started = time.perf_counter()
    drawn = draw()
    seconds = time.perf_counter() - started
    return drawn, Figure("sampling_seconds", "sampling", "s", "lower", seconds)


def likelihood_figures(
    model: Any, log_prob: Callable[[], NDArray[np.float64]], record: str, note: str
) -> list[Figure]:
    """Mean negative log-likelihood of the validation records in nats, if the family has one.

    Args:
        model: says what kind of likelihood it has.
        log_prob: [N] nats of the records.
        record: what one of them is called.
        note: what is counted.
    """
    if model.likelihood_kind is None:
        return []
    value = finite(-float(np.mean(log_prob())))
    return [Figure(NATS, "negative log-likelihood", f"nats a {record}", "lower", value, note=note)]
