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

from synth_dl.identifiers.check_digits import find_check
from synth_dl.tables.formatting import plain_words
from synth_dl.tables.promise import largest_shown
from synth_dl.tables.reading.cells import Cells, shorten
from synth_dl.tables.reading.dates import parse_dates
from synth_dl.tables.reading.dialect import WEAK_MISSING_WORDS
from synth_dl.tables.reading.numbers import parse_numbers
from synth_dl.tables.reading.parsed import Parsed
from synth_dl.tables.reading.rules import is_key, kind_of_text
from synth_dl.tables.schema import Column, Dialect

_FRACTION = r"\d[.,]\d"
_NUMBER = r"^[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?$"
_CHECKED = 10**7  # integers from which on there may be a check digit
_LONG = 1 << 53  # integers from which on a number is an identifier, and floats are not exact
_VOTERS = 10_000
_TRUTH = (("TRUE", "FALSE"), ("True", "False"), ("true", "false"))


def find_decimal(columns: Sequence[Cells], separator: str, default: str = ".") -> str:
    """The decimal sign that explains more columns, `default` where both explain equally many."""
    votes = 0
    for cells in columns:
        cells = cells.without(WEAK_MISSING_WORDS)
        words, counts = cells.words.slice(0, _VOTERS), cells.counts[:_VOTERS]
        fractions = pc.match_substring_regex(words, _FRACTION).to_numpy(zero_copy_only=False)
        if counts[fractions].sum() > cells.slack:
            point, comma = (parse_numbers(words, s, False, counts, cells.slack) for s in ".,")
            if comma and comma.explains(",") and not (point and point.explains(".")):
                # In a file with commas between cells, "1,234" has a separator of thousands.
                votes += 1 if not point or separator != "," else 0
            elif point and point.explains(".") and not (comma and comma.explains(",")):
                votes -= 1
    return default if not votes else "," if votes > 0 else "."


def infer_column(cells: Cells, decimal: str, min_count: int, weak: Sequence[str]) -> Parsed:
    """Type and values of one column; `weak` words are missing where all others are numbers or
    dates."""
    if cells.few(np.ones(len(cells.words), bool)):
        column = Column(cells.name, "empty", "float64", missing=cells.token)
        nothing = pd.Series(np.full(len(cells.codes), np.nan))
        return Parsed(column, nothing, _lost(cells, cells.counts, "are missing"))
    most = np.arange(len(cells.words)) == cells.counts.argmax()
    if len(cells.codes) - cells.counts.max() <= cells.slack:
        constant = cells.only(most)
        parsed = _typed(constant.bare, decimal, min_count) or Parsed.text(constant, "constant")
        column = replace(parsed.column, type="constant")
        return Parsed(column, parsed.series, _lost(cells, cells.counts[~most], "hold one value"))
    bare = cells.bare
    parsed = _typed(bare, decimal, min_count)
    if parsed is None and (stronger := bare.without(weak)) is not bare:
        parsed = _typed(stronger, decimal, min_count)
        if parsed is not None:
            gone = ", ".join(repr(word) for word in weak if word in set(bare.words.to_pylist()))
            note = (
                f"column {cells.name!r}: {gone} among its {parsed.column.type}s is read as missing"
            )
            parsed = replace(parsed, notes=(*parsed.notes, note))
    if parsed is not None and bare is not cells:
        note = f"column {cells.name!r}: blanks around its {parsed.column.type}s are left out"
        return replace(parsed, notes=(*parsed.notes, note))
    if parsed is None:
        words = cells.words.to_pylist()
        kind = kind_of_text(words, cells.counts, min_count)
        parsed = _truth(cells) or Parsed.text(cells, kind, (*_almost_numbers(cells), *_land(cells)))
    return parsed


def _lost(cells: Cells, rows: np.ndarray, others: str) -> tuple[str, ...]:
    """What is said of words of a few rows, which are too rare to make a column of them."""
    note = (
        f"column {cells.name!r}: {rows.sum()} cells are read as missing, as all others {others} "
        "(declare a `type` in a schema to keep them)"
    )
    return (note,) if len(rows) else ()


def _typed(cells: Cells, decimal: str, min_count: int) -> Parsed | None:
    """The column as dates or numbers, or None where it is neither, or nearly nothing is written
    as it was read."""
    dates = parse_dates(cells.words, cells.name, cells.counts, cells.slack)
    if dates is not None:
        parsed = Parsed.dates(cells, dates)
    elif (parsed := Parsed.numbers(cells, decimal)) is None:
        return None
    elif types.is_integer_dtype(parsed.series.dtype):
        whole = parsed.series.dropna().to_numpy(np.int64)
        sizes, ones = np.abs(whole), np.ones(len(whole), np.int64)
        largest = largest_shown(sizes, ones, cells.slack) if len(whole) else 0
        checked = largest > _CHECKED and find_check(cells.words.to_pylist(), min_count)
        if is_key(cells.name, whole, min_count) or largest >= _LONG or checked:
            if parsed.column.format is not None:
                return None
            return replace(parsed, column=replace(parsed.column, type="key"))
    return replace(parsed, notes=(*parsed.notes, *_altered(cells, parsed, decimal)))


def _altered(cells: Cells, parsed: Parsed, decimal: str) -> tuple[str, ...]:
    """A sentence where words are not written again as they stand in the file."""
    rows = np.unique(cells.codes, return_index=True)[1][-len(cells.words) :]
    series = parsed.series.iloc[rows].reset_index(drop=True)
    written = plain_words(
        series, parsed.column, Dialect(decimal="," if decimal == "," else ".")
    ).to_pylist()
    words = cells.words.to_pylist()
    pairs = [(w, a) for w, a in zip(words, written, strict=True) if a is not None and a != w]
    if not pairs:
        return ()
    before, after = map(shorten, pairs[0])
    return (
        f"column {cells.name!r}: {len(pairs)} of its {len(words)} distinct values will be written "
        f"in another way, such as {before} as {after} (a schema that declares it as category or "
        "key keeps the text)",
    )


def _truth(cells: Cells) -> Parsed | None:
    for pair in _TRUTH if len(cells.words) > 1 else ():
        other = ~pc.is_in(cells.words, pa.array(pair, pa.string())).to_numpy(zero_copy_only=False)
        if other.sum() == len(other) - 2 and cells.few(other):
            return Parsed.booleans(cells, pair)
    return None


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


def _land(cells: Cells) -> tuple[str, ...]:
    """What is said where a missing cell may be Namibia."""
    codes = pc.match_substring_regex(cells.words, "^[A-Z]{2}$").to_numpy(zero_copy_only=False)
    if cells.token != "NA" or codes.mean() < 0.5:
        return ()
    return (
        f"column {cells.name!r}: 'NA' is read as missing; if it is a word like the others, give "
        "data.missing=[] or the words that are missing",
    )
