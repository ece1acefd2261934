"""Numbers: from words to values, and how many digits the values have."""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synth_dl.tables.promise import largest_shown

# A float holds every integer below this exactly, hence also value * 10**decimals.
_EXACT = float(1 << 53)
_LARGEST = float(1 << 62)
_MOST_DECIMALS = 9
_PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_GROUPED = r"^[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?$"
_CODE = r"^[+-]?0\d"
_INFINITE = r"(?i:^[+-]?inf(inity)?$)"


@dataclass(frozen=True)
class Numbers:
    """Distinct words of a column as numbers.

    Attributes:
        values: of the valid words; int64 where they are integers, else float64; may hold
            infinities.
        valid: for each word whether it is a number.
        decimals: digits after the point that suffice for all values, negative where all are
            multiples of ten; None for continuous values.
        places: the fewest digits that are always written after the point.
        grouped: whether thousands were separated.
        rounded: rows whose number has more digits, and counts as the nearest with these.
    """

    values: np.ndarray
    valid: np.ndarray
    decimals: int | None
    places: int
    grouped: bool
    rounded: int = 0


def parse_numbers(
    words: pa.StringArray,
    decimal: str,
    codes: bool = False,
    counts: np.ndarray | None = None,
    slack: int = 0,
) -> Numbers | None:
    """Numbers of words that use `decimal` as decimal sign, or None where a word is no number.

    Leading zeros make a word a code, not a number, unless `codes` is set. Where `counts` rows hold
    each word, those of `slack` rows may be no numbers, and decide nothing.
    """
    if not len(words):
        return None
    counts = np.ones(len(words), np.int64) if counts is None else counts
    plain, valid = _point_words(words, decimal), np.ones(len(words), bool)
    parsed = _parse(plain, valid, codes, counts, slack)
    if parsed is not None or not slack:
        return parsed
    valid = ~not_numbers(words, decimal) & ~_matches(plain, r"^[+-]?\d{19,}$")
    if not codes:
        valid &= ~_matches(plain, _CODE)
    if not valid.any() or counts[~valid].sum() > slack:
        return None
    return _parse(plain, valid, codes, counts, slack)


def _parse(
    words: pa.StringArray, valid: np.ndarray, codes: bool, counts: np.ndarray, slack: int
) -> Numbers | None:
    """The valid words as numbers, or None where one is no number."""
    plain, counts = words.filter(pa.array(valid)), counts[valid]
    values = _floats(plain)
    grouped = 0
    if values is None and _matches(plain, f"{_PLAIN}|{_GROUPED}|{_INFINITE}").all():
        grouped = int(counts[_matches(plain, ",")].sum())
        plain = pc.replace_substring(plain, ",", "")
        values = _floats(plain)
    if values is None or (not codes and _matches(plain, _CODE).any()):
        return None
    fractions = _matches(plain, r"[^\d+-]")
    rounded = int(counts[fractions].sum())
    if rounded <= slack and np.isfinite(values[fractions]).all():
        whole = np.rint(np.where(fractions, np.clip(values, -_LARGEST, _LARGEST), 0)).astype(int)
        try:
            exact = pc.cast(pc.utf8_ltrim(plain.filter(pa.array(~fractions)), "+"), pa.int64())
        except pa.ArrowInvalid:
            # An integer beyond 64 bits is an identifier.
            return None
        whole[~fractions] = exact.to_numpy(False)
        digits = whole_decimals(whole, counts, slack)
        return Numbers(whole, valid, digits, 0, grouped > slack, rounded)
    if not np.isfinite(values).any():
        return None
    needed, places = _written_digits(plain, counts, slack)
    decimals = max(0, int(largest_shown(needed, counts, slack)))
    largest = largest_shown(np.nan_to_num(np.abs(values), posinf=0.0), counts, slack)
    if decimals > _MOST_DECIMALS or largest >= _EXACT / 10.0**decimals:
        return Numbers(values, valid, None, places, grouped > slack)
    rounded = int(counts[needed > decimals].sum())
    decimals = decimals or whole_decimals(values, counts, slack)
    return Numbers(values, valid, decimals, places, grouped > slack, rounded)


def not_numbers(words: pa.StringArray, decimal: str) -> np.ndarray:
    """For each word whether it is no number."""
    return ~_matches(_point_words(words, decimal), f"{_PLAIN}|{_GROUPED}|{_INFINITE}")


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


def _written_digits(
    words: pa.StringArray, counts: np.ndarray, slack: int
) -> tuple[np.ndarray, int]:
    """For each word how many digits after the point it needs, and the fewest that are always
    written but in `slack` rows."""
    parts = pc.extract_regex(words, r"^(?P<mantissa>[^eE]*)(?P<raised>[eE][+]?(?P<exponent>.*))?$")
    mantissas, exponents = (pc.struct_field(parts, [name]) for name in ("mantissa", "exponent"))
    exponents = pc.utf8_slice_codeunits(exponents, 0, 5)  # a larger one is infinite or nothing
    needed = _digits(mantissas, "0") - whole_numbers(exponents)
    plain = ~_matches(words, "[eEiI]")
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


def _matches(words: pa.StringArray, pattern: str) -> np.ndarray:
    """For each word whether it holds the pattern."""
    return pc.match_substring_regex(words, pattern).to_numpy(zero_copy_only=False)
