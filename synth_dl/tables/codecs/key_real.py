"""What a fresh value must not be: a real value, or a value of another template."""

from collections.abc import Iterable, Sequence

import numpy as np

from synth_dl.tables.codecs.key_shapes import flatten, position_weights

LONGEST_HEAD = 256  # characters
_SORTED_AT_ONCE = 8
_MARK_EVERY = 16  # characters after which running hashes are kept for the next search


class RealValues:
    """All real values of a column while it is fitted; never stored."""

    def __init__(self, values: Sequence[str]) -> None:
        values = [value for value in values if value]
        self._flat, self._cut = flatten([value[:LONGEST_HEAD] for value in values])
        self._lengths = np.fromiter(map(len, values), dtype=np.int64, count=len(values))
        self._starts = np.cumsum(self._cut) - self._cut
        self._weights = position_weights(LONGEST_HEAD)
        self._sorted: dict[tuple[int, int], np.ndarray] = {}
        self._marks = {0: np.zeros(len(values), dtype=np.uint64)}

    def begin_with(self, texts: Sequence[str], further: int) -> np.ndarray:
        """Which texts begin a real value that is longer by `further` characters or more.

        A hash collision can only say yes too often.
        """
        used = np.zeros(len(texts), dtype=bool)
        flat, lengths = flatten(texts)
        starts = np.cumsum(lengths) - lengths
        for length in np.unique(lengths).tolist():
            chosen = np.flatnonzero(lengths == length)
            if length > LONGEST_HEAD:
                used[chosen] = True
                continue
            known = self._beginnings(length, length + further)
            hashes = np.zeros(len(chosen), dtype=np.uint64)
            for place in range(length):
                hashes += flat[starts[chosen] + place].astype(np.uint64) * self._weights[place]
            if known.size:
                found = np.minimum(np.searchsorted(known, hashes), known.size - 1)
                used[chosen] = known[found] == hashes
        return used

    def _beginnings(self, length: int, shortest: int) -> np.ndarray:
        """Sorted hashes of the first characters of the values of a length or longer."""
        if (length, shortest) not in self._sorted:
            if len(self._sorted) >= _SORTED_AT_ONCE:
                self._sorted.pop(next(iter(self._sorted)))
            mark = max(place for place in self._marks if place <= length)
            hashes = self._marks[mark].copy()
            for place in range(mark, length):
                # Shorter values read on into the next one here, and are left out below.
                letters = self._flat[np.minimum(self._starts + place, self._flat.size - 1)]
                hashes += letters.astype(np.uint64) * self._weights[place]
                if (place + 1) % _MARK_EVERY == 0:
                    self._marks[place + 1] = hashes.copy()
            long = (self._cut >= length) & (self._lengths >= shortest)
            self._sorted[length, shortest] = np.sort(hashes[long])
        return self._sorted[length, shortest]


class TakenHeads:
    """The heads chosen so far in a column; they keep the values of its templates apart."""

    def __init__(self) -> None:
        self._heads: set[str] = set()
        self._beginnings: set[str] = set()
        self._lengths: set[int] = set()

    def clashes(self, text: str) -> bool:
        """Whether the text begins a chosen head, or one begins the text."""
        return text in self._beginnings or any(
            text[:length] in self._heads for length in self._lengths if length < len(text)
        )

    def admit(self, texts: Iterable[str], most: int) -> tuple[str, ...]:
        """Choose the first texts that do not clash, `most` of them at most."""
        chosen: list[str] = []
        for text in texts:
            if len(chosen) == most:
                break
            if not self.clashes(text):
                chosen.append(text)
                self._heads.add(text)
                self._lengths.add(len(text))
                self._beginnings.update(text[: end + 1] for end in range(len(text)))
        return tuple(chosen)
