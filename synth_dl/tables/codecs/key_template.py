"""One pattern of a column of identifiers, with all that fresh values of it need."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from synth_dl.tables.codecs.key_draw import draw_values
from synth_dl.tables.codecs.key_fresh import Heads
from synth_dl.tables.codecs.key_piece import Piece
from synth_dl.tables.codecs.key_shapes import hash_of_skeleton
from synth_dl.tables.codecs.key_text import TextTail


@dataclass(frozen=True)
class Template:
    """One pattern that many values of a column follow.

    Attributes:
        level: level of its skeleton, see `key_shapes`; `text` for free text, `blank` for one
            text without letter or digit, such as a dash for an unknown value.
        skeleton, kept: what its values look like, and how many of the last characters are a
            frequent e-mail domain.
        pieces: its parts, in order.
        heads: beginnings of fresh values; None for a blank.
        stride: on average one fresh value serves so many rows of the table; 1 in a column where
            no value repeats.
        tail: what follows the first word of a free text.
    """

    level: str
    skeleton: str
    kept: int
    pieces: tuple[Piece, ...]
    heads: Heads | None
    stride: int
    tail: TextTail | None = None

    @property
    def hash(self) -> int:
        """The hash of its skeleton."""
        return hash_of_skeleton(self.skeleton, self.kept)

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold."""
        heads = self.heads
        return {
            "level": self.level,
            "skeleton": self.skeleton,
            "kept": self.kept,
            "pieces": [piece.to_dict() for piece in self.pieces],
            "heads": heads
            and {"texts": list(heads.texts), "piece": heads.piece, "letters": heads.letters},
            "stride": self.stride,
            "tail": self.tail and self.tail.to_dict(),
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> "Template":
        """The inverse of `to_dict`."""
        heads = state["heads"]
        return cls(
            level=state["level"],
            skeleton=state["skeleton"],
            kept=state["kept"],
            pieces=tuple(Piece.from_dict(piece) for piece in state["pieces"]),
            heads=heads and Heads(tuple(heads["texts"]), heads["piece"], heads["letters"]),
            stride=state["stride"],
            tail=state["tail"] and TextTail.from_dict(state["tail"]),
        )

    def draw(self, numbers: np.ndarray, key: int, digits: int | None = None) -> list[str]:
        """Its values of these numbers, see `key_draw.draw_values`."""
        if self.heads is None:
            return [self.skeleton] * len(numbers)
        return draw_values(self.pieces, self.heads, self.tail, numbers, key, digits)
