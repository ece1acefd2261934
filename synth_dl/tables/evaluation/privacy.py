"""Privacy of a synthetic table, measured: attacks, copies, and what can be read off."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from synth_dl.metrics.boosting import workers
from synth_dl.metrics.comparison import timed
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.intervals import share_error
from synth_dl.metrics.privacy.attacks import BY_MODEL
from synth_dl.metrics.privacy.copies import NearTraining, exact_copies, most_exposed, near_copies
from synth_dl.metrics.privacy.disclosure import disclosive_rows, replicated_uniques, telling_keys
from synth_dl.metrics.privacy.inference import Gain, attribute_inference_gain
from synth_dl.metrics.privacy.membership import LEVEL, membership_success
from synth_dl.metrics.progress import Announce, silent
from synth_dl.metrics.report import Metric, definition_of
from synth_dl.tables.evaluation.attacks import Attacked, Material, attack
from synth_dl.tables.evaluation.comparison import TableComparison

GROUPS = {
    "all": "all rows",
    "rows": "without the model",
    "isolated": "the most isolated 1 %",
    "canaries": "planted canaries",
}


@dataclass(frozen=True)
class Private:
    """What was measured: metrics, what else is known as plain data, and notes in words."""

    metrics: list[Metric]
    facts: dict[str, Any]
    notes: list[str]


def privacy_metrics(material: Material, announce: Announce = silent) -> Private:
    """Everything that is measured of privacy.

    Args:
        material: what it is measured on.
        announce: is told "attacks" and "copies" when they begin.
    """
    tables = material.tables
    announce("attacks")
    keys = list(material.keys or telling_keys(tables.train, material.target))
    attacked = attack(material)
    metrics = [_membership_metric(attacked, group, measure, len(material.samples))
               for group, measure in _figures(attacked)]  # fmt: skip
    announce("copies")
    metrics += [_near(tables), *_disclosure(tables, keys, material.target)]
    gains = _gains(attacked, material)
    metrics.append(_gain_metric(gains))
    facts: dict[str, Any] = {"keys": keys, **_attack_facts(attacked, len(material.samples))}
    facts["attribute_inference"] = [{**asdict(gain), "points": gain.points} for gain in gains]
    if tables.holdout is not None:
        exact = exact_copies(tables.train, tables.holdout, tables.synthetic)
        facts["exact_copies"] = asdict(exact)
        facts["most_exposed"] = most_exposed(tables.train, tables.holdout, tables.synthetic)
    return Private(metrics, facts, _notes(attacked, material))


def _figures(attacked: Attacked) -> list[tuple[str, str]]:
    pairs = [("all", "auc"), ("all", "true_positives"), ("isolated", "auc")]
    return pairs + [(group, "auc") for group in ("rows", "canaries") if group in attacked.success]


def _membership_metric(attacked: Attacked, group: str, measure: str, samples: int) -> Metric:
    ending = "" if group == "all" else f"_{group}"
    by_area = measure == "auc"
    metric = Metric(
        name=f"membership_{measure}{ending}",
        title=f"membership, {'AUC' if by_area else 'found at 1 % false'}, {GROUPS[group]}",
        definition=f"{definition_of(membership_success)} Corrected for taking the worst.",
        unit="AUC" if by_area else "%",
        better="0.5" if by_area else "1",
        note=attacked.note,
    )
    success = attacked.success.get(group)
    if success is None:
        return metric
    worst = getattr(success, measure)
    trivial = getattr(attacked.trivial, measure) if group == "all" and attacked.trivial else None
    return replace(
        metric,
        synthetic=worst.corrected,
        holdout=0.5 if by_area else 1.0,  # by definition, as the excess of chance is taken off
        independent=None if trivial is None else trivial.corrected,
        rows={"members": success.members, "others": success.others, "samples": samples},
        standard_error=worst.spread,
        note=f"worst of {len(success.attacks)} attacks: {worst.attack}, p = {success.p_value:.3f}",
    )


@timed
def _near(tables: TableComparison) -> Metric:
    definition = definition_of(near_copies)
    metric = Metric("near_copies", "near copies of training rows", definition, "%", "1")
    holdout = tables.holdout
    if holdout is None or len(holdout) < 2:
        return metric
    near = NearTraining.of(tables.train, holdout, tables.seed)
    copies = near.copies(tables.synthetic)
    return replace(
        metric,
        synthetic=copies.percent,
        holdout=100 * copies.expected / copies.asked,
        independent=near.copies(tables.independent).percent,
        rows={"synthetic": copies.asked},
        standard_error=share_error(copies.percent, copies.asked),
        note=f"{copies.found:,.0f} where {copies.expected:,.0f} are expected, "
        f"p = {copies.p_value:.3f}",
    )


def _disclosure(tables: TableComparison, keys: list[str], target: str | None) -> list[Metric]:
    known = f"keys: {', '.join(map(str, keys))}"
    # More rows hold more combinations, so that all sets need the same number.
    size = min(map(len, tables.roles(lambda each: each).values()))
    rng = np.random.default_rng(tables.seed)

    def alike(measure: Callable[..., float]) -> Callable[[EncodedTable, EncodedTable], float]:
        return lambda train, rows: measure(train, rows.at_most(size, rng))

    better = "as the holdout"
    definition = definition_of(replicated_uniques)
    unique = Metric("replicated_uniques", "replicated uniques", definition, "%", better, note=known)
    error = partial(share_error, count=len(tables.train))
    found = [tables.with_train(unique, alike(partial(replicated_uniques, keys=keys)), error)]
    others = [name for name in tables.train.names if name not in keys]
    if others:
        told = [target] if target in others else others
        read = f"of {target}" if target in others else "mean over the other columns"
        metric = Metric("disclosive_rows", f"disclosive rows, {read}",
                        definition_of(disclosive_rows), "%", better, note=known)  # fmt: skip

        def share(train: EncodedTable, rows: EncodedTable) -> float:
            return float(np.mean([disclosive_rows(train, rows, keys, name) for name in told]))

        # Columns are read off the same rows: the mean is no surer than a single one.
        found.append(tables.with_train(metric, alike(share), error))
    return found


def _gains(attacked: Attacked, material: Material) -> list[Gain]:
    """Of each column, the largest first."""
    parts = attacked.judged
    if parts is None:
        return []
    tables = material.tables
    with ThreadPoolExecutor(workers()) as pool:
        guess = partial(attribute_inference_gain, parts, tables.synthetic, seed=tables.seed)
        found = [gain for gain in pool.map(guess, parts.rows.names) if gain is not None]
    return sorted(found, key=lambda gain: -gain.points)


def _gain_metric(gains: list[Gain]) -> Metric:
    metric = Metric(
        name="attribute_inference_gain",
        title="attribute inference gain, mean",
        definition=definition_of(attribute_inference_gain),
        unit="points",
        better="0",
    )
    if not gains:
        return metric
    errors = np.array([gain.standard_error for gain in gains])
    return replace(
        metric,
        synthetic=float(np.mean([gain.points for gain in gains])),
        # Columns are guessed of the same rows: the mean is no surer than a single one.
        standard_error=float(errors.mean()),
        holdout=0.0,
        note=f"largest for {gains[0].column}, {gains[0].points:+.1f} ± "
        f"{gains[0].standard_error:.1f} points",
    )


def _attack_facts(attacked: Attacked, samples: int) -> dict[str, Any]:
    parts = attacked.parts
    groups = {
        group: {**asdict(success), "accused": success.accused}
        for group, success in attacked.success.items()
        if success is not None
    }
    facts: dict[str, Any] = {"membership": groups, "samples": samples, "level": LEVEL}
    if parts is not None:
        facts["preconditions"] = {
            "members": int(parts.members.sum()),
            "shared": parts.shared,
            "repeated": parts.repeated,
            "exchangeable": parts.exchangeable,
        }
    return facts


def _notes(attacked: Attacked, material: Material) -> list[str]:
    notes = []
    if attacked.parts is not None and attacked.parts.shared:
        notes.append(
            f"{attacked.parts.shared:,} rows stand in the training part and in the holdout too; "
            "membership attacks leave them out."
        )
    if attacked.success.get("all") and len(material.samples) == 1:
        notes.append("Membership attacks saw one synthetic sample; with the artifact there are "
                     "three.")  # fmt: skip
    for group, success in attacked.success.items():
        if success is not None and success.accused:
            owner = ", which needs the model," if success.auc.attack == BY_MODEL else ""
            notes.append(
                f"Training rows are given away ({GROUPS[group]}): the attack by "
                f"{success.auc.attack}{owner} knows them from fresh rows with AUC "
                f"{success.auc.value:.3f}, p = {success.p_value:.3f}."
            )
    return notes
