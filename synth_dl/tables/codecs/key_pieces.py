"""The pieces of a pattern, found in the values that follow it.

Everything found here rests on at least `min_count` distinct values.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from synth_dl.tables.codecs.key_alphabet import (
    DIGITS,
    STRAY,
    alphabet_of,
    lengths_of,
    narrow_alphabet,
    standard_alphabet,
)
from synth_dl.tables.codecs.key_piece import Piece, merged, text_piece
from synth_dl.tables.codecs.key_shapes import Symbols

_MOST_WORDS = 64
_LEAST_SHARED = 0.2  # share of the values that frequent words must cover to be worth keeping


def fixed_pieces(values: Sequence[str], skeleton: str, min_count: int) -> list[Piece]:
    """The pieces of values of one skeleton at the level `exact` or `alnum`."""
    width = len(skeleton)
    table = np.array(values, dtype=f"U{width}").view(np.uint32).reshape(len(values), width)
    owners = np.arange(len(values))
    alphabets = []
    within_number = False
    for place in range(width):
        symbol = skeleton[place]
        alphabet = narrow_alphabet(table[:, place], owners, len(values), min_count, symbol)
        if not alphabet:
            # There are too many foreign letters for each place to show them all.
            letters, holders = _letters_of_class(table, skeleton, symbol)
            alphabet = alphabet_of(letters, holders, len(values), min_count, symbol)
        zeros = int((table[:, place] == ord("0")).sum())
        if alphabet == DIGITS and not within_number and zeros < min_count:
            alphabet = DIGITS[1:]
        within_number = set(alphabet) <= set(DIGITS)
        alphabets.append(alphabet)
    literal = [place for place in range(width) if len(alphabets[place]) == 1]
    expected = np.array([ord(alphabets[place]) for place in literal], dtype=np.uint32)
    if (table[:, literal] == expected).all(axis=1).sum() < min_count:
        for place in literal:
            if alphabets[place].isalnum():
                alphabets[place] = standard_alphabet(alphabets[place], skeleton[place])
    return merged(
        [
            Piece(alphabet, ((1, 1.0),)) if len(alphabet) > 1 else text_piece(alphabet)
            for alphabet in alphabets
        ]
    )


def _letters_of_class(
    table: np.ndarray, skeleton: str, symbol: str
) -> tuple[np.ndarray, np.ndarray]:
    """The letters of all places of a class, small and capital ones made alike, and their owners."""
    alike = {"a": "aA", "A": "aA"}.get(symbol, symbol)
    places = [place for place, other in enumerate(skeleton) if other in alike]
    seen, inverse = np.unique(table[:, places], return_inverse=True)
    written = [chr(code) for code in seen.tolist()]
    if symbol in "aA":
        cased = [letter.lower() if symbol == "a" else letter.upper() for letter in written]
        written = [new if len(new) == 1 else old for new, old in zip(cased, written, strict=True)]
    codes = np.array([ord(letter) for letter in written])[inverse.ravel()]
    return codes, np.repeat(np.arange(len(table)), len(places))


def run_pieces(
    values: Sequence[str], level: str, domains: frozenset[str], min_count: int
) -> list[Piece]:
    """The pieces of values of one skeleton at the level `runs` or `words`."""
    shape = Symbols(values, domains)
    symbols, kept = shape.at(level)
    starts = np.flatnonzero(kept).reshape(len(values), -1)
    ends = np.append(starts.ravel()[1:], len(symbols)).reshape(starts.shape)
    pieces: list[Piece] = []
    for run in range(starts.shape[1]):
        first, last = starts[:, run], ends[:, run]
        symbol = int(symbols[first[0]])
        if symbol not in map(ord, "9aAoxC"):
            pieces.append(text_piece(chr(shape.flat[first[0]])))
            continue
        offsets = first - shape.starts
        stops = last - shape.starts
        cut = zip(values, offsets.tolist(), stops.tolist(), strict=True)
        tokens = [value[start:stop] for value, start, stop in cut]
        pieces += _run(tokens, chr(symbol), min_count)
    return merged(pieces)


def _run(tokens: list[str], symbol: str, min_count: int) -> list[Piece]:
    counted = Counter(tokens).most_common(_MOST_WORDS)
    frequent = {word: times for word, times in counted if times >= min_count}
    shared = sum(frequent.values()) / len(tokens)
    if len(frequent) == 1 and shared >= 1 - STRAY:
        return [text_piece(counted[0][0])]
    words: tuple[tuple[str, float], ...] = ()
    others = tokens
    if shared >= _LEAST_SHARED:
        words = tuple((word, round(n / len(tokens), 4)) for word, n in frequent.items())
        others = [token for token in tokens if token not in frequent]
        others = others if len(others) >= min_count else tokens
    lengths = np.array([len(token) for token in others])
    skipped = int(symbol == "C")
    letters = [token[skipped:] for token in others]
    alphabet = _alphabet(letters, "a" if skipped else symbol, min_count)
    if skipped:
        start = _alphabet([token[0] for token in others], "A", min_count)
        piece = Piece(alphabet, lengths_of(lengths, min_count), words, start)
        return [piece] if words else piece.opened()
    zeros = sum(token[0] == "0" and len(token) > 1 for token in tokens)
    if symbol == "9" and not words and zeros < min_count:
        return [
            Piece(DIGITS[1:], ((1, 1.0),)),
            Piece(DIGITS, lengths_of(lengths - 1, min_count)),
        ]
    return [Piece(alphabet, lengths_of(lengths, min_count), words)]


def _alphabet(tokens: list[str], symbol: str, min_count: int) -> str:
    codes = np.array([ord(character) for token in tokens for character in token])
    owners = np.repeat(np.arange(len(tokens)), [len(token) for token in tokens])
    found = alphabet_of(codes, owners, len(tokens), min_count, symbol)
    return found if len(found) > 1 else standard_alphabet(found, symbol)
