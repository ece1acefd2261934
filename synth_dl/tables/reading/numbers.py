"""Numbers: from words to values, and how many digits the values have."""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synth_dl.tables.reading.styles import Style, any_match, read_affixed

# A float holds every integer below this exactly, hence also value * 10**decimals.
_EXACT = float(1 << 53)
_MOST_DECIMALS = 9
_PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_INFINITE = r"(?i:^[+-]?inf(inity)?$)"


@dataclass(frozen=True)
class Numbers:
    """Distinct words of a column as numbers.

    Attributes:
        values: int64 where every word is an integer, else float64; may hold infinities.
        decimals: digits after the point that suffice for all values, negative where all are
            multiples of ten; None for continuous values.
        places: the fewest digits that are always written after the point.
        format: how they are written; None for plain numbers.
        style: of the digits in the format.
    """

    values: np.ndarray
    decimals: int | None
    places: int
    format: str | None = None
    style: Style | None = None

    def explains(self, decimal: str) -> bool:
        """Whether a decimal sign was read as such, and none as a separator of thousands."""
        return self.style is None or (self.style.decimal == decimal and not self.style.group)


def parse_numbers(words: pa.StringArray, decimal: str, codes: bool = False) -> Numbers | None:
    """Numbers of words that use `decimal` as decimal sign, or None where a word is no number.

    Leading zeros make a word a code, not a number, unless `codes` is set, and so do a plus before
    seven digits, a letter before the digits, and an exponent without a sign or a point.
    """
    if not len(words):
        return None
    plain = words if decimal == "." else _swap(words)
    values = _floats(plain)
    if values is not None and not codes and np.isfinite(values).all() and _are_codes(plain):
        return None
    if values is not None and not any_match(plain, r"^\+"):
        return _numbers(plain, values)
    found = read_affixed(words, decimal, codes)
    if found is None or (values := _floats(found.digits)) is None:
        return None
    if not codes and not found.style.group and _are_codes(found.digits):
        return None
    if (numbers := _numbers(found.digits, values)) is None:
        return None
    signed = numbers.values * found.sign
    return replace(numbers, values=signed, format=found.format, style=found.style)


def _are_codes(words: pa.StringArray) -> bool:
    """Whether words that could be numbers are codes: 007, +14155550123, 12e34, or versions, of
    which 3.10 is not 3.1."""
    if any_match(words, r"^[+-]?0\d|^\+\d{7,}$"):
        return True
    if any_match(words, r"^\d+[eE]\d+$"):
        return not any_match(words, r"\.\d*[eE]|[eE][+-]")
    versions = any_match(words, r"^\d+\.[1-9]\d*0$") and any_match(words, r"^\d+(\.\d)?$")
    return versions and not any_match(words, r"\.0\d|^[+-]|[eE]|\.\d{4}")


def not_numbers(words: pa.StringArray, decimal: str) -> np.ndarray:
    """For each word whether it is no number."""
    plain = words if decimal == "." else _swap(words)
    found = pc.match_substring_regex(plain, f"{_PLAIN}|{_INFINITE}")
    return ~found.to_numpy(zero_copy_only=False)


def _numbers(plain: pa.StringArray, values: np.ndarray) -> Numbers | None:
    if not any_match(plain, r"[^\d+-]"):
        try:
            whole = pc.cast(pc.utf8_ltrim(plain, "+"), pa.int64()).to_numpy(False)
        except pa.ArrowInvalid:
            # An integer beyond 64 bits is an identifier.
            return None
        return Numbers(whole, whole_decimals(whole), 0)
    if not np.isfinite(values).any():
        return None
    decimals, places = _written_digits(plain)
    if decimals > _MOST_DECIMALS or not is_exact(values, decimals):
        return Numbers(values, None, places)
    return Numbers(values, decimals or whole_decimals(values), places)


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


def _swap(words: pa.StringArray) -> pa.StringArray:
    """Words with a decimal comma as words with a point; what has a point becomes no number."""
    return pc.replace_substring(pc.replace_substring(words, ".", "\x01"), ",", ".")


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
