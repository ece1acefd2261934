"""Fidelity beyond single figures: tests of columns, supports, and what gives the rows away."""

from dataclasses import asdict
from functools import partial
from typing import Any

from synth_dl.metrics.column_tests import column_tests
from synth_dl.metrics.intervals import error_by_parts
from synth_dl.metrics.picking import low_order_error, low_order_ratio
from synth_dl.metrics.report import Metric, definition_of
from synth_dl.metrics.supports import alpha_precision, beta_recall, missing_pattern_error
from synth_dl.metrics.telling import telling_columns, telling_regions
from synth_dl.tables.evaluation.comparison import TableComparison, distance


def fidelity(tables: TableComparison) -> tuple[list[Metric], dict[str, Any]]:
    """Metrics, and as plain data tests of columns and what gives the synthetic rows away."""
    metrics = [distance(tables, missing_pattern_error, "missing pattern error")]
    ratio = Metric("low_order_ratio", "low-order errors, of draws of train", unit="ratio",
                   definition=definition_of(low_order_ratio), better="at least 1")  # fmt: skip
    measure = partial(low_order_ratio, seed=tables.seed)
    metrics.append(tables.with_train(ratio, measure, partial(_ratio_error, tables)))
    for measure, title in ((alpha_precision, "alpha-precision"), (beta_recall, "beta-recall")):
        metric = Metric(measure.__name__, title, definition_of(measure), "%", "higher")
        metrics.append(tables.with_train(metric, partial(measure, seed=tables.seed)))
    fresh = tables.train if tables.holdout is None else tables.holdout
    tests = column_tests(fresh, tables.synthetic, tables.seed)
    regions = telling_regions(fresh, tables.synthetic, tables.seed)
    return metrics, {
        "column_tests": {str(each.column): asdict(each) for each in tests},
        "telling": {
            "columns": {str(name): share for name, share in
                        telling_columns(fresh, tables.synthetic, tables.seed).items()},
            "regions": [asdict(region) for region in regions],
        },
    }  # fmt: skip


def _ratio_error(tables: TableComparison, ratio: float) -> float | None:
    """That of the numerator alone, since the denominator is the mean of several draws."""
    made = low_order_error(tables.train, tables.synthetic)
    error = error_by_parts(low_order_error, tables.train, tables.synthetic, tables.seed)
    return error * ratio / made if error is not None and made > 0 else None
