"""Whether models learn the same from synthetic as from real rows: ranks, columns, probabilities."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from synth_dl.metrics.calibration import (
    calibration_error,
    calibration_standard_error,
    reliability_curve,
)
from synth_dl.metrics.comparison import timed
from synth_dl.metrics.encoded import EncodedColumn
from synth_dl.metrics.figures import finite
from synth_dl.metrics.importances import (
    importance_agreement,
    importance_shares,
    rank_correlation,
)
from synth_dl.metrics.models import ranking_agreement
from synth_dl.metrics.predictions import Predictions
from synth_dl.metrics.quantities import quantity
from synth_dl.metrics.report import Metric, definition_of
from synth_dl.tables.evaluation.comparison import TableComparison
from synth_dl.tables.evaluation.learning import ROLES, Learnt


def model_scores(learnt: Learnt) -> dict[str, dict[str, float | None]]:
    """By model: its score by what it learnt from, and the standard error of the first."""
    scores = {}
    for name, found in learnt.models.items():
        known = {role: each.judged for role, each in found.items() if each is not None}
        made = known.get("synthetic")
        scores[name] = {
            **{role: finite(known[role].value) if role in known else None for role in found},
            "standard_error": made and finite(made.standard_error),
        }
    return scores


def rankings(learnt: Learnt, facts: dict[str, Any]) -> Metric:
    """Whether models rank by synthetic rows as by real ones.

    Args:
        learnt: what the models say.
        facts: what is known, with `models`; gets which is `best` by what it learnt from.
    """
    metric = Metric(
        name="ranking_agreement",
        title=f"ranking of models for {learnt.target}",
        definition=f"{definition_of(ranking_agreement)} The real reference ranks models that "
        "learnt from one half of the training rows.",
        unit="tau",
        better="higher",
    )
    scores = [each for each in facts["models"].items()
              if all(each[1][role] is not None for role in (*ROLES, "half"))]  # fmt: skip
    if not scores:
        return metric
    sides = {role: [each[role] for _, each in scores] for role in (*ROLES, "half")}
    best = {role: scores[max(range(len(scores)), key=side.__getitem__)][0]
            for role, side in sides.items()}  # fmt: skip
    facts["best"] = {"synthetic": best["synthetic"], "real": best["holdout"]}
    said = f"best is {best['synthetic']}"
    if best["synthetic"] != best["holdout"]:
        said += f" by synthetic rows, {best['holdout']} by real ones"
    real = sides["holdout"]
    return replace(
        metric,
        synthetic=ranking_agreement(sides["synthetic"], real),
        holdout=ranking_agreement(sides["half"], real),
        independent=ranking_agreement(sides["independent"], real),
        note=f"of {len(scores)} models {said}",
    )


def importances(learnt: Learnt, names: Sequence[str], facts: dict[str, Any]) -> Metric:
    """Whether LightGBM learns from the same columns.

    Args:
        learnt: what the models say.
        names: of all columns, in their order.
        facts: gets the `importances` of each column and their `rank_correlation`.
    """
    metric = Metric(
        name="importance_agreement",
        title=f"columns that tell {learnt.target}",
        definition=f"{definition_of(importance_agreement)} The real reference learns from the "
        "holdout.",
        unit="%",
        better="higher",
    )
    sources = {**{role: learnt.boosted[role] for role in ROLES}, "fresh": learnt.fresh}
    shares = {role: importance_shares(each, names, learnt.target)
              for role, each in sources.items()}  # fmt: skip
    real, made = shares["holdout"], shares["synthetic"]
    if real is None or made is None:
        return metric
    order = sorted(real, key=lambda name: -real[name])
    facts["importances"] = {
        str(name): {"synthetic": made[name], "real": real[name]} for name in order
    }
    facts["rank_correlation"] = rank_correlation(made, real)
    against = {
        role: each and importance_agreement(each, real)
        for role, each in (("synthetic", made), ("holdout", shares["fresh"]),
                           ("independent", shares["independent"]))
    }  # fmt: skip
    return replace(metric, **against)


@timed
def calibration(learnt: Learnt, tables: TableComparison, facts: dict[str, Any]) -> Metric:
    """Whether what LightGBM says holds.

    Args:
        learnt: what the models say.
        tables: that are compared.
        facts: gets the `reliability` of models of synthetic and of real rows.
    """
    metric = Metric(
        name="calibration_error",
        title=f"calibration error for {learnt.target}",
        definition=f"{definition_of(calibration_error)} The real reference learnt from the "
        "training rows.",
        unit="points" if learnt.by_classes else "%",
        better="lower",
        limits=None if learnt.by_classes else (0.0, None),
    )
    found = {role: each for role in ROLES if (each := learnt.boosted[role]) is not None}
    if len(found) < len(ROLES):
        return metric
    made, real = found["synthetic"], found["holdout"]
    place = tables.train.names.index(learnt.target)
    label, name = _shown_class(made, tables.train.columns[place])
    facts["reliability"] = {
        "of": name,
        "unit": "number" if learnt.by_classes else tables.train.columns[place].unit,
        "synthetic": [asdict(each) for each in reliability_curve(made, label)],
        "real": [asdict(each) for each in reliability_curve(real, label)],
    }
    return replace(
        metric,
        **{role: finite(calibration_error(each, tables.seed)) for role, each in found.items()},
        standard_error=finite(calibration_standard_error(made, tables.seed)),
    )


def _shown_class(made: Predictions, column: EncodedColumn) -> tuple[float | None, str | None]:
    """Of two classes the one of fewer rows of the holdout, and its name; None for others."""
    if len(made.classes) != 2:
        return None, None
    label = float(min(made.classes, key=lambda each: (made.answers == each).sum()))
    return label, quantity(label, column.unit) if column.numeric else column.labels[int(label)]
