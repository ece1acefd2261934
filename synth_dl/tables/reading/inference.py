"""What each column of a text file is, found from its distinct words."""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api import types

from synth_dl.tables.codecs.check_digits import find_check
from synth_dl.tables.formatting import plain_words
from synth_dl.tables.reading.cells import Cells, shorten
from synth_dl.tables.reading.dates import parse_dates
from synth_dl.tables.reading.dialect import WEAK_MISSING_WORDS
from synth_dl.tables.reading.numbers import parse_numbers
from synth_dl.tables.reading.parsed import Parsed, Source
from synth_dl.tables.reading.rules import is_key, kind_of_text
from synth_dl.tables.schema import Column, Dialect

_FRACTION = r"\d[.,]\d"
_NUMBER = r"^[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?$"
_ODD = 0.1  # share of the rows up to which odd words are read as missing
_CHECKED = 10**7  # integers from which on there may be a check digit
_LONG = 1 << 53  # integers from which on a number is an identifier, and floats are not exact
_VOTERS = 10_000
_TRUTH = (("TRUE", "FALSE"), ("True", "False"), ("true", "false"))


def find_decimal(columns: Sequence[Cells], separator: str, default: str = ".") -> str:
    """The decimal sign that explains more columns, `default` where both explain equally many."""
    votes = 0
    for cells in columns:
        words = cells.without(WEAK_MISSING_WORDS).words.slice(0, _VOTERS)
        if pc.any(pc.match_substring_regex(words, _FRACTION)).as_py():
            point, comma = (parse_numbers(words, sign) for sign in ".,")
            if comma and comma.explains(",") and not (point and point.explains(".")):
                # In a file with commas between cells, "1,234" has a separator of thousands.
                votes += 1 if not point or separator != "," else 0
            elif point and point.explains(".") and not (comma and comma.explains(",")):
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
    for words, said in _dropped(cells, weak, min_count):
        kept = cells.without(words)
        parsed = _typed(source, kept, decimal, min_count) if len(kept.words) else None
        if parsed is not None:
            if words:
                note = (
                    f"column {cells.name!r}: {_named(words)} among its {parsed.column.type}s {said}"
                )
                parsed = replace(parsed, notes=(*parsed.notes, note))
            cells = kept
            break
    else:
        words = cells.words.to_pylist()
        kind = kind_of_text(words, cells.counts, min_count)
        parsed = _truth(cells) or Parsed.text(cells, kind, _almost_numbers(cells))
    if len(cells.words) == 1 and not cells.has_missing:
        return replace(parsed, column=replace(parsed.column, type="constant"))
    return parsed


def _dropped(cells: Cells, weak: Sequence[str], min_count: int) -> Iterator[tuple[list[str], str]]:
    """Words to be read as missing so that the others are numbers or dates, and what is said then:
    none; weak words; and those of shapes that too few rows have for a model to keep them."""
    yield [], ""
    words = cells.words.to_pylist()
    found = [word for word in weak if word in set(words)]
    if found:
        yield found, "is read as missing"
    shapes, index = np.unique([_shape(word) for word in words], return_inverse=True)
    rows = np.bincount(index, cells.counts, len(shapes))[index]
    rare = [word for word, held in zip(words, rows, strict=True) if held < min_count]
    lost = cells.counts[rows < min_count].sum()
    if rare and lost < min_count and lost <= _ODD * cells.counts.sum():
        cure = (
            f"is read as missing, as fewer than {min_count} rows hold such words (a schema that "
            "declares the column as category or key keeps them)"
        )
        yield [*found, *(word for word in rare if word not in found)], cure


def _shape(word: str) -> str:
    """A word with all numbers and all words in it alike."""
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"[+-]?\d+([.,]\d+)*([eE][+-]?\d+)?", "0", word))


def _named(words: Sequence[str]) -> str:
    return ", ".join(map(shorten, words))


def _typed(source: Source, cells: Cells, decimal: str, min_count: int) -> Parsed | None:
    """The column as dates or numbers, or None where it is neither, or nearly nothing is written
    as it was read."""
    dates = parse_dates(cells.words, cells.name)
    if dates is not None:
        parsed = Parsed.dates(cells, dates)
    elif (parsed := Parsed.numbers(source, cells, decimal)) is None:
        return None
    elif types.is_integer_dtype(parsed.series.dtype):
        whole = parsed.series.dropna().to_numpy(np.int64)
        largest = np.abs(whole).max(initial=0)
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
    written = plain_words(series, parsed.column, Dialect(decimal=decimal)).to_pylist()
    words = cells.words.to_pylist()
    pairs = [pair for pair in zip(words, written, strict=True) if pair[0] != pair[1]]
    if not pairs:
        return ()
    before, after = map(shorten, pairs[0])
    return (
        f"column {cells.name!r}: {len(pairs)} of its {len(words)} distinct values will be written "
        f"in another way, such as {before} as {after} (a schema that declares it as category or "
        "key keeps the text)",
    )


def _truth(cells: Cells) -> Parsed | None:
    found = set(cells.words.to_pylist()) if len(cells.words) == 2 else set()
    words = next((pair for pair in _TRUTH if found == set(pair)), None)
    return None if words is None else Parsed.booleans(cells, words)


def _almost_numbers(cells: Cells) -> tuple[str, ...]:
    other = ~pc.match_substring_regex(cells.words, _NUMBER).to_numpy(zero_copy_only=False)
    rows = int(cells.counts[other].sum())
    if not 0 < rows <= 0.2 * cells.counts.sum() or other.sum() > 5:
        return ()
    named = _named(cells.words.filter(pa.array(other)).to_pylist())
    return (
        f"column {cells.name!r}: most cells are numbers, except {named}, so it is read as "
        "text (words that are named in data.missing are read as missing)",
    )
