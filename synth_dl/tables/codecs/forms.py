"""The forms of a text column: fixed text around numbers, or a date of one format.

A text of a form becomes whole numbers, and these become the very same text again; so whatever lies
between numbers that were seen is written as a text that could have been seen.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from synth_dl.tables.codecs.numerals import (
    ORDINAL,
    ROMAN,
    ordinal_ending,
    roman_number,
    roman_numeral,
)
from synth_dl.tables.formatting import plain_words, write_dates
from synth_dl.tables.reading.dates import read_dates
from synth_dl.tables.reading.styles import split_format
from synth_dl.tables.schema import Column, Dialect

MOST_NUMBERS, MOST_DIGITS = 12, 17
OFFSET = re.compile(r"(?<=[T :]\d\d):\d\d(?:\.\d+)?( ?[+-]\d\d:?\d\d)$", re.ASCII)
_DAY = 86_400_000_000  # microseconds
_WRITTEN = re.compile(rf"#|0{{1,{MOST_DIGITS}}}|0[.,](0*|#*)")  # how a number can be written
_LONGEST = 10_000  # characters of one piece

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Form:
    """One way in which texts are written.

    Attributes:
        pieces: the text before, between and after the numbers; `{th}` first in one is the ending
            of an ordinal, that is st, nd, rd or th as the number before it has it.
        numbers: how each number is written: `#` as it is, `000` with leading zeros to so many
            digits, `0.00` with so many decimals, `0.##` with so many at most.
        format: of a whole text that is a date or a number, see `schema.Column`, or `{MCCXXXIV}` of
            Roman numerals; then there are no pieces. A date becomes days since 1970 and, with a
            time of day, microseconds since midnight; a number becomes itself times
            `10 ** decimals`.
        decimals: digits of the fraction, of a second where it is a date.
        between: of two dates of this format, the text between them. They become the days of the
            first since 1970, and those from it to the second.
        order: for each number but the first, `<`, `<=`, `>` or `>=` where the one before it always
            is so beside it, else nothing.
    """

    pieces: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    format: str | None = None
    decimals: int | None = None
    order: tuple[str, ...] = ()
    between: str = ""

    @property
    def size(self) -> int:
        """Whole numbers that a text becomes."""
        if self.between:
            return 2
        if self.format is not None:
            return 1 + bool(re.search("%-?[HI]", self.format))
        return len(self.numbers)

    def check(self) -> None:
        """Refuse, by a ValueError, what `find_forms` never gives."""
        lengths = {len(self.pieces) - 1, len(self.numbers)}
        orders = {len(self.numbers) - 1, 0} if self.numbers else {0}
        sound = (
            (self.format is not None or (len(lengths) == 1 and len(self.order) in orders))
            and len(self.numbers) <= MOST_NUMBERS
            and all(_WRITTEN.fullmatch(number) for number in self.numbers)
            and all(len(number) <= MOST_DIGITS + 2 for number in self.numbers)
            and all(sign in ("", "<", "<=", ">", ">=") for sign in self.order)
            and all(len(p) <= _LONGEST for p in (*self.pieces, self.format or "", self.between))
            and not (self.between and (self.format is None or "{" in self.format))
            and 0 <= (self.decimals or 0) <= MOST_DIGITS
        )
        if not sound:
            raise ValueError("a form of texts is none that training leaves")

    def read(self, texts: Sequence[str]) -> tuple[Integers, NDArray[np.bool_]]:
        """[N, size] the whole numbers of texts, and [N] which texts are of this form."""
        values = np.zeros((len(texts), self.size), np.int64)
        if self.between:
            first, second = (self._one.read(half) for half in halves(texts, self.between))
            values = np.stack([first[0][:, 0], second[0][:, 0] - first[0][:, 0]], axis=1)
            valid = first[1] & second[1]
        elif self.format == ROMAN:
            values[:, 0] = [roman_number(text) for text in texts]
            valid = values[:, 0] > 0
        elif self._is_number:
            values[:, 0], valid = self._read_numbers(texts)
        elif self.format is not None:
            # Texts with another offset from UTC would be read together, and in UTC.
            ending = (
                self.format[-len(offset[0]) :] if (offset := OFFSET.findall(self._zero)) else ""
            )
            valid = np.array([text.endswith(ending) for text in texts], bool)
            own = [text for text in texts if text.endswith(ending)]
            if not own:
                return values, valid
            dates = read_dates(pa.array(own, pa.string()), self.format)
            moments = np.where(dates.valid, dates.values.astype(np.int64), 0)
            split = np.stack([moments // _DAY, moments % _DAY], axis=1)[:, : self.size]
            values[valid], valid[valid] = split, dates.valid
        else:
            found = [self._expression.fullmatch(text) for text in texts]
            valid = np.array([match is not None for match in found], bool)
            for place, number in enumerate(self.numbers):
                decimals = len(number) - 2 if len(number) > 1 and number[1] in ".," else 0
                written = (match[place + 1] for match in found if match is not None)
                values[valid, place] = [_whole(text, decimals) for text in written]
        own = [text for text, fits in zip(texts, valid, strict=True) if fits]
        again = self.write(values[valid])
        valid[valid] = [before == after for before, after in zip(own, again, strict=True)]
        return values, valid

    def write(self, values: Integers) -> list[str]:
        """The texts of [N, size] whole numbers."""
        if self.between:
            first, second = (
                self._one.write(days[:, None]) for days in (values[:, 0], values.sum(1))
            )
            return [f"{a}{self.between}{b}" for a, b in zip(first, second, strict=True)]
        if self.format == ROMAN:
            return [roman_numeral(value) for value in values[:, 0].tolist()]
        if self._is_number:
            digits = self.decimals or 0
            column = Column("", "number", "float64", digits, format=self.format, places=digits)
            numbers = pd.Series(values[:, 0] / 10.0**digits)
            return plain_words(numbers, column, Dialect()).to_pylist()
        if self.format is not None:
            micros = values[:, 0] * _DAY + values[:, 1:].sum(1)
            moments = pd.Series(micros.astype("datetime64[us]"))
            return write_dates(moments, self.format, self.decimals).to_pylist()
        values = values.copy()
        for place, sign in enumerate(self.order):
            before, bound = values[:, place], int("=" not in sign)
            if "<" in sign:
                values[:, place + 1] = np.maximum(values[:, place + 1], before + bound)
            elif ">" in sign:
                values[:, place + 1] = np.minimum(values[:, place + 1], before - bound)
        parts: list[Sequence[str]] = [[self.pieces[0]] * len(values)]
        for place, number in enumerate(self.numbers):
            wholes, piece = values[:, place].tolist(), self.pieces[place + 1]
            parts.append([_written(whole, number) for whole in wholes])
            if piece.startswith(ORDINAL):
                rest = piece.removeprefix(ORDINAL)
                parts.append([ordinal_ending(whole) + rest for whole in wholes])
            else:
                parts.append([piece] * len(values))
        return list(map("".join, zip(*parts, strict=True)))

    @property
    def _one(self) -> "Form":
        """The form of either of two dates."""
        return replace(self, between="")

    @property
    def _zero(self) -> str:
        """The text whose numbers are all zero."""
        return self.write(np.zeros((1, self.size), np.int64))[0]

    @property
    def _is_number(self) -> bool:
        return self.format is not None and "{" in self.format

    def _read_numbers(self, texts: Sequence[str]) -> tuple[Integers, NDArray[np.bool_]]:
        style, around = split_format(self.format or "")
        values, valid = np.zeros(len(texts), np.int64), np.zeros(len(texts), bool)
        for sign, (before, after) in zip((1, -1, 0), around, strict=True):
            expression = re.compile(rf"{re.escape(before)}(\d[^a-z]*?){re.escape(after)}", re.ASCII)
            for row in np.flatnonzero(~valid).tolist():
                match = expression.fullmatch(texts[row])
                digits = match[1].replace(style.group, "") if match else ""
                with suppress(ValueError, OverflowError):
                    number = float(digits.replace(style.decimal, "."))
                    values[row] = sign * round(number * 10 ** (self.decimals or 0))
                    valid[row] = True
        return values, valid

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        digits = rf"(\d{{1,{MOST_DIGITS}}}(?:[.,]\d+)?)"
        pieces = [
            f"(?:st|nd|rd|th){re.escape(piece.removeprefix(ORDINAL))}"
            if piece.startswith(ORDINAL)
            else re.escape(piece)
            for piece in self.pieces
        ]
        return re.compile(digits.join(pieces), re.DOTALL | re.ASCII)


def halves(texts: Sequence[str], between: str) -> tuple[list[str], list[str]]:
    """What stands before and after the middle of texts; nothing of those without this middle."""
    found = []
    for text in texts:
        size = (len(text) - len(between)) // 2
        found.append((text[:size], text[len(text) - size :]))
        if text != found[-1][0] + between + found[-1][1]:
            found[-1] = ("", "")
    return [first for first, _ in found], [second for _, second in found]


def _whole(text: str, decimals: int) -> int:
    whole, _, fraction = text.replace(",", ".").partition(".")
    return int(whole + fraction[:decimals].ljust(decimals, "0"))


def _written(whole: int, number: str) -> str:
    if len(number) == 1 or number[1] == "0":
        return str(whole).rjust(len(number), "0")
    digits = str(whole).rjust(len(number) - 1, "0")
    split = len(digits) - len(number) + 2
    fraction = digits[split:].rstrip("0") if number[2] == "#" else digits[split:]
    return digits[:split] + (number[1] + fraction if fraction else "")
