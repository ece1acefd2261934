"""Columns that name a row: sequences, UUIDs, texts by a pattern, and realistic names.

Their values depend on the number of the row and the seed alone.
"""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synth_dl.errors import DataError
from synth_dl.identifiers.permutation import mix, permute
from synth_dl.identifiers.realistic import KINDS, LOCALES, Realistic
from synth_dl.recipes.patterns import Pattern
from synth_dl.recipes.reading import Entry
from synth_dl.recipes.values import Kind, Texts, Value

_HEX = np.array([f"{byte:02x}" for byte in range(256)], "S2").view(np.uint8).reshape(256, 2)
_DASHES = (8, 13, 18, 23)


class Identifier(ABC):
    """A column of values that tell rows apart."""

    kind: Kind = "text"

    @abstractmethod
    def draw(self, rows: NDArray[np.int64], key: int) -> Value:
        """[N] its values of these rows, by a 64-bit key."""

    def check(self, rows: int) -> None:
        """Refuse, by a DataError, more rows than it has values for."""
        return


class Sequence(Identifier):
    """Whole numbers one after the other."""

    kind: Kind = "whole"

    def __init__(self, entry: Entry) -> None:
        start, step = entry, None
        if isinstance(entry.value, dict):
            entries = entry.entries("start", "step")
            start, step = entries.get("start"), entries.get("step")
        bound = 2**52
        self._start = 1 if start is None else start.whole(-bound, bound, "the first whole number")
        self._step = 1 if step is None else step.whole(-bound, bound, "a whole number")
        if not self._step:
            entry.refuse("the step of a sequence must not be 0")

    def draw(self, rows: NDArray[np.int64], key: int) -> Value:
        return (self._start + self._step * rows).astype(float)


class Uuid(Identifier):
    """Random UUIDs (version 4)."""

    def draw(self, rows: NDArray[np.int64], key: int) -> Value:
        halves = [mix(mix(rows.astype(np.uint64) + np.uint64(half << 63)) ^ np.uint64(key))
                  for half in range(2)]  # fmt: skip
        drawn = np.stack(halves, axis=1).view(np.uint8).reshape(len(rows), 16)
        drawn[:, 6] = drawn[:, 6] & 0x0F | 0x40
        drawn[:, 8] = drawn[:, 8] & 0x3F | 0x80
        written = np.full((len(rows), 36), ord("-"), np.uint8)
        written[:, [k for k in range(36) if k not in _DASHES]] = _HEX[drawn].reshape(len(rows), 32)
        return Texts.of(texts_of(written))


class Patterned(Identifier):
    """Texts that follow a pattern, of which none comes twice.

    Args:
        entry: of the pattern.
        unique: whether no text comes twice.
    """

    def __init__(self, entry: Entry, unique: bool) -> None:
        self._entry, self._unique = entry, unique
        try:
            self._pattern = Pattern(entry.text("a pattern such as AB-[0-9]{4}"))
        except DataError:
            raise
        except ValueError as error:
            entry.refuse(str(error))

    def check(self, rows: int) -> None:
        size = self._pattern.numbered
        if self._unique and rows > size:
            self._entry.refuse(f"the pattern has {size:,} texts only, too few for {rows:,} rows; "
                               "lengthen it, or add `unique: false`")  # fmt: skip

    def draw(self, rows: NDArray[np.int64], key: int) -> Value:
        numbers = rows.astype(np.uint64)
        if not self._unique:
            return Texts.of(self._pattern.write(mix(mix(numbers) ^ np.uint64(key)), key))
        sizes = np.full(len(numbers), self._pattern.numbered, np.uint64)
        return Texts.of(self._pattern.write(permute(numbers % sizes, sizes, key), key))


class RealisticName(Identifier):
    """Names, e-mail addresses, companies and the like, by Mimesis."""

    def __init__(self, entry: Entry, locale: Entry | None) -> None:
        kind = entry.choice(KINDS, "realistic kind of text")
        self._realistic = Realistic(
            kind, "en" if locale is None else locale.choice(LOCALES, "locale")
        )
        self._entry = entry

    def check(self, rows: int) -> None:
        self._realistic.check()

    def draw(self, rows: NDArray[np.int64], key: int) -> Value:
        words = self._realistic.draw(rows.astype(np.uint64), key)
        return Texts.of(pa.array(words, pa.string()))


_IDENTIFIERS = ("sequence", "uuid", "pattern", "realistic")


def identifier(entries: dict[str, Entry]) -> Identifier | None:
    """The identifier that these entries describe; None where they describe another column."""
    kind = next((name for name in _IDENTIFIERS if name in entries), None)
    if kind is None:
        return None
    entry = entries[kind]
    also = {"pattern": ("unique",), "realistic": ("locale",)}.get(kind, ())
    for name, other in entries.items():
        if name not in (kind, *also):
            other.refuse(f"unknown entry {str(name)!r} beside `{kind}`; remove it")
    if kind == "sequence":
        return Sequence(entry)
    if kind == "uuid":
        if entry.value is not True:
            entry.refuse("write `uuid: true`")
        return Uuid()
    if kind == "pattern":
        return Patterned(entry, "unique" not in entries or entries["unique"].truth())
    return RealisticName(entry, entries.get("locale"))


def texts_of(written: NDArray[np.uint8]) -> Any:
    """[N] texts from [N, L] ASCII letters."""
    rows, length = written.shape
    offsets = np.arange(rows + 1, dtype=np.int64 if rows * length >= 2**31 else np.int32) * length
    kind = pa.large_string() if offsets.dtype == np.int64 else pa.string()
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(written))]
    return pa.Array.from_buffers(kind, rows, buffers)
