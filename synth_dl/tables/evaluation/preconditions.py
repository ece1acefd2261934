"""What files must have before anything is computed of them, and values that no real row has."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from synth_dl.errors import ConfigError, DataError
from synth_dl.tables.evaluation.encoding import LEFT_OUT_TYPES, NUMERIC_TYPES, label_of
from synth_dl.tables.schema import Column, Schema

FEWEST_ROWS = 4  # below which nothing can be learnt from rows
NAMED, SHOWN = 5, 3  # columns with new values that a note tells of, and values of each


def check_tables(frames: Mapping[str, pd.DataFrame], targets: Sequence[str]) -> None:
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


def check_judges(targets: Sequence[str], holdout: Any, estimator: Any, canaries: Any) -> None:
    """Refuse, by a ConfigError, what nobody would be asked for without a holdout or a target."""
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


def new_values(frames: Mapping[str, pd.DataFrame], schema: Schema) -> list[str]:
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
