"""From the values of a table to the words of a text file, as its schema says."""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api import types

from synth_dl.tables.reading.dates import date_format
from synth_dl.tables.reading.dialect import MISSING_WORDS
from synth_dl.tables.reading.exponents import Exponents
from synth_dl.tables.reading.numbers import is_exact
from synth_dl.tables.reading.styles import split_format
from synth_dl.tables.schema import Column, Dialect

# How files of other kinds begin, and texts with a mark of their order of bytes.
_BEGINNINGS = ("PAR1", "PK", "BZh", "\ufeff")


def format_column(series: pd.Series, column: Column, dialect: Dialect) -> pa.Array:
    """One word a row, quoted where it must be; missing cells hold the column's token."""
    token = _quote(pa.array([column.missing], pa.large_string()), dialect, ())[0]
    if isinstance(series.dtype, pd.CategoricalDtype):
        words = plain_words(series.cat.categories.to_series(), column, dialect)
        codes = series.cat.codes.to_numpy().astype(np.int32)
        return pc.fill_null(_quote(words, dialect).take(pa.array(codes, mask=codes < 0)), token)
    words = plain_words(series, column, dialect)
    if _may_need_quotes(series, column, dialect):
        encoded = words.dictionary_encode()
        words = _quote(encoded.dictionary, dialect).take(encoded.indices)
    return pc.fill_null(words, token)


def format_header(names: list[str], dialect: Dialect) -> str:
    """The first line of the file."""
    quoted = _quote(pa.array(names, pa.large_string()), dialect).to_pylist()
    if names[0].startswith(_BEGINNINGS):
        quoted[0] = quoted[0] if quoted[0][0] == '"' else f'"{quoted[0]}"'
    return dialect.separator.join(quoted) + "\n"


def join_words(parts: Sequence[pa.Array | str], separator: str = "") -> pa.Array:
    """The words of each row, one after the other; missing where one is."""
    kind = pa.large_string()
    columns = [pa.scalar(part, kind) if isinstance(part, str) else part for part in parts]
    return pc.binary_join_element_wise(*columns, pa.scalar(separator, kind))


def plain_words(series: pd.Series, column: Column, dialect: Dialect) -> pa.Array:
    """One word a row, without quotes; none for a missing cell."""
    kind = series.dtype
    if types.is_bool_dtype(kind):
        true, false = column.words or ("True", "False")
        values = pa.array(series, pa.bool_(), from_pandas=True)
        return pc.if_else(values, *(pa.scalar(word, pa.large_string()) for word in (true, false)))
    if types.is_datetime64_any_dtype(kind):
        return write_dates(series, column.format, column.decimals)
    if types.is_integer_dtype(kind) and not column.format and not column.places:
        return _flat(pa.array(series, from_pandas=True)).cast(pa.large_string())
    if types.is_numeric_dtype(kind):
        if column.format is not None:
            if way := Exponents.of_format(column.format):
                return way.write(series.to_numpy(np.float64, na_value=np.nan))
            return _styled(series, column, column.format)
        words = _numbers(series, column)
        if dialect.decimal != ".":
            words = pc.replace_substring(words, ".", dialect.decimal)
        return words
    text = series if isinstance(kind, pd.StringDtype) else series.map(str, na_action="ignore")
    return _flat(pa.array(text, pa.large_string(), from_pandas=True))


def _flat(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def _numbers(series: pd.Series, column: Column) -> pa.Array:
    """The shortest text of each number with at least `places` digits after the point."""
    single = getattr(series.dtype, "itemsize", 8) < 8 and types.is_float_dtype(series.dtype)
    values = series.to_numpy(np.float32 if single else np.float64, na_value=np.nan)
    exact = values.astype(np.float64)
    digits = max(column.decimals or 0, column.places) if column.decimals is not None else None
    if digits is not None and is_exact(exact, digits):
        return _fixed(exact, digits, column.places)
    words = pa.array(values, from_pandas=True).cast(pa.large_string())
    if column.places:
        whole = pc.match_substring_regex(words, r"^-?\d+$")
        words = pc.if_else(whole, join_words([words, "." + "0" * column.places]), words)
    return words


def _styled(series: pd.Series, column: Column, pattern: str) -> pa.Array:
    """Numbers with the text around them that a format shows."""
    style, (positive, negative, zero) = split_format(pattern)
    values = series.to_numpy(np.float64, na_value=np.nan)
    plain = replace(column, format=None)
    digits = plain_words(series.abs(), plain, Dialect())
    if pc.any(pc.match_substring(digits, "e")).as_py():
        floats = pd.Series(digits.to_pylist(), dtype="object").astype("float64")
        digits = pa.array(
            floats.map(lambda f: np.format_float_positional(f, trim="-"), na_action="ignore"),
            digits.type,
            from_pandas=True,
        )
    words = style.write(digits)
    before, after = (
        pa.array(np.where(values < 0, below, np.where(values == 0, null, above)), words.type)
        for above, below, null in zip(positive, negative, zero, strict=True)
    )
    return join_words([before, words, after])


def _fixed(values: np.ndarray, digits: int, places: int) -> pa.Array:
    """Text of values with `digits` after the point, without trailing zeros beyond `places`."""
    absent, endless = np.isnan(values), np.isinf(values)
    scaled = np.round(np.where(absent | endless, 0.0, values) * 10.0**digits).astype(np.int64)
    sign = np.where((scaled < 0) | (endless & (values < 0)), "-", "")
    words = pa.array(np.abs(scaled), mask=absent).cast(pa.large_string())
    if digits:
        words = pc.utf8_lpad(words, digits + 1, "0")
        fraction = pc.utf8_slice_codeunits(words, -digits, None)
        whole = pc.utf8_slice_codeunits(words, 0, -digits)
        kept = pc.utf8_slice_codeunits(fraction, 0, places) if places else ""
        rest = pc.utf8_rtrim(pc.utf8_slice_codeunits(fraction, places, None), "0")
        words = join_words([whole, join_words([kept, rest])], ".")
        words = pc.utf8_rtrim(words, ".")
    words = pc.if_else(endless, pa.scalar("inf", words.type), words)
    return join_words([pa.array(sign, pa.large_string()), words])


def write_dates(series: pd.Series, pattern: str | None, decimals: int | None) -> pa.Array:
    """Dates under a `strftime` pattern, with so many digits of the fraction of a second; those of
    ISO 8601 where there is no pattern."""
    if pattern is None:
        pattern, decimals = date_format(series)
        series = series.dt.tz_convert("UTC") if series.dt.tz is not None else series
    if series.dt.tz is not None:
        series = series.dt.tz_localize(None)
    unit = "us" if not decimals or decimals <= 6 else "ns"
    values = series.astype(f"datetime64[{unit}]")
    moments = pa.array(values, from_pandas=True)
    seconds = pa.array(values.astype("datetime64[s]"), pa.timestamp("s"), from_pandas=True)
    # A leading zero that the pattern does not want is marked, written, and taken away.
    marked = pattern.replace("%-", "\x01%").replace("%^", "%").replace("%P", "%p")
    parts = marked.split("%f")
    words = pc.strftime(seconds, format=parts[0]).cast(pa.large_string())
    for part in parts[1:]:
        fraction = pc.cast(moments, pa.int64())
        base = pc.cast(pc.cast(seconds, pa.timestamp(unit)), pa.int64())
        size = 6 if unit == "us" else 9
        digits = pc.utf8_lpad(pc.subtract(fraction, base).cast(pa.large_string()), size, "0")
        digits = pc.utf8_slice_codeunits(digits, 0, decimals or size)
        rest = pc.strftime(seconds, format=part).cast(pa.large_string())
        words = join_words([words, digits, rest])
    words = pc.utf8_upper(words) if "%^" in pattern else words
    if "%P" in pattern:
        for half in ("AM", "PM"):
            words = pc.replace_substring(words, half, half.lower())
    return pc.replace_substring_regex(words, "\x010?", "") if "\x01" in marked else words


def _may_need_quotes(series: pd.Series, column: Column, dialect: Dialect) -> bool:
    if types.is_datetime64_any_dtype(series.dtype):
        return any(sign in (column.format or "") for sign in dialect.separator)
    if column.type == "number" and not column.format:
        return dialect.decimal in dialect.separator
    return True


def _quote(words: pa.Array, dialect: Dialect, tokens: Sequence[str] = MISSING_WORDS) -> pa.Array:
    """The words, in double quotes where they hold a separator, a quote, a line break or a zero
    byte, begin or end with a blank, or would be read as missing."""
    pattern = rf'[{"".join(chr(92) + c for c in dialect.separator)}"\r\n\x00]|^\s|\s$'
    special = pc.match_substring_regex(words, pattern)
    special = pc.or_(special, pc.is_in(words, pa.array(tokens, words.type)))
    if not pc.any(special).as_py():
        return words
    doubled = pc.replace_substring(words, '"', '""')
    return pc.if_else(special, join_words(['"', doubled, '"']), words)
