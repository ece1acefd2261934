"""All metrics of a synthetic table, each beside the real holdout and independent columns.

The holdout shows what a perfect generator gets, the independent columns what a trivial one gets;
a figure means nothing without the two.
"""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from synth_dl.errors import ConfigError, DataError
from synth_dl.metrics.efficiency import TASKS
from synth_dl.metrics.encoded import EncodedTable, independent_columns
from synth_dl.metrics.figures import finite
from synth_dl.metrics.marginals import missing_error, shape_error
from synth_dl.metrics.neighbours import nearer_train_share
from synth_dl.metrics.progress import Announce, silent
from synth_dl.metrics.report import Metric, Report
from synth_dl.metrics.trends import trend_error, trend_error_own_bins, trend_errors
from synth_dl.tables.evaluation.attacks import LogProb, Material
from synth_dl.tables.evaluation.charts import charts_of
from synth_dl.tables.evaluation.comparison import (
    TableComparison,
    by_column,
    copies,
    distance,
    two_sample,
)
from synth_dl.tables.evaluation.encoding import encode_tables
from synth_dl.tables.evaluation.fidelity import fidelity
from synth_dl.tables.evaluation.groups import fairness
from synth_dl.tables.evaluation.learning import Learnt, learnt_targets
from synth_dl.tables.evaluation.notes import notes_on
from synth_dl.tables.evaluation.own_model import OwnModel, estimator_of
from synth_dl.tables.evaluation.pictures import marginals_figure, pairs_figure
from synth_dl.tables.evaluation.privacy import privacy_metrics
from synth_dl.tables.evaluation.targets import check_columns, targets_of
from synth_dl.tables.evaluation.utility import efficiency, utility
from synth_dl.tables.frames import taken
from synth_dl.tables.reading.tidy import tidy_frame
from synth_dl.tables.schema import Schema

CANARIES = ("planted canaries", "withheld canaries")
Sections = tuple[list[Metric], dict[str, Any], list[str]]


def evaluate(
    real: Any,
    synthetic: Any,
    *,
    schema: Schema,
    holdout: Any = None,
    target: str | Sequence[str] | None = None,
    task: str | None = None,
    seed: int = 0,
    likelihood: Mapping[str, float | None] | None = None,
    samples: Sequence[Any] = (),
    log_prob: LogProb | None = None,
    keys: Sequence[str] | None = None,
    canaries: tuple[Any, Any] | None = None,
    estimator: str | None = None,
    sensitive: Sequence[str] | None = None,
    announce: Announce = silent,
) -> Report:
    """Compare a synthetic table with the real one that it imitates.

    Args:
        real: the rows that the generator was trained on, as a table of any kind that `fit` takes.
        synthetic: the rows that it made.
        schema: the kind of each column.
        holdout: real rows that it never saw, not for selection either.
        target: the column that machine-learning efficiency predicts, or several; fairness and
            privacy are asked of the first.
        task: `classification` or `regression`; if None, a target of few whole numbers is one of
            classes, as are categories.
        seed: of folds, random choices of rows and shuffled columns.
        likelihood: figures of the model itself, in nats a row, by their names; higher is better.
        samples: further tables that the generator made, which membership attacks see too.
        log_prob: nats that the generator gives to rows, for the attack by its own likelihood.
        keys: columns that somebody may know of a person; the four that tell most if None.
        canaries: rows that were planted among the training rows, and others made alike.
        estimator: import path of a scikit-learn estimator that predicts the target too.
        sensitive: columns whose combinations are the groups that fairness is asked of.
        announce: is told the name of each part when it begins.

    Raises:
        ConfigError: if the task or the estimator is none.
        DataError: if the tables, the target or the keys do not fit the schema.
    """
    started = time.perf_counter()
    if task not in (None, *TASKS):
        raise ConfigError(f"task={task}: choose {' or '.join(TASKS)}, or leave it out")
    own_model = estimator_of(estimator)
    frames = _frames(real, synthetic, holdout, samples, canaries)
    encoded = encode_tables(frames, schema)
    targets = targets_of(target, encoded["real"], schema)
    check_columns(encoded["real"], keys, "key")
    check_columns(encoded["real"], sensitive, "sensitive column")
    material = _material(frames, encoded, targets, log_prob, keys, seed)
    found = _sections(material, targets, task, own_model, sensitive, announce)
    return _report(material, schema, targets, found, likelihood or {}, started)


def _frames(
    real: Any,
    synthetic: Any,
    holdout: Any,
    samples: Sequence[Any],
    canaries: tuple[Any, Any] | None,
) -> dict[str, pd.DataFrame]:
    """All tables that are given, by what messages call them."""
    others = {f"synthetic {place}": rows for place, rows in enumerate(samples, 2)}
    given = {"real": real, "synthetic": synthetic, "holdout": holdout, **others}
    given |= dict(zip(CANARIES, canaries or (None, None), strict=True))
    return {role: _tidied(rows, role) for role, rows in given.items() if rows is not None}


def _material(
    frames: Mapping[str, pd.DataFrame],
    encoded: Mapping[str, EncodedTable],
    targets: Sequence[str],
    log_prob: LogProb | None,
    keys: Sequence[str] | None,
    seed: int,
) -> Material:
    train, made = encoded["real"], encoded["synthetic"]
    trivial = independent_columns(train, seed)
    compared = TableComparison(train, made, encoded.get("holdout"), trivial, seed)
    planted = [encoded[role] for role in CANARIES if role in encoded]
    drawn = [table for role, table in encoded.items() if role.startswith("synthetic")]
    return Material(
        compared, drawn, frames, log_prob, (planted[0], planted[1]) if planted else None,
        targets[0] if targets else None, keys,
    )  # fmt: skip


def _report(
    material: Material,
    schema: Schema,
    targets: Sequence[str],
    found: Sections,
    likelihood: Mapping[str, float | None],
    started: float,
) -> Report:
    """What was found, with what is known of columns and pairs."""
    compared, frames, first = material.tables, material.frames, material.target
    metrics, facts, notes = found
    metrics = (*metrics, *_likelihood_metrics(likelihood))
    pairs = trend_errors(compared.train, compared.synthetic)
    columns = {str(name): errors for name, errors in by_column(compared, pairs).items()}
    rows = {"real": compared.train, "synthetic": compared.synthetic}
    rows |= {} if compared.holdout is None else {"holdout": compared.holdout}
    pictures = {"marginals": partial(marginals_figure, frames["real"], frames["synthetic"], schema)}
    if len(compared.train.columns) > 1:
        pictures["pairs"] = partial(pairs_figure, compared.train.names, pairs)
    return Report(
        title="Synthetic against real",
        trivial="independent columns",
        metrics=metrics,
        facts={
            "columns": columns,
            "worst_pairs": _worst_pairs(compared.train, pairs),
            "rows": {role: len(table) for role, table in rows.items()},
            "target": None if first is None else str(first),
            "targets": [str(each) for each in targets],
            **facts,
        },
        seed=compared.seed,
        seconds=time.perf_counter() - started,
        notes=(*notes, *notes_on(rows, schema, first, metrics)),
        pictures=pictures,
        charts=charts_of(compared, columns, facts["column_tests"], pairs),
    )


def _sections(
    material: Material,
    targets: Sequence[str],
    task: str | None,
    own_model: OwnModel | None,
    sensitive: Sequence[str] | None,
    announce: Announce,
) -> Sections:
    """Metrics of all sections, what else they know as plain data, and notes."""
    tables = material.tables
    announce("fidelity")
    # First, as these may refuse.
    fair, groups = fairness(tables, material.target, task, sensitive)
    learnt = learnt_targets(tables, targets, task, own_model)
    figures = _metrics(tables, learnt)
    faithful, shapes = fidelity(tables)
    announce("utility")
    useful, taught = utility(tables, learnt)
    private = privacy_metrics(material, announce)
    metrics = [*figures, *faithful, *useful, *fair, *private.metrics]
    return metrics, {**shapes, **taught, **groups, "privacy": private.facts}, private.notes


def _tidied(rows: Any, role: str) -> pd.DataFrame:
    name = f"the {role} table"
    try:
        return tidy_frame(taken(rows, name))
    except DataError as error:
        said = str(error)
        raise DataError(said if said.startswith(name) else f"{name}: {said}") from error


def _metrics(tables: TableComparison, learnt: Sequence[Learnt]) -> list[Metric]:
    return [
        distance(tables, shape_error, "shape error"),
        distance(tables, missing_error, "missing error", unit="points"),
        distance(tables, trend_error, "trend error, real bins"),
        distance(tables, trend_error_own_bins, "trend error, own bins"),
        *two_sample(tables),
        efficiency(learnt[0] if learnt else None),
        tables.nearer_share(nearer_train_share),
        copies(tables),
    ]


def _worst_pairs(train: EncodedTable, errors: np.ndarray, count: int = 10) -> list[dict[str, Any]]:
    """The pairs of columns with the largest trend errors (columns, columns), in percent."""
    first, second = np.triu_indices(len(train.columns), k=1)
    worst = np.argsort(-errors[first, second], kind="stable")[:count]
    return [
        {
            "columns": [str(train.names[place]) for place in (first[pair], second[pair])],
            "trend_error": float(errors[first[pair], second[pair]]),
        }
        for pair in worst
    ]


def _likelihood_metrics(likelihood: Mapping[str, float | None]) -> list[Metric]:
    return [
        Metric(
            name=f"likelihood_{name}",
            title=f"log-likelihood, {name}",
            definition="Mean log-likelihood of a row under the model, as the model reports it.",
            unit="nats a row",
            better="higher",
            synthetic=finite(value),
        )
        for name, value in likelihood.items()
    ]
