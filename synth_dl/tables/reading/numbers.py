"""Numbers: from words to values, and how many digits the values have."""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synth_dl.tables.promise import largest_shown
from synth_dl.tables.reading.exponents import Exponents
from synth_dl.tables.reading.styles import (
    Style,
    matches,
    read_affixed,
    usually_affixed,
)

# A float holds every integer below this exactly, hence also value * 10**decimals.
_EXACT = float(1 << 53)
_LARGEST = float(1 << 62)
_MOST_DECIMALS = 9
_PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_ZERO, _PHONE = r"^[+-]?0\d", r"^\+\d{7,}$"
_INFINITE = r"(?i:^[+-]?inf(inity)?$)|^[+-]?[\d.]+[eE]\+?\d{3,}$"  # or perhaps too large a number


@dataclass(frozen=True)
class Numbers:
    """Distinct words of a column as numbers.

    Attributes:
        values: of the valid words; int64 where they are integers, else float64.
        valid: for each word whether it is a finite number.
        decimals: digits after the point that suffice for all values, negative where all are
            multiples of ten; None for continuous values.
        places: the fewest digits that are always written after the point.
        rounded: rows whose number has more digits, and counts as the nearest with these.
        format: how they are written; None for plain numbers.
        style: of the digits where they are not plain.
    """

    values: np.ndarray
    valid: np.ndarray
    decimals: int | None
    places: int
    rounded: int = 0
    format: str | None = None
    style: Style | None = None

    def explains(self, decimal: str) -> bool:
        """Whether a decimal sign was read as such, and none as a separator of thousands."""
        return self.style is None or (self.style.decimal == decimal and not self.style.group)


def parse_numbers(
    words: pa.StringArray,
    decimal: str,
    codes: bool = False,
    counts: np.ndarray | None = None,
    slack: int = 0,
) -> Numbers | None:
    """Numbers of words that use `decimal` as decimal sign, or None where a word is no number.

    Leading zeros make codes of words, not numbers, unless `codes` is set, and so do a plus before
    seven digits, a letter before the digits, and an exponent without a sign or a point. Where
    `counts` rows hold each word, those of `slack` rows decide nothing: they may be no numbers, and
    so many leading zeros make no codes. Infinite ones never decide.
    """
    if not len(words):
        return None
    counts = np.ones(len(words), np.int64) if counts is None else counts
    if (infinite := _infinite(words, decimal)).any():
        finite = words.filter(pa.array(~infinite))
        numbers = parse_numbers(finite, decimal, codes, counts[~infinite], slack)
        if numbers is not None:
            infinite[~infinite] = ~numbers.valid
            return replace(numbers, valid=~infinite)
        return None
    for valid in _candidates(words, decimal, codes, counts, slack):
        if valid.any() and counts[~valid].sum() <= slack:
            kept = words.filter(pa.array(valid))
            numbers = _parse(kept, decimal, codes, counts[valid], slack)
            if numbers is not None:
                return replace(numbers, valid=valid)
    return None


def _candidates(
    words: pa.StringArray, decimal: str, codes: bool, counts: np.ndarray, slack: int
) -> Iterator[np.ndarray]:
    """Which words may be numbers: all; all but odd ones; and those with the usual text around."""
    yield np.ones(len(words), bool)
    if slack:
        plain = words if decimal == "." else _swap(words)
        odd = not_numbers(words, decimal) | matches(plain, r"^[+-]?\d{19,}$")
        yield ~odd if codes else ~odd & ~matches(plain, _PHONE)
        yield usually_affixed(words, counts, slack)


def _parse(
    words: pa.StringArray, decimal: str, codes: bool, counts: np.ndarray, slack: int
) -> Numbers | None:
    """Words that must all be numbers."""
    plain = words if decimal == "." else _swap(words)
    values = _floats(plain)
    if values is not None and not codes and _are_codes(plain, counts, slack):
        return None
    unit = matches(plain, r"^\+").any() or matches(plain, r"\.$").all()
    if values is not None and not unit:
        numbers = _numbers(plain, values, counts, slack)
        way = Exponents.shown(plain, values, counts, slack, decimal)
        if numbers is None or way is None:
            return numbers
        return replace(numbers, decimals=None, places=0, rounded=0, format=way.format)
    found = read_affixed(words, decimal, codes, counts, slack)
    if found is None or (values := _floats(found.digits)) is None:
        return None
    if not codes and not found.style.group and _are_codes(found.digits, counts, slack):
        return None
    numbers = _numbers(found.digits, values, counts, slack)
    if numbers is None or not (numbers.decimals is not None or found.format is None or codes):
        return None
    signed = numbers.values * found.sign
    return replace(numbers, values=signed, format=found.format, style=found.style)


def _numbers(
    plain: pa.StringArray, values: np.ndarray, counts: np.ndarray, slack: int
) -> Numbers | None:
    valid = np.ones(len(plain), bool)
    fractions = matches(plain, r"[^\d+-]")
    rounded = int(counts[fractions].sum())
    if not np.isfinite(values).all():
        return None  # of hundreds of digits
    if rounded <= slack:
        whole = np.rint(np.where(fractions, np.clip(values, -_LARGEST, _LARGEST), 0)).astype(int)
        try:
            exact = pc.cast(pc.utf8_ltrim(plain.filter(pa.array(~fractions)), "+"), pa.int64())
        except pa.ArrowInvalid:
            # An integer beyond 64 bits is an identifier.
            return None
        whole[~fractions] = exact.to_numpy(False)
        digits = whole_decimals(whole, counts, slack)
        return Numbers(whole, valid, digits, 0, rounded)
    needed, places = _written_digits(plain, counts, slack)
    decimals = max(0, int(largest_shown(needed, counts, slack)))
    largest = largest_shown(np.abs(values), counts, slack)
    if decimals > _MOST_DECIMALS or largest >= _EXACT / 10.0**decimals:
        return Numbers(values, valid, None, places)
    rounded = int(counts[needed > decimals].sum())
    decimals = decimals or whole_decimals(values, counts, slack)
    return Numbers(values, valid, decimals, places, rounded)


def _are_codes(words: pa.StringArray, counts: np.ndarray, slack: int) -> bool:
    """Whether words that could be numbers are codes: 007, +14155550123, 12e34, or versions, of
    which 3.10 is not 3.1."""

    def shown(pattern: str) -> bool:
        return counts[matches(words, pattern)].sum() > slack

    # A few leading zeros are those of numbers, as an odd row more must not make codes of them.
    if matches(words, _PHONE).any() or shown(_ZERO):
        return True
    if shown(r"^\d+[eE]\d+$"):
        return not shown(r"\.\d*[eE]|[eE][+-]")
    versions = shown(r"^\d+\.[1-9]\d*0$") and shown(r"^\d+(\.\d)?$")
    return versions and not shown(r"\.0\d|^[+-]|[eE]|\.\d{4}")


def not_numbers(words: pa.StringArray, decimal: str) -> np.ndarray:
    """For each word whether it is no number."""
    return ~matches(words if decimal == "." else _swap(words), f"{_PLAIN}|{_INFINITE}")


def whole_decimals(values: np.ndarray, counts: np.ndarray | None = None, slack: int = 0) -> int:
    """Minus the number of zeros that all of at least ten distinct integers end in, but for those of
    `slack` rows."""
    finite = np.isfinite(values)
    distinct, place = np.unique(values[finite], return_inverse=True)
    rows = np.bincount(place, None if counts is None else counts[finite], minlength=len(distinct))
    zeros = 0
    while len(distinct) >= 10 and zeros < 12:
        if rows[distinct % 10 ** (zeros + 1) != 0].sum() > slack:
            break
        zeros += 1
    return -zeros


def count_decimals(values: np.ndarray, slack: int = 0) -> int | None:
    """Digits after the point that suffice for all of some floats (NaN is ignored), or None; those
    of `slack` rows may have more."""
    values = values[np.isfinite(values)]
    single = values.dtype.itemsize < 8
    sizes = np.abs(values).astype(np.float64)
    largest = np.partition(sizes, -slack - 1)[-slack - 1] if len(sizes) > slack else 0.0
    for decimals in range(_MOST_DECIMALS + 1):
        if largest >= _EXACT / 10.0**decimals:
            return None
        for part in (values[: 1000 + slack], values):
            exact = part.astype(np.float64)
            with np.errstate(over="ignore"):
                rounded = np.round(exact, decimals)
            if np.sum((rounded.astype(values.dtype) if single else rounded) != part) > slack:
                break
        else:
            return decimals or whole_decimals(values.astype(np.float64), slack=slack)
    return None


def is_exact(values: np.ndarray, decimals: int) -> bool:
    """Whether a float holds `value * 10**decimals` exactly for each finite value."""
    largest = float(np.abs(values[np.isfinite(values)]).max(initial=0.0))
    return largest < _EXACT / 10.0**decimals


def _swap(words: pa.StringArray) -> pa.StringArray:
    """Words with a decimal comma as words with a point; what has a point becomes no number."""
    return pc.replace_substring(pc.replace_substring(words, ".", "\x01"), ",", ".")


def _infinite(words: pa.StringArray, decimal: str) -> np.ndarray:
    """For each word whether it is infinity, or a number too large for a float."""
    found = matches(words if decimal == "." else _swap(words), _INFINITE)
    if found.any():
        values = _floats((words if decimal == "." else _swap(words)).filter(pa.array(found)))
        found[found] = False if values is None else np.isinf(values)
    return found


def _floats(words: pa.StringArray) -> np.ndarray | None:
    """The words as floats, or None where one is no number (the word `nan` is none)."""
    try:
        values = pc.cast(words, pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        return None
    return None if np.isnan(values).any() else values


def _written_digits(
    words: pa.StringArray, counts: np.ndarray, slack: int
) -> tuple[np.ndarray, int]:
    """For each word how many digits after the point it needs, and the fewest that are always
    written but in `slack` rows."""
    parts = pc.extract_regex(words, r"^(?P<mantissa>[^eE]*)(?P<raised>[eE][+]?(?P<exponent>.*))?$")
    mantissas, exponents = (pc.struct_field(parts, [name]) for name in ("mantissa", "exponent"))
    exponents = pc.utf8_slice_codeunits(exponents, 0, 5)  # a larger one is infinite or nothing
    needed = _digits(mantissas, "0") - whole_numbers(exponents)
    plain = ~matches(words, "[eEiI]")
    if not plain.any():
        return needed, 0
    written, counts = _digits(mantissas)[plain], counts[plain]
    fewest, most = -largest_shown(-written, counts, slack), largest_shown(written, counts, slack)
    # Digits that vary are written as needed, perhaps with one zero after the point of all.
    return needed, int(fewest if fewest == most else min(fewest, 1))


def whole_numbers(words: pa.StringArray) -> np.ndarray:
    """The integers of words of digits; an empty word is 0."""
    return pc.cast(pc.if_else(pc.equal(words, ""), "0", words), pa.int64()).to_numpy(False)


def _digits(words: pa.StringArray, without: str = "") -> np.ndarray:
    """How many digits stand after the point of each word, without those at its end."""
    point = pc.find_substring(words, ".").to_numpy(zero_copy_only=False)
    words = pc.utf8_rtrim(words, without) if without else words
    size = pc.binary_length(words).to_numpy(zero_copy_only=False)
    return np.where(point < 0, 0, size - point - 1)
