"""Free text after its first word: how many words follow, which words many texts share, how long
the others are, and what stands between them.

Each number kept rests on at least `min_count` distinct texts. The words are drawn one by one, so
a text looks like the real ones from afar and says nothing.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from synth_dl.tables.codecs.key_alphabet import DIGITS, LOWER, alphabet_of, lengths_of
from synth_dl.tables.codecs.key_piece import Piece
from synth_dl.tables.codecs.key_shapes import mix

_WORD = re.compile(r"[^\W_]+")
_MOST_TEXTS = 4000
_MOST_CHARACTERS = 2000
_MOST_WORDS = 256
_MOST_SEPARATORS = 16
_LONGEST_WORD = 24
_FEWEST_LETTERS = 8
_LONGEST_SEPARATOR = 4


@dataclass(frozen=True)
class TextTail:
    """What follows the first word of a free text.

    Attributes:
        counts: evenly spaced quantiles of the number of further words.
        words, separators, endings: texts with their shares; what the words lack to 1 is the share
            of words of random letters.
        lengths: lengths of the words of random letters, in characters, with their shares.
        alphabet: their letters.
        numbers, capitals: share of them that are numbers, and that start with a capital.
    """

    counts: tuple[int, ...]
    words: tuple[tuple[str, float], ...]
    separators: tuple[tuple[str, float], ...]
    endings: tuple[tuple[str, float], ...]
    lengths: tuple[tuple[int, float], ...]
    alphabet: str
    numbers: float
    capitals: float

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> "TextTail":
        """The inverse of `to_dict`."""
        pairs = ("words", "separators", "endings", "lengths")
        fields = dict(state)
        for name in pairs:
            fields[name] = tuple((item, share) for item, share in state[name])
        fields["counts"] = tuple(state["counts"])
        return cls(**fields)

    def draw(self, rows: np.ndarray) -> list[str]:
        """The further words of texts.

        Args:
            rows: a scattered 64-bit integer per text, all that its words depend on.
        """
        spots = _uniform(rows, 1) * (len(self.counts) - 1)
        counts = np.rint(np.interp(spots, np.arange(len(self.counts)), self.counts)).astype(int)
        first = np.cumsum(counts) - counts
        number = np.arange(counts.sum()) - np.repeat(first, counts)
        keys = mix(np.repeat(rows, counts) + (number + 100).astype(np.uint64))
        separators = _choose(self.separators or ((" ", 1.0),), _uniform(keys, 1))
        starts = [any(mark in separator for mark in ".!?\n") for separator in separators]
        words = self._words(keys, starts)
        joined = [a + b for a, b in zip(separators, words, strict=True)]
        endings = _choose(self.endings or (("", 1.0),), _uniform(rows, 2))
        bounds = zip(first.tolist(), (first + counts).tolist(), endings, strict=True)
        return ["".join(joined[start:stop]) + ending for start, stop, ending in bounds]

    def _words(self, keys: np.ndarray, sentence_starts: list[bool]) -> list[str]:
        letters = np.array(list(self.alphabet))
        lengths = np.array([length for length, _ in self.lengths])
        shares = np.cumsum([share for _, share in self.lengths])
        picked = np.searchsorted(shares, _uniform(keys, 2) * shares[-1], side="right")
        chosen = lengths[np.minimum(picked, len(lengths) - 1)]
        width = int(lengths.max())
        number = (_uniform(keys, 3) < self.numbers)[:, None]
        drawn = mix(keys[:, None] + np.arange(1000, 1000 + width, dtype=np.uint64))
        digits = np.array(list(DIGITS))[drawn % np.uint64(10)]
        table = np.where(number, digits, letters[drawn % np.uint64(len(letters))])
        table = np.ascontiguousarray(table)
        runs = table.view(f"{table.dtype.str[0]}U{width}").ravel().tolist()
        capital = (_uniform(keys, 4) < self.capitals).tolist()
        spans = zip(runs, chosen.tolist(), capital, strict=True)
        random_words = [_capital(run[:n]) if big else run[:n] for run, n, big in spans]
        bounds = np.cumsum([share for _, share in self.words])
        known = [word for word, _ in self.words]
        which = np.searchsorted(bounds, _uniform(keys, 5), side="right").tolist()
        words = [
            known[k] if k < len(known) else w for k, w in zip(which, random_words, strict=True)
        ]
        return [
            _capital(w) if start else w for w, start in zip(words, sentence_starts, strict=True)
        ]


def fit_text(
    values: Sequence[str], min_count: int, generator: np.random.Generator
) -> tuple[list[Piece], TextTail]:
    """The first word, as pieces, and what follows it, from at least `min_count` distinct texts."""
    most = min(len(values), _MOST_TEXTS)
    picked = np.sort(generator.choice(len(values), most, replace=False)).tolist()
    found = [pair for pair in (_split(values[int(i)]) for i in picked) if pair[0]]
    found = found if len(found) >= min_count else [(["text"], ["", ""], 1.0)] * min_count
    firsts = [words[0] for words, _, _ in found]
    others = [word for words, _, _ in found for word in words[1:]]
    owners = np.repeat(np.arange(len(found)), [len(words) - 1 for words, _, _ in found])
    shared = _held(others, owners.tolist(), min_count, _MOST_WORDS)
    known = {word for word, _ in shared}
    rest = [(word, i) for word, i in zip(others, owners.tolist(), strict=True) if word not in known]
    if len({i for _, i in rest}) < min_count:
        rest = [(word, i) for i, word in enumerate(firsts)]
    random_words, holders = [word for word, _ in rest], [i for _, i in rest]
    separators = [gap for _, gaps, _ in found for gap in gaps[1:-1]]
    starts_big = sum(word[:1].isupper() for word in firsts) * 2 >= len(firsts)
    alphabet = _letters(firsts, range(len(firsts)), min_count)
    tail = TextTail(
        counts=_quantiles(np.array([count - 1 for _, _, count in found]), min_count),
        words=shared,
        separators=_held(separators, owners.tolist(), min_count, _MOST_SEPARATORS),
        endings=_held([gaps[-1] for _, gaps, _ in found], list(range(len(found))), min_count, 8),
        lengths=_word_lengths(random_words, holders, min_count),
        alphabet=_letters(random_words, holders, min_count),
        numbers=_share([word.isdigit() for word in random_words], min_count),
        capitals=_share([word[:1].isupper() for word in random_words], min_count),
    )
    lengths = _word_lengths(firsts, range(len(firsts)), min_count)
    if not starts_big or not all(len(letter.upper()) == 1 for letter in alphabet):
        return [Piece(alphabet, lengths)], tail
    start = Piece("".join(dict.fromkeys(alphabet.upper())), ((1, 1.0),))
    return [start, Piece(alphabet, tuple((max(n - 1, 1), share) for n, share in lengths))], tail


def _split(value: str) -> tuple[list[str], list[str], float]:
    """Words, what stands around them, and the number of words, which a long text only estimates."""
    text = value[:_MOST_CHARACTERS]
    words = _WORD.findall(text)
    return words, _WORD.split(text), len(words) * len(value) / max(1, len(text))


def _letters(words: Sequence[str], owners: Sequence[int], min_count: int) -> str:
    pairs = [
        (ord(letter), owner)
        for word, owner in zip(words, owners, strict=True)
        for letter in word.lower()
        if letter.isalpha()
    ]
    if not pairs:
        return LOWER
    codes, holders = np.array(pairs).T
    found = alphabet_of(codes, holders, len(set(owners)), min_count)
    letters = "".join(sorted({letter for letter in found.lower() if letter.isalpha()}))
    return letters if len(letters) >= _FEWEST_LETTERS else LOWER


def _word_lengths(
    words: Sequence[str], owners: Sequence[int], min_count: int
) -> tuple[tuple[int, float], ...]:
    pairs = {(min(len(word), _LONGEST_WORD), i) for word, i in zip(words, owners, strict=True)}
    return lengths_of(np.array(sorted(length for length, _ in pairs)), min_count)


def _held(
    items: Sequence[str], owners: Sequence[int], min_count: int, most: int
) -> tuple[tuple[str, float], ...]:
    """Items that at least `min_count` texts hold, with their share of all items."""
    texts = Counter(item for item, _ in dict.fromkeys(zip(items, owners, strict=True)))
    times = Counter(items)
    longest = _LONGEST_SEPARATOR if most == _MOST_SEPARATORS else _LONGEST_WORD
    kept = [item for item, n in texts.items() if n >= min_count and len(item) <= longest]
    kept = sorted(kept, key=lambda item: -times[item])[:most]
    whole = len(items) if most == _MOST_WORDS else sum(times[item] for item in kept)
    return tuple((item, round(times[item] / max(1, whole), 5)) for item in kept)


def _quantiles(numbers: np.ndarray, min_count: int) -> tuple[int, ...]:
    ordered = np.sort(numbers)[min_count - 1 : len(numbers) - min_count + 1]
    if len(ordered) < min_count:
        return (max(0, round(float(numbers.mean()))),) * 2
    levels = np.linspace(0, 1, max(2, min(33, len(ordered) // min_count)))
    return tuple(max(0, round(float(level))) for level in np.quantile(ordered, levels))


def _share(flags: list[bool], min_count: int) -> float:
    return round(sum(flags) / len(flags), 4) if sum(flags) >= min_count else 0.0


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def _uniform(keys: np.ndarray, salt: int) -> np.ndarray:
    return (mix(keys ^ np.uint64(salt << 56)) >> np.uint64(11)) * 2.0**-53


def _choose(pairs: Sequence[tuple[str, float]], uniform: np.ndarray) -> list[str]:
    bounds = np.cumsum([share for _, share in pairs])
    picked = np.searchsorted(bounds, uniform * bounds[-1], side="right")
    items = [item for item, _ in pairs]
    return [items[min(k, len(items) - 1)] for k in picked.tolist()]
