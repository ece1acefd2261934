"""Dates and times: from words to values, under a `strftime` pattern that is found or given."""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from synth_dl.tables.promise import largest_shown
from synth_dl.tables.reading.numbers import whole_numbers

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FULL_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_PARTS = {
    "Y": r"\d{4}", "y": r"\d{2}", "m": r"\d{1,2}", "d": r"\d{1,2}", "H": r"\d{1,2}",
    "I": r"\d{1,2}", "M": r"\d{2}", "S": r"\d{2}", "f": r"\d{1,9}", "p": r"[AaPp][Mm]",
    "b": "(?i:" + "|".join(_MONTHS) + ")", "B": "(?i:" + "|".join(_FULL_MONTHS) + ")",
    "z": r"(?:Z|UTC|[+-]\d{2}:?\d{2})",
}  # fmt: skip
_DAYS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%m-%d-%Y",
    "%d.%m.%y", "%m/%d/%y", "%d/%m/%y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y",
    "%B %d, %Y", "%Y%m%d",
)  # fmt: skip
_CLOCKS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%I:%M:%S%p", "%I:%M%p")
_LIKELY = re.compile(r"\d{1,4}[-/. ]\w|[A-Za-z]{3,9} \d|\d{8}")
_TELLING_NAME = re.compile(r"(?i)date|day|dob|birth|time|_at$|_on$|_dt$|^dt")
_DIRECTIVE = re.compile(r"%-?([YymdHIMSfpbBz])")
_OFFSET = re.compile(r"(?<=[SfMp])( ?)(Z|UTC|[+-]\d{2}:?\d{2})$")


@dataclass(frozen=True)
class Dates:
    """Distinct words of a column as points in time.

    Attributes:
        values: wall-clock times in the zone, datetime64[us]; finer digits are dropped.
        valid: for each word whether it is a date under the pattern.
        format: the pattern that writes them again.
        decimals: digits of the fraction of a second, or None where there are none.
        zone: `UTC`, a fixed offset such as `UTC+02:00`, or None.
        other: a second pattern that fits as well (days and months swapped), or None.
    """

    values: np.ndarray
    valid: np.ndarray
    format: str
    decimals: int | None
    zone: str | None
    other: str | None = None


def parse_dates(
    words: pa.StringArray, name: str, counts: np.ndarray | None = None, slack: int = 0
) -> Dates | None:
    """Dates of words in one of the usual formats, or None where a word is no date.

    Eight digits in a row count as a date where the column's `name` tells so. Where `counts` rows
    hold each word, those of `slack` rows may be no dates, and decide nothing.
    """
    counts = np.ones(len(words), np.int64) if counts is None else counts
    firsts = [word for word in words.slice(0, slack + 1).to_pylist() if len(word) <= 40]
    found = []
    for pattern in _patterns(tuple(filter(_LIKELY.match, firsts)), name):
        dates = read_dates(words, pattern, counts, slack)
        if counts[~dates.valid].sum() <= slack and dates.valid.any():
            found.append(dates)
    if not found:
        return None
    best = found[0]
    other = (dates.format for dates in found if not np.array_equal(dates.values, best.values))
    return replace(best, other=next(other, None))


def _patterns(firsts: Sequence[str], name: str) -> Iterator[str]:
    """Those that one of the first words of a column follows."""
    for day in _DAYS:
        written = [
            word
            for word in firsts
            if day != "%Y%m%d" or not word.isdigit() or _TELLING_NAME.search(name)
        ]
        if any(re.match(_expression(day), word) for word in written):
            for pattern in _with_clock(day):
                if any(re.fullmatch(_expression(pattern), word) for word in written):
                    yield pattern


def read_dates(
    words: pa.StringArray, pattern: str, counts: np.ndarray | None = None, slack: int = 0
) -> Dates:
    """Dates of words under a `strftime` pattern; `valid` tells which words fit it.

    How single digits, fractions and time zones are written is decided by more than `slack` of the
    `counts` rows that hold each word.
    """
    counts = np.ones(len(words), np.int64) if counts is None else counts
    pattern = _OFFSET.sub(r"\1%z", pattern)
    named = _DIRECTIVE.findall(pattern)
    parts = pc.extract_regex(words, "^" + _expression(pattern) + "$")
    valid = pc.is_valid(parts).to_numpy(zero_copy_only=False)
    texts = {key: pc.fill_null(pc.struct_field(parts, [key]), "") for key in named}
    months, days = _calendar(texts)
    micros, inside = _clock(texts)
    first_of_month = months.astype("datetime64[M]").astype("datetime64[D]")
    moments = first_of_month + (days - 1).astype("timedelta64[D]")
    valid &= inside & (days >= 1) & (moments.astype("datetime64[M]").astype(np.int64) == months)
    values = moments.astype("datetime64[us]")
    values = values + micros.astype("timedelta64[us]")
    held = np.where(valid, counts, 0)
    decimals = None
    if "f" in texts and len(words):
        digits = pc.binary_length(texts["f"]).to_numpy(False)
        decimals = min(int(largest_shown(digits, held, slack)), 6) or None
    pattern = _unpad(pattern, texts, held, slack)
    if "z" not in texts:
        return Dates(values, valid, pattern, decimals, None)
    values, literal, zone = _localize(values, texts["z"], held, slack)
    return Dates(values, valid, pattern.replace("%z", literal), decimals, zone)


def date_format(series: pd.Series, slack: int = 0) -> tuple[str, int | None]:
    """The ISO pattern, and the digits of the seconds' fraction, that write a typed column; `slack`
    rows may need more."""
    values = series.dropna()
    zone = ""
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        zone, values = "+00:00", values.dt.tz_convert("UTC").dt.tz_localize(None)
    moments = values.to_numpy()
    # The time of day alone: days of far centuries do not fit into nanoseconds.
    clock = (moments - moments.astype("datetime64[D]")).astype("timedelta64[ns]")
    nanoseconds = clock.astype(np.int64)
    if not zone and np.sum(nanoseconds % 86_400_000_000_000 != 0) <= slack:
        return "%Y-%m-%d", None
    for decimals in (0, 3, 6, 9):
        if np.sum(nanoseconds % 10 ** (9 - decimals) != 0) <= slack:
            break
    fraction = ".%f" if decimals else ""
    return f"%Y-%m-%d %H:%M:%S{fraction}{zone}", decimals or None


def _with_clock(day: str) -> list[str]:
    patterns = [day]
    for join in ("T", " ", ", "):
        for clock in _CLOCKS:
            fractions = (clock, clock + ".%f") if clock.endswith("%S") else (clock,)
            patterns += [f"{day}{join}{c}{z}" for c in fractions for z in ("", "%z", " %z")]
    return patterns


def _expression(pattern: str) -> str:
    escaped = re.escape(pattern).replace("%\\-", "%-").replace("\\ ", " ")
    expression = _DIRECTIVE.sub(lambda m: f"(?P<{m[1]}>{_PARTS[m[1]]})", escaped)
    # A program that writes fractions leaves them out where they are zero.
    fraction = f"(?P<f>{_PARTS['f']})"
    return expression.replace("\\." + fraction, f"(?:\\.{fraction})?")


def _calendar(texts: dict[str, pa.StringArray]) -> tuple[np.ndarray, np.ndarray]:
    """Months since 1970 and days of the month; a day of 0 marks what is no date."""
    days = whole_numbers(texts["d"]) if "d" in texts else np.array(1)
    if "Y" in texts:
        years = whole_numbers(texts["Y"])
    else:
        years = whole_numbers(texts["y"])
        years = years + np.where(years < 69, 2000, 1900)
    if "m" in texts:
        months = whole_numbers(texts["m"])
    else:
        short = texts["b"] if "b" in texts else texts["B"]
        short = pc.utf8_slice_codeunits(pc.utf8_lower(short), 0, 3)
        months = pc.index_in(short, value_set=pa.array(_MONTHS)).fill_null(-1).to_numpy(False) + 1
    days = np.where((months < 1) | (months > 12) | (years < 1), 0, days)
    return (years - 1970) * 12 + months - 1, days


def _clock(texts: dict[str, pa.StringArray]) -> tuple[np.ndarray, np.ndarray]:
    """Microseconds since midnight, and whether hour, minute and second are in range."""
    zero = np.zeros(1, np.int64)
    minutes, seconds = (whole_numbers(texts[key]) if key in texts else zero for key in "MS")
    hours = whole_numbers(texts["H"]) if "H" in texts else zero
    inside = (hours < 24) & (minutes < 60) & (seconds < 60)
    if "I" in texts:
        twelve = whole_numbers(texts["I"])
        inside = inside & (twelve >= 1) & (twelve <= 12)
        afternoon = pc.equal(pc.utf8_lower(texts["p"]), "pm").to_numpy(False)
        hours = twelve % 12 + 12 * afternoon
    micros = ((hours * 60 + minutes) * 60 + seconds) * 1_000_000
    if "f" in texts:
        micros = micros + whole_numbers(
            pc.utf8_slice_codeunits(pc.utf8_rpad(texts["f"], 6, "0"), 0, 6)
        )
    return micros, inside


def _unpad(pattern: str, texts: dict[str, pa.StringArray], counts: np.ndarray, slack: int) -> str:
    """The pattern with `%-d` for `%d` (and so on) where single digits stand alone."""
    for key in set(texts) & set("mdHI"):
        single = pc.equal(pc.binary_length(texts[key]), 1).to_numpy(zero_copy_only=False)
        if counts[single].sum() > slack:
            pattern = pattern.replace(f"%{key}", f"%-{key}")
    return pattern


def _localize(
    values: np.ndarray, offsets: pa.StringArray, counts: np.ndarray, slack: int
) -> tuple[np.ndarray, str, str]:
    """Wall-clock times, how their offset is written, and the zone: UTC where offsets differ."""
    encoded = offsets.dictionary_encode()
    words, index = encoded.dictionary.to_pylist(), encoded.indices.to_numpy()
    shift = np.array([_minutes(word) for word in words], np.int64)
    held = np.bincount(index, counts, len(words)).astype(np.int64)
    literal, zone, target = "+00:00", "UTC", 0
    if held.sum() - held.max(initial=0) <= slack:
        literal, target = words[held.argmax()], shift[held.argmax()]
        zone = f"UTC{literal[:3]}:{literal[-2:]}" if target else "UTC"
    return values - (shift - target)[index].astype("timedelta64[m]"), literal, zone


def _minutes(offset: str) -> int:
    if offset in ("Z", "UTC", ""):
        return 0
    size = int(offset[1:3]) * 60 + int(offset[-2:])
    return -size if offset[0] == "-" else size
