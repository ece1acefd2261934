"""Fresh values by number: a seeded permutation of a pattern's space, written as text or integer.

Different numbers give different values. Where a number is too large for the lengths that were
drawn for it, the last run of characters is lengthened until it fits.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from synth_dl.errors import DataError
from synth_dl.identifiers.permutation import ENOUGH, Numbers, mix, permute

LONGEST = 512  # characters of a run, words of a free text
_LARGEST = 2**20  # characters of a text, and of all alphabets of a run


@dataclass(frozen=True)
class Run:
    """One part of a pattern: a text that enough values share, or characters drawn one by one.

    Attributes:
        words: the texts with their shares; none where characters are drawn.
        alphabets: of the first, second, ... character; the last one serves all further ones.
        lengths: quantiles of the number of characters, each as likely.
    """

    words: tuple[tuple[str, float], ...] = ()
    alphabets: tuple[str, ...] = ()
    lengths: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        drawn = bool(self.lengths) and all(self.alphabets) and len(self.alphabets[-1]) > 1
        require(all(0 < share <= 1 for _, share in self.words) if self.words else drawn)
        require(all(0 <= length <= LONGEST for length in self.lengths))
        require(sum(map(len, self.alphabets)) <= _LARGEST)

    @property
    def size(self) -> int:
        """Characters of its longest text."""
        return max([0, *self.lengths, *(len(word) for word, _ in self.words)])

    def alphabet(self, place: int) -> str:
        """The characters that may stand at a place, from 0."""
        return self.alphabets[min(place, len(self.alphabets) - 1)]


@dataclass(frozen=True)
class TextPattern:
    """A pattern that many texts follow.

    Attributes:
        level: of the skeleton, see `key_patterns.skeletons`.
        skeleton: of its texts.
        runs: its parts, in order; the first word of a free text.
        further: of a free text, a further word with the space before it, as the only run.
        counts: quantiles of the number of further words.
    """

    level: str
    skeleton: str
    runs: tuple[Run, ...]
    further: tuple[Run, ...] = ()
    counts: tuple[int, ...] = (0,)

    def __post_init__(self) -> None:
        require(bool(self.runs and self.counts) and all(0 <= n <= LONGEST for n in self.counts))
        sizes = [sum(run.size for run in runs) for runs in (self.runs, self.further)]
        require(sizes[0] + max(self.counts) * sizes[1] <= _LARGEST)

    def draw(self, numbers: Numbers, key: int, least: int = 0) -> list[str]:
        """[N] its texts of these numbers; a free text gets `least` further words or more."""
        counts = np.maximum(_pick(self.counts, mix(numbers ^ np.uint64(key))), least)
        texts = np.zeros(len(numbers), object)
        for count in np.unique(counts).tolist():
            own, runs = counts == count, (*self.runs, *self.further * count)
            texts[own] = draw_texts(runs, numbers[own], key)
        return texts.tolist()


@dataclass(frozen=True)
class IntegerRange:
    """Integers from `low` to `high`; where they are too few it goes on up to `most`, the largest
    one that the type of the column can hold."""

    low: int
    high: int
    most: int

    def __post_init__(self) -> None:
        require(-(2**63) <= self.low <= self.high <= self.most < 2**64)

    def draw(self, numbers: Numbers, key: int) -> Numbers:
        """[N] its integers of these numbers, modulo 2**64; a DataError if the type is full."""
        if int(numbers.max(initial=0)) > self.most - self.low:
            raise DataError("an integer key column has no value left in its type for so many rows; "
                            "sample fewer rows or declare it as int64")  # fmt: skip
        sizes = np.full(len(numbers), min(self.high - self.low + 1, 2**63), np.uint64)
        index = np.where(numbers < sizes, permute(numbers % sizes, sizes, key), numbers)
        return np.uint64(self.low % 2**64) + index


def draw_texts(runs: Sequence[Run], numbers: Numbers, key: int) -> list[str]:
    """[N] texts of these runs, of which one or more should be of characters; else texts repeat."""
    drawn = [place for place, run in enumerate(runs) if run.alphabets]
    lengths = {k: _pick(runs[k].lengths, mix(numbers ^ np.uint64(key ^ k << 48))) for k in drawn}
    combinations = math.prod(float(len(run.words)) for run in runs if run.words)
    space = _space(runs, lengths, len(numbers))
    while drawn and (short := space * combinations <= numbers).any():
        lengths[drawn[-1]] += short
        space = _space(runs, lengths, len(numbers))
    # Of one shape, the numbers of a block differ in their characters, and blocks in their words.
    block, index = np.divmod(numbers, space.astype(np.uint64))
    left = permute(index, space.astype(np.uint64), key)
    state = np.full(len(numbers), key, np.uint64)  # hash of all that is written so far
    columns: dict[int, NDArray[np.str_]] = {}
    for place in drawn:
        width = int(lengths[place].max(initial=1))
        written = np.zeros((len(numbers), width), np.uint32)
        for spot in range(width):
            letters = np.array([ord(letter) for letter in runs[place].alphabet(spot)], np.uint32)
            base, held = np.uint64(len(letters)), lengths[place] > spot
            told = np.where(held, (left % base + mix(state) % base) % base, 0)
            left = np.where(held, left // base, left)
            state = np.where(held, mix(state ^ (told + np.uint64(1))), state)
            written[:, spot] = np.where(held, letters[told], 0)
        columns[place] = written.view(f"<U{width}").ravel()
    for place, run in enumerate(runs):
        if run.words:
            words, bounds = [word for word, _ in run.words], np.cumsum([s for _, s in run.words])
            uniform = (mix(state + np.uint64(place)) >> np.uint64(11)) * (bounds[-1] * 2.0**-53)
            picked = np.searchsorted(bounds[:-1], uniform, side="right").astype(np.uint64)
            columns[place] = np.array(words)[(picked + block) % np.uint64(len(words))]
            block = block // np.uint64(len(words))
    return list(map("".join, zip(*(columns[k].tolist() for k in range(len(runs))), strict=True)))


def _space(runs: Sequence[Run], lengths: dict[int, NDArray[np.int64]], rows: int) -> NDArray:
    """[N] how many texts runs of characters of these lengths can write, up to ENOUGH."""
    space = np.ones(rows)
    for place, drawn in lengths.items():
        sizes = [len(runs[place].alphabet(spot)) for spot in range(int(drawn.max(initial=0)))]
        grown = list(accumulate([1, *sizes], lambda size, more: min(size * more, ENOUGH)))
        space = np.minimum(space * np.array(grown, np.float64)[drawn], ENOUGH)
    return space


def _pick(quantiles: Sequence[int], noise: Numbers) -> NDArray[np.int64]:
    return np.array(quantiles, np.int64)[mix(noise) % np.uint64(len(quantiles))]


def require(holds: bool) -> None:
    """Refuse, by a ValueError, a state that no training leaves."""
    if not holds:
        raise ValueError("a key column of the artifact holds what no training leaves")
