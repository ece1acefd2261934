"""What a report comes to, as data that the page puts into words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from synth_dl.metrics.picking import PICKED
from synth_dl.metrics.report import Metric, Report

TOLD_APART = "two_sample_auc"
HARDLY, CLEARLY = 0.6, 0.75  # AUC up to which rows are hardly told apart, and from which clearly
NEARER, BY_CHANCE, SURE = "nearer_train", 50.0, 2.33  # standard errors beyond chance, p = 0.01
NEARLY = 0.1  # of the way from real records to trivial ones that counts as no loss
MOST = 3  # columns and pairs that are named


@dataclass(frozen=True)
class Verdict:
    """The first thing that a reader sees.

    Attributes:
        apart: AUC of telling synthetic rows from real ones, or None.
        told: "hardly", "partly" or "clearly", or None.
        effective: real rows that teach as much as the synthetic ones, or None.
        worth: share of the training rows that these are, or None.
        target: that was predicted, or None.
        trained: accuracy of a classifier that learnt from the synthetic rows, or None.
        trained_well: whether it is hardly less than that of real rows, or None.
        copies: whether copies of training rows are more than chance.
        nearer: percent that are nearer to training rows than to fresh ones, or None.
        nearer_than_chance: whether that is more than chance allows.
        picked: whether low-order figures are better than draws can be.
        accused: groups of rows in which membership attacks succeed.
        attacked: whether membership could be judged.
        columns: the worst columns beyond the holdout, with the shape error and that of the holdout.
        pairs: the worst pairs, with their trend error.
        classes: the worst classes of images, with their real and synthetic share in percent.
        telling: the columns that give the rows away, with their share.
        regions: the first regions of too many or too few rows.
    """

    apart: Metric | None
    told: str | None
    effective: float | None
    worth: float | None
    target: str | None
    trained: Metric | None
    trained_well: bool | None
    copies: bool
    nearer: Metric | None
    nearer_than_chance: bool
    picked: bool
    accused: tuple[str, ...]
    attacked: bool
    columns: tuple[tuple[str, float, float | None], ...]
    pairs: tuple[tuple[str, str, float], ...]
    classes: tuple[tuple[str, float, float], ...]
    telling: tuple[tuple[str, float], ...]
    regions: tuple[Mapping[str, Any], ...]


def verdict_of(report: Report) -> Verdict:
    """The verdict on a report."""
    known = {metric.name: metric for metric in report.metrics}
    facts = report.facts
    # Against fresh records where there are any, which come first.
    areas = (metric for metric in report.metrics if metric.name.startswith(TOLD_APART))
    area = next((metric for metric in areas if metric.synthetic is not None), None)
    effective = known.get("effective_rows")
    rows = effective.synthetic if effective else None
    trained = known.get("accuracy_of_trained")
    private = facts.get("privacy", {})
    groups = private.get("membership", {})
    exact = private.get("exact_copies")
    nearer = (metric for metric in report.metrics if metric.name.startswith(NEARER))
    nearer = next((metric for metric in nearer if metric.synthetic is not None), None)
    telling, ratio = facts.get("telling", {}), known.get("low_order_ratio")
    return Verdict(
        apart=area,
        told=_told_apart(area),
        effective=rows,
        worth=rows / effective.holdout if rows and effective and effective.holdout else None,
        target=facts.get("target"),
        trained=trained,
        trained_well=_trained_well(trained),
        copies=bool(exact and exact["p_value"] < private["level"]),
        nearer=nearer,
        nearer_than_chance=_nearer_than_chance(nearer),
        picked=bool(ratio and ratio.synthetic is not None and ratio.synthetic < PICKED),
        accused=tuple(name for name, group in groups.items() if group["accused"]),
        attacked="all" in groups,
        columns=_worst_columns(facts.get("columns", {})),
        pairs=tuple((*pair["columns"], pair["trend_error"])
                    for pair in facts.get("worst_pairs", [])[:MOST]),
        classes=_worst_classes(report.charts.get("classes", {})),
        telling=tuple(list(telling.get("columns", {}).items())[:MOST]),
        regions=tuple(telling.get("regions", [])[:MOST]),
    )  # fmt: skip


def _told_apart(area: Metric | None) -> str | None:
    """How well synthetic rows are told from real ones, beyond what tells real ones apart."""
    if area is None or area.synthetic is None:
        return None
    beyond = area.synthetic - max((area.holdout or 0.0) - 0.5, 0.0)
    return "hardly" if beyond <= HARDLY else "clearly" if beyond >= CLEARLY else "partly"


def _trained_well(trained: Metric | None) -> bool | None:
    """Whether synthetic rows teach nearly as much as real ones, beside what trivial ones do."""
    if trained is None:
        return None
    found, real, trivial = trained.synthetic, trained.holdout, trained.independent
    if found is None or real is None or trivial is None:
        return None
    return found >= real - NEARLY * (real - trivial)


def _nearer_than_chance(nearer: Metric | None) -> bool:
    """Whether more rows are near to training rows than of a generator that cannot repeat any.

    Training rows and holdout may differ, and then rows of any generator are nearer to one of them.
    """
    if nearer is None or nearer.synthetic is None:
        return False
    error = (nearer.standard_error or 0.0) * 2**0.5
    return nearer.synthetic > max(BY_CHANCE, nearer.independent or 0.0) + SURE * error


def _worst_columns(
    columns: Mapping[str, Mapping[str, float]],
) -> tuple[tuple[str, float, float | None], ...]:
    errors = [(name, found["shape_error"], found.get("holdout_shape_error"))
              for name, found in columns.items()]  # fmt: skip
    return tuple(sorted(errors, key=lambda each: (each[2] or 0.0) - each[1])[:MOST])


def _worst_classes(chart: Mapping[str, Any]) -> tuple[tuple[str, float, float], ...]:
    shares = zip(*(chart.get(each, ()) for each in ("labels", "real", "synthetic")), strict=True)
    found = [(label, 100 * real, 100 * made) for label, real, made in shares]
    return tuple(sorted(found, key=lambda each: -abs(each[2] - each[1]))[:MOST])
