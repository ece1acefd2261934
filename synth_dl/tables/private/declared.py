"""The schema of a private run: what was declared, completed by fixed rules and never by the rows.

Whatever would be read off the rows in an ordinary run (types, formats of dates, patterns of keys,
rules) is either declared or refused, in a sentence that names what to declare.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from difflib import get_close_matches
from math import ceil, floor
from typing import Any

import numpy as np
from pandas.api.types import pandas_dtype

from synth_dl.errors import ConfigError, DataError
from synth_dl.privacy.options import ROW, Privacy
from synth_dl.tables.codecs.dtypes import GRID_LIMIT, is_integer, real_type
from synth_dl.tables.schema import DEFAULT_DTYPES, Column, Schema

MOST_LEVELS = 256  # of a category; from here on a codec splits them in two
_ZONE = re.compile(r"%z|(?<=[SfMpP]) ?(Z|UTC|[+-]\d{2}:?\d{2})$")
# Stored types whose cells are read as numbers, dates or words all the same.
_PLAIN = re.compile("decimal|date|dictionary|(large_)?string")
_LEAVE = "or leave the column out by privacy.leave_out"


def private_schema(schema: Schema, privacy: Privacy) -> Schema:
    """The columns that are learnt, complete.

    Raises:
        DataError: where something is missing that a private run may not read off the rows.
        ConfigError: where `privacy` names a column that there is not.
    """
    for option, names in (("unit", [privacy.unit]), ("leave_out", privacy.leave_out)):
        for name in names:
            if name not in schema.names and (option, name) != ("unit", ROW):
                raise ConfigError(f"privacy.{option}={name}: {_unknown(name, schema.names)}")
    if privacy.unit == ROW and ROW in schema.names:
        raise ConfigError(f"a column is named {ROW!r}, which privacy.unit={ROW} means something "
                          "else by; give the column another name")  # fmt: skip
    if schema.rules:
        raise DataError(
            f"the schema has rules ({schema.rules[0]}), which are fitted to the rows and cost a "
            "budget that nobody counts; remove `rules` from the schema"
        )
    kept = tuple(completed(c) for c in schema.columns if c.name not in privacy.dropped)
    if not kept:
        raise ConfigError("privacy.leave_out names all columns; keep one to learn from")
    return replace(schema, columns=kept)


def declared_facts(schema: Schema) -> list[str]:
    """For the ledger, one line a column: what was taken as public."""
    return [f"{column.name}: {', '.join(_facts(column))}" for column in schema.columns]


def step_limits(column: Column) -> tuple[Any, Any]:
    """Declared limits of a number, in steps of its decimals where it has some."""
    low, high = column.minimum, column.maximum
    if column.decimals is None:
        return low, high
    ends = [None if end is None else Decimal(str(end)).scaleb(column.decimals)
            for end in (low, high)]  # fmt: skip
    low, high = ends
    return None if low is None else ceil(low), None if high is None else floor(high)


def type_limits(column: Column) -> tuple[Any, Any]:
    """What the dtype of a number holds, in steps of its decimals where it has some."""
    if column.decimals is None:
        most = float(np.finfo(real_type(column.dtype)).max) / 4  # so that differences are finite
        return -most, most
    if not is_integer(column.dtype):
        return -int(GRID_LIMIT), int(GRID_LIMIT)
    kind: Any = pandas_dtype(column.dtype)
    own, step = np.iinfo(getattr(kind, "numpy_dtype", kind)), 10**-column.decimals
    least, most = -(-int(own.min) // step), int(own.max) // step
    return max(least, -int(GRID_LIMIT)), min(most, int(GRID_LIMIT))


def completed(column: Column) -> Column:
    """A column with what an ordinary run would find; a DataError where that is not declared."""
    if column.stored is not None:
        plain = _PLAIN.match(column.stored)
        cure = "write its cells as plain numbers, dates or text, and declare them as such"
        raise _lacking(column, f"has `stored` {column.stored}", "remove it" if plain else cure)
    complete = {
        "number": _number, "datetime": _date, "category": _category, "boolean": _as_it_is,
        "empty": _as_it_is, "key": _key, "constant": _constant, "pattern": _pattern,
    }  # fmt: skip
    return complete[column.type](column)


def _facts(column: Column) -> list[str]:
    found: list[str] = [column.type]
    if column.minimum is not None or column.maximum is not None:
        found.append(f"from {column.minimum} to {column.maximum}")
    if column.decimals is not None:
        found.append(f"{column.decimals} decimals")
    if column.levels is not None:
        found.append(f"{len(column.levels)} categories")
    if column.format is not None:
        found.append(f"format {column.format}")
    return found


def _number(column: Column) -> Column:
    if column.format is not None:
        cure = "write plain numbers and remove the `format`"
        raise _lacking(column, "has a `format`, which numbers are not read by one by one", cure)
    if column.decimals is not None and column.decimals <= 0:
        silent = column.dtype == DEFAULT_DTYPES["number"]
        column = replace(column, dtype="int64" if silent else column.dtype)
    decimals = column.decimals
    if is_integer(column.dtype):
        decimals = min(decimals or 0, 0)  # whatever is declared, as elsewhere
    column = replace(column, decimals=decimals)
    (low, high), (least, most) = step_limits(column), type_limits(column)
    if (least if low is None else low) > (most if high is None else min(most, high)):
        raise _lacking(
            column, "has no number between its limits", "correct these, `decimals` or `dtype`"
        )
    ends = [abs(end) for end in (column.minimum, column.maximum) if isinstance(end, int | float)]
    if decimals is not None and max(ends, default=0) * 10.0**decimals > min(GRID_LIMIT, 2.0**53):
        raise _lacking(column, "has limits of more digits than a number holds", "lower `decimals`")
    return column


def _date(column: Column) -> Column:
    if column.minimum is None or column.maximum is None:
        cure = "declare both, such as `minimum: 2020-01-31`"
        raise _lacking(column, "is a date without `minimum` and `maximum`", cure)
    if column.format is not None and _ZONE.search(column.format):
        cure = "write local times and a `format` without a zone"
        raise _lacking(column, "has a time zone in its `format`", cure)
    return column


def _category(column: Column) -> Column:
    if column.levels is None:
        if column.ordered:
            raise _lacking(column, "is ordered", "declare its `levels`, from low to high")
        if column.dtype.startswith(("datetime", "bool")):
            raise _lacking(column, f"holds {column.dtype}", "declare its `levels`")
    elif not column.levels:
        raise _lacking(column, "has a list of `levels` without any", "fill it in or remove it")
    elif len(column.levels) > MOST_LEVELS:
        cure = "remove `levels`, so that the frequent ones are learnt"
        raise _lacking(column, f"has more than {MOST_LEVELS} `levels`", cure)
    return column


def _as_it_is(column: Column) -> Column:
    return column


def _key(column: Column) -> Column:
    if column.kind is None:
        raise _lacking(column, "is a key, whose pattern would be read off the rows",
                       "give it a `kind`")  # fmt: skip
    return column


def _constant(column: Column) -> Column:
    raise _lacking(column, "is constant, and its value would be read off the rows",
                   "declare it as a category with this one in its `levels`")  # fmt: skip


def _pattern(column: Column) -> Column:
    raise _lacking(column, "is text whose forms would be read off the rows",
                   "declare it as a category with `levels`, or as a key with a `kind`")  # fmt: skip


def _lacking(column: Column, why: str, cure: str) -> DataError:
    return DataError(f"privacy: column {column.name!r} {why}; {cure}, {_LEAVE}")


def _unknown(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, n=1)
    cure = f"did you mean {close[0]!r}?" if close else f"the columns are {', '.join(known)}"
    return f"there is no such column; {cure}"
