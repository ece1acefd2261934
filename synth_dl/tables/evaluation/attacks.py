"""Membership attacks on the rows of a table: all of them, the isolated ones, and canaries."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd

from synth_dl.metrics.boosting import workers
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.privacy.attacks import BY_MODEL, Scores, attack_scores
from synth_dl.metrics.privacy.membership import Success, membership_success
from synth_dl.metrics.privacy.parts import Parts
from synth_dl.tables.evaluation.comparison import TableComparison

UNLIKE = 0.001  # p-value of the permutation check from which on nothing can be told
FEW_TRIVIAL = 10_000  # rows of independent columns that are attacked
UNLIKE_NOTE = (
    "training part and holdout are told apart by themselves (permutation check, p = {:.3f}), so "
    "that membership attacks cannot be judged: take a random part of the same rows as the holdout"
)
LogProb = Callable[[pd.DataFrame], Scores]


@dataclass(frozen=True)
class Attacked:
    """What membership attacks found.

    Attributes:
        success: by the group of rows, as in `GROUPS`, the p-values corrected for the number of
            groups; None for too few rows.
        trivial: of all rows, where independent columns take the place of the synthetic rows.
        parts: the rows that were attacked, or None where there are too few.
        note: why there are no figures, or None.
    """

    success: Mapping[str, Success | None] = field(default_factory=dict)
    trivial: Success | None = None
    parts: Parts | None = None
    note: str | None = None

    @property
    def judged(self) -> Parts | None:
        """The rows, where training part and holdout differ in membership alone."""
        return self.parts if self.parts and self.parts.exchangeable > UNLIKE else None


@dataclass(frozen=True)
class Material:
    """What privacy is measured on.

    Attributes:
        tables: training rows, holdout, the first synthetic sample, independent columns.
        samples: all synthetic samples.
        frames: the real rows as they are, by "real" and "holdout".
        log_prob: nats that the generator gives to such rows, or None.
        canaries: planted and withheld ones, or None.
        target: the column that is worth guessing, or None.
        keys: columns that somebody may know of a person; chosen if None.
    """

    tables: TableComparison
    samples: Sequence[EncodedTable]
    frames: Mapping[str, pd.DataFrame]
    log_prob: LogProb | None = None
    canaries: tuple[EncodedTable, EncodedTable] | None = None
    target: str | None = None
    keys: Sequence[str] | None = None


def attack(material: Material) -> Attacked:
    """Membership attacks on training rows against rows of the holdout, and on canaries."""
    tables = material.tables
    if tables.holdout is None:
        return Attacked(note="there is no holdout")
    parts = Parts.of(tables.train, tables.holdout, tables.seed)
    if parts is None:
        return Attacked(note="too few rows of the training part and the holdout differ")
    judged = parts.exchangeable > UNLIKE
    found, by_chance = _on_rows(parts, material) if judged else ({}, None)
    if material.canaries is not None:
        planted = Parts.of_canaries(*material.canaries, tables.holdout)
        made = _scores(planted, material.samples, tables.seed, None)
        found["canaries"] = membership_success(made, planted.members, tables.seed)
    corrected = {
        group: success and replace(success, p_value=min(1.0, success.p_value * len(found)))
        for group, success in found.items()
    }
    note = None if judged else UNLIKE_NOTE.format(parts.exchangeable)
    return Attacked(corrected, by_chance, parts, note)


def _on_rows(parts: Parts, material: Material) -> tuple[dict[str, Success | None], Success | None]:
    """Success by the group of rows, and that of independent columns."""
    tables, seed = material.tables, material.tables.seed
    likelihoods = _likelihoods(parts, material)
    trivial = tables.independent.at_most(FEW_TRIVIAL, np.random.default_rng(seed))
    *made, by_chance = _scores(parts, [*material.samples, trivial], seed, likelihoods)
    isolated = parts.isolated
    among = [{name: score[isolated] for name, score in sample.items()} for sample in made]
    found = {
        "all": membership_success(made, parts.members, seed),
        "isolated": membership_success(among, parts.members[isolated], seed),
    }
    if likelihoods is not None:
        found["rows"] = membership_success([_without(BY_MODEL, each) for each in made],
                                           parts.members, seed)  # fmt: skip
    return found, membership_success([_without(BY_MODEL, by_chance)], parts.members, seed)


def _without(attack: str, scores: Mapping[str, Scores]) -> dict[str, Scores]:
    return {name: score for name, score in scores.items() if name != attack}


def _scores(
    parts: Parts,
    samples: Sequence[EncodedTable],
    seed: int,
    likelihoods: tuple[Scores, Scores] | None,
) -> list[dict[str, Scores]]:
    with ThreadPoolExecutor(workers()) as pool:
        attack_on = partial(attack_scores, parts, likelihoods=likelihoods)
        return list(pool.map(attack_on, samples, range(seed, seed + len(samples))))


def _likelihoods(parts: Parts, material: Material) -> tuple[Scores, Scores] | None:
    if material.log_prob is None:
        return None
    half = len(parts.places) // 2
    asked = (parts.places[:half], parts.places[half:])
    found = []
    for train, holdout in (asked, parts.reference_places):
        real = material.frames["real"].iloc[train]
        rows = pd.concat([real, material.frames["holdout"].iloc[holdout]], ignore_index=True)
        found.append(np.asarray(material.log_prob(rows), dtype=np.float64))
    return found[0], found[1]
