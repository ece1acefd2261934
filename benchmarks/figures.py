"""The figures of one trained model, each as the evaluation of synth_dl defines it.

A two-sample AUC moves by some 0.003 with the seed of its folds and of the rows that it takes, so
here it is the mean over `AUC_SEEDS` seeds. Everything else is measured once.
"""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from measuring import Run

import synth_dl
from synth_dl.metrics.efficiency import machine_learning_efficiency
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.marginals import shape_error
from synth_dl.metrics.neighbours import copy_share, nearer_train_share
from synth_dl.metrics.trends import trend_error, trend_error_own_bins
from synth_dl.metrics.two_sample import two_sample_auc
from synth_dl.runs.reading import TableRun, read_run
from synth_dl.tables.evaluation.encoding import encode_tables
from synth_dl.tables.reading.table import read_table
from synth_dl.tables.schema import Schema

AUC_SEEDS = 4
SPEED_ROWS = 100_000


def figures_of(run_dir: Path, took: Run, seed: int = 0) -> dict[str, Any]:
    """Sample as many rows as were trained on, and compare them with the real ones.

    Args:
        run_dir: of a training with a holdout.
        took: what the training took.
        seed: of the sample.
    """
    synth = synth_dl.load(run_dir / "artifact")
    tables, target = encoded(run_dir, synth.sample(seed=seed))
    train, fresh, drawn = (tables[role] for role in ("real", "holdout", "synthetic"))
    equal = min(len(train), len(fresh), len(drawn))
    auc_fresh = mean_auc(fresh, drawn)
    # AUC grows with the rows to learn from: only equal numbers of them can be subtracted.
    against_fewer = mean_auc(train, drawn, equal)
    return {
        "rows": len(train),
        "columns": len(synth.codec.schema.columns),
        "holdout_rows": len(fresh),
        "seconds": took.seconds,
        "peak_mib": took.peak_mib,
        "auc_fresh": _rounded(auc_fresh),
        "auc_train": _rounded(mean_auc(train, drawn)),
        "auc_gap": _rounded(
            None if against_fewer is None or auc_fresh is None else auc_fresh - against_fewer
        ),
        "shape_error": _rounded(shape_error(train, drawn)),
        "trend_error": _rounded(trend_error(train, drawn)),
        "trend_error_own_bins": _rounded(trend_error_own_bins(train, drawn)),
        "efficiency": _efficiency(drawn, fresh, target),
        "nearer_train": _rounded(nearer_train_share(train, fresh, drawn).percent),
        "copies": _rounded(copy_share(train, drawn)),
        # A GAN has none.
        "validation_nats": synth.facts.get("validation nats a row"),
        "steps": synth.facts["steps"],
    }


def references_of(run_dir: Path) -> dict[str, Any]:
    """What the real holdout scores in place of a synthetic table: what a perfect generator gets."""
    tables, target = encoded(run_dir, None)
    train, fresh = tables["real"], tables["holdout"]
    return {
        "holdout_auc": _rounded(mean_auc(train, fresh)),
        "holdout_shape_error": _rounded(shape_error(train, fresh)),
        "holdout_trend_error": _rounded(trend_error(train, fresh)),
        "holdout_copies": _rounded(copy_share(train, fresh)),
        "real_efficiency": _efficiency(train, fresh, target),
    }


def rows_per_second(artifact: Path, rows: int = SPEED_ROWS, times: int = 3) -> int:
    """Speed of sampling into a DataFrame in memory, the best of a few."""
    synth = synth_dl.load(artifact)
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        synth.sample(rows)
        seconds.append(time.perf_counter() - started)
    return round(rows / min(seconds))


def encoded(
    run_dir: Path, synthetic: pd.DataFrame | None
) -> tuple[dict[str, EncodedTable], str | None]:
    """The real rows of a run, its holdout and a synthetic table on one coding, and the target."""
    frames, schema, target = real_rows(run_dir)
    if synthetic is not None:
        frames["synthetic"] = synthetic
    return encode_tables(frames, schema), target


def real_rows(run_dir: Path) -> tuple[dict[str, pd.DataFrame], Schema, str | None]:
    """The rows that a run was trained on and its holdout, what the columns are, and the target."""
    files = read_run(run_dir)
    if not isinstance(files, TableRun) or files.schema is None or files.holdout is None:
        raise SystemExit(f"{run_dir}: the run has no holdout; train it with data.holdout=0.2")
    schema = Schema.load(files.schema)
    paths = {"real": files.train, "holdout": files.holdout}
    frames = {role: read_table(path, schema=schema).frame for role, path in paths.items()}
    return frames, schema, files.target


def mean_auc(real: EncodedTable, other: EncodedTable, rows: int = 100_000) -> float | None:
    """Two-sample AUC, the mean over a few seeds; None where the rows are too few."""
    found = [two_sample_auc(real, other, seed, rows) for seed in range(AUC_SEEDS)]
    scores = [result.auc for result in found if result is not None]
    return float(np.mean(scores)) if scores else None


def _efficiency(learned: EncodedTable, asked: EncodedTable, target: str | None) -> float | None:
    if target is None:
        return None
    result = machine_learning_efficiency(learned, asked, target)
    return None if result is None else _rounded(result.score)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
