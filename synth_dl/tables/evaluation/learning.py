"""Models of a target that learnt from synthetic and from real rows: each is fitted once."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from synth_dl.metrics.boosting import workers
from synth_dl.metrics.efficiency import asks_for_classes, boosted_predictions
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.models import model_predictions, models_of
from synth_dl.metrics.predictions import Predictions
from synth_dl.metrics.utility import real_and_synthetic
from synth_dl.tables.evaluation.comparison import TableComparison
from synth_dl.tables.evaluation.own_model import OwnModel

Learn = Callable[[EncodedTable], Predictions | None]
ROLES = ("synthetic", "holdout", "independent")  # "holdout" learns from the training rows
BOOSTED = "boosted"


@dataclass(frozen=True)
class Learnt:
    """What models say of one target of the holdout.

    Attributes:
        target: the column.
        task: `classification` or `regression`, or None.
        by_classes: whether it is one of classes.
        models: by name, and by what each learnt from: `ROLES`, and `half` of the training rows.
        with_real: LightGBM that learnt from training rows and those of a role together.
        fresh: LightGBM that learnt from the holdout itself, for its importances.
        seconds: wall time of each model.
    """

    target: str
    task: str | None
    by_classes: bool
    models: dict[str, dict[str, Predictions | None]]
    with_real: dict[str, Predictions | None]
    fresh: Predictions | None
    seconds: dict[str, float]

    @property
    def boosted(self) -> dict[str, Predictions | None]:
        """LightGBM, by what it learnt from."""
        return self.models[BOOSTED]


def learnt_targets(
    tables: TableComparison, targets: Sequence[str], task: str | None, own: OwnModel | None
) -> list[Learnt]:
    """All models of all targets; nothing where there is no holdout to ask.

    The user's own model learns those targets that it is made for.

    Raises:
        ConfigError: if it is made for none of them, or fails.
    """
    holdout = tables.holdout
    if holdout is None:
        return []
    kinds = {target: asks_for_classes(holdout, target, task) for target in targets}
    if own is not None:
        own.check_one(kinds)
    return [_learnt(tables, holdout, target, task, by_classes, own)
            for target, by_classes in kinds.items()]  # fmt: skip


def _learnt(
    tables: TableComparison,
    holdout: EncodedTable,
    target: str,
    task: str | None,
    by_classes: bool,
    own: OwnModel | None,
) -> Learnt:
    asked: dict[str, Any] = {
        "holdout": holdout, "target": target, "seed": tables.seed, "task": task
    }  # fmt: skip
    ways: dict[str, Learn] = {
        name: partial(model_predictions, make=make, **asked)
        for name, make in models_of(by_classes, tables.seed).items()
    }
    if own is not None and own.learns(by_classes):
        name = own.path if own.name in (*ways, BOOSTED) else own.name
        ways[name] = partial(own.predictions, **asked)
    boosted = partial(boosted_predictions, **asked)
    sets = _sets(tables)
    found, seconds = {}, {}
    found[BOOSTED], seconds[BOOSTED] = _side_by_side(boosted, {**sets, "fresh": holdout})
    fresh = found[BOOSTED].pop("fresh")
    for name, way in ways.items():
        found[name], seconds[name] = _side_by_side(way, sets)
    both = partial(real_and_synthetic, tables.train, **asked)
    added = {role: sets[role] for role in ("synthetic", "independent")}
    with_real, seconds["with_real"] = _side_by_side(both, added)
    return Learnt(target, task, by_classes, found, with_real, fresh, seconds)


def _sets(tables: TableComparison) -> dict[str, EncodedTable]:
    """What is learnt from, by role, and half of the real rows."""
    rows = len(tables.train)

    def some(table: EncodedTable, count: int) -> EncodedTable:
        return table.at_most(count, np.random.default_rng(tables.seed))

    # As many rows to learn from as the real table has, or the larger table would win by size.
    sets = (some(tables.synthetic, rows), tables.train, tables.independent)
    return {**dict(zip(ROLES, sets, strict=True)), "half": some(tables.train, max(rows // 2, 1))}


def _side_by_side(
    learn: Learn, sets: dict[str, EncodedTable]
) -> tuple[dict[str, Predictions | None], float]:
    """What is learnt from each set, and the wall time."""
    started = time.perf_counter()
    with ThreadPoolExecutor(workers()) as pool:
        found = dict(zip(sets, pool.map(learn, sets.values()), strict=True))
    return found, time.perf_counter() - started
