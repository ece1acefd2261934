"""Fresh values of a template, each a pure function of its number and a key.

A value is a head that begins no real value, then characters and words of the template. Different
numbers give different values: the number, scattered by a permutation of all values of that shape,
is written into the head and the first free characters. Where a shape has too few values for a
number, it grows by characters of the same kind until there are enough.
"""

from collections.abc import Sequence

import numpy as np

from synth_dl.errors import DataError
from synth_dl.tables.codecs.key_fresh import Heads
from synth_dl.tables.codecs.key_piece import Piece
from synth_dl.tables.codecs.key_shapes import mix
from synth_dl.tables.codecs.key_text import TextTail

_ENOUGH = 2.0**40  # numbers are smaller than this
_ROUNDS = 4
_LETTERS_A_DRAW = 4
_CHUNK = 65_536
_TEXT_CHUNK = 4096
# What a random number is for, beside the places of the characters.
_LENGTH, _WORD, _START = 1 << 30, 1 << 30 | 1, 1 << 30 | 2
_EMPTY = -1  # a place in a table of characters that holds none


def draw_values(
    pieces: Sequence[Piece],
    heads: Heads,
    tail: TextTail | None,
    numbers: np.ndarray,
    key: int,
    digits: int | None = None,
) -> list[str]:
    """Fresh values of a template.

    Args:
        pieces, heads, tail: see `key_template.Template`.
        numbers: a number below 2**40 for each value; equal numbers give equal values.
        key: any integer from 0 to 2**64 - 1; another key gives another table of values.
        digits: for integers, the number of digits that a grown value may have at most.

    Raises:
        DataError: an integer type has fewer fresh values than the numbers ask for.
    """
    values: list[str] = []
    chunk = _TEXT_CHUNK if tail else _CHUNK
    for first in range(0, len(numbers), chunk):
        part = numbers[first : first + chunk].astype(np.uint64)
        values += _Draw(pieces, heads, part, key, digits).texts(tail)
    return values


class _Draw:
    """The values of one chunk: a table of code points, a row per value, gaps closed at the end."""

    def __init__(
        self,
        pieces: Sequence[Piece],
        heads: Heads,
        numbers: np.ndarray,
        key: int,
        digits: int | None,
    ) -> None:
        self._pieces, self._heads, self._numbers, self._digits = pieces, heads, numbers, digits
        self._key = np.uint64(key)
        self._rows = mix(mix(numbers) ^ self._key)
        self._free = range(heads.piece, len(pieces))
        self._lengths = {index: self._run_lengths(index) for index in self._free}
        self._grow()
        self._left = permute(numbers, self._size.astype(np.uint64), self._key)
        self._told = np.full(len(numbers), float(len(heads.texts)))

    def texts(self, tail: TextTail | None) -> list[str]:
        heads = np.uint64(len(self._heads.texts))
        columns = [_table(self._heads.texts)[(self._left % heads).astype(np.int64)]]
        self._left = self._left // heads
        columns += [self._column(index) for index in self._free]
        table = np.concatenate(columns, axis=1)
        filled = table != _EMPTY
        ends = np.cumsum(filled.sum(axis=1)).tolist()
        joined = table[filled].astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
        values = [joined[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]
        if tail is None:
            return values
        return [a + b for a, b in zip(values, tail.draw(mix(self._rows)), strict=True)]

    def _random(self, index: int, purpose: int) -> np.ndarray:
        return mix(self._rows + np.uint64((index + 1) << 32 | purpose))

    def _uniform(self, index: int, purpose: int) -> np.ndarray:
        return (self._random(index, purpose) >> np.uint64(11)) * 2.0**-53

    def _run_lengths(self, index: int) -> np.ndarray:
        piece = self._pieces[index]
        if piece.literal:
            return np.zeros(len(self._rows), dtype=np.int64)
        lengths = np.array([length for length, _ in piece.lengths])
        if len(lengths) == 1:
            drawn = np.full(len(self._rows), lengths[0])
        else:
            shares = np.cumsum([share for _, share in piece.lengths])
            spots = self._uniform(index, _LENGTH) * shares[-1]
            drawn = lengths[np.searchsorted(shares[:-1], spots, side="right")]
        return np.maximum(drawn - self._heads.letters, 0) if index == self._heads.piece else drawn

    def _grow(self) -> None:
        """Set the number of values of each row's shape; lengthen the shapes that have too few."""
        pure = [index for index in self._free if self._pieces[index].pure]
        size = np.full(len(self._rows), float(len(self._heads.texts)))
        for index in pure:
            width = len(self._pieces[index].alphabet)
            for letter in range(int(self._lengths[index].max(initial=0))):
                more = (self._lengths[index] > letter) & (size < _ENOUGH)
                if not more.any():
                    break
                size[more] *= width
        short = size <= self._numbers
        while short.any():
            self._lengths[pure[-1]] = self._lengths[pure[-1]] + short
            size = np.where(short, size * len(self._pieces[pure[-1]].alphabet), size)
            if self._digits is not None and self._longest(short) > self._digits:
                raise DataError(
                    "An integer key column has no fresh values left in its type for so many rows; "
                    "sample fewer rows or declare the column as int64."
                )
            short = size <= self._numbers
        self._size = size

    def _longest(self, rows: np.ndarray) -> int:
        head = max(len(text.lstrip("-")) for text in self._heads.texts)
        runs = sum(lengths[rows] for lengths in self._lengths.values())
        literals = sum(
            len(self._pieces[i].words[0][0]) for i in self._free if self._pieces[i].literal
        )
        return head + literals + int(np.max(runs))

    def _column(self, index: int) -> np.ndarray:
        piece, lengths = self._pieces[index], self._lengths[index]
        if piece.literal:
            return np.repeat(_table([piece.words[0][0]]), len(self._rows), axis=0)
        width = int(lengths.max(initial=0))
        block = np.full((len(self._rows), width), _EMPTY, dtype=np.int32)
        letters = np.array([ord(letter) for letter in piece.alphabet], dtype=np.int32)
        base = np.uint64(len(letters))
        noise = self._rows
        for place in range(width):
            if place % _LETTERS_A_DRAW == 0:
                noise = self._random(index, place)
            told = noise % base
            noise = noise // base
            written = lengths > place
            if piece.pure:
                writing = written & (self._told < _ENOUGH)
                if writing.any():
                    told = np.where(writing, self._left % base, told)
                    self._left = np.where(writing, self._left // base, self._left)
                    self._told = np.where(writing, self._told * float(base), self._told)
            block[:, place] = np.where(written, letters[told.astype(np.int64)], _EMPTY)
        if piece.start and width:
            starts = np.array([ord(letter) for letter in piece.start], dtype=np.int32)
            picked = (self._random(index, _START) % np.uint64(len(starts))).astype(np.int64)
            block[:, 0] = np.where(block[:, 0] == _EMPTY, _EMPTY, starts[picked])
        return self._with_words(index, block) if piece.words else block

    def _with_words(self, index: int, block: np.ndarray) -> np.ndarray:
        piece = self._pieces[index]
        words = _table([word for word, _ in piece.words])
        shares = np.cumsum([share for _, share in piece.words])
        chosen = np.searchsorted(shares, self._uniform(index, _WORD), side="right")
        known = chosen < len(words)
        width = max(words.shape[1], block.shape[1])
        column = np.full((len(block), width), _EMPTY, dtype=np.int32)
        column[:, : block.shape[1]] = block
        column[known] = _EMPTY
        column[known, : words.shape[1]] = words[chosen[known]]
        return column


def permute(numbers: np.ndarray, sizes: np.ndarray, key: np.uint64) -> np.ndarray:
    """A permutation of the integers below each size, by a Feistel network and cycle walking.

    Args:
        numbers: integers, each below its size.
        sizes: below 2**60; equal sizes share one permutation.
        key: which permutation.
    """
    left = np.ceil(np.sqrt(sizes.astype(np.float64))).astype(np.uint64)
    right = (sizes + left - np.uint64(1)) // left
    result = numbers.astype(np.uint64)
    walking = np.arange(len(result))
    while walking.size:
        a, b, value = left[walking], right[walking], result[walking]
        low, high = value % a, value // a
        for number in range(_ROUNDS):
            low = (low + mix(high ^ key ^ np.uint64((2 * number + 1) << 48)) % a) % a
            high = (high + mix(low ^ key ^ np.uint64((2 * number + 2) << 48)) % b) % b
        result[walking] = high * a + low
        walking = walking[result[walking] >= sizes[walking]]
    return result


def _table(texts: Sequence[str]) -> np.ndarray:
    """Code points of the texts, a row each, padded."""
    width = max(map(len, texts))
    table = np.full((len(texts), width), _EMPTY, dtype=np.int32)
    for row, text in enumerate(texts):
        table[row, : len(text)] = [ord(character) for character in text]
    return table
