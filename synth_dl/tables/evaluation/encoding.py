"""Tables as matrices of numbers, on one coding that the real and the synthetic table share.

Every metric starts from here, so that `int64` against `Int64`, `bool` against `boolean`, `str`
against `category`, or a category that only one table holds, cannot move a figure. Numbers and dates
are numeric columns (dates in seconds since 1970, missing is NaN). Categories, booleans, constants
and empty columns are categorical: codes 0, 1, ... over the categories of all tables together, and
missing is a category of its own. Keys and free text are left out.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from synth_dl.errors import DataError
from synth_dl.metrics.encoded import MISSING_LABEL, EncodedColumn, EncodedTable
from synth_dl.metrics.quantities import Unit
from synth_dl.tables.schema import Column, Schema

NUMERIC_TYPES = ("number", "datetime")
LEFT_OUT_TYPES = ("key", "pattern")
TRUE_WORDS = ("true", "t", "yes", "y", "1")
DAY = 86_400  # seconds
FALSE_WORDS = ("false", "f", "no", "n", "0")


def encode_tables(frames: Mapping[str, pd.DataFrame], schema: Schema) -> dict[str, EncodedTable]:
    """All tables on one coding, in the order of the schema's columns.

    Args:
        frames: the tables by the name that error messages call them ("real", "synthetic", ...).
        schema: the kind of each column.

    Raises:
        DataError: if a table is empty, lacks a column or has one too many, if a column declared as
            number or date does not parse, or if no column is left to compare.
    """
    compared = [column for column in schema.columns if column.type not in LEFT_OUT_TYPES]
    if not compared:
        raise DataError(
            "No column is left to compare, as the schema calls all of them keys: declare the type "
            "of at least one column as number, category, boolean or datetime."
        )
    for role, frame in frames.items():
        _check_columns(frame, role, schema)
    meanings: list[EncodedColumn] = []
    blocks: dict[str, list[np.ndarray]] = {role: [] for role in frames}
    for column in compared:
        pieces = {role: pd.Series(frame[column.name]) for role, frame in frames.items()}
        if column.type in NUMERIC_TYPES:
            coded = {role: _numbers(piece, column, role) for role, piece in pieces.items()}
            unit = _unit(coded, column)
            meanings.append(EncodedColumn(column.name, numeric=True, unit=unit))
        else:
            meaning, coded = _codes(pieces, column)
            meanings.append(meaning)
        for role, values in coded.items():
            blocks[role].append(values)
    columns = tuple(meanings)
    return {role: EncodedTable(columns, np.column_stack(block)) for role, block in blocks.items()}


def _check_columns(frame: pd.DataFrame, role: str, schema: Schema) -> None:
    if len(frame) == 0:
        raise DataError(f"The {role} table has no rows: give a table with at least one row.")
    names = list(frame.columns)
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise DataError(f"The {role} table has two columns named {twice[0]!r}: rename one of them.")
    known = {column.name for column in schema.columns}
    needed = [column.name for column in schema.columns if column.type not in LEFT_OUT_TYPES]
    lacking = [name for name in needed if name not in set(names)]
    if lacking:
        raise DataError(
            f"The {role} table lacks {_listed(lacking)} of the schema: compare tables of the same "
            "columns, or give the schema that belongs to them."
        )
    extra = [name for name in names if name not in known]
    if extra:
        raise DataError(
            f"The {role} table has {_listed(extra)} that the schema does not know: remove what the "
            "other tables do not have, or give the schema that belongs to them."
        )


def _listed(names: list[Any]) -> str:
    shown = ", ".join(repr(name) for name in names[:3])
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"the column{'s' if len(names) > 1 else ''} {shown}{more}"


def _numbers(piece: pd.Series, column: Column, role: str) -> np.ndarray:
    try:
        if column.type == "datetime":
            return _seconds(piece, column)
        parsed = pd.Series(pd.to_numeric(_uncategorised(piece)))
        numbers = parsed.to_numpy(dtype=np.float64, na_value=np.nan)
    except (ValueError, TypeError) as error:
        raise DataError(
            f"The column {column.name!r} of the {role} table does not read as {column.type} "
            f"({error}): correct these cells, or declare the column as a category in the schema."
        ) from error
    if np.isinf(numbers).any():
        raise DataError(
            f"The column {column.name!r} of the {role} table holds infinite values: replace them "
            "by numbers or leave the cells empty."
        )
    return numbers


def _seconds(piece: pd.Series, column: Column) -> np.ndarray:
    values = _uncategorised(piece)
    if not pd.api.types.is_datetime64_any_dtype(values):
        values = pd.to_datetime(values, format=column.format)
    if getattr(values.dtype, "tz", None) is not None:
        values = values.dt.tz_convert("UTC").dt.tz_localize(None)
    stamps = values.to_numpy(dtype="datetime64[us]")
    seconds = stamps.astype(np.int64) / 1e6
    seconds[np.isnat(stamps)] = np.nan
    return seconds


def _unit(coded: Mapping[str, np.ndarray], column: Column) -> Unit:
    if column.type != "datetime":
        return "number"
    known = np.concatenate(list(coded.values()))
    return "day" if (known[~np.isnan(known)] % DAY == 0).all() else "second"


def _uncategorised(piece: pd.Series) -> pd.Series:
    if isinstance(piece.dtype, pd.CategoricalDtype):
        return piece.astype(piece.cat.categories.dtype)
    return piece


def _codes(
    pieces: Mapping[str, pd.Series], column: Column
) -> tuple[EncodedColumn, dict[str, np.ndarray]]:
    """The categories of all tables together, and each table's codes; missing comes last."""
    factors = {}
    found: dict[str, Any] = {}
    for role, piece in pieces.items():
        try:
            positions, uniques = pd.factorize(_uncategorised(piece))
        except TypeError as error:
            raise DataError(
                f"The column {column.name!r} of the {role} table holds values that are no "
                "categories, such as lists: write them as text, or remove the column."
            ) from error
        labels = [label_of(value, column) for value in uniques]
        factors[role] = (positions, labels)
        for label, value in zip(labels, uniques, strict=True):
            found.setdefault(label, value)
    declared = [label_of(value, column) for value in column.levels or ()]
    order = {label: place for place, label in enumerate(declared)}
    known = sorted(found, key=lambda label: (order.get(label, len(order)), *_sort_key(label)))
    code_of = {label: code for code, label in enumerate(known)}
    missing = any((positions < 0).any() for positions, _ in factors.values())
    coded = {}
    for role, (positions, labels) in factors.items():
        # A position of -1 reaches the last entry, which is the code of missing.
        lookup = np.array([code_of[label] for label in labels] + [len(known)], dtype=np.float64)
        coded[role] = lookup[positions]
    labels = (*known, MISSING_LABEL) if missing else tuple(known)
    meaning = EncodedColumn(column.name, False, labels, len(known) if missing else None)
    return meaning, coded


def _sort_key(label: str) -> tuple[int, float, str]:
    try:
        return 0, float(label), label
    except ValueError:
        return 1, 0.0, label


def label_of(value: object, column: Column) -> str:
    """One spelling for a category, whatever dtype it came in: 1, 1.0 and "1" are the same."""
    if column.type == "boolean" and (word := _truth(value, column)) is not None:
        return word
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _truth(value: object, column: Column) -> str | None:
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    word = str(value).strip()
    if column.words is not None and word in column.words:
        return "true" if word == column.words[0] else "false"
    if word.lower() in TRUE_WORDS:
        return "true"
    return "false" if word.lower() in FALSE_WORDS else None
