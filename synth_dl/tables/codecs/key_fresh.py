"""Beginnings that no real value has: whatever starts with one of them cannot be real.

Only such heads are kept, texts drawn at random from a template and found to begin no value of
the training column, whatever template that value follows (values shorter than all of the template
do not count). They say nothing of who is in the data:
they cover at most an eighth of what they were drawn from, so a beginning that is not among them
may be real or not.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from synth_dl.tables.codecs.key_alphabet import DIGITS
from synth_dl.tables.codecs.key_piece import Piece, merged, random_beginnings, text_piece
from synth_dl.tables.codecs.key_real import RealValues, TakenHeads

_LARGEST_SHARE = 8  # at most one in so many possible beginnings is kept
_FEWEST_CELLS = 2 * _LARGEST_SHARE
_MOST_LETTERS = 24
_LEAST_SHARE = 16  # fresh values of a template's own length: one for so many real ones
_LEAST = 100  # and so many, if there are as many real ones
_CROWDED = 8  # times the heads that a crowded template gets before it is lengthened
_MOST_EXTRA = 20


@dataclass(frozen=True)
class Heads:
    """Beginnings of fresh values.

    Attributes:
        texts: the beginnings; none of them begins another, or a head of another template.
        piece: index of the pure piece that each of them ends in.
        letters: how many characters of that piece each of them holds.
    """

    texts: tuple[str, ...]
    piece: int
    letters: int


@dataclass(frozen=True)
class Search:
    """What a search for heads needs to know.

    Attributes:
        real, taken: values and heads that must not be met.
        distinct: real values of the template; as many fresh ones of its length are looked for.
        rows: rows of the training table.
        budget: heads to keep at most.
        largest: for integers, the largest absolute value; None for text.
    """

    real: RealValues
    taken: TakenHeads
    distinct: float
    rows: int
    budget: int
    largest: int | None = None

    def find(
        self, pieces: Sequence[Piece], generator: np.random.Generator
    ) -> tuple[tuple[Piece, ...], Heads] | None:
        """Heads of a template, which is widened or lengthened where its space is full.

        Returns the pieces, perhaps changed, and the heads; None if an integer type is full.
        """
        widened = _widened(list(pieces))
        variants = [list(pieces)] + ([widened] if widened != list(pieces) else [])
        tries = [(variant, self.distinct) for variant in variants]
        tries += [(variant, self.needed) for variant in variants]
        tries += [
            (_lengthened(widened, extra), self.distinct) for extra in range(1, _MOST_EXTRA + 1)
        ]
        for variant, needed in tries:
            if self.largest and sum(map(_width, variant)) > len(str(self.largest)) + 1:
                break
            found = self._best(variant, needed, self.budget, generator)
            found = found or self._best(variant, needed, _CROWDED * self.budget, generator)
            if found is None:
                continue
            texts, piece, letters, most = found
            heads = Heads(self.taken.admit(texts, most), piece, letters)
            if heads.texts:
                return tuple(variant), heads
        return None

    @property
    def needed(self) -> float:
        """Fresh values of the template's own length to have at least; else it is lengthened."""
        return max(self.distinct / _LEAST_SHARE, min(_LEAST, self.distinct))

    def _best(
        self, pieces: list[Piece], needed: float, budget: int, generator: np.random.Generator
    ) -> tuple[list[str], int, int, int] | None:
        found = []
        settled = False
        for piece, letters, cells, rest in _depths(pieces):
            if cells < _FEWEST_CELLS or settled:
                continue
            drawn = random_beginnings(pieces, piece, letters, 8 * budget, generator)
            texts = list(dict.fromkeys(drawn))
            further = max(0, _shortest(pieces[piece]) - letters)
            further += sum(map(_shortest, pieces[piece + 1 :]))
            free = np.flatnonzero(~self.real.begin_with(texts, further)).tolist()
            fresh = [texts[i] for i in free if not self.taken.clashes(texts[i])]
            fresh = [text for text in fresh if self._fits(text, pieces, piece, letters)]
            most = int(min(len(fresh), cells // _LARGEST_SHARE, budget))
            capacity = math.log2(most) + rest if most else -1.0
            roomy = most == budget or cells >= 64 * budget
            settled = settled or (roomy and len(free) > 0.9 * len(texts))
            if capacity < math.log2(needed):
                continue
            if self._lasts(most, fresh[0], capacity, pieces[piece:]):
                found.append((capacity, (fresh, piece, letters, most)))
        if not found:
            return None
        enough = max(capacity for capacity, _ in found) - 1
        return [heads for capacity, heads in found if capacity >= enough][-1]

    def _fits(self, text: str, pieces: list[Piece], piece: int, letters: int) -> bool:
        if self.largest is None:
            return True
        after = sum(map(_width, pieces[piece:])) - letters
        return int(text.lstrip("-") + "9" * after) <= self.largest

    def _lasts(self, heads: int, text: str, capacity: float, after: list[Piece]) -> bool:
        if self.largest is None:
            return True
        literal = sum(_width(piece) for piece in after if piece.literal)
        grown = len(str(self.largest)) - 1 - len(text.lstrip("-")) - literal
        return max(2.0**capacity, heads * 10.0**grown) >= 4 * self.rows


def _width(piece: Piece) -> int:
    return len(piece.words[0][0]) if piece.literal else round(piece.mean_length)


def _shortest(piece: Piece) -> int:
    return min([n for n, _ in piece.lengths] + [len(word) for word, _ in piece.words])


def _depths(pieces: list[Piece]) -> Iterator[tuple[int, int, float, float]]:
    pure = [index for index, piece in enumerate(pieces) if piece.pure]
    cells = 1.0
    for index, piece in enumerate(pieces):
        if not piece.pure:
            cells *= 1 + len(piece.words) if piece.alphabet else max(1, len(piece.words))
            continue
        width = len(piece.alphabet)
        later = sum(
            pieces[i].mean_length * math.log2(len(pieces[i].alphabet)) for i in pure if i > index
        )
        longest = min(_MOST_LETTERS, max(1, round(piece.mean_length)))
        for letters in range(1, longest + 1):
            rest = max(0.0, piece.mean_length - letters) * math.log2(width) + later
            yield index, letters, min(1e15, cells * float(width) ** letters), rest
        cells = min(1e15, cells * float(width) ** piece.mean_length)


def _lengthened(pieces: list[Piece], extra: int) -> list[Piece]:
    last = max(index for index, piece in enumerate(pieces) if piece.pure)
    grown = tuple((length + extra, share) for length, share in pieces[last].lengths)
    return [*pieces[:last], replace(pieces[last], lengths=grown), *pieces[last + 1 :]]


def _widened(pieces: list[Piece]) -> list[Piece]:
    """The last number with all digits allowed everywhere, even where one digit was the rule."""
    numbers = [
        i for i, piece in enumerate(pieces) if piece.pure and set(piece.alphabet) <= set(DIGITS)
    ]
    if not numbers:
        return pieces
    first = last = numbers[-1]
    while first and pieces[first - 1].pure and set(pieces[first - 1].alphabet) <= set(DIGITS):
        first -= 1
    before: list[Piece] = list(pieces[:first])
    number = pieces[first : last + 1]
    if before and before[-1].literal:
        text = before[-1].words[0][0]
        stem = text.rstrip(DIGITS)
        fixed = [Piece(digit, ((1, 1.0),)) for digit in text[len(stem) :]]
        number = fixed + number
        before[-1:] = [text_piece(stem)] if stem else []
    start = DIGITS if "0" in number[0].alphabet else DIGITS[1:]
    opened = [Piece(DIGITS, piece.lengths) for piece in number]
    if start != DIGITS:
        rest = [(length - 1, share) for length, share in opened[0].lengths]
        opened[0:1] = [Piece(start, ((1, 1.0),)), Piece(DIGITS, tuple(rest))]
        opened = [piece for piece in opened if piece.lengths != ((0, 1.0),)]
    return merged([*before, *opened, *pieces[last + 1 :]])
