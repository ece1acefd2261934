"""The ends of a range, as a user says them, in the steps of a column's codec."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import pandas as pd

from synth_dl.errors import ConfigError
from synth_dl.sampling.conditions import Range, said_of
from synth_dl.tables.codecs.columns import NumberColumn
from synth_dl.tables.codecs.dtypes import is_integer
from synth_dl.tables.codecs.intervals import LAST
from synth_dl.tables.codecs.moment import MomentColumn
from synth_dl.tables.conditions.cells import as_written, where_cell
from synth_dl.tables.schema import Column, Dialect


def number_ends(
    inner: NumberColumn, low: Any, high: Any, dialect: Dialect
) -> tuple[int | float | None, int | float | None]:
    """The least and the largest allowed number, in steps where the column has them.

    Raises:
        ConfigError: if an end is no number, or the lower one is above the upper one.
    """
    name = inner.column.name
    ends = [None if end is None else _decimal(inner, end, dialect.decimal) for end in (low, high)]
    if ends[0] is not None and ends[1] is not None and ends[0] > ends[1]:
        raise ConfigError(upside_down(name, low, high))
    found: list[int | float | None] = []
    for end, rounding in zip(ends, ("ROUND_CEILING", "ROUND_FLOOR"), strict=True):
        if end is None or end.is_infinite():
            found.append(None)
        elif inner.codec.grid:
            steps = end.scaleb(inner.grid_decimals or 0).to_integral_value(rounding)
            found.append(int(max(-LAST, min(LAST, steps))))
        else:
            end = end.to_integral_value(rounding) if is_integer(inner.column.dtype) else end
            found.append(_real(end, inner.codec.lows.dtype, rounding == "ROUND_CEILING"))
    return found[0], found[1]


def moment_ends(
    inner: MomentColumn, low: Any, high: Any, dialect: Dialect
) -> tuple[int | None, int | None]:
    """The first and the last allowed step; a date as the upper end is that whole day.

    Raises:
        ConfigError: if an end is no date, or the lower one is after the upper one.
    """
    ends = [None if end is None else _moment(inner, end, last, dialect)
            for end, last in ((low, False), (high, True))]  # fmt: skip
    if ends[0] is not None and ends[1] is not None and ends[0].iloc[0] > ends[1].iloc[0]:
        raise ConfigError(upside_down(inner.column.name, low, high))
    first, last = (
        None if end is None else int(inner.grid_of(end, up)[0])
        for end, up in zip(ends, (True, False), strict=True)
    )
    return first, last


def upside_down(name: str, low: Any, high: Any) -> str:
    """That a range is empty, and the cure."""
    return f"where: {said_of(Range(low, high))} of column {name!r} is empty; swap its ends"


def _decimal(inner: NumberColumn, end: Any, decimal: str) -> Decimal:
    """The exact number of an end."""
    try:
        if isinstance(end, bool | np.bool_) or (isinstance(end, Sequence) and not _is_text(end)):
            raise ValueError("no number")
        written = end.strip().replace(decimal, ".") if isinstance(end, str) else str(end)
        found = Decimal(written)
        if found.is_nan():
            raise ValueError("no number")
    except (ValueError, InvalidOperation) as error:
        column = inner.column
        raise ConfigError(
            f"where: {str(end)!r} is no end of a range of column {column.name!r}, which is of type "
            f"{column.type} ({column.dtype}); give a number, or null for an open end"
        ) from error
    return found


def _real(end: Decimal, dtype: np.dtype, low: bool) -> float:
    """The nearest number of a type that does not lie beyond an end."""
    most = float(np.finfo(dtype).max)
    near = dtype.type(max(-most, min(most, float(end))))
    if low and Decimal(float(near)) < end and dtype != np.float64:
        near = np.nextafter(near, dtype.type(np.inf))
    elif not low and Decimal(float(near)) > end and dtype != np.float64:
        near = np.nextafter(near, dtype.type(-np.inf))
    return near


def _moment(inner: MomentColumn, end: Any, last: bool, dialect: Dialect) -> pd.Series:
    """A series of one moment in the time of the column; of a period its last one, if asked for."""
    whole = _is_text(end) and _period(end)
    if whole:
        span: Any = pd.Period(end.strip())
        return where_cell(inner.column, span.end_time if last else span.start_time, dialect)
    cell = where_cell(inner.column, end, dialect)
    of_day = _is_text(end) and ":" not in end and not _has_time(end, inner.column)
    if last and (of_day or (isinstance(end, date) and not isinstance(end, datetime))):
        cell = cell + pd.Timedelta(days=1) - pd.Timedelta(microseconds=1)
    return cell


def _has_time(text: str, column: Column) -> bool:
    """Whether a text is of a format that has hours."""
    hours = any(code in (column.format or "") for code in ("%H", "%-H", "%I", "%-I"))
    return hours and as_written(column, text) is not None


def _period(text: str) -> bool:
    """Whether a text is a year or a month, such as 2024 or 2024-05."""
    head, _, tail = text.strip().partition("-")
    return len(head) == 4 and head.isdigit() and (not tail or (len(tail) == 2 and tail.isdigit()))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)
