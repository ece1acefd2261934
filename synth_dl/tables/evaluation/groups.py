"""Fairness of a synthetic table: gaps between groups in it and in what models learn from it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from synth_dl.errors import ConfigError
from synth_dl.metrics.efficiency import asks_for_classes
from synth_dl.metrics.fairness import Gap, group_shares, model_gaps, parity_gap, range_cuts
from synth_dl.metrics.report import Metric, definition_of
from synth_dl.tables.evaluation.comparison import TableComparison

TITLES = ("parity gap of a model", "equalised-odds gap of a model")


def fairness(
    tables: TableComparison, target: str | None, task: str | None, sensitive: Sequence[str] | None
) -> tuple[list[Metric], dict[str, Any]]:
    """Metrics, and as plain data the shares of groups; nothing where no columns are sensitive.

    Raises:
        ConfigError: if sensitive columns are named and no target of classes besides.
    """
    if not sensitive:
        return [], {}
    if target is None or target in sensitive or not asks_for_classes(tables.train, target, task):
        raise ConfigError("sensitive: gaps between groups are those of a target of classes; add "
                          "target=COLUMN, one of classes that is not sensitive")  # fmt: skip
    metric = Metric(
        name="parity_gap",
        title=f"parity gap of {target}",
        definition=definition_of(parity_gap),
        unit="points",
        better="as the holdout",
    )
    cuts = range_cuts(tables.train, sensitive)
    own = tables.roles(partial(parity_gap, target=target, groups=sensitive, cuts=cuts))
    metrics = [_with_gaps(metric, own)]
    holdout = tables.holdout
    if holdout is not None:
        sets = {"synthetic": tables.synthetic, "holdout": tables.train,
                "independent": tables.independent}  # fmt: skip
        gaps = {role: model_gaps(each, holdout, target, sensitive, tables.seed, cuts)
                for role, each in sets.items()}  # fmt: skip
        for place, title in enumerate(TITLES):
            name = ("model_parity_gap", "model_odds_gap")[place]
            own = {role: found and found[place] for role, found in gaps.items()}
            named = replace(metric, name=name, title=title, definition=definition_of(model_gaps))
            metrics.append(_with_gaps(named, own))
    shares = group_shares(tables.train, tables.synthetic, sensitive, cuts)
    return metrics, {"groups": [asdict(group) for group in shares]}


def _with_gaps(metric: Metric, gaps: Mapping[str, Gap | None]) -> Metric:
    points = {role: gap and gap.points for role, gap in gaps.items()}
    made = gaps["synthetic"]
    return replace(metric, standard_error=made and made.standard_error, **points)
