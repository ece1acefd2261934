"""Numbers: from words to values, and how many digits the values have."""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# A float holds every integer below this exactly, hence also value * 10**decimals.
_EXACT = float(1 << 53)
_MOST_DECIMALS = 9
_PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_GROUPED = r"^[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?$"
_INFINITE = r"(?i:^[+-]?inf(inity)?$)"


@dataclass(frozen=True)
class Numbers:
    """Distinct words of a column as numbers.

    Attributes:
        values: int64 where every word is an integer, else float64; may hold infinities.
        decimals: digits after the point that suffice for all values, negative where all are
            multiples of ten; None for continuous values.
        places: the fewest digits that are always written after the point.
        grouped: whether thousands were separated.
    """

    values: np.ndarray
    decimals: int | None
    places: int
    grouped: bool


def parse_numbers(words: pa.StringArray, decimal: str, codes: bool = False) -> Numbers | None:
    """Numbers of words that use `decimal` as decimal sign, or None where a word is no number.

    Leading zeros make a word a code, not a number, unless `codes` is set.
    """
    if not len(words):
        return None
    plain = _point_words(words, decimal)
    values = _floats(plain)
    grouped = values is None and _all(plain, f"{_PLAIN}|{_GROUPED}|{_INFINITE}")
    if grouped:
        plain = pc.replace_substring(plain, ",", "")
        values = _floats(plain)
    if values is None or (not codes and _any(plain, r"^[+-]?0\d")):
        return None
    if not _any(plain, r"[^\d+-]"):
        try:
            whole = pc.cast(pc.utf8_ltrim(plain, "+"), pa.int64()).to_numpy(False)
        except pa.ArrowInvalid:
            # An integer beyond 64 bits is an identifier.
            return None
        return Numbers(whole, whole_decimals(whole), 0, grouped)
    if not np.isfinite(values).any():
        return None
    decimals, places = _written_digits(plain)
    if decimals > _MOST_DECIMALS or not is_exact(values, decimals):
        return Numbers(values, None, places, grouped)
    return Numbers(values, decimals or whole_decimals(values), places, grouped)


def not_numbers(words: pa.StringArray, decimal: str) -> np.ndarray:
    """For each word whether it is no number."""
    pattern = f"{_PLAIN}|{_GROUPED}|{_INFINITE}"
    found = pc.match_substring_regex(_point_words(words, decimal), pattern)
    return ~found.to_numpy(zero_copy_only=False)


def whole_decimals(values: np.ndarray) -> int:
    """Minus the number of zeros that all of at least ten distinct integers end in."""
    distinct = np.unique(values[np.isfinite(values)])
    zeros = 0
    while len(distinct) >= 10 and zeros < 12 and not np.any(distinct % 10 ** (zeros + 1)):
        zeros += 1
    return -zeros


def count_decimals(values: np.ndarray) -> int | None:
    """Digits after the point that suffice for all of some floats (NaN is ignored), or None."""
    values = values[np.isfinite(values)]
    single = values.dtype.itemsize < 8
    for decimals in range(_MOST_DECIMALS + 1):
        if not is_exact(values, decimals):
            return None
        for part in (values[:1000], values):
            exact = part.astype(np.float64)
            rounded = np.round(exact, decimals)
            if not np.array_equal(rounded.astype(values.dtype) if single else rounded, part):
                break
        else:
            return decimals or whole_decimals(values.astype(np.float64))
    return None


def is_exact(values: np.ndarray, decimals: int) -> bool:
    """Whether a float holds `value * 10**decimals` exactly for each finite value."""
    largest = float(np.abs(values[np.isfinite(values)]).max(initial=0.0))
    return largest < _EXACT / 10.0**decimals


def _point_words(words: pa.StringArray, decimal: str) -> pa.StringArray:
    """The words with a point as decimal sign and commas between thousands."""
    if decimal == ".":
        return words
    for sign, other in ((".", "\x01"), (",", "."), ("\x01", ",")):
        words = pc.replace_substring(words, sign, other)
    return words


def _floats(words: pa.StringArray) -> np.ndarray | None:
    """The words as floats, or None where one is no number (the word `nan` is none)."""
    try:
        values = pc.cast(words, pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        return None
    return None if np.isnan(values).any() else values


def _written_digits(words: pa.StringArray) -> tuple[int, int]:
    """The most digits after the point that are needed, and the fewest that are always written."""
    words = words.filter(pc.invert(pc.match_substring(words, "inf", ignore_case=True)))
    raised = pc.match_substring(words, "e", ignore_case=True)
    plain, needed = words.filter(pc.invert(raised)), 0
    if len(plain) < len(words):
        parts = pc.extract_regex(
            words.filter(raised), r"(?P<mantissa>.*)[eE][+]?(?P<exponent>-?\d+)"
        )
        digits = _digits(pc.utf8_rtrim(pc.struct_field(parts, 0), "0"))
        shift = pc.cast(pc.struct_field(parts, 1), pa.int64()).to_numpy(zero_copy_only=False)
        needed = int((digits - shift).max())
    if not len(plain):
        return max(0, needed), 0
    written = _digits(plain)
    fewest, most = int(written.min()), int(written.max())
    if most:
        needed = max(needed, int(_digits(pc.utf8_rtrim(plain, "0")).max()))
    # Digits that vary are written as needed, perhaps with one zero after the point of all.
    return max(0, needed), fewest if fewest == most else min(fewest, 1)


def _digits(words: pa.StringArray) -> np.ndarray:
    """How many digits stand after the point of each word."""
    point = pc.find_substring(words, ".").to_numpy(zero_copy_only=False)
    size = pc.binary_length(words).to_numpy(zero_copy_only=False)
    return np.where(point < 0, 0, size - point - 1)


def _all(words: pa.StringArray, pattern: str) -> bool:
    return pc.all(pc.match_substring_regex(words, pattern)).as_py() is not False


def _any(words: pa.StringArray, pattern: str) -> bool:
    return pc.any(pc.match_substring_regex(words, pattern)).as_py() is True
