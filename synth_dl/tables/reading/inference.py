"""What each column of a text file is, found from its distinct words."""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api import types

from synth_dl.tables.reading.cells import Cells, shorten
from synth_dl.tables.reading.dates import parse_dates
from synth_dl.tables.reading.dialect import WEAK_MISSING_WORDS
from synth_dl.tables.reading.numbers import parse_numbers
from synth_dl.tables.reading.parsed import Parsed, Source
from synth_dl.tables.reading.rules import is_key, kind_of_words
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
    parsed = _typed(source, cells, decimal, min_count)
    if parsed is None and (stronger := cells.without(weak)) is not cells:
        parsed = _typed(source, stronger, decimal, min_count)
        if parsed is not None:
            gone = ", ".join(repr(word) for word in weak if word in set(cells.words.to_pylist()))
            note = (
                f"column {cells.name!r}: {gone} among its {parsed.column.type}s is read as missing"
            )
            cells, parsed = stronger, replace(parsed, notes=(*parsed.notes, note))
    if parsed is None:
        parsed = _truth(cells) or Parsed.text(
            cells, kind_of_words(cells.counts, min_count), _almost_numbers(cells)
        )
    if len(cells.words) == 1 and not cells.has_missing:
        return replace(parsed, column=replace(parsed.column, type="constant"))
    return parsed


def _typed(source: Source, cells: Cells, decimal: str, min_count: int) -> Parsed | None:
    """The column as dates or numbers, or None where it is neither."""
    dates = parse_dates(cells.words, cells.name)
    if dates is not None:
        return Parsed.dates(cells, dates)
    parsed = Parsed.numbers(source, cells, decimal)
    if parsed is None or not types.is_integer_dtype(parsed.series.dtype):
        return parsed
    if is_key(cells.name, parsed.series.dropna().to_numpy(np.int64), min_count):
        return replace(parsed, column=replace(parsed.column, type="key"))
    return parsed


def _truth(cells: Cells) -> Parsed | None:
    found = set(cells.words.to_pylist()) if len(cells.words) == 2 else set()
    words = next((pair for pair in _TRUTH if found == set(pair)), None)
    return None if words is None else Parsed.booleans(cells, words)


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
