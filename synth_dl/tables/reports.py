"""Evaluation of files: reads the tables, draws rows where there are none, and has them compared.

Metrics know no files and files know no metrics; this is where the two meet.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from synth_dl.errors import ConfigError, DataError
from synth_dl.metrics.progress import Announce, silent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from synth_dl.metrics.report import Report
    from synth_dl.tables.evaluation.attacks import LogProb
    from synth_dl.tables.reading.table import Table
    from synth_dl.tables.schema import Schema
    from synth_dl.tables.synthesizer import Synthesizer

# What is done, and the time that it takes of all in percent, with 30,000 rows of 15 columns.
PARTS = {"reading": 2, "drawing": 14, "fidelity": 30, "utility": 20, "attacks": 24, "copies": 10}
SAMPLES = 3  # that membership attacks see by default
PLANTED = "planted"  # column of a file of canaries


def report_on_table(
    real: Path | str,
    *,
    holdout: Path | str | None = None,
    synthetic: Path | str | None = None,
    artifact: Path | str | None = None,
    target: str | Sequence[str] | None = None,
    task: str | None = None,
    schema: Path | str | None = None,
    columns: list[str] | None = None,
    missing: list[str] | None = None,
    seed: int = 0,
    trust: Sequence[str] | None = None,
    samples: int | None = None,
    keys: list[str] | None = None,
    canaries: Path | str | None = None,
    estimator: str | None = None,
    sensitive: list[str] | None = None,
    allow_synthetic: bool = False,
    announce: Announce = silent,
) -> "Report":
    """Compare a synthetic table with a real one.

    Args:
        real: file of the rows that the model was trained on.
        holdout: file of real rows that the model never saw.
        synthetic: file of the rows to judge.
        artifact: folder of a model to draw the rows from, if there is no such file.
        target, task, keys, estimator, sensitive: what is asked of the tables, see `evaluate`.
        schema, columns, missing: file with the schema of the real file, names where files have no
            header row, and texts that stand for a missing cell; guessed if None.
        seed: of drawing and of comparing.
        trust: packages whose classes the artifact may name.
        samples: synthetic tables that membership attacks see, 3 if None; those beyond the given
            one are drawn from the artifact.
        canaries: file of rows like the real ones, with a column that says which were planted.
        allow_synthetic: whether files are taken for real whose metadata say otherwise.
        announce: is told each of `PARTS` when it begins.

    Raises:
        ConfigError: for an artifact that is no model of a table, or an option that has no use.
        DataError: if a file cannot be used.
    """
    from synth_dl.tables.evaluation import evaluate, preconditions

    targets = [target] if isinstance(target, str) else list(target or ())
    preconditions.check_judges(targets, holdout, artifact, estimator=estimator, canaries=canaries,
                               samples=samples, task=task)  # fmt: skip
    files = _Files(real, holdout, synthetic, artifact, schema, columns, missing, trust, canaries)
    given = _read(files, targets, allow_synthetic, samples or SAMPLES, seed, announce)
    report = evaluate(
        given.table.frame, given.synthetic, holdout=given.holdout, schema=given.table.schema,
        target=target, task=task, seed=seed, samples=given.samples, log_prob=given.log_prob,
        keys=keys, canaries=given.canaries, estimator=estimator, sensitive=sensitive,
        announce=announce,
    )  # fmt: skip
    return given.with_words(report)


@dataclass(frozen=True)
class _Files:
    """What is read, and how; see `report_on_table`."""

    real: Path | str
    holdout: Path | str | None
    synthetic: Path | str | None
    artifact: Path | str | None
    schema: Path | str | None
    columns: list[str] | None
    missing: list[str] | None
    trust: Sequence[str] | None
    canaries: Path | str | None


@dataclass(frozen=True)
class _Given:
    """Tables that are compared.

    Attributes:
        table: the real one, as it was read.
        synthetic: rows to judge.
        holdout: less the real rows in it, or None.
        samples: further rows of the model.
        log_prob: nats that the model gives to rows, or None.
        canaries: planted and withheld ones, or None.
        notes: on what was taken out and on new values.
        remarks: on the file of the real rows.
    """

    table: "Table"
    synthetic: pd.DataFrame
    holdout: pd.DataFrame | None
    samples: list[pd.DataFrame]
    log_prob: "LogProb | None"
    canaries: tuple[pd.DataFrame, pd.DataFrame] | None
    notes: list[str]
    remarks: tuple[str, ...]

    def with_words(self, report: "Report") -> "Report":
        """The report with what is said of the rows besides."""
        from synth_dl.tables.rules.words import violations

        tables = {"real": self.table.frame, "synthetic": self.synthetic}
        broken = violations(self.table.schema, tables)
        notes = (*self.notes, *report.notes, *broken)
        return replace(report, notes=notes, remarks=self.remarks)


def _read(
    files: _Files,
    targets: Sequence[str],
    allow_synthetic: bool,
    samples: int,
    seed: int,
    announce: Announce,
) -> _Given:
    from synth_dl.metrics.privacy.attacks import MOST_SYNTHETIC
    from synth_dl.provenance.reading import check_real
    from synth_dl.tables.evaluation.preconditions import prepared
    from synth_dl.tables.reading.sources import check_apart
    from synth_dl.tables.reading.table import read_table
    from synth_dl.tables.schema import Schema

    check_apart(files.real, files.holdout, "holdout")
    check_real(allow_synthetic, real=files.real, holdout=files.holdout)
    declared = Schema.load(Path(files.schema)) if files.schema is not None else None
    announce("reading")
    table = read_table(
        Path(files.real), columns=files.columns, missing=files.missing, schema=declared
    )
    held = _like(table, files.holdout, files.missing)
    model = _model(files.artifact, files.trust) if files.artifact is not None else None
    announce("drawing")
    if model is not None and model.codec.ledger is not None:
        table = _learnt(table, model)
        held = None if held is None else held.loc[:, table.schema.names]
    rows, count = _like(table, files.synthetic, files.missing), len(table.frame)
    if rows is None:
        assert model is not None
        rows = _drawn(model, count, seed)
    held, notes = prepared(table.frame, rows, held, table.schema, targets, seed)
    more = []
    if model is not None and held is not None:
        others = range(seed + 1, seed + samples)
        more = [_drawn(model, min(count, MOST_SYNTHETIC), each) for each in others]
    log_prob = _log_prob(model) if model and model.likelihood_kind else None
    canaries = _canaries(files.canaries, table.schema, files.missing)
    remarks = tuple(f"{Path(files.real).name}: {note}" for note in table.notes)
    return _Given(table, rows, held, more, log_prob, canaries, notes, remarks)


def _learnt(table: "Table", model: "Synthesizer") -> "Table":
    """The columns that a private model learnt, where others were left out; all if one lacks."""
    kept = tuple(c for c in table.schema.columns if c.name in model.codec.schema.names)
    if len(kept) < len(model.codec.schema.names):
        return table  # of another file, which others refuse in their words
    schema = replace(table.schema, columns=kept)
    return replace(table, frame=table.frame.loc[:, schema.names], schema=schema)


def _like(
    table: "Table", file: Path | str | None, missing: list[str] | None
) -> "pd.DataFrame | None":
    """Rows of a file with the columns of a table, whose names may stand in a header row or not."""
    from synth_dl.tables.reading.table import read_table

    if file is None:
        return None
    return read_table(Path(file), missing=missing, schema=table.schema).frame


def _model(artifact: Path | str, trust: Sequence[str] | None) -> "Synthesizer":
    from synth_dl.artifact import existing, kind_of
    from synth_dl.tables.synthesizer import Synthesizer

    if kind_of(existing(artifact)) != Synthesizer.kind:
        raise ConfigError(f"artifact={artifact}: this is a model of images: add data=NAME.")
    return Synthesizer.load(artifact, trust)


def _drawn(model: "Synthesizer", count: int, seed: int) -> "pd.DataFrame":
    return pd.concat(model.stream(0, count, seed))


def _log_prob(model: "Synthesizer") -> "LogProb":
    """Nats that a model gives to rows, without a word on values that it never saw."""
    from synth_dl.tables.predicting.cells import logger

    def silent(record: logging.LogRecord) -> bool:
        return False

    def log_prob(rows: pd.DataFrame) -> "NDArray[np.float64]":
        logger.addFilter(silent)
        try:
            return model.log_prob(rows)
        finally:
            logger.removeFilter(silent)

    return log_prob


def _canaries(
    file: Path | str | None, schema: "Schema", missing: list[str] | None
) -> "tuple[pd.DataFrame, pd.DataFrame] | None":
    """Planted and withheld rows of a file."""
    from synth_dl.tables.reading.table import read_table
    from synth_dl.tables.schema import Column, Schema

    if file is None:
        return None
    with_mark = Schema((*schema.columns, Column(PLANTED, "boolean", "boolean")))
    frame = read_table(Path(file), missing=missing, schema=with_mark).frame
    said = frame.pop(PLANTED).fillna(False).to_numpy(dtype=bool)
    planted, withheld = (frame.loc[each].reset_index(drop=True) for each in (said, ~said))
    if not len(planted) or not len(withheld):
        raise DataError(
            f"{file}: there are canaries of both kinds where some rows have true and some false in "
            f"the column '{PLANTED}'."
        )
    return planted, withheld
