"""What the values of a key column are: a range of integers, patterns of characters, or free text.

The skeleton of a text has one symbol for each of its runs: ⓓ for digits, ⓐ and Ⓐ for small and
capital letters, Ⓒ for a capitalised word, ⓞ for other letters, ⓧ for letters and digits in any
mixture, ⓔ for the domain of an e-mail address; punctuation stands for itself. Texts of one
skeleton follow one pattern. What it keeps rests on `min_count` distinct values.
"""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from synth_dl.tables.codecs.key_draw import LONGEST, IntegerRange, Run, TextPattern, draw_texts

SPACES = 5  # a text with more of them is free text, and so is one of more than _MOST_WORDS words
_MOST_PATTERNS, _MOST_WORDS, _MOST_SIBLINGS = 64, 16, 4
_SAMPLE, _QUANTILES, _VOCABULARY = 10_000, 32, 256
_COVERED = 0.9  # share of the texts of one coarse skeleton that its finer skeletons must cover
_STRAY = 0.01  # share of the texts that may follow no pattern, and of characters of no alphabet
_ROOM = 4  # texts that digits of their own at each place must be able to write for each one seen
_DOMAIN, _WORD = r"@[^@\s]+\.[^@\s]+$", r"[\p{L}\p{M}\p{N}]+"
# The levels of a skeleton: what each symbol stands for, in the order in which texts are searched.
_LEVELS = {
    "runs": {"ⓔ": _DOMAIN, "Ⓒ": r"[\p{Lu}\p{Lt}]\p{Ll}+", "Ⓐ": r"[\p{Lu}\p{Lt}]+", "ⓐ": r"\p{Ll}+",
             "ⓓ": "[0-9]+", "ⓞ": _WORD},
    "words": {"ⓔ": _DOMAIN, "ⓧ": _WORD},
}  # fmt: skip
# The usual alphabets of each symbol, the smallest first; of letters beyond these, some ideographs.
_USUAL = {"ⓓ": (digits,), "ⓐ": (ascii_lowercase,), "Ⓐ": (ascii_uppercase,),
          "Ⓒ": (ascii_lowercase,), "ⓞ": ("".join(map(chr, range(0x4E00, 0x4F00))),),
          "ⓧ": (digits, digits + "abcdef", digits + "ABCDEF", ascii_lowercase, ascii_letters,
                digits + ascii_lowercase, digits + ascii_uppercase, digits + ascii_letters)
          }  # fmt: skip
_UUID = "ⓧ-ⓧ-ⓧ-ⓧ-ⓧ"


def skeletons(texts: pa.Array, level: str) -> pd.Series:
    """[N] the skeletons of texts; missing for those that can follow no pattern of the level.

    At level `runs` kinds of letters and digits are told apart, at level `words` they are not, and
    at level `text` all texts with one of these are alike.
    """
    if level == "text":
        return pc.if_else(pc.match_substring_regex(texts, _WORD), "", None).to_pandas()
    found = texts
    for symbol, run in _LEVELS[level].items():
        found = pc.replace_substring_regex(found, run, symbol)
    return pc.if_else(pc.greater(pc.utf8_length(texts), LONGEST), None, found).to_pandas()


def find_patterns(texts: pa.Array, min_count: int) -> list[tuple[TextPattern, int]]:
    """Patterns of distinct texts, which have a letter or digit each, and how many follow each; one
    that rests on no data where too few follow any."""
    coarse, fine = (skeletons(texts, level) for level in ("words", "runs"))
    found: list[tuple[TextPattern, int]] = []
    pool = np.ones(len(texts), dtype=bool)
    names = coarse.value_counts().loc[lambda times: times >= min_count].head(_MOST_PATTERNS)
    for name, times in names.items():
        if name.count("ⓧ") > _MOST_WORDS or sum(map(str.isspace, name)) > SPACES:
            continue
        like = coarse == name
        finer = fine[like].value_counts().loc[lambda n: n >= min_count].head(_MOST_SIBLINGS)
        strays = times - finer.sum()
        split = strays <= max(min_count - 1, (1 - _COVERED) * times) and name != _UUID
        level, own = ("runs", fine) if split else ("words", coarse)
        for skeleton in finer.index if level == "runs" else [name]:
            members = np.flatnonzero(own == skeleton)
            runs = _fit_runs(texts.take(pa.array(members)), level, skeleton, min_count)
            if runs:
                found.append((TextPattern(level, skeleton, runs), len(members)))
                pool &= ~like
    found = sorted(found, key=lambda pair: -pair[1])[: _MOST_PATTERNS - 1]
    left = texts.filter(pa.array(pool)).to_pylist()
    if len(left) >= max(min_count, _STRAY * len(texts)):
        found.append((_free_text(left, min_count), len(left)))
    upper, number = Run((), (ascii_uppercase,), (2,)), Run((), (digits,), (6,))
    return found or [(TextPattern("runs", "Ⓐ-ⓓ", (upper, Run((("-", 1.0),)), number)), 1)]


def integer_range(values: np.ndarray, most: int, min_count: int) -> IntegerRange:
    """The range of distinct integers without the `min_count - 1` at each end, rounded outwards to
    its leading digit; one that rests on no data where there are too few."""
    if len(values) < 2 * min_count:
        return IntegerRange(1, min(999_999, most), most)
    low, high = np.sort(values)[[min_count - 1, -min_count]].tolist()
    grain = 10 ** (len(str(high - low)) - 1)
    rounded = max(low // grain * grain, int(low > 0) if low >= 0 else -(2**63))
    return IntegerRange(rounded, min((high // grain + 1) * grain - 1, most), most)


def _fit_runs(texts: pa.Array, level: str, skeleton: str, min_count: int) -> tuple[Run, ...]:
    """The runs of texts of one skeleton; none where it cannot be told what they are."""
    parts = (f"(?P<r{k}>{_LEVELS[level].get(s, re.escape(s))})" for k, s in enumerate(skeleton))
    sample = texts.take(pa.array(range(0, len(texts), 1 + len(texts) // _SAMPLE)))
    split = pc.extract_regex(sample, "^" + "".join(parts) + "$").drop_null()
    if len(split) < min_count:
        return ()
    columns = [column.to_pylist() for column in split.flatten()]
    pairs = zip(skeleton, columns, strict=True)
    runs = [_fit_run(*pair, min_count, size=len(texts)) for pair in pairs]
    if skeleton == _UUID and _uuids(split) > len(split) - min_count:
        small = sum(map(str.islower, columns[0])) >= sum(map(str.isupper, columns[0]))
        letters = digits + ("abcdef" if small else "ABCDEF")
        seen = Counter(text[0] for text in columns[4])
        version = "".join(c for c in digits if seen[c] >= min_count) or "4"
        runs[4] = Run((), (version, letters), (4,))
        runs[6] = Run((), ("89" + letters[10:12], letters), (4,))
    if all(run.words for run in runs):  # one must be of characters, so that it can be lengthened
        places = [place for place, symbol in enumerate(skeleton) if symbol in _USUAL]
        most = max(places, key=lambda place: len(runs[place].words))
        size = len(texts)
        runs[most] = _fit_run(skeleton[most], columns[most], min_count, size=size, drawn=True)
    return tuple(runs)


def _fit_run(symbol: str, texts: list[str], min_count: int, size: int, drawn: bool = False) -> Run:
    """The run of these texts, which are from so many."""
    words = _shared(texts, min_count)
    if symbol not in _USUAL:
        return Run(words or (("@example.com" if symbol == "ⓔ" else symbol, 1.0),))
    if sum(share for _, share in words) >= 0.95 and not drawn:
        return Run(words)
    rest = [text[1:] for text in texts] if symbol == "Ⓒ" else texts
    further, alphabets = _alphabet(symbol, rest, min_count), []
    shortest = sorted(map(len, texts))[min(min_count, len(texts)) - 1]  # of all but a few
    for place in range(shortest):
        held = Counter(text[place] for text in texts if len(text) > place)
        kept = sorted(letter for letter, times in held.items() if times >= min_count)
        strays = held.total() - sum(held[letter] for letter in kept)
        usual = ascii_uppercase if symbol == "Ⓒ" and not place else further
        few = strays <= max(min_count - 1, _STRAY * held.total())
        alphabets.append("".join(kept) if kept and few else usual)
    if symbol == "ⓓ":
        alike = sum(len(text) != shortest for text in texts) < min_count
        room = math.prod(map(len, alphabets)) if alike else 0
        alphabets = alphabets if room >= _ROOM * size else alphabets[:1]
    return Run((), (*alphabets, further), _lengths(map(len, texts), min_count))


def _alphabet(symbol: str, texts: Iterable[str], min_count: int) -> str:
    """The characters that enough texts hold, with the usual ones around them if these are few."""
    letters = list(map(set, texts))
    held = Counter(letter for own in letters for letter in own)
    kept = {letter for letter, times in held.items() if times >= min_count}
    missed = sum(times for letter, times in held.items() if letter not in kept)
    few = missed <= _STRAY * held.total() or sum(not own <= kept for own in letters) < min_count
    if len(kept) > 1 and (few or not min(kept).isascii()):
        return "".join(sorted(kept))
    for usual in _USUAL[symbol]:
        if sum(any(c.isascii() for c in own.difference(usual)) for own in letters) < min_count:
            break
    return "".join(sorted(kept | set(usual)))


def _uuids(split: pa.Array) -> int:
    """How many texts, split into their runs, are UUIDs."""
    sizes = np.ones(len(split), bool)
    for field, size in zip(split.flatten()[::2], (8, 4, 4, 4, 12), strict=True):
        sizes &= pc.match_substring_regex(field, rf"^[\da-fA-F]{{{size}}}$").to_numpy(False)
    return int(sizes.sum())


def _shared(texts: Iterable[str], min_count: int) -> tuple[tuple[str, float], ...]:
    """The texts that enough values hold, with their shares; each value gives a text once."""
    held = Counter(texts)
    return tuple((t, n / held.total()) for t, n in held.most_common(_VOCABULARY) if n >= min_count)


def _lengths(found: Iterable[int], min_count: int) -> tuple[int, ...]:
    """Quantiles of lengths; one that too few values have counts as the power of two below it."""
    held: Counter[int] = Counter()
    for length, count in Counter(found).items():
        held[length if count >= min_count else 1 << max(length.bit_length() - 1, 0)] += count
    ordered = sorted(length for length in held.elements() if held[length] >= min_count) or [8]
    count = min(_QUANTILES, 1 + len(ordered) // min_count)
    return tuple(ordered[(2 * i + 1) * len(ordered) // (2 * count)] for i in range(count))


def _free_text(texts: Sequence[str], min_count: int) -> TextPattern:
    """Words that enough texts share among made-up ones of the same letters and lengths."""
    texts = [text[:2000] for text in texts[:: 1 + len(texts) // _SAMPLE]]
    split = [text.split() or ["?"] for text in texts]
    spaced = sum(map(len, split)) >= 2 * len(split)
    own = [set(words[1:] if spaced else words) for words in split]
    letters = (re.sub(r"[\W\d_]", "", t.lower()) if spaced else "".join(t.split()) for t in texts)
    sizes = (min(size, LONGEST) for words in own for size in set(map(len, words)))
    alphabet, lengths = _alphabet("ⓧ", letters, min_count), _lengths(sizes, min_count)
    made = draw_texts((Run((), (alphabet,), lengths),), np.arange(_VOCABULARY, dtype=np.uint64), 0)
    common = _shared((word for words in own for word in words), min_count)
    rest = max(1 - sum(share for _, share in common), 1e-6) / _VOCABULARY
    words = dict.fromkeys(made, rest) | dict(common)
    capital = spaced and 2 * sum(first[0].isupper() for first, *_ in split) >= len(split)
    start = "".join(sorted({c.upper()[0] for c in alphabet})) if capital else alphabet
    counts = _lengths((min(len(words) - 1, LONGEST) for words in split), min_count)
    first = Run((), (start, alphabet), lengths)
    further = Run(tuple((" " + word, share) for word, share in words.items()))
    return TextPattern("text", "", (first,), (further,), counts)
