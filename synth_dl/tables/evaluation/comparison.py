"""The metrics of a table: each on the synthetic table and on its two references."""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np

from synth_dl.metrics.boosting import workers
from synth_dl.metrics.comparison import Comparison, timed
from synth_dl.metrics.efficiency import EfficiencyResult, machine_learning_efficiency
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.intervals import share_error
from synth_dl.metrics.marginals import shape_errors
from synth_dl.metrics.neighbours import copy_share
from synth_dl.metrics.report import Metric, definition_of
from synth_dl.metrics.trends import trend_errors
from synth_dl.metrics.two_sample import FOLDS, two_sample_auc, two_sample_score

TableComparison = Comparison[EncodedTable]


def distance(
    tables: TableComparison,
    measure: Callable[[EncodedTable, EncodedTable], float],
    title: str,
    unit: str = "%",
) -> Metric:
    """A distance between two tables, each table against the training rows."""
    definition = definition_of(measure)
    metric = Metric(measure.__name__, title, definition, unit, "lower", rows=_rows(tables))
    return tables.with_train(metric, measure)


def copies(tables: TableComparison) -> Metric:
    """Share of rows that stand in the training table as they are."""
    title, definition = "exact copies of training rows", definition_of(copy_share)
    better, rows = "as the holdout", _rows(tables)
    metric = Metric("exact_copies", title, definition, "%", better, rows=rows)
    error = partial(share_error, count=len(tables.synthetic))
    return tables.with_train(metric, copy_share, error)


def two_sample(tables: TableComparison) -> list[Metric]:
    """AUC against fresh rows, against training rows, and the gap between the two."""
    fresh = _two_sample_against(tables, tables.holdout, "fresh", "fresh rows")
    train = _two_sample_against(tables, tables.train, "train", "training rows")
    if tables.holdout is not None and fresh.synthetic is not None:
        rows = fresh.rows["each"]
        reference = two_sample_score(tables.train, tables.holdout, tables.seed, rows)
        fresh, train = replace(fresh, holdout=reference), replace(train, holdout=reference)
    return [fresh, train, _two_sample_gap(tables, fresh, train)]


@timed
def _two_sample_against(
    tables: TableComparison, against: EncodedTable | None, name: str, real: str
) -> Metric:
    definition = f"{definition_of(two_sample_auc)} The real rows are {real}."
    title = f"two-sample AUC, {real}"
    metric = Metric(f"two_sample_auc_{name}", title, definition, "AUC", "0.5")
    if against is None:
        return metric
    found = two_sample_auc(against, tables.synthetic, tables.seed)
    if found is None:
        return replace(metric, note="fewer than 4 rows, so that nothing can be learned")
    rows = found.rows_each
    return replace(
        metric,
        synthetic=found.auc,
        standard_error=found.standard_error,
        independent=two_sample_score(against, tables.independent, tables.seed, rows),
        rows={"each": rows},
        note=None if found.folds == FOLDS else f"{found.folds} folds, as rows are few",
    )


@timed
def _two_sample_gap(tables: TableComparison, fresh: Metric, train: Metric) -> Metric:
    metric = Metric(
        name="two_sample_auc_gap",
        title="two-sample AUC gap",
        definition="AUC against fresh rows less AUC against as many training rows; above 0, "
        "beyond the noise of some 0.005, means memorising.",
        unit="AUC",
        better="0",
    )
    holdout = tables.holdout
    if holdout is None or fresh.synthetic is None:
        return metric
    # AUC grows with the rows to learn from: only equal numbers of them can be subtracted.
    rows = min(fresh.rows["each"], len(tables.train))

    def gap(table: EncodedTable, known: float | None) -> float | None:
        if rows < fresh.rows["each"]:
            known = two_sample_score(holdout, table, tables.seed, rows)
        other = two_sample_score(tables.train, table, tables.seed, rows)
        return None if known is None or other is None else known - other

    return replace(
        metric,
        # As of two independent figures, though both look at the same synthetic rows.
        standard_error=math.hypot(fresh.standard_error or 0.0, train.standard_error or 0.0),
        synthetic=gap(tables.synthetic, fresh.synthetic),
        independent=gap(tables.independent, fresh.independent),
        rows={"each": rows},
    )


@timed
def efficiency(tables: TableComparison, target: str | None, task: str | None) -> Metric:
    """What a model trained on synthetic rows is worth on the holdout."""
    definition = definition_of(machine_learning_efficiency)
    definition += " The real reference is trained on the real training rows."
    metric = Metric("efficiency", "efficiency", definition, "", "higher")
    if target is None or tables.holdout is None:
        return metric
    # As many rows to learn from as the real table has, or the larger table would win by size.
    limit, holdout = len(tables.train), tables.holdout

    def learn_from(table: EncodedTable) -> EfficiencyResult | None:
        rows = table.at_most(limit, np.random.default_rng(tables.seed))
        return machine_learning_efficiency(rows, holdout, target, tables.seed, task)

    with ThreadPoolExecutor(workers()) as pool:
        learned = pool.map(learn_from, (tables.synthetic, tables.train, tables.independent))
    synthetic, train, independent = learned
    if synthetic is None or train is None or independent is None:
        note = "the target has one value only in the holdout, or none in a table"
        return replace(metric, note=note)
    return replace(
        metric,
        title=f"efficiency on {target}",
        unit=synthetic.measure,
        synthetic=synthetic.score,
        holdout=train.score,
        independent=independent.score,
        rows={"synthetic": synthetic.rows, "real": train.rows, "holdout": len(holdout)},
        note="; ".join(synthetic.notes) or None,
    )


def by_column(tables: TableComparison, pairs: np.ndarray) -> dict[str, dict[str, float]]:
    """Shape and mean trend error of each column, in percent, and those of the holdout.

    Args:
        tables: that are compared.
        pairs: trend errors of the synthetic table, (columns, columns).
    """
    names = tables.train.names
    columns: dict[str, dict[str, float]] = {name: {} for name in names}
    for role, table in (("", tables.synthetic), ("holdout_", tables.holdout)):
        if table is None:
            continue
        trends = pairs if role == "" else trend_errors(tables.train, table)
        means = trends.sum(axis=1) / max(len(names) - 1, 1)
        shapes = shape_errors(tables.train, table)
        for name, trend in zip(names, means, strict=True):
            columns[name][f"{role}shape_error"] = shapes[name]
            columns[name][f"{role}trend_error"] = float(trend)
    return columns


def _rows(tables: TableComparison) -> dict[str, int]:
    rows = {"real": len(tables.train), "synthetic": len(tables.synthetic)}
    return rows if tables.holdout is None else {**rows, "holdout": len(tables.holdout)}
