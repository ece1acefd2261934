"""Utility of a synthetic table: what models that learn from it are worth, for each target."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from synth_dl.metrics.comparison import timed
from synth_dl.metrics.efficiency import machine_learning_efficiency
from synth_dl.metrics.figures import finite
from synth_dl.metrics.models import model_score
from synth_dl.metrics.predictions import Score, standard_error
from synth_dl.metrics.report import Metric, definition_of
from synth_dl.metrics.utility import (
    Effective,
    effective_rows,
    real_and_synthetic,
    utility_of_columns,
)
from synth_dl.tables.evaluation.agreement import (
    calibration,
    importances,
    model_scores,
    rankings,
)
from synth_dl.tables.evaluation.comparison import TableComparison
from synth_dl.tables.evaluation.learning import BOOSTED, ROLES, Learnt


def utility(
    tables: TableComparison, learnt: Sequence[Learnt]
) -> tuple[list[Metric], dict[str, Any]]:
    """Metrics but `efficiency` of the first target, and as plain data what the page shows.

    Metrics of the first target have plain names; those of others end with the target.

    Args:
        tables: that are compared.
        learnt: what models say of each target.
    """
    metrics: list[Metric] = []
    facts: dict[str, Any] = {"utility": {}}
    for place, each in enumerate(learnt):
        found, said = _of_target(tables, each)
        if place == 0:
            columns, facts["utility_of_columns"] = _columns(tables)
            found.insert(1, columns)
            facts |= {"learning_curve": said["learning_curve"]} if "learning_curve" in said else {}
        else:
            found.insert(0, efficiency(each))
            found = [replace(one, name=f"{one.name}_{each.target}") for one in found]
        metrics += found
        facts["utility"][str(each.target)] = said
    if not learnt:
        columns, facts["utility_of_columns"] = _columns(tables)
        metrics.append(columns)
    return _named_apart(metrics), facts


def efficiency(learnt: Learnt | None) -> Metric:
    """What LightGBM trained on synthetic rows is worth on the holdout."""
    definition = definition_of(machine_learning_efficiency)
    definition += " The real reference is trained on the real training rows."
    metric = Metric("efficiency", "efficiency", definition, "", "higher")
    if learnt is None:
        return metric
    metric = replace(metric, title=f"efficiency on {learnt.target}")
    synthetic, train, independent = (learnt.boosted[role] for role in ROLES)
    if train is None or independent is None:
        note = f"{learnt.target} has fewer than two values in the holdout, so that nothing is asked"
        return replace(metric, note=note)
    if synthetic is None:
        return replace(metric, note=f"no synthetic row has a value of {learnt.target}")
    return replace(
        metric,
        unit=synthetic.measure,
        synthetic=synthetic.judged.value,
        holdout=train.judged.value,
        independent=independent.judged.value,
        rows={"synthetic": synthetic.rows, "real": train.rows, "holdout": len(synthetic.answers)},
        standard_error=finite(synthetic.judged.standard_error),
        seconds=learnt.seconds[BOOSTED],
        note="; ".join(synthetic.notes) or None,
    )


def _of_target(tables: TableComparison, learnt: Learnt) -> tuple[list[Metric], dict[str, Any]]:
    """Metrics of one target, the number of effective rows first, and what the page shows."""
    facts: dict[str, Any] = {"measure": "AUC" if learnt.by_classes else "R2"}
    metrics = [_effective(tables, learnt, facts), *_models(tables, learnt)]
    facts["models"] = model_scores(learnt)
    metrics += [
        rankings(learnt, facts),
        _with_real(learnt, facts),
        importances(learnt, tables.train.names, facts),
        calibration(learnt, tables, facts),
    ]
    return metrics, facts


@timed
def _effective(tables: TableComparison, learnt: Learnt, facts: dict[str, Any]) -> Metric:
    metric = Metric(
        name="effective_rows",
        title=f"real rows worth as much, for {learnt.target}",
        definition=definition_of(effective_rows),
        unit="rows",
        better="higher",
    )
    synthetic, real = learnt.boosted["synthetic"], learnt.boosted["holdout"]
    if synthetic is None or real is None or tables.holdout is None:
        return metric
    found = effective_rows(
        tables.train,
        tables.holdout,
        learnt.target,
        synthetic.judged.value,
        tables.seed,
        learnt.task,
        # Other rows of a holdout would move the curve as well, so that the difference counts.
        error=standard_error(synthetic.judged.influence - real.judged.influence),
        whole=real.judged.value,
    )
    if found is None:
        return metric
    facts["learning_curve"] = asdict(found)
    return replace(metric, synthetic=float(found.rows), holdout=float(len(tables.train)),
                   note=_bounds(found))  # fmt: skip


def _bounds(found: Effective) -> str | None:
    if found.beyond:
        return f"{found.beyond} than {found.rows:,}"
    low, high = found.interval
    return f"{low:,} to {high:,}, by two standard errors of the score" if low < high else None


def _models(tables: TableComparison, learnt: Learnt) -> list[Metric]:
    metrics = []
    for name, found in learnt.models.items():
        if name == BOOSTED:
            continue
        scores = {role: each and each.judged for role, each in found.items() if role in ROLES}
        metric = Metric(
            name=f"efficiency_{name}",
            title=f"efficiency on {learnt.target}, {name}",
            definition=definition_of(model_score),
            unit="AUC" if learnt.by_classes else "R2",
            better="higher",
            seconds=learnt.seconds[name],
        )
        made = scores["synthetic"]
        known = {role: each and finite(each.value) for role, each in scores.items()}
        error = made and finite(made.standard_error)
        note = None
        if made is None and learnt.boosted["synthetic"] is not None:
            note = f"the synthetic rows have one value of {learnt.target} only"
            if len(tables.train.names) < 2:
                note = f"there is no column besides {learnt.target} to learn from"
        metrics.append(replace(metric, **known, standard_error=error, note=note))
    return metrics


def _with_real(learnt: Learnt, facts: dict[str, Any]) -> Metric:
    metric = Metric(
        name="efficiency_with_real",
        title=f"efficiency on {learnt.target}, real and synthetic rows",
        definition=definition_of(real_and_synthetic),
        unit="AUC" if learnt.by_classes else "R2",
        better="higher",
        seconds=learnt.seconds["with_real"],
    )
    both, trivial = learnt.with_real["synthetic"], learnt.with_real["independent"]
    real = learnt.boosted["holdout"]
    if both is None or real is None or trivial is None:
        return metric
    # Both are asked for the same rows.
    gain = Score(
        both.judged.value - real.judged.value, both.judged.influence - real.judged.influence
    )
    facts["gain"] = {"value": gain.value, "standard_error": gain.standard_error}
    return replace(
        metric,
        synthetic=both.judged.value,
        holdout=real.judged.value,
        independent=trivial.judged.value,
        rows={"both": both.rows, "real": real.rows},
        standard_error=finite(both.judged.standard_error),
    )


def _columns(tables: TableComparison) -> tuple[Metric, dict[str, Any]]:
    by_column: dict[str, Any] = {}
    return _measured_columns(tables, by_column), by_column


@timed
def _measured_columns(tables: TableComparison, by_column: dict[str, Any]) -> Metric:
    metric = Metric(
        name="utility_of_columns",
        title="utility, mean over every column",
        definition=definition_of(utility_of_columns),
        unit="",
        better="higher",
        limits=(0.0, 1.0),
    )
    holdout = tables.holdout
    if holdout is None:
        return metric
    # The real reference learns from the training rows and is asked for the holdout, as all are.
    sets = dict(zip(ROLES, (tables.synthetic, tables.train, tables.independent), strict=True))
    found = {role: utility_of_columns(rows, holdout, tables.seed) for role, rows in sets.items()}
    made = found["synthetic"]
    for name, real in found["holdout"].scores.items():
        by_column[str(name)] = {"synthetic": made.scores.get(name), "real": real}
    return replace(
        metric,
        **{role: each.mean for role, each in found.items()},
        rows={role: len(rows) for role, rows in sets.items()},
        standard_error=made.standard_error if made.scores else None,
    )


def _named_apart(metrics: list[Metric]) -> list[Metric]:
    """With a number behind a name that is there already, as of a target named like a model."""
    known: set[str] = {"efficiency"}
    apart = []
    for metric in metrics:
        name, place = metric.name, 2
        while name in known:
            name, place = f"{metric.name}_{place}", place + 1
        known.add(name)
        apart.append(replace(metric, name=name))
    return apart
