"""Metrics of synthetic records, each beside those of the holdout and of a trivial generator."""

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, ParamSpec, TypeVar

import numpy as np

from synth_dl.metrics.intervals import Records, error_by_parts
from synth_dl.metrics.neighbours import NearerShare
from synth_dl.metrics.report import Metric, definition_of

FEW_TRIVIAL = 5_000  # trivial records that are asked how near they come
P = ParamSpec("P")
V = TypeVar("V")


T = TypeVar("T", bound=Records)


def timed(compute: Callable[P, Metric]) -> Callable[P, Metric]:
    """The same with the wall time it took, where there is a figure."""

    @functools.wraps(compute)
    def with_seconds(*args: P.args, **options: P.kwargs) -> Metric:
        started = time.perf_counter()
        metric = compute(*args, **options)
        if metric.synthetic is None:
            return metric
        return replace(metric, seconds=time.perf_counter() - started)

    return with_seconds


@dataclass(frozen=True)
class Comparison(Generic[T]):
    """Training records, and the sets that are held against them.

    Attributes:
        train: what the generator was trained on.
        synthetic: what it made.
        holdout: real records that it never saw, or None.
        independent: what a generator without dependence makes.
        seed: of every random choice.
    """

    train: T
    synthetic: T
    holdout: T | None
    independent: T
    seed: int

    def roles(self, measure: Callable[[T], V]) -> dict[str, V]:
        """The figure of each set that there is, by the attribute of `Metric` that it belongs to."""
        sets = {
            "synthetic": self.synthetic,
            "holdout": self.holdout,
            "independent": self.independent,
        }
        return {role: measure(each) for role, each in sets.items() if each is not None}

    @timed
    def with_train(
        self,
        metric: Metric,
        measure: Callable[[T, T], float],
        error: Callable[[float], float | None] | None = None,
    ) -> Metric:
        """The metric with the figures of each set held against the training records.

        Args:
            metric: without figures.
            measure: the figure, of training records and of another set.
            error: standard error of the synthetic figure, given this; `error_by_parts` if None.
        """
        found = self.roles(lambda each: measure(self.train, each))
        if error is not None:
            told = error(found["synthetic"])
        else:
            told = error_by_parts(measure, self.train, self.synthetic, self.seed)
        return replace(metric, standard_error=told, **found)

    @timed
    def nearer_share(self, measure: Callable[[T, T, T, int], NearerShare]) -> Metric:
        """Share of records nearer to train than to an equal holdout.

        Args:
            measure: of training records, holdout, the records that are asked, and a seed.
        """
        metric = Metric(
            name=measure.__name__,
            title="nearer to train than to holdout",
            definition=f"{definition_of(measure)} The real reference is one half of the holdout "
            "against the other half.",
            unit="%",
            better="50",
        )
        holdout = self.holdout
        if holdout is None or len(holdout) < 2:
            return metric
        found = measure(self.train, holdout, self.synthetic, self.seed)
        few = np.arange(min(len(self.independent), FEW_TRIVIAL))  # in random order
        trivial = measure(self.train, holdout, self.independent.take(few), self.seed)
        order = np.random.default_rng(self.seed).permutation(len(holdout))
        half = len(order) // 2
        first, second = holdout.take(order[:half]), holdout.take(order[half:])
        return replace(
            metric,
            synthetic=found.percent,
            holdout=measure(self.train, second, first, self.seed).percent,
            independent=trivial.percent,
            rows={"synthetic": found.asked, "each": found.references},
            standard_error=found.standard_error,
        )
