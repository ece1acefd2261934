"""Dates and times: from words to values, under a `strftime` pattern that is found or given."""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

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
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FULL_WEEKDAYS = (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)  # fmt: skip
_PARTS = {
    "Y": r"\d{4}", "y": r"\d{2}", "m": r"\d{1,2}", "d": r"\d{1,2}", "H": r"\d{1,2}",
    "I": r"\d{1,2}", "M": r"\d{2}", "S": r"\d{2}", "f": r"\d{1,9}", "p": "(?:AM|PM)",
    "P": "(?:am|pm)", "j": r"\d{3}", "G": r"\d{4}", "V": r"\d{2}", "u": "[1-7]",
    "b": "(?i:" + "|".join(_MONTHS) + ")", "B": "(?i:" + "|".join(_FULL_MONTHS) + ")",
    "a": "(?i:" + "|".join(_WEEKDAYS) + ")", "A": "(?i:" + "|".join(_FULL_WEEKDAYS) + ")",
    "z": r"(?:Z|UTC|[+-]\d{2}:?\d{2})",
}  # fmt: skip
_DAYS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%m-%d-%Y",
    "%d.%m.%y", "%m/%d/%y", "%d/%m/%y", "%d-%m-%y", "%m-%d-%y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y",
    "%d %b %y", "%d %B %Y", "%d. %B %Y", "%d. %m. %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y",
    "%d/%b/%Y", "%d-%B-%Y", "%Y-%b-%d", "%Y %b %d", "%d%b%Y", "%a, %d %b %Y", "%a %d %b %Y",
    "%a %b %d %Y", "%a, %b %d, %Y", "%A, %B %d, %Y", "%A, %d %B %Y", "%Y年%m月%d日", "%G-W%V-%u",
    "%Y-%j", "%Y%m%d", "%d%m%Y", "%m%d%Y",
)  # fmt: skip
# Parts of a year, read as their first day, and days of which digits alone are written.
_SPANS = (
    "%Y-%m", "%Y/%m", "%m/%Y", "%m-%Y", "%m.%Y", "%b %Y", "%B %Y", "%b-%Y", "%b-%y", "%b %y",
    "%Y-%b", "%Y %b", "%G-W%V", "%G W%V", "%GW%V", "W%V %G", "W%V-%G", "%Y%m", "%Y%j", "%y%m%d",
    "%d%m%y", "%m%d%y",
)  # fmt: skip
# Days of some year, here of 2000, and times of day without a sign between the hour and the minute.
_CYCLES = (
    "%m-%d", "%m/%d", "%d/%m", "%d.%m.", "%d-%m", "%d %b", "%d-%b", "%d %B", "%b %d", "%b-%d",
    "%B %d", "%H%M", "%H%M%S",
)  # fmt: skip
_CLOCKS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%I:%M:%S%p", "%I:%M%p")
_WHOLES = ("%a %b %d %H:%M:%S %Y", "%d%b%Y:%H:%M:%S", "%d/%b/%Y:%H:%M:%S %z")
_TELLING_NAME = re.compile(r"(?i)date|day|dob|birth|time|month|_at$|_on$|_dt$|^dt")
_TELLING_WORDS = 20  # distinct words of digits alone that are dates for certain if all can be
_FIRST_YEAR, _LAST_YEAR = 1900, 2100  # of dates that are digits alone
_LONGEST = 40  # characters of a date
_DIRECTIVE = re.compile(r"%[-^]?([YymdHIMSfpPbBzaAjGVu])")
_OFFSET = re.compile(r"(?<=[SfMpP])( ?)(Z|UTC|[+-]\d{2}:?\d{2})$")


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
    words: pa.StringArray,
    name: str,
    counts: np.ndarray | None = None,
    slack: int = 0,
    cycles: bool = False,
) -> Dates | None:
    """Dates of words in one of the usual formats, or None where a word is no date.

    Digits alone count as dates where the column's `name` tells so, or where at least 20 words all
    do and their years are near. Where `counts` rows hold each word, those of `slack` rows may be
    no dates, and decide nothing. With `cycles` days without a year are dates of 2000, too.
    """
    counts = np.ones(len(words), np.int64) if counts is None else counts
    firsts = [word for word in words.slice(0, slack + 1).to_pylist() if len(word) <= _LONGEST]
    told = bool(_TELLING_NAME.search(name)) or len(words) >= _TELLING_WORDS
    found = []
    for pattern in dict.fromkeys(p for word in firsts for p in _fitting(word, cycles)):
        bare = not re.search(r"[^%\w]|%[aAbBfzp]", pattern)
        dates = read_dates(words, pattern, counts, slack) if told or not bare else None
        if dates is None or not dates.valid.any() or counts[~dates.valid].sum() > slack:
            continue
        if bare and "%-" in dates.format:
            continue  # 1953614 may be several days
        if cycles and "%-" in dates.format and not re.search("%[-^]?[YyGbB]", dates.format):
            continue  # 1/2 and 10-20 are fractions and ranges
        years = dates.values[dates.valid].astype("datetime64[Y]").astype(np.int64) + 1970
        if not bare or (years.min() >= _FIRST_YEAR and years.max() <= _LAST_YEAR):
            found.append(dates)
    if not found:
        return None
    best = found[0]
    other = (d.format for d in found if (d.values != best.values)[d.valid & best.valid].any())
    return replace(best, other=next(other, None))


def _fitting(word: str, cycles: bool) -> Iterator[str]:
    """The patterns under which a word is a date, but for the numbers that it may hold."""
    for day in (*_DAYS, *_SPANS, *(_CYCLES if cycles else ())):
        if _compiled(day).match(word):
            patterns = _with_clock(day) if day in _DAYS else [day]
            yield from (pattern for pattern in patterns if _compiled(pattern).fullmatch(word))
    yield from (pattern for pattern in _WHOLES if _compiled(pattern).fullmatch(word))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(_expression(pattern))


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
    moments, inside = _calendar(texts)
    valid &= inside
    for key in set(texts) & set("aA"):
        days = pc.utf8_slice_codeunits(pc.utf8_lower(texts[key]), 0, 3)
        weekday = pc.index_in(days, value_set=pa.array(_WEEKDAYS)).fill_null(-1).to_numpy(False)
        valid &= weekday == (moments.astype(np.int64) + 3) % 7
    micros, inside = _clock(texts)
    valid &= inside
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
    joins = ("T", " ", ", ", " at ") if re.search(r"%\w[^%]", day) else ("T", " ", "", "_", "-")
    for join in joins:
        for clock in (*_CLOCKS, *(c.replace("p", "P") for c in _CLOCKS[2:]), "%H%M%S", "%H%M"):
            fractions = (clock, clock + ".%f") if clock.endswith("%S") else (clock,)
            patterns += [f"{day}{join}{c}{z}" for c in fractions for z in ("", "%z", " %z")]
    return patterns


def _expression(pattern: str) -> str:
    escaped = re.escape(pattern).replace("%\\-", "%-").replace("%\\^", "%^").replace("\\ ", " ")
    expression = _DIRECTIVE.sub(lambda m: f"(?P<{m[1]}>{_PARTS[m[1]]})", escaped)
    # A program that writes fractions leaves them out where they are zero.
    fraction = f"(?P<f>{_PARTS['f']})"
    return expression.replace("\\." + fraction, f"(?:\\.{fraction})?")


def _calendar(texts: dict[str, pa.StringArray]) -> tuple[np.ndarray, np.ndarray]:
    """Days, and whether year, month and day, week or day of the year are in range."""
    one = np.ones(1, np.int64)
    if "G" in texts:
        years, weeks = whole_numbers(texts["G"]), whole_numbers(texts["V"])
        fourth = ((years - 1970) * 12).astype("datetime64[M]").astype("datetime64[D]") + 3
        monday = fourth - (fourth.astype(np.int64) + 3) % 7 + (weeks - 1) * 7
        inside = (monday + 3).astype("datetime64[Y]").astype(np.int64) + 1970 == years
        days = whole_numbers(texts["u"]) if "u" in texts else one
        return monday + (days - 1), inside & (weeks > 0)
    if "Y" in texts:
        years = whole_numbers(texts["Y"])
    elif "y" not in texts:
        years = 2000 * one
    else:
        years = whole_numbers(texts["y"])
        years = years + np.where(years < 69, 2000, 1900)
    if "m" in texts:
        months = whole_numbers(texts["m"])
    elif not set(texts) & set("bB"):
        months = one
    else:
        short = texts["b"] if "b" in texts else texts["B"]
        short = pc.utf8_slice_codeunits(pc.utf8_lower(short), 0, 3)
        months = pc.index_in(short, value_set=pa.array(_MONTHS)).fill_null(-1).to_numpy(False) + 1
    inside = (months >= 1) & (months <= 12) & (years >= 1)
    first = ((years - 1970) * 12 + np.where(inside, months, 1) - 1).astype("datetime64[M]")
    days = (
        whole_numbers(texts["j"])
        if "j" in texts
        else whole_numbers(texts["d"])
        if "d" in texts
        else one
    )
    moments = first.astype("datetime64[D]") + (days - 1).astype("timedelta64[D]")
    span = "datetime64[Y]" if "j" in texts else "datetime64[M]"
    return moments, inside & (days >= 1) & (moments.astype(span) == first.astype(span))


def _clock(texts: dict[str, pa.StringArray]) -> tuple[np.ndarray, np.ndarray]:
    """Microseconds since midnight, and whether hour, minute and second are in range."""
    zero = np.zeros(1, np.int64)
    minutes, seconds = (whole_numbers(texts[key]) if key in texts else zero for key in "MS")
    hours = whole_numbers(texts["H"]) if "H" in texts else zero
    inside = (hours < 24) & (minutes < 60) & (seconds < 60)
    if "I" in texts:
        twelve = whole_numbers(texts["I"])
        inside = inside & (twelve >= 1) & (twelve <= 12)
        half = texts["p"] if "p" in texts else texts["P"]
        afternoon = pc.equal(pc.utf8_lower(half), "pm").to_numpy(False)
        hours = twelve % 12 + 12 * afternoon
    micros = ((hours * 60 + minutes) * 60 + seconds) * 1_000_000
    if "f" in texts:
        micros = micros + whole_numbers(
            pc.utf8_slice_codeunits(pc.utf8_rpad(texts["f"], 6, "0"), 0, 6)
        )
    return micros, inside


def _unpad(pattern: str, texts: dict[str, pa.StringArray], counts: np.ndarray, slack: int) -> str:
    """The pattern with `%-d` for `%d` (and so on) where single digits stand alone, and `%^b` for
    `%b` where names are in capitals."""
    for key in set(texts) & set("mdHI"):
        single = pc.equal(pc.binary_length(texts[key]), 1).to_numpy(zero_copy_only=False)
        if counts[single].sum() > slack:
            pattern = pattern.replace(f"%{key}", f"%-{key}")
    for key in set(texts) & set("bBaA"):
        lower = pc.not_equal(texts[key], pc.utf8_upper(texts[key])).to_numpy(zero_copy_only=False)
        if counts[lower].sum() <= slack:
            pattern = pattern.replace(f"%{key}", f"%^{key}")
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
