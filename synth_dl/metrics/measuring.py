"""What the assessments of tables and of images share."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from synth_dl.metrics.boosting import workers
from synth_dl.metrics.efficiency import asks_for_classes, machine_learning_efficiency
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.figures import NATS, TOLD_APART, Figure, finite
from synth_dl.metrics.two_sample import two_sample_score

# The same for all runs: what differs between two assessments is then the model, not the draw.
SEED = 0
T = TypeVar("T")


@dataclass(frozen=True)
class AgainstValidation:
    """Sets of records of one size that are held against validation records.

    Attributes:
        real: validation records.
        drawn: from the model.
        perfect: training records, which are what a perfect generator gets.
        trivial: records whose cells do not depend on each other.
    """

    real: EncodedTable
    drawn: EncodedTable
    perfect: EncodedTable
    trivial: EncodedTable

    def figure(
        self,
        name: str,
        title: str,
        unit: str,
        better: str,
        measure: Callable[[EncodedTable, EncodedTable], float | None],
    ) -> Figure:
        """One metric, which compares two sets; `name` to `better` are those of the figure."""
        sets = (self.drawn, self.perfect, self.trivial)
        with ThreadPoolExecutor(workers()) as pool:
            found = pool.map(lambda each: finite(measure(self.real, each)), sets)
            value, perfect, trivial = found
        return Figure(name, title, unit, better, value, perfect, trivial)

    def two_sample(self) -> Figure:
        """How well the sets are told from the validation records."""
        return self.figure(
            TOLD_APART, "two-sample", "AUC", "0.5", partial(two_sample_score, seed=SEED)
        )

    def efficiency(self, target: str, called: str) -> Figure:
        """What a model that learned the column `target` from each set is worth on the real one."""

        def score(real: EncodedTable, each: EncodedTable) -> float | None:
            found = machine_learning_efficiency(each, real, target, SEED)
            return None if found is None else found.score

        unit = "AUC" if asks_for_classes(self.real, target) else "R2"
        return self.figure("efficiency", f"efficiency on {called}", unit, "higher", score)


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
