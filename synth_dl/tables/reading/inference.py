"""What each column of a text file is, found from its distinct words."""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from synth_dl.tables.reading.cells import Cells
from synth_dl.tables.reading.columns import (
    Parsed,
    Source,
    boolean_series,
    check_finite,
    date_column,
    number_column,
    number_series,
    shorten,
    text_series,
)
from synth_dl.tables.reading.dates import parse_dates
from synth_dl.tables.reading.missing import WEAK_MISSING_WORDS
from synth_dl.tables.reading.numbers import parse_numbers
from synth_dl.tables.reading.rules import is_category, is_key
from synth_dl.tables.schema import Column

_FRACTION = r"^[+-]?\d*[.,]\d*([eE][+-]?\d+)?$"
_NUMBER = r"^[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?$"
_VOTERS = 10_000
_TRUTH = (("TRUE", "FALSE"), ("True", "False"), ("true", "false"))


def find_decimal(columns: Sequence[Cells], separator: str, default: str = ".") -> str:
    """The decimal sign that explains more columns, `default` where both explain equally many."""
    votes = 0
    for cells in columns:
        words = cells.without(WEAK_MISSING_WORDS).words.slice(0, _VOTERS)
        if pc.any(pc.match_substring_regex(words, _FRACTION)).as_py():
            point, comma = (parse_numbers(words, sign) for sign in ".,")
            if comma and not comma.grouped and (not point or point.grouped):
                # In a file with commas between cells, "1,234" has a separator of thousands.
                votes += 1 if not point or separator != "," else 0
            elif point and not point.grouped and (not comma or comma.grouped):
                votes -= 1
    return default if not votes else "," if votes > 0 else "."


def infer_column(
    source: Source, cells: Cells, decimal: str, min_count: int, weak: Sequence[str]
) -> Parsed:
    """Type and values of one column; `weak` words are missing where all others are numbers or
    dates. Raises a DataError for an infinite number."""
    if not len(cells.words):
        column = Column(cells.name, "empty", "float64", missing=cells.token)
        return Parsed(column, pd.Series(np.full(len(cells.codes), np.nan)))
    parsed = _infer_values(source, cells, decimal, min_count)
    if parsed is None and (stronger := cells.without(weak)) is not cells:
        parsed = _infer_values(source, stronger, decimal, min_count)
        if parsed is not None:
            gone = ", ".join(repr(word) for word in weak if word in set(cells.words.to_pylist()))
            note = (
                f"column {cells.name!r}: {gone} among its {parsed.column.type}s is read as missing"
            )
            cells, parsed = stronger, replace(parsed, notes=(*parsed.notes, note))
    if parsed is not None:
        return _constant(parsed, cells) if len(cells.words) == 1 else parsed
    words = _truth(cells.words)
    if words is not None:
        return Parsed(*_boolean(cells, words))
    series = text_series(cells)
    kind = "category" if is_category(cells.counts, min_count) else "key"
    if len(cells.words) == 1 and not cells.has_missing:
        kind = "constant"
    column = Column(cells.name, kind, "str", missing=cells.token)
    return Parsed(column, series, _almost_numbers(cells))


def _infer_values(source: Source, cells: Cells, decimal: str, min_count: int) -> Parsed | None:
    dates = parse_dates(cells.words, cells.name)
    if dates is not None:
        series = dates.series(cells.codes)
        notes = ()
        if dates.other is not None and len(cells.words) > 1:
            notes = (
                f"column {cells.name!r}: dates are read as {dates.format}, though "
                f"{dates.other} fits as well (a schema with another `format` changes it)",
            )
        return Parsed(date_column(cells, dates, series), series, notes)
    for sign in (decimal, "," if decimal == "." else "."):
        numbers = parse_numbers(cells.words, sign)
        if numbers is not None and (sign == decimal or not numbers.grouped):
            break
    else:
        return None
    check_finite(source, cells, numbers.values)
    series = number_series(cells, numbers.values)
    column = number_column(cells, numbers, series)
    if numbers.values.dtype.kind == "i":
        present = numbers.values[cells.codes[cells.codes >= 0]]
        if is_key(cells.name, present, min_count):
            column = replace(column, type="key")
    notes = ()
    if numbers.grouped:
        notes = (f"column {cells.name!r}: separators of thousands were read and are not written",)
    return Parsed(column, series, notes)


def _constant(parsed: Parsed, cells: Cells) -> Parsed:
    if cells.has_missing:
        return parsed
    return replace(parsed, column=replace(parsed.column, type="constant"))


def _truth(words: pa.StringArray) -> tuple[str, str] | None:
    found = set(words.to_pylist()) if len(words) <= 2 else set()
    return next((pair for pair in _TRUTH if found == set(pair)), None)


def _boolean(cells: Cells, words: tuple[str, str]) -> tuple[Column, pd.Series]:
    series = boolean_series(cells, words)
    column = Column(cells.name, "boolean", str(series.dtype), words=words, missing=cells.token)
    return column, series


def _almost_numbers(cells: Cells) -> tuple[str, ...]:
    other = ~pc.match_substring_regex(cells.words, _NUMBER).to_numpy(zero_copy_only=False)
    rows = int(cells.counts[other].sum())
    if not 0 < rows <= 0.2 * cells.counts.sum() or other.sum() > 5:
        return ()
    named = ", ".join(shorten(word) for word in cells.words.filter(pa.array(other)).to_pylist())
    return (
        f"column {cells.name!r}: most cells are numbers, except {named}, so it is read as "
        "text (words that are named in data.missing are read as missing)",
    )
