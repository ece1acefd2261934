"""The figures of one comparison: every metric on the synthetic table and on its two references."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from synth_dl.metrics.boosting import WORKERS
from synth_dl.metrics.efficiency import EfficiencyResult, machine_learning_efficiency
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.marginals import shape_errors
from synth_dl.metrics.neighbours import copy_share, nearer_train_share
from synth_dl.metrics.report import Metric, definition_of
from synth_dl.metrics.trends import trend_errors
from synth_dl.metrics.two_sample import FOLDS, two_sample_auc


@dataclass(frozen=True)
class Comparison:
    """The four encoded tables, and each metric on all of them."""

    train: EncodedTable
    synthetic: EncodedTable
    holdout: EncodedTable | None
    independent: EncodedTable
    seed: int

    def distance(
        self,
        measure: Callable[[EncodedTable, EncodedTable], float],
        title: str,
        unit: str = "%",
    ) -> Metric:
        """A distance between two tables, each table against the training rows."""
        started = time.perf_counter()
        return Metric(
            name=measure.__name__,
            title=title,
            definition=definition_of(measure),
            unit=unit,
            better="lower",
            synthetic=measure(self.train, self.synthetic),
            holdout=None if self.holdout is None else measure(self.train, self.holdout),
            independent=measure(self.train, self.independent),
            rows=self._rows(),
            seconds=time.perf_counter() - started,
        )

    def two_sample(self) -> list[Metric]:
        """AUC against fresh rows, against training rows, and the gap between the two."""
        fresh = self._two_sample_against("fresh rows", self.holdout)
        train = self._two_sample_against("training rows", self.train)
        gap = Metric(
            name="two_sample_auc_gap",
            title="two-sample AUC gap",
            definition="AUC against fresh rows less AUC against as many training rows; above 0, "
            "beyond the noise of some 0.005, means memorising.",
            unit="AUC",
            better="0",
        )
        if self.holdout is None or fresh.synthetic is None:
            return [fresh, train, gap]
        rows = fresh.rows["each"]
        reference = _auc(self.train, self.holdout, self.seed, rows)
        fresh, train = replace(fresh, holdout=reference), replace(train, holdout=reference)
        started = time.perf_counter()
        # AUC grows with the rows to learn from: only equal numbers of them can be subtracted.
        smaller = min(rows, len(self.train))
        gaps = []
        for table, known in (
            (self.synthetic, fresh.synthetic),
            (self.independent, fresh.independent),
        ):
            if smaller < rows:
                known = _auc(self.holdout, table, self.seed, smaller)
            gaps.append(_difference(known, _auc(self.train, table, self.seed, smaller)))
        gap = replace(
            gap,
            synthetic=gaps[0],
            independent=gaps[1],
            rows={"each": smaller},
            seconds=time.perf_counter() - started,
        )
        return [fresh, train, gap]

    def _two_sample_against(self, title: str, against: EncodedTable | None) -> Metric:
        metric = Metric(
            name=f"two_sample_auc_{'fresh' if against is self.holdout else 'train'}",
            title=f"two-sample AUC, {title}",
            definition=f"{definition_of(two_sample_auc)} The real rows are {title}.",
            unit="AUC",
            better="0.5",
        )
        if against is None:
            return metric
        started = time.perf_counter()
        result = two_sample_auc(against, self.synthetic, self.seed)
        if result is None:
            return replace(metric, note="fewer than 4 rows, so that nothing can be learned")
        return replace(
            metric,
            synthetic=result.auc,
            independent=_auc(against, self.independent, self.seed, result.rows_each),
            rows={"each": result.rows_each},
            seconds=time.perf_counter() - started,
            note=None if result.folds == FOLDS else f"{result.folds} folds, as rows are few",
        )

    def efficiency(self, target: str | None) -> Metric:
        """What a model trained on synthetic rows is worth on the holdout."""
        started = time.perf_counter()
        metric = Metric(
            name="efficiency",
            title="efficiency",
            definition=f"{definition_of(machine_learning_efficiency)} The real reference is "
            "trained on the real training rows.",
            unit="",
            better="higher",
        )
        if target is None or self.holdout is None:
            return metric
        # As many rows to learn from as the real table has, or the larger table would win by size.
        limit, holdout = len(self.train), self.holdout

        def learn_from(table: EncodedTable) -> EfficiencyResult | None:
            rows = table.at_most(limit, np.random.default_rng(self.seed))
            return machine_learning_efficiency(rows, holdout, target, self.seed)

        with ThreadPoolExecutor(WORKERS) as pool:
            learned = pool.map(learn_from, (self.synthetic, self.train, self.independent))
        synthetic, train, independent = learned
        if synthetic is None or train is None or independent is None:
            return replace(
                metric, note="the target has one value only in the holdout, or none in a table"
            )
        return replace(
            metric,
            title=f"efficiency on {target}",
            unit=synthetic.measure,
            synthetic=synthetic.score,
            holdout=train.score,
            independent=independent.score,
            rows={"synthetic": synthetic.rows, "real": train.rows, "holdout": len(self.holdout)},
            seconds=time.perf_counter() - started,
            note="; ".join(synthetic.notes) or None,
        )

    def nearer_share(self) -> Metric:
        """Share of rows nearer to train than to an equal holdout."""
        started = time.perf_counter()
        metric = Metric(
            name="nearer_train_share",
            title="nearer to train than to holdout",
            definition=definition_of(nearer_train_share)
            + " The real reference is one half of the holdout against the other half.",
            unit="%",
            better="50",
        )
        if self.holdout is None or len(self.holdout) < 2:
            return metric
        result = nearer_train_share(self.train, self.holdout, self.synthetic, self.seed)
        trivial = nearer_train_share(self.train, self.holdout, self.independent, self.seed)
        order = np.random.default_rng(self.seed).permutation(len(self.holdout))
        half = len(order) // 2
        fresh = nearer_train_share(
            self.train, self.holdout.take(order[half:]), self.holdout.take(order[:half]), self.seed
        )
        return replace(
            metric,
            synthetic=result.percent,
            holdout=fresh.percent,
            independent=trivial.percent,
            rows={"synthetic": result.queries, "each": result.reference_rows},
            standard_error=result.standard_error,
            seconds=time.perf_counter() - started,
        )

    def copies(self) -> Metric:
        """Share of rows that stand in the training table as they are."""
        started = time.perf_counter()
        return Metric(
            name="exact_copies",
            title="exact copies of training rows",
            definition=definition_of(copy_share),
            unit="%",
            better="as the holdout",
            synthetic=copy_share(self.train, self.synthetic),
            holdout=None if self.holdout is None else copy_share(self.train, self.holdout),
            independent=copy_share(self.train, self.independent),
            rows=self._rows(),
            seconds=time.perf_counter() - started,
        )

    def by_column(
        self,
    ) -> tuple[dict[str, dict[str, float]], tuple[tuple[str, ...], np.ndarray]]:
        """Shape and mean trend error of each column, and the trend error of each pair."""
        names = tuple(column.name for column in self.train.columns)
        pairs = trend_errors(self.train, self.synthetic)
        columns: dict[str, dict[str, float]] = {name: {} for name in names}
        for role, table in (("", self.synthetic), ("holdout_", self.holdout)):
            if table is None:
                continue
            trends = pairs if role == "" else trend_errors(self.train, table)
            means = trends.sum(axis=1) / max(len(names) - 1, 1)
            for name, error, trend in zip(
                names, shape_errors(self.train, table).values(), means, strict=True
            ):
                columns[name][f"{role}shape_error"] = error
                columns[name][f"{role}trend_error"] = float(trend)
        return columns, (names, pairs)

    def _rows(self) -> dict[str, int]:
        rows = {"real": len(self.train), "synthetic": len(self.synthetic)}
        return rows if self.holdout is None else {**rows, "holdout": len(self.holdout)}


def _auc(first: EncodedTable, second: EncodedTable, seed: int, max_rows: int) -> float | None:
    result = two_sample_auc(first, second, seed, max_rows)
    return None if result is None else result.auc


def _difference(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first - second
