"""Which characters, and how many, may stand at a place of a template."""

import unicodedata
from collections import Counter

import numpy as np

from synth_dl.tables.codecs.key_shapes import character_class

DIGITS = "0123456789"
LOWER = "abcdefghijklmnopqrstuvwxyz"
UPPER = LOWER.upper()
STRAY = 0.01  # share of the values that an alphabet may leave out
_STANDARD = (
    DIGITS,
    DIGITS + "abcdef",
    DIGITS + "ABCDEF",
    LOWER,
    UPPER,
    DIGITS + LOWER,
    DIGITS + UPPER,
    LOWER + UPPER,
    DIGITS + LOWER + UPPER,
)
_OF_CLASS = {"9": (DIGITS,), "a": (LOWER,), "A": (UPPER,)}
_MOST_LENGTHS = 64
_WELL = 0.8  # share of the characters from which on a foreign alphabet needs no more of its block


def standard_alphabet(characters: str, symbol: str) -> str:
    """The smallest usual alphabet of a class that holds the characters; letters if none does."""
    standards = _OF_CLASS.get(symbol, _STANDARD)
    return next((full for full in standards if set(characters) <= set(full)), LOWER)


def alphabet_of(
    codes: np.ndarray, owners: np.ndarray, count: int, min_count: int, symbol: str = "x"
) -> str:
    """The characters that may stand at a place.

    Args:
        codes: code points seen there.
        owners: number of the value that each belongs to.
        count: number of values.
        min_count: how many values must hold a character that is kept.
        symbol: class of all the characters, `x` if they are of several.
    """
    held = _holders(codes, owners)
    narrow = _narrow(held, count, min_count, symbol)
    return narrow or _with_foreign(held, min_count, symbol)


def narrow_alphabet(
    codes: np.ndarray, owners: np.ndarray, count: int, min_count: int, symbol: str
) -> str:
    """As `alphabet_of`; empty if the characters are foreign ones, each held by few values."""
    return _narrow(_holders(codes, owners), count, min_count, symbol)


def _holders(codes: np.ndarray, owners: np.ndarray) -> dict[str, int]:
    pairs = np.unique(codes.astype(np.int64) << 32 | owners)
    seen, held_by = np.unique(pairs >> 32, return_counts=True)
    return {chr(int(code)): int(n) for code, n in zip(seen, held_by, strict=True)}


def _narrow(held: dict[str, int], count: int, min_count: int, symbol: str) -> str:
    frequent = [character for character, times in held.items() if times >= min_count]
    missed = sum(times for times in held.values() if times < min_count)
    if frequent and missed <= STRAY * count:
        return "".join(frequent)
    for standard in _OF_CLASS.get(symbol, _STANDARD):
        if sum(times for character, times in held.items() if character not in standard) < min_count:
            return standard
    return ""


def _covers(standard: str, held: dict[str, int], min_count: int) -> bool:
    ascii_held = {character: times for character, times in held.items() if character.isascii()}
    outside = sum(times for character, times in ascii_held.items() if character not in standard)
    return sum(ascii_held.values()) >= min_count > outside


def _with_foreign(held: dict[str, int], min_count: int, symbol: str) -> str:
    standards = _OF_CLASS.get(symbol, _STANDARD)
    kept = set(next((full for full in standards if _covers(full, held, min_count)), ""))
    kept |= {character for character, times in held.items() if times >= min_count}
    if sum(held[character] for character in kept & set(held)) >= _WELL * sum(held.values()):
        return "".join(sorted(kept)) if len(kept) > 1 else LOWER
    blocks: Counter[tuple[int, int]] = Counter()
    for character, times in held.items():
        if character not in kept and not character.isascii():
            blocks[ord(character) >> 7, character_class(ord(character))] += times
    for (block, kind), times in blocks.items():
        if times >= min_count:
            neighbours = range(block << 7, (block + 1) << 7)
            kept |= {chr(code) for code in neighbours if character_class(code) == kind}
    letters = [letter for letter in sorted(kept) if unicodedata.category(letter) != "Cs"]
    return "".join(letters) if len(letters) > 1 else LOWER


def lengths_of(lengths: np.ndarray, min_count: int) -> tuple[tuple[int, float], ...]:
    """Lengths that at least `min_count` values have, with their shares; else the mean length."""
    seen, times = np.unique(lengths, return_counts=True)
    kept = times >= min_count
    if not kept.any():
        return ((round(float(lengths.mean())), 1.0),)
    seen, times = seen[kept], times[kept]
    top = np.sort(np.argsort(-times, kind="stable")[:_MOST_LENGTHS])
    shares = times[top] / times[top].sum()
    return tuple((int(n), round(float(s), 4)) for n, s in zip(seen[top], shares, strict=True))
