"""What a text looks like: its skeleton of character classes, at four levels of detail.

`exact` keeps one class per character (`AA-999999`), `alnum` only tells letters and digits from
punctuation (`xx-xxxxxx`), `runs` forgets how long a run of one class is (`A-9`, or `C C` for two
capitalised words), and `words` how long a run of letters and digits is (`x-x`). Letters and
digits never stand for themselves in a skeleton, except in a frequent domain of e-mail addresses.
"""

import unicodedata
from collections.abc import Sequence

import numpy as np

LEVELS: tuple[str, ...] = ("exact", "alnum", "runs", "words")
LONGEST = 512  # characters; longer values have no skeleton and count as free text
_DIGIT, _LOWER, _UPPER, _OTHER, _ANY, _CAPITAL = (ord(symbol) for symbol in "9aAoxC")
_KEPT_AS_IS = 0x200000
_CHUNK_CHARACTERS = 2_000_000


def flatten(values: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """All code points in a row (uint8 where ASCII suffices, else uint32), and each length."""
    lengths = np.fromiter(map(len, values), dtype=np.int64, count=len(values))
    joined = "".join(values)
    if joined.isascii():
        return np.frombuffer(joined.encode("ascii"), dtype=np.uint8), lengths
    encoded = joined.encode("utf-32-le", "surrogatepass")
    return np.frombuffer(encoded, dtype=np.uint32), lengths


def mix(values: np.ndarray) -> np.ndarray:
    """Scatter 64-bit integers (the splitmix64 finaliser); vectorised, no state."""
    mixed = values + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def position_weights(count: int) -> np.ndarray:
    """Odd 64-bit weights, one per position, for the multilinear hash of a sequence."""
    return mix(np.arange(count, dtype=np.uint64)) | np.uint64(1)


def character_class(code: int) -> int:
    """The symbol of a code point's class, or the code point itself where it is punctuation."""
    category = unicodedata.category(chr(code))
    if 48 <= code <= 57:
        return _DIGIT
    if category == "Ll":
        return _LOWER
    if category in ("Lu", "Lt"):
        return _UPPER
    if category[0] in "LM" or category in ("Nd", "Nl"):
        return _OTHER
    return code


_ASCII_CLASSES = np.array([character_class(code) for code in range(128)], dtype=np.int64)


def classes(flat: np.ndarray) -> np.ndarray:
    """The class symbol of each code point."""
    if flat.size == 0 or flat.max() < 128:
        return _ASCII_CLASSES[flat]
    seen, inverse = np.unique(flat, return_inverse=True)
    symbols = np.array([character_class(code) for code in seen.tolist()], dtype=np.int64)
    return symbols[inverse]


def is_word(symbols: np.ndarray) -> np.ndarray:
    """Which class symbols stand for a letter or a digit."""
    return (symbols == _DIGIT) | (symbols == _LOWER) | (symbols == _UPPER) | (symbols == _OTHER)


class Symbols:
    """The class symbols of some values, flat, with the frequent e-mail domains kept as they are.

    Attributes:
        flat: code points of all values, one after the other.
        symbols: their class symbols.
        lengths, starts: length in characters and first index of each value.
        blank: which values have neither letter nor digit.
    """

    def __init__(self, values: Sequence[str], domains: frozenset[str]) -> None:
        self.flat, self.lengths = flatten(values)
        self.starts = np.cumsum(self.lengths) - self.lengths
        self.symbols = classes(self.flat)
        self.blank = self._per_value(is_word(self.symbols)) == 0
        if domains:
            self._keep_domains(values, domains)

    def _per_value(self, amounts: np.ndarray) -> np.ndarray:
        kind = np.int64 if amounts.dtype == bool else amounts.dtype
        totals = np.zeros(len(amounts) + 1, dtype=kind)
        np.cumsum(amounts, out=totals[1:])
        return totals[self.starts + self.lengths] - totals[self.starts]

    def _keep_domains(self, values: Sequence[str], domains: frozenset[str]) -> None:
        tails = [value.rpartition("@") for value in values]
        kept = [len(tail) if at and tail in domains else 0 for _, at, tail in tails]
        kept_lengths = np.array(kept, dtype=np.int64)
        first_kept = np.repeat(self.starts + self.lengths - kept_lengths, self.lengths)
        inside = np.arange(len(self.flat)) >= first_kept
        self.symbols = np.where(inside, self.flat.astype(np.int64) + _KEPT_AS_IS, self.symbols)

    def at(self, level: str) -> tuple[np.ndarray, np.ndarray]:
        """The symbols at a level, and which of them the skeleton keeps."""
        word = is_word(self.symbols)
        symbols = (
            np.where(word, _ANY, self.symbols) if level in ("alnum", "words") else self.symbols
        )
        if level in ("exact", "alnum"):
            return symbols, np.ones(len(symbols), dtype=bool)
        kept = ~word
        kept[1:] |= symbols[1:] != symbols[:-1]
        kept[self.starts[self.lengths > 0]] = True
        if level == "runs" and len(symbols):
            pairs = kept[:-1] & kept[1:] & (symbols[:-1] == _UPPER) & (symbols[1:] == _LOWER)
            last = self.starts[self.lengths > 0][1:] - 1
            pairs[last[last >= 0]] = False
            capitals = np.flatnonzero(pairs)
            symbols = symbols.copy()
            symbols[capitals] = _CAPITAL
            kept[capitals + 1] = False
        return symbols, kept

    def hashes(self, level: str) -> np.ndarray:
        """A 64-bit hash of each value's skeleton."""
        symbols, kept = self.at(level)
        if kept.all():
            position = np.arange(len(symbols)) - np.repeat(self.starts, self.lengths)
        else:
            running = np.cumsum(kept)
            before = np.zeros(len(running) + 1, dtype=np.int64)
            before[1:] = running
            position = running - 1 - np.repeat(before[self.starts], self.lengths)
        weights = position_weights(int(self.lengths.max(initial=0)) + 1)
        return self._per_value(np.where(kept, symbols, 0).astype(np.uint64) * weights[position])


def skeleton_hashes(
    values: Sequence[str], domains: frozenset[str], levels: Sequence[str] = LEVELS
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """For each level the hash of each value's skeleton (0 for over-long values), and which are
    blank, that is, without any letter or digit."""
    hashes = {level: np.zeros(len(values), dtype=np.uint64) for level in levels}
    blank = np.zeros(len(values), dtype=bool)
    lengths = np.fromiter(map(len, values), dtype=np.int64, count=len(values))
    totals = np.cumsum(np.minimum(lengths, LONGEST))
    first = 0
    while first < len(values):
        used = totals[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(totals, used + _CHUNK_CHARACTERS)))
        shape = Symbols([value[:LONGEST] for value in values[first:last]], domains)
        blank[first:last] = shape.blank
        for level in levels:
            hashes[level][first:last] = shape.hashes(level)
        first = last
    for level in levels:
        hashes[level][lengths > LONGEST] = 0
    return hashes, blank


def skeleton(value: str, level: str, domains: frozenset[str]) -> tuple[str, int]:
    """A value's skeleton, and how many of its last characters are a domain kept as it is."""
    symbols, kept = Symbols([value], domains).at(level)
    shown = symbols[kept]
    tail = int((shown >= _KEPT_AS_IS).sum())
    return "".join(chr(symbol % _KEPT_AS_IS) for symbol in shown.tolist()), tail


def hash_of_skeleton(text: str, tail: int) -> int:
    """The hash that `skeleton_hashes` gives to values of this skeleton."""
    symbols = np.array([ord(character) for character in text], dtype=np.uint64)
    symbols[len(text) - tail :] += np.uint64(_KEPT_AS_IS)
    return int((symbols * position_weights(len(text))).sum(dtype=np.uint64))
