"""What a report comes to, as data that the page puts into words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from synth_dl.metrics.picking import PICKED
from synth_dl.metrics.report import Report

TOLD_APART = "two_sample_auc"
HARDLY, CLEARLY = 0.6, 0.75  # AUC up to which rows are hardly told apart, and from which clearly
MOST = 3  # columns and pairs that are named


@dataclass(frozen=True)
class Verdict:
    """The first thing that a reader sees.

    Attributes:
        auc: of telling synthetic rows from real ones, or None.
        told: "hardly", "partly" or "clearly", or None.
        effective: real rows that teach as much as the synthetic ones, or None.
        worth: share of the training rows that these are, or None.
        target: that was predicted, or None.
        copies: whether near copies of training rows are more than chance.
        picked: whether low-order figures are better than draws can be.
        accused: groups of rows in which membership attacks succeed.
        attacked: whether membership could be judged.
        columns: the worst columns, with the shape error beyond that of the holdout.
        pairs: the worst pairs, with their trend error.
        telling: the columns that give the rows away, with their share.
        regions: the first regions of too many or too few rows.
    """

    auc: float | None
    told: str | None
    effective: float | None
    worth: float | None
    target: str | None
    copies: bool
    picked: bool
    accused: tuple[str, ...]
    attacked: bool
    columns: tuple[tuple[str, float], ...]
    pairs: tuple[tuple[str, str, float], ...]
    telling: tuple[tuple[str, float], ...]
    regions: tuple[Mapping[str, Any], ...]


def verdict_of(report: Report) -> Verdict:
    """The verdict on a report."""
    known = {metric.name: metric for metric in report.metrics}
    facts = report.facts
    # Against fresh records where there are any, which come first.
    areas = (metric.synthetic for metric in report.metrics if metric.name.startswith(TOLD_APART))
    auc = next((value for value in areas if value is not None), None)
    told = None
    if auc is not None:
        told = "hardly" if auc <= HARDLY else "clearly" if auc >= CLEARLY else "partly"
    effective = known.get("effective_rows")
    rows = effective.synthetic if effective else None
    private = facts.get("privacy", {})
    groups = private.get("membership", {})
    exact = private.get("exact_copies")
    telling, ratio = facts.get("telling", {}), known.get("low_order_ratio")
    return Verdict(
        auc=auc,
        told=told,
        effective=rows,
        worth=rows / effective.holdout if rows and effective and effective.holdout else None,
        target=facts.get("target"),
        copies=bool(exact and exact["p_value"] < private["level"]),
        picked=bool(ratio and ratio.synthetic is not None and ratio.synthetic < PICKED),
        accused=tuple(name for name, group in groups.items() if group["accused"]),
        attacked="all" in groups,
        columns=_worst_columns(facts.get("columns", {})),
        pairs=tuple((*pair["columns"], pair["trend_error"])
                    for pair in facts.get("worst_pairs", [])[:MOST]),
        telling=tuple(list(telling.get("columns", {}).items())[:MOST]),
        regions=tuple(telling.get("regions", [])[:MOST]),
    )  # fmt: skip


def _worst_columns(columns: Mapping[str, Mapping[str, float]]) -> tuple[tuple[str, float], ...]:
    beyond = {
        name: found["shape_error"] - found.get("holdout_shape_error", 0.0)
        for name, found in columns.items()
    }
    return tuple(sorted(beyond.items(), key=lambda pair: -pair[1])[:MOST])
