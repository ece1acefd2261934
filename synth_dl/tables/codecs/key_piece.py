"""One piece of a template: literal text, words that many values share, or a run of characters."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from synth_dl.tables.codecs.key_shapes import character_class


@dataclass(frozen=True)
class Piece:
    """One part of a template.

    Attributes:
        alphabet: characters that a run may hold, each as likely; empty for literal text.
        lengths: lengths of a run, in characters, with their shares.
        words: texts that stand here in many values, with their shares; what is missing to 1 is
            the share of random runs.
        start: beside words, the alphabet of the first character of a run, if it has its own.
    """

    alphabet: str = ""
    lengths: tuple[tuple[int, float], ...] = ()
    words: tuple[tuple[str, float], ...] = ()
    start: str = ""

    @property
    def pure(self) -> bool:
        """Whether it is a run of random characters in each value."""
        return len(self.alphabet) > 1 and not self.words

    @property
    def literal(self) -> bool:
        """Whether it is the same text in each value."""
        return not self.alphabet

    @property
    def mean_length(self) -> float:
        """Mean length of its random runs, in characters."""
        return sum(length * share for length, share in self.lengths)

    @property
    def shown(self) -> str:
        """What a value looks like here: 9 for digits, A and a for letters, x for a mixture."""
        if self.literal:
            return self.words[0][0]
        length = max(1, round(self.mean_length))
        symbols = {chr(character_class(ord(character))) for character in self.alphabet}
        symbol = symbols.pop() if len(symbols) == 1 else "x"
        return "A" + symbol * (length - 1) if self.start else symbol * length

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold."""
        return {
            "alphabet": self.alphabet,
            "lengths": [list(pair) for pair in self.lengths],
            "words": [list(pair) for pair in self.words],
            "start": self.start,
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> "Piece":
        """The inverse of `to_dict`."""
        lengths = tuple((int(length), float(share)) for length, share in state["lengths"])
        words = tuple((str(word), float(share)) for word, share in state["words"])
        return cls(state["alphabet"], lengths, words, state["start"])

    def opened(self) -> list["Piece"]:
        """The same without its words: random in each value."""
        if not self.start:
            return [replace(self, words=())]
        rest = tuple((max(length - 1, 1), share) for length, share in self.lengths)
        return [Piece(self.start, ((1, 1.0),)), Piece(self.alphabet, rest)]


def text_piece(text: str) -> Piece:
    """Literal text."""
    return Piece(words=((text, 1.0),))


def merged(pieces: list[Piece]) -> list[Piece]:
    """Neighbouring literals, and neighbouring runs of fixed length and one alphabet, as one."""
    result: list[Piece] = []
    for piece in pieces:
        last = result[-1] if result else None
        if last and piece.literal and last.literal:
            result[-1] = text_piece(last.words[0][0] + piece.words[0][0])
        elif (
            last
            and piece.pure
            and last.pure
            and piece.alphabet == last.alphabet
            and (len(piece.lengths) == len(last.lengths) == 1)
        ):
            length = last.lengths[0][0] + piece.lengths[0][0]
            result[-1] = Piece(piece.alphabet, ((length, 1.0),))
        else:
            result.append(piece)
    return result


def random_beginnings(
    pieces: Sequence[Piece], piece: int, letters: int, count: int, generator: np.random.Generator
) -> list[str]:
    """Texts of a template up to and with the first `letters` characters of a piece."""
    columns = [_random_texts(earlier, count, generator) for earlier in pieces[:piece]]
    columns.append(
        _random_texts(replace(pieces[piece], lengths=((letters, 1.0),)), count, generator)
    )
    return list(map("".join, zip(*columns, strict=True)))


def _random_texts(piece: Piece, count: int, generator: np.random.Generator) -> list[str]:
    if piece.literal:
        return [piece.words[0][0]] * count
    lengths = np.array([length for length, _ in piece.lengths])
    shares = np.array([share for _, share in piece.lengths])
    drawn = generator.choice(lengths, size=count, p=shares / shares.sum())
    width = max(1, int(lengths.max()))
    characters = np.array(list(piece.alphabet))
    table = characters[generator.integers(0, len(characters), size=(count, width))]
    if piece.start:
        table[:, 0] = generator.choice(list(piece.start), size=count)
    runs = [
        run[:length]
        for run, length in zip(
            table.view(f"{table.dtype.str[0]}U{width}").ravel().tolist(),
            drawn.tolist(),
            strict=True,
        )
    ]
    if piece.words:
        shared = np.cumsum([share for _, share in piece.words])
        chosen = np.searchsorted(shared, generator.random(count), side="right").tolist()
        words = [word for word, _ in piece.words]
        return [words[k] if k < len(words) else run for k, run in zip(chosen, runs, strict=True)]
    return runs
