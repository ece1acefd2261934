"""Patterns of texts, such as `AB-[0-9]{4}`: a small part of regular expressions, written by number.

Letters stand for themselves; `[A-Z0-9]` and `\\d` for one of several; `(north|south)` for one of
several texts; `{4}`, `{2,4}` and `?` repeat what stands before; `\\` takes the next sign as it is.
"""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

import math
import re
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synth_dl.identifiers.permutation import ENOUGH, Numbers, mix

_LONGEST = 256
_REPEAT = re.compile(r"\{(\d{1,3})(?:,(\d{1,3}))?\}|\?")
_CLASSES = {"d": digits, "w": ascii_lowercase + ascii_uppercase + digits + "_", "s": " "}
_SIGNS = "*+.^$)]}|"


class Pattern:
    """All texts of a pattern.

    Attributes:
        size: how many there are.
        numbered: of how many the numbers tell which it is; in others, some signs are random.

    Raises:
        ValueError: for what is no pattern.
    """

    def __init__(self, text: str) -> None:
        self._text, self._place = text, 0
        self._parts: list[tuple[str, ...]] = []
        while self._place < len(text):
            options = self._options()
            low, high = self._repeat()
            self._parts += [options] * low
            if high > low:
                self._parts.append(_up_to(options, high - low))
        if not self._parts:
            raise ValueError("the pattern is empty; write one such as AB-[0-9]{4}")
        if len(self._parts) > _LONGEST:
            raise ValueError(f"a pattern has at most {_LONGEST} signs; shorten it")
        sizes = [len(options) for options in self._parts]
        self.size, self.numbered, self._counted = math.prod(sizes), 1, 0
        # The last signs differ first, as those of people do.
        for size in reversed(sizes):
            if self.numbered * size > ENOUGH:
                break
            self.numbered, self._counted = self.numbered * size, self._counted + 1

    def _options(self) -> tuple[str, ...]:
        sign = self._text[self._place]
        self._place += 1
        if sign == "[":
            return self._set()
        if sign == "(":
            end = self._text.find(")", self._place)
            inner = self._text[self._place : end]
            if end < 0 or any(each in inner for each in "([{?\\"):
                raise ValueError("a group of a pattern holds plain texts, such as (north|south)")
            self._place = end + 1
            return tuple(dict.fromkeys(inner.split("|")))
        if sign == "\\":
            return self._escaped()
        if sign in _SIGNS:
            raise ValueError(f"the pattern has {sign!r}, which stands for itself only as \\{sign}; "
                             "repeat by {2,4}")  # fmt: skip
        return (sign,)

    def _escaped(self) -> tuple[str, ...]:
        if self._place >= len(self._text):
            raise ValueError("the pattern ends with a backslash; write two for one")
        sign = self._text[self._place]
        self._place += 1
        if sign.isalnum() and sign not in _CLASSES:
            raise ValueError(f"a pattern knows \\d, \\w and \\s, not \\{sign}; write it out")
        return tuple(_CLASSES.get(sign, sign))

    def _set(self) -> tuple[str, ...]:
        found: list[str] = []
        while self._place < len(self._text) and self._text[self._place] != "]":
            sign = self._text[self._place]
            self._place += 1
            if sign == "^" and not found:
                raise ValueError("a pattern lists what may stand there; write [A-Z], not [^…]")
            options = self._escaped() if sign == "\\" else (sign,)
            rest = self._text[self._place : self._place + 2]
            if len(options) == 1 and len(rest) == 2 and rest[0] == "-" and rest[1] != "]":
                self._place += 2
                if not 0 <= ord(rest[1]) - ord(sign) < 2000:
                    raise ValueError(
                        f"the pattern has {sign}-{rest[1]}, which is no range of letters"
                    )
                options = tuple(map(chr, range(ord(sign), ord(rest[1]) + 1)))
            found += options
        if self._place >= len(self._text) or not found:
            raise ValueError("a set of the pattern does not end or is empty; write it as [A-Z0-9]")
        self._place += 1
        return tuple(dict.fromkeys(found))

    def _repeat(self) -> tuple[int, int]:
        match = _REPEAT.match(self._text, self._place)
        if match is None:
            if self._text[self._place : self._place + 1] == "{":
                raise ValueError("a pattern repeats by {4} or {2,4}; write \\{ for the sign itself")
            return 1, 1
        self._place = match.end()
        if match[0] == "?":
            return 0, 1
        low, high = int(match[1]), int(match[2] or match[1])
        if not low <= high <= _LONGEST:
            raise ValueError(f"{match[0]} repeats from least to most, at most {_LONGEST} times")
        return low, high

    def write(self, numbers: Numbers, key: int) -> Any:
        """[N] the texts of these numbers, which differ where these do below `numbered`."""
        left, state = numbers, mix(numbers ^ np.uint64(key))
        pieces = []
        for place, options in enumerate(reversed(self._parts)):
            count = np.uint64(len(options))
            if place < self._counted:
                left, picked = np.divmod(left, count)
            else:
                state = mix(state)
                picked = state % count
            words = pa.array(options, pa.string())
            pieces.append(words.take(pa.array(picked.astype(np.int64))))
        return pc.binary_join_element_wise(*reversed(pieces), "")


def _up_to(options: tuple[str, ...], most: int) -> tuple[str, ...]:
    """All texts of none to so many of these."""
    found = [""]
    last = [""]
    for _ in range(most):
        last = [text + option for text in last for option in options]
        found += last
        if len(found) > 100_000:
            raise ValueError("the pattern repeats too freely; give the number of signs, as in {4}")
    return tuple(found)
