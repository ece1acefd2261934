"""Utility of a synthetic table: several models, effective rows, and every column as a target."""

import importlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from synth_dl.errors import ConfigError
from synth_dl.metrics.boosting import workers
from synth_dl.metrics.comparison import timed
from synth_dl.metrics.efficiency import asks_for_classes
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.report import Metric, definition_of
from synth_dl.metrics.utility import (
    effective_rows,
    model_score,
    models_of,
    utility_of_columns,
)
from synth_dl.tables.evaluation.comparison import TableComparison


def utility(
    tables: TableComparison,
    target: str | None,
    task: str | None,
    score: float | None,
    estimator: Callable[[], Any] | None = None,
) -> tuple[list[Metric], dict[str, Any]]:
    """Metrics, and as plain data the scores of models and of every column.

    Args:
        tables: that are compared.
        target: the column that models predict, or None.
        task: `classification` or `regression`, or None.
        score: of LightGBM that learnt from the synthetic rows.
        estimator: makes the user's own model.
    """
    columns, by_column = _columns(tables)
    facts: dict[str, Any] = {"utility_of_columns": by_column}
    metrics = [columns]
    if target is not None and tables.holdout is not None:
        metrics.insert(0, _effective(tables, target, task, score, facts))
        metrics += _models(tables, target, task, estimator)
    return metrics, facts


def estimator_of(path: str | None) -> Callable[[], Any] | None:
    """The user's scikit-learn estimator by its import path.

    Raises:
        ConfigError: if there is no such class, or it cannot learn and predict.
    """
    if path is None:
        return None
    module, _, name = path.rpartition(".")
    try:
        made = getattr(importlib.import_module(module), name)
        complete = all(hasattr(made(), each) for each in ("fit", "predict"))
    except (Exception, SystemExit) as error:  # whatever code of the user raises
        raise ConfigError(
            f"estimator={path}: there is no such class that can be made without arguments "
            f"({error}): name one such as sklearn.ensemble.RandomForestClassifier"
        ) from error
    if not complete:
        raise ConfigError(
            f"estimator={path}: it has no fit and predict: name a scikit-learn estimator such as "
            "sklearn.ensemble.RandomForestClassifier"
        )
    return made


@timed
def _effective(
    tables: TableComparison,
    target: str,
    task: str | None,
    score: float | None,
    facts: dict[str, Any],
) -> Metric:
    metric = Metric(
        name="effective_rows",
        title=f"real rows worth as much, for {target}",
        definition=definition_of(effective_rows),
        unit="rows",
        better="higher",
    )
    if score is None or tables.holdout is None:
        return metric
    found = effective_rows(tables.train, tables.holdout, target, score, tables.seed, task)
    if found is None:
        return metric
    facts["learning_curve"] = asdict(found)
    note = f"{found.beyond} than {found.rows:,}" if found.beyond else None
    return replace(metric, synthetic=float(found.rows), holdout=float(len(tables.train)), note=note)


@timed
def _columns_of(
    metric: Metric, sets: dict[str, EncodedTable], tables: TableComparison, facts: dict[str, Any]
) -> Metric:
    holdout = tables.holdout
    assert holdout is not None
    with ThreadPoolExecutor(workers()) as pool:
        scores = pool.map(
            lambda each: utility_of_columns(each, holdout, tables.seed), sets.values()
        )
        facts |= dict(zip(sets, scores, strict=True))
    means = {role: float(np.mean(list(found.values()))) for role, found in facts.items() if found}
    return replace(metric, **means, rows={role: len(each) for role, each in sets.items()})


def _columns(tables: TableComparison) -> tuple[Metric, dict[str, Any]]:
    metric = Metric(
        name="utility_of_columns",
        title="utility, mean over every column",
        definition=definition_of(utility_of_columns),
        unit="",
        better="higher",
    )
    if tables.holdout is None:
        return metric, {}
    # The real reference learns from the training rows and is asked for the holdout, as all are.
    sets = {
        "synthetic": tables.synthetic,
        "holdout": tables.train,
        "independent": tables.independent,
    }
    facts: dict[str, Any] = {}
    metric = _columns_of(metric, sets, tables, facts)
    by_column = {
        str(name): {"synthetic": facts["synthetic"].get(name), "real": real}
        for name, real in facts["holdout"].items()
    }
    return metric, by_column


def _models(
    tables: TableComparison,
    target: str,
    task: str | None,
    estimator: Callable[[], Any] | None,
) -> list[Metric]:
    holdout = tables.holdout
    assert holdout is not None
    by_classes = asks_for_classes(holdout, target, task)
    models = models_of(by_classes, tables.seed)
    if estimator is not None:
        models[getattr(estimator, "__name__", "estimator")] = estimator
    return [_model(tables, holdout, target, task, name, make, "AUC" if by_classes else "R2")
            for name, make in models.items()]  # fmt: skip


@timed
def _model(
    tables: TableComparison,
    holdout: EncodedTable,
    target: str,
    task: str | None,
    name: str,
    make: Callable[[], Any],
    unit: str,
) -> Metric:
    sets = {
        "synthetic": tables.synthetic.at_most(
            len(tables.train), np.random.default_rng(tables.seed)
        ),
        "holdout": tables.train,
        "independent": tables.independent,
    }
    scores = {
        role: model_score(rows, holdout, target, make, tables.seed, task)
        for role, rows in sets.items()
    }
    metric = Metric(
        name=f"efficiency_{name}",
        title=f"efficiency on {target}, {name}",
        definition=definition_of(model_score),
        unit=unit,
        better="higher",
    )
    return replace(metric, **scores)
