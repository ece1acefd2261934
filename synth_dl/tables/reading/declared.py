"""Columns as a schema declares them, read from text or from typed values."""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

import difflib
from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api import types

from synth_dl.errors import DataError
from synth_dl.tables.promise import full_dtype
from synth_dl.tables.reading.cells import Cells
from synth_dl.tables.reading.dates import parse_dates, read_dates
from synth_dl.tables.reading.dialect import MISSING_WORDS, WEAK_MISSING_WORDS
from synth_dl.tables.reading.numbers import not_numbers
from synth_dl.tables.reading.parsed import Parsed, Source
from synth_dl.tables.schema import DEFAULT_DTYPES, Column, Schema

_TEXT = ("category", "pattern", "key", "constant")
_TRUTH = (
    ("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"), ("1", "0"), ("on", "off"),
    ("1.0", "0.0"),
)  # fmt: skip


def check_names(
    source: Source, present: Sequence[str], schema: Schema, partial: bool = False
) -> None:
    """Raise a DataError where a file and a schema do not name the same columns.

    With `partial` the file may lack some.
    """
    extra = [name for name in present if name not in schema.names]
    lacking = [name for name in schema.names if name not in present]
    near = difflib.get_close_matches(extra[0], lacking, n=1) if extra else []
    if near:
        raise DataError(
            f"{source.name}: column {extra[0]!r} is not in the schema; did you mean {near[0]!r}, "
            "which the file lacks?"
        )
    if extra:
        raise DataError(
            f"{source.name}: column {extra[0]!r} is not in the schema; remove it from the file or "
            "add it to the schema"
        )
    if lacking and not partial:
        raise DataError(
            f"{source.name}: column {lacking[0]!r} of the schema is not in the file; add it to the "
            "file or remove it from the schema"
        )


def read_declared(
    source: Source,
    cells: Cells,
    column: Column,
    decimal: str,
    tokens: Sequence[str] = (*MISSING_WORDS, *WEAK_MISSING_WORDS),
) -> Parsed:
    """A column of words under its declared type; `tokens` are missing but in text, where only the
    one that the column names is.

    Raises a DataError with the place of the first word that does not parse.
    """
    textual = column.type in _TEXT and types.is_string_dtype(types.pandas_dtype(column.dtype))
    wordy = textual or column.dtype == "category"
    cells = (cells if wordy else cells.bare).without([column.missing, *(() if wordy else tokens)])
    if not len(cells.words) or column.type == "empty":
        nothing = pd.Series(np.full(len(cells.codes), np.nan))
        return _complete(column, Parsed(Column(column.name, column.type, column.dtype), nothing))
    readers = {"number": _number, "datetime": _date, "boolean": _boolean}
    return _complete(column, readers.get(column.type, _word)(source, cells, column, decimal))


def retype(source: Source, series: pd.Series, column: Column, found: Column) -> Parsed:
    """A typed column under its declared type; `found` is what it would be by itself."""
    fits = (
        column.type in (found.type, "category", "key", "constant")
        or found.type == "empty"
        or (column.type == "number" and types.is_numeric_dtype(series.dtype))
        or (column.type == "datetime" and types.is_datetime64_any_dtype(series.dtype))
    )
    if fits:
        silent = column.dtype == DEFAULT_DTYPES[column.type]
        declared = replace(column, dtype=found.dtype if silent else column.dtype)
        return _complete(declared, Parsed(replace(found, places=column.places), series))
    if column.type == "empty":
        return _complete(column, Parsed(found, pd.Series(np.full(len(series), np.nan))))
    codes, words = pd.factorize(series.map(str, na_action="ignore").astype("str"))
    cells = Cells(column.name, codes.astype(np.int32), pa.array(words, pa.string()))
    return read_declared(source, cells, column, ".")


def _number(source: Source, cells: Cells, column: Column, decimal: str) -> Parsed:
    given = column.decimals is not None or column.dtype != DEFAULT_DTYPES[column.type]
    parsed = Parsed.numbers(cells, decimal, codes=True, exact=given)
    if parsed is not None:
        return parsed
    bad = not_numbers(cells.words, decimal)
    if not bad.any():
        # Integers beyond 64 bits.
        bad[:] = True
    raise _misfit(source, cells, column, bad, "declare the column as category or key")


def _date(source: Source, cells: Cells, column: Column, decimal: str) -> Parsed:
    cure = "give its `format`, such as %d.%m.%Y, or declare the column as category"
    pattern = column.format
    if pattern is not None:
        cure = f"correct `format` ({pattern}) or declare the column as category"
    elif (dates := parse_dates(cells.words, "date", cells.counts, cells.slack)) is not None:
        return Parsed.dates(cells, dates)
    elif (first := parse_dates(cells.words.slice(0, 1), "date")) is not None:
        pattern = first.format
    bad = np.ones(len(cells.words), bool)
    if pattern is not None:
        dates = read_dates(cells.words, pattern)
        if dates.valid.any() and cells.few(~dates.valid):
            return Parsed.dates(cells, dates)
        bad = ~dates.valid
    raise _misfit(source, cells, column, bad, cure)


def _boolean(source: Source, cells: Cells, column: Column, decimal: str) -> Parsed:
    words = column.words or _truth(cells)
    known = pc.is_in(cells.words, value_set=pa.array(words, pa.string()))
    bad = ~known.to_numpy(zero_copy_only=False)
    if not cells.few(bad) or bad.all():
        cure = "name the two words for true and false in `words`, or declare the column as category"
        raise _misfit(source, cells, column, bad, cure)
    return Parsed.booleans(cells, words)


def _truth(cells: Cells) -> tuple[str, str]:
    """The words for true and false as the column writes them, in the first pair that nearly all
    its cells hold."""
    lower = pc.utf8_lower(cells.words)
    for pair in _TRUTH:
        known = pc.is_in(lower, pa.array(pair, pa.string())).to_numpy(zero_copy_only=False)
        if known.any() and cells.few(~known):
            order = [index for index in cells.counts.argsort().tolist() if known[index]]
            frequent = [index for index in order if cells.counts[index] > cells.slack]
            written = {lower[index].as_py(): cells.words[index].as_py() for index in frequent}
            # What few rows hold is written as what most hold.
            most = cells.words[order[-1]].as_py()
            style = str.upper if most.isupper() else str.title if most.istitle() else str
            true, false = (written.get(word, style(word)) for word in pair)
            return true, false
    return ("TRUE", "FALSE")


def _word(source: Source, cells: Cells, column: Column, decimal: str) -> Parsed:
    """Categories, keys and constants: text, or numbers or dates where the dtype says so."""
    kind = column.dtype.lower()
    if kind.startswith("datetime"):
        return _date(source, cells, column, decimal)
    numeric = column.levels is not None and not any(isinstance(v, str) for v in column.levels)
    if kind.startswith(("int", "uint", "float")) or (numeric and kind == "category"):
        return _number(source, cells, column, decimal)
    if kind.startswith("bool"):
        return _boolean(source, cells, column, decimal)
    return Parsed.text(cells, column.type)


def _misfit(source: Source, cells: Cells, column: Column, bad: np.ndarray, cure: str) -> DataError:
    row, word = cells.first(bad)
    return DataError(
        f"{source.name}: {source.locate(row)} holds {word} in column {column.name!r}, "
        f"which is declared as {column.type}; correct the cell, or in a training name it in "
        f"data.missing or {cure}"
    )


def _complete(column: Column, parsed: Parsed) -> Parsed:
    """What was declared, completed by what was found where nothing was said."""
    said = {
        entry.name: getattr(column, entry.name)
        for entry in fields(Column)[3:]
        if getattr(column, entry.name) != entry.default
    }
    found = parsed.column
    silent = column.dtype == DEFAULT_DTYPES[column.type] and column.decimals is None
    dtype = found.dtype if silent and column.type == "number" else column.dtype
    series = _convert(parsed.series, replace(column, dtype=dtype))
    few = dtype == found.dtype == full_dtype(series.dtype)  # rows that lack the cell
    kept = dtype if few else str(series.dtype)
    merged = replace(found, type=column.type, dtype=kept, **said)
    return Parsed(merged, series, (*parsed.notes, *_strangers(merged, series)))


def _convert(series: pd.Series, column: Column) -> pd.Series:
    """The series in the declared dtype, or in its own where that would lose values."""
    if str(series.dtype) == column.dtype:
        return series
    if column.dtype == "category" and column.levels is not None:
        return series.astype(pd.CategoricalDtype(list(column.levels), column.ordered))
    if not len(series):
        return series
    try:
        # A number beyond all integers becomes another one, which is seen below.
        with np.errstate(invalid="ignore"):
            converted = series.astype(column.dtype)
    except (TypeError, ValueError):
        return series
    truncated = (
        types.is_integer_dtype(converted.dtype)
        and types.is_float_dtype(series.dtype)
        and ((converted.dropna() != series.dropna()).any())
    )
    return series if truncated or not converted.isna().equals(series.isna()) else converted


def _strangers(column: Column, series: pd.Series) -> tuple[str, ...]:
    if column.levels is None:
        return ()
    outside = series[series.notna() & ~series.isin(list(column.levels))]
    if not len(outside):
        return ()
    return (
        f"column {column.name!r}: {len(outside)} rows hold values that are not in its `levels`, "
        f"such as {outside.iloc[0]!r}",
    )
