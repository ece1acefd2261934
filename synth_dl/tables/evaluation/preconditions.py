"""What tables must have before anything is computed of them, and what is said of them first."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from synth_dl.errors import ConfigError, DataError
from synth_dl.metrics.neighbours import fingerprints
from synth_dl.tables.evaluation.encoding import (
    LEFT_OUT_TYPES,
    NUMERIC_TYPES,
    encode_tables,
    label_of,
)
from synth_dl.tables.schema import Column, Schema

FEWEST_ROWS = 4  # below which nothing can be learnt from rows
NAMED, SHOWN = 5, 3  # columns with new values that a note tells of, and values of each


def check_judges(
    targets: Sequence[str],
    holdout: Any,
    artifact: Any,
    *,
    estimator: Any = None,
    canaries: Any = None,
    samples: int | None = None,
    task: str | None = None,
) -> None:
    """Refuse, by a ConfigError, what would be asked of nobody without holdout, target or model."""
    if estimator is not None and (holdout is None or not targets):
        lacking = "holdout=FILE" if holdout is None else "target=COLUMN"
        raise ConfigError(
            f"estimator={estimator}: it learns the target and is asked for that of the holdout: "
            f"add {lacking}, or leave estimator out"
        )
    if canaries is not None and holdout is None:
        raise ConfigError(
            f"canaries={canaries}: attacks that look for them need fresh real rows to compare "
            "with: add holdout=FILE, or leave canaries out"
        )
    if samples is not None and (holdout is None or (artifact is None and samples > 1)):
        lacking = "holdout=FILE, fresh real rows" if holdout is None else "artifact=FOLDER"
        raise ConfigError(
            f"samples={samples}: membership attacks see so many tables, drawn from the artifact, "
            f"and compare with the holdout: add {lacking}, or leave samples out"
        )
    if task is not None and not targets:
        raise ConfigError(
            f"task={task}: it says how the target is predicted: add target=COLUMN, or leave task "
            "out"
        )


def prepared(
    real: pd.DataFrame,
    synthetic: pd.DataFrame,
    holdout: pd.DataFrame | None,
    schema: Schema,
    targets: Sequence[str],
    seed: int = 0,
) -> tuple[pd.DataFrame | None, list[str]]:
    """The holdout less the real rows in it, and notes on that and on values that are new.

    Raises:
        DataError: for tables from which nothing can be told of each other or of a target.
    """
    frames = {"real": real, "synthetic": synthetic}
    frames |= {} if holdout is None else {"holdout": holdout}
    _check_tables(frames, targets)
    notes = []
    if holdout is not None:
        holdout, notes = without_training_rows(frames, schema, seed)
    return holdout, [*notes, *_new_values(frames, schema)]


def without_training_rows(
    frames: Mapping[str, pd.DataFrame], schema: Schema, seed: int = 0
) -> tuple[pd.DataFrame, list[str]]:
    """The holdout less the rows that stand in the real table too, and a note on them.

    Fresh rows equal real ones by chance, in tables of few columns or levels: as often as a real row
    equals another one. So many are left, for copies are counted beside them; what goes beyond that
    by more than three standard errors is taken out, chosen at random among the equal ones.

    Args:
        frames: `real` and `holdout`.
        schema: the kind of each column.
        seed: of the choice.

    Raises:
        DataError: if fewer than 4 rows are left.
    """
    tables = encode_tables({role: frames[role] for role in ("real", "holdout")}, schema)
    known, asked = (fingerprints(table) for table in tables.values())
    shared = np.flatnonzero(np.isin(asked, known))
    _, places, counts = np.unique(known, return_inverse=True, return_counts=True)
    repeated = int((counts[places] > 1).sum())
    expected = round(repeated / len(known) * len(asked))
    beyond = len(shared) - expected
    if beyond <= 3 * _spread(repeated, len(shared), len(known), len(asked)):
        return frames["holdout"], []
    said = f"{len(shared):,} of the {len(asked):,} rows of the holdout stand in the real table too"
    if len(asked) - beyond < FEWEST_ROWS:
        raise DataError(f"{said}, so that it tells nothing about fresh rows: give rows that the "
                        "model never saw.")  # fmt: skip
    out = np.random.default_rng(seed).choice(shared, beyond, replace=False)
    kept = np.delete(np.arange(len(asked)), out)
    note = f"{said}, where {expected:,} would by chance; {beyond:,} were taken out."
    return frames["holdout"].iloc[kept].reset_index(drop=True), [note]


def _spread(repeated: int, shared: int, known: int, asked: int) -> float:
    """Standard error of how many rows are shared by chance; 0 where no real row is repeated.

    That of a difference of two shares, with twice the variance, as equal rows come in groups.
    """
    if not repeated:
        return 0.0
    share = (repeated + shared) / (known + asked)
    return float(np.sqrt(2 * share * (1 - share) * asked * (1 + asked / known)))


def _check_tables(frames: Mapping[str, pd.DataFrame], targets: Sequence[str]) -> None:
    """Refuse, by a DataError, tables from which nothing can be told of each other or a target.

    Args:
        frames: by what they are called: `real`, `synthetic` and, where there is one, `holdout`.
        targets: columns to predict.
    """
    for role, frame in frames.items():
        if len(frame) < FEWEST_ROWS:
            raise DataError(
                f"The {role} table has {len(frame)} rows, from which nothing can be told: give "
                f"{FEWEST_ROWS} at least, better some hundred."
            )
    for target in targets if "holdout" in frames else ():
        answers = frames["holdout"].get(target)
        if answers is not None and answers.dropna().nunique() < 2:
            raise DataError(
                f"The target {target!r} has fewer than two values in the holdout, so that no "
                "prediction can be judged: give a holdout with more, or choose another column."
            )


def _new_values(frames: Mapping[str, pd.DataFrame], schema: Schema) -> list[str]:
    """Notes on categories that the real table never had, in each of the other tables.

    Args:
        frames: the real table as `real`, and others by what they are called.
        schema: the kind of each column.
    """
    left_out = (*LEFT_OUT_TYPES, *NUMERIC_TYPES)
    columns = [column for column in schema.columns if column.type not in left_out]
    notes = []
    for role in (each for each in frames if each != "real"):
        found = [(column.name, *_new(frames["real"], frames[role], column)) for column in columns]
        said = [f"{name!r} has {values} in {rows:,} row{'' if rows == 1 else 's'}"
                for name, values, rows in found if rows]  # fmt: skip
        if said:
            more = f"; and {len(said) - NAMED} more columns" if len(said) > NAMED else ""
            notes.append(f"Values of the {role} table that no real row has: "
                         f"{'; '.join(said[:NAMED])}{more}.")  # fmt: skip
    return notes


def _new(real: pd.DataFrame, other: pd.DataFrame, column: Column) -> tuple[str, int]:
    """The values that a column of the other table alone has, in words, and in how many rows."""
    known = {label_of(value, column) for value in real[column.name].dropna().unique()}
    counts = other[column.name].dropna().value_counts()
    new = {label: int(count) for value, count in counts.items()
           if count and (label := label_of(value, column)) not in known}  # fmt: skip
    more = f" and {len(new) - SHOWN} more" if len(new) > SHOWN else ""
    return ", ".join(map(repr, list(new)[:SHOWN])) + more, sum(new.values())
