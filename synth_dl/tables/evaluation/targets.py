"""The columns that an evaluation predicts, and other columns that are named to it."""

import difflib
from collections.abc import Iterable, Sequence

import numpy as np

from synth_dl.errors import DataError
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.tables.evaluation.encoding import LEFT_OUT_TYPES
from synth_dl.tables.schema import Schema


def targets_of(
    target: str | Sequence[str] | None, train: EncodedTable, schema: Schema
) -> tuple[str, ...]:
    """The columns to predict, as one name, several or None says.

    Raises:
        DataError: for a list without names, a name twice, or what `check_target` refuses.
    """
    if target is None:
        return ()
    if isinstance(target, str) or not isinstance(target, Iterable):
        named = (target,)  # also a number, where such is the name of a column
    else:
        named = tuple(target)
    if not named:
        raise DataError("target=[] names no column to predict: name one, or leave target out.")
    for place, name in enumerate(named):
        check_target(train, schema, name)
        if name in named[:place]:
            raise DataError(f"The target {name!r} is named twice: name each column once.")
    return named


def check_target(train: EncodedTable, schema: Schema, target: str) -> None:
    """Refuse, by a DataError, a target that is no column or that nothing can predict."""
    kinds = {column.name: column.type for column in schema.columns}
    if target not in kinds:
        close = difflib.get_close_matches(str(target), [str(name) for name in kinds], n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"choose one of {list(kinds)}."
        raise DataError(f"The target {target!r} is no column of the table: {hint}")
    if kinds[target] in LEFT_OUT_TYPES:
        raise DataError(
            f"The target {target!r} is a key or free text, which nothing can predict: choose "
            "another column."
        )
    position = train.names.index(target)
    if len(np.unique(train.values[~train.missing(position), position])) < 2:
        raise DataError(
            f"The target {target!r} has fewer than two values in the real table, so that there is "
            "nothing to predict: choose another column."
        )


def check_columns(train: EncodedTable, named: Sequence[str] | None, what: str) -> None:
    """Refuse, by a DataError, names that are no columns to compare, none at all, or one twice."""
    if named is not None and not len(named):
        raise DataError(f"An empty list names no {what}: name one, or leave the list out.")
    for place, key in enumerate(named or ()):
        if key in (named or ())[:place]:
            raise DataError(f"The {what} {key!r} is named twice: name each column once.")
        if key not in train.names:
            names = [str(name) for name in train.names]
            close = difflib.get_close_matches(str(key), names, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"choose among {names}."
            raise DataError(f"The {what} {key!r} is no column that is compared: {hint}")
