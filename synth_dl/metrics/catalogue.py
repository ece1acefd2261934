"""All metrics of reports in one table, made from their docstrings.

    python -m synth_dl.metrics.catalogue > docs/metrics.md

The last paragraph of a metric's docstring before its arguments reads "Unit: ... Range: ... Better:
... Source: ...".
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass

from synth_dl.metrics.calibration import calibration_error
from synth_dl.metrics.column_tests import column_tests
from synth_dl.metrics.distances import frechet_distance, kernel_distance
from synth_dl.metrics.efficiency import machine_learning_efficiency
from synth_dl.metrics.fairness import group_shares, model_gaps, parity_gap
from synth_dl.metrics.importances import importance_agreement
from synth_dl.metrics.manifolds import manifold_scores
from synth_dl.metrics.marginals import missing_error, shape_error
from synth_dl.metrics.models import model_score, ranking_agreement
from synth_dl.metrics.neighbours import copy_share, nearer_train_share
from synth_dl.metrics.picking import low_order_ratio
from synth_dl.metrics.privacy.copies import exact_copies, near_copies
from synth_dl.metrics.privacy.disclosure import disclosive_rows, replicated_uniques
from synth_dl.metrics.privacy.inference import attribute_inference_gain
from synth_dl.metrics.privacy.membership import membership_success
from synth_dl.metrics.report import definition_of
from synth_dl.metrics.supports import alpha_precision, beta_recall, missing_pattern_error
from synth_dl.metrics.telling import telling_columns, telling_regions
from synth_dl.metrics.trends import trend_error, trend_error_own_bins
from synth_dl.metrics.two_sample import two_sample_auc
from synth_dl.metrics.utility import effective_rows, real_and_synthetic, utility_of_columns

METRICS: dict[str, tuple[Callable[..., object], ...]] = {
    "Fidelity of tables": (
        shape_error,
        missing_error,
        missing_pattern_error,
        trend_error,
        trend_error_own_bins,
        column_tests,
        alpha_precision,
        beta_recall,
        low_order_ratio,
        two_sample_auc,
        telling_columns,
        telling_regions,
    ),
    "Utility": (
        machine_learning_efficiency,
        model_score,
        real_and_synthetic,
        effective_rows,
        utility_of_columns,
        ranking_agreement,
        importance_agreement,
        calibration_error,
    ),
    "Privacy": (
        membership_success,
        nearer_train_share,
        copy_share,
        exact_copies,
        near_copies,
        replicated_uniques,
        disclosive_rows,
        attribute_inference_gain,
    ),
    "Fairness": (parity_gap, model_gaps, group_shares),
    "Images": (frechet_distance, kernel_distance, manifold_scores),
}
PARTS = ("Unit", "Range", "Better", "Source")
HEAD = """# Metrics

Made from the docstrings by `python -m synth_dl.metrics.catalogue > docs/metrics.md`. A report sets
each figure beside a perfect generator (the real holdout in the place of the synthetic records) and
a trivial one (independent columns or pixels).
"""


@dataclass(frozen=True)
class Described:
    """What a docstring says of a metric."""

    name: str
    meaning: str
    unit: str
    range: str
    better: str
    source: str


def described(metric: Callable[..., object]) -> Described:
    """Name, meaning, unit, range, direction and source of a metric.

    Raises:
        ValueError: if its docstring does not say all of them.
    """
    text = " ".join((inspect.getdoc(metric) or "").split("\n\nArgs:")[0].split())
    pattern = r"Unit: (.+?)\. Range: (.+?)\. Better: (.+?)\. Source: (.+?)(?:\.?$| Returns:)"
    found = re.search(pattern, text)
    if found is None:
        raise ValueError(f"the docstring of {metric.__name__} does not say {', '.join(PARTS)}")
    return Described(metric.__name__, definition_of(metric), *found.groups())


def metrics_page() -> str:
    """All metrics as a page of Markdown."""
    lines = [HEAD]
    for subject, metrics in METRICS.items():
        lines += [f"## {subject}\n", "| metric | what it is | unit | range | better | source |",
                  "|---|---|---|---|---|---|"]  # fmt: skip
        for each in map(described, metrics):
            cells = [
                f"`{each.name}`",
                each.meaning,
                each.unit,
                each.range,
                each.better,
                each.source,
            ]
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    print(metrics_page(), end="")
