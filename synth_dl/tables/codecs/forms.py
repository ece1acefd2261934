"""The forms of a text column: fixed text around numbers, or a date of one format.

A text of a form becomes whole numbers, and these become the very same text again; so whatever lies
between numbers that were seen is written as a text that could have been seen.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice, pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from synth_dl.tables.formatting import plain_words, write_dates
from synth_dl.tables.reading.dates import parse_dates, read_dates
from synth_dl.tables.reading.numbers import parse_numbers
from synth_dl.tables.reading.styles import split_format
from synth_dl.tables.schema import Column, Dialect

MOST_FORMS, _MOST_NUMBERS, _MOST_DIGITS = 24, 12, 17
_BITS = 3  # digits that binary numbers have at least, and kinds of digits that they have at most
_MINUTES = 20  # distinct fractions below 60 that are minutes for certain
_ORDERED = 50  # rows from which on numbers that are in one order always are
_SAMPLE = 20_000  # distinct texts that forms are looked for in
_COVERED = 0.95  # share of the rows that the forms of a column must cover, but for a few rows
_DISTINCT = 0.9  # share of distinct rows from which on a text may be an identifier
_DAY = 86_400_000_000  # microseconds
# Numbers in a text: with decimals, except in chains such as 10.0.0.1; and runs of digits alone.
_DECIMALS = re.compile(r"((?<![\d.,])\d+(?:[.,]\d+)?(?![.,]?\d)|\d+)", re.ASCII)
_OFFSET = re.compile(r":\d\d(?:\.\d+)?( ?[+-]\d\d:?\d\d)$", re.ASCII)
_RUNS = re.compile(r"(\d+)", re.ASCII)
_WRITTEN = re.compile(rf"#|0{{1,{_MOST_DIGITS}}}|0[.,](0*|#*)")  # how a number can be written
_LONGEST = 10_000  # characters of one piece

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Form:
    """One way in which texts are written.

    Attributes:
        pieces: the text before, between and after the numbers.
        numbers: how each number is written: `#` as it is, `000` with leading zeros to so many
            digits, `0.00` with so many decimals, `0.##` with so many at most.
        format: of a whole text that is a date or a number, see `schema.Column`; then there are no
            pieces. A date becomes days since 1970 and, with a time of day, microseconds since
            midnight; a number becomes itself times `10 ** decimals`.
        decimals: digits of the fraction, of a second where it is a date.
        order: for each number but the first, `<`, `<=`, `>` or `>=` where the one before it always
            is so beside it, else nothing.
    """

    pieces: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    format: str | None = None
    decimals: int | None = None
    order: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Whole numbers that a text becomes."""
        if self.format is not None:
            return 1 + bool(re.search("%-?[HI]", self.format))
        return len(self.numbers)

    def check(self) -> None:
        """Refuse, by a ValueError, what `find_forms` never gives."""
        lengths = {len(self.pieces) - 1, len(self.numbers)}
        orders = {len(self.numbers) - 1, 0} if self.numbers else {0}
        sound = (
            (self.format is not None or (len(lengths) == 1 and len(self.order) in orders))
            and len(self.numbers) <= _MOST_NUMBERS
            and all(_WRITTEN.fullmatch(number) for number in self.numbers)
            and all(len(number) <= _MOST_DIGITS + 2 for number in self.numbers)
            and all(sign in ("", "<", "<=", ">", ">=") for sign in self.order)
            and all(len(piece) <= _LONGEST for piece in (*self.pieces, self.format or ""))
            and 0 <= (self.decimals or 0) <= _MOST_DIGITS
        )
        if not sound:
            raise ValueError("a form of texts is none that training leaves")

    def read(self, texts: Sequence[str]) -> tuple[Integers, NDArray[np.bool_]]:
        """[N, size] the whole numbers of texts, and [N] which texts are of this form."""
        values = np.zeros((len(texts), self.size), np.int64)
        if self._is_number:
            values[:, 0], valid = self._read_numbers(texts)
        elif self.format is not None:
            # Texts with another offset from UTC would be read together, and in UTC.
            ending = (
                self.format[-len(offset[0]) :] if (offset := _OFFSET.findall(self._zero)) else ""
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
            parts.append([_written(whole, number) for whole in values[:, place].tolist()])
            parts.append([self.pieces[place + 1]] * len(values))
        return list(map("".join, zip(*parts, strict=True)))

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
        digits = rf"(\d{{1,{_MOST_DIGITS}}}(?:[.,]\d+)?)"
        return re.compile(digits.join(map(re.escape, self.pieces)), re.DOTALL | re.ASCII)


def is_pattern(texts: Sequence[str], rows: NDArray[np.int64], min_count: int) -> bool:
    """Whether few forms cover nearly all rows, and the texts do not look like identifiers.

    `rows` [N] tells how many rows hold each of the distinct texts.
    """
    forms, covered = find_forms(texts, rows, min_count)
    if covered + min_count <= _COVERED * rows.sum() or not any(form.size for form in forms):
        return False
    return len(texts) < _DISTINCT * rows.sum() or any(map(_is_quantity, forms))


def find_forms(
    texts: Sequence[str], rows: NDArray[np.int64], min_count: int
) -> tuple[list[Form], int]:
    """The forms of distinct texts, the most frequent first, and how many rows they cover; each
    rests on `2 * min_count` rows at least, and fewer than `min_count` decide nothing of it."""
    step = 1 + len(texts) // _SAMPLE
    whole = _whole_forms(texts[::step], rows[::step], min_count)
    if sum(held for _, held in whole) + min_count > _COVERED * rows[::step].sum():
        return [form for form, _ in whole], rows.sum()
    found: tuple[list[Form], int] = ([], 0)
    for tokens in (_DECIMALS, _RUNS):
        forms = _candidates(texts[::step], rows[::step], min_count, tokens)
        pairs = list(islice(forms, MOST_FORMS))
        covered = sum(held for _, held in pairs) * rows.sum() / rows[::step].sum()
        if covered > found[1]:
            found = [form for form, _ in pairs], round(covered)
    return found


def _candidates(
    texts: Sequence[str], rows: NDArray[np.int64], min_count: int, tokens: re.Pattern[str]
) -> Iterator[tuple[Form, int]]:
    """Forms of texts between the same pieces, and how many rows follow each."""
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    splits = [tokens.split(text) for text in texts]
    for row, split in enumerate(splits):
        # Of dates, each offset from UTC is a form of its own.
        groups[(*split[::2], *_OFFSET.findall(texts[row]))].append(row)
    for pieces, found in sorted(groups.items(), key=lambda item: -rows[item[1]].sum()):
        members = np.array(found)
        numbers = [splits[row][1::2] for row in found]
        if rows[members].sum() < 2 * min_count or len(numbers[0]) > _MOST_NUMBERS:
            continue
        own, held = [texts[row] for row in found], rows[members]
        dates = _date_forms(own, [tuple(len(n) > 2 for n in found) for found in numbers], held,
                            min_count)  # fmt: skip
        if dates:
            yield from dates
            continue
        sizes = [tuple(map(len, found)) for found in numbers]
        usual = [numbers[k] for k in np.flatnonzero(_usual(sizes, held, min_count))]
        form = Form(pieces[: len(usual[0]) + 1], tuple(map(_number, zip(*usual, strict=True))))
        if all(form.numbers):
            found, valid = form.read(own)
            order = _order(found[valid], held[valid], min_count)
            if held[valid].sum() >= 2 * min_count:
                yield replace(form, order=order), int(held[valid].sum())


def _order(values: Integers, rows: NDArray[np.int64], min_count: int) -> tuple[str, ...]:
    """How neighbouring numbers of all texts but those of a few rows are ordered, if at all."""
    signs = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
    found = []
    for before, after in pairwise(values.T):
        held = (s for s, holds in signs.items() if rows[~holds(before, after)].sum() < min_count)
        found.append(next(held, "") if rows.sum() >= _ORDERED else "")
    return tuple(found) if any(found) else ()


def _followers(form: Form, texts: list[str], rows: NDArray[np.int64]) -> int:
    return int(rows[form.read(texts)[1]].sum())


def _usual(marks: Sequence[Any], rows: NDArray[np.int64], min_count: int) -> NDArray[np.bool_]:
    """Which texts have marks that `min_count` rows have, if fewer rows have others; else all."""
    index = pd.factorize(pd.Series(marks, dtype="object"))[0]
    held = np.bincount(index, rows)[index]
    rare = held < min_count
    return ~rare if rows[rare].sum() < min_count else np.ones(len(rows), bool)


def _whole_forms(
    texts: Sequence[str], rows: NDArray[np.int64], min_count: int
) -> list[tuple[Form, int]]:
    """The form of texts that are all numbers with a unit, or all dates."""
    words = pa.array(texts, pa.string())
    numbers = parse_numbers(words, ".", False, rows, min_count - 1)
    if numbers is not None and numbers.format is not None and numbers.decimals is not None:
        form = Form(format=numbers.format, decimals=max(numbers.decimals, numbers.places))
    elif (dates := parse_dates(words, "", rows, min_count - 1, cycles=True)) is not None:
        form = Form(format=dates.format, decimals=dates.decimals)
    else:
        return []
    return [(form, _followers(form, list(texts), rows))]


def _date_forms(
    texts: list[str], marks: Sequence[Any], rows: NDArray[np.int64], min_count: int
) -> list[tuple[Form, int]]:
    """The forms of dates that texts between the same pieces have, one for those of one mark; none
    where some are no dates."""
    forms = []
    index, found = pd.factorize(pd.Series(marks, dtype="object"))
    for mark in range(len(found)):
        members = np.flatnonzero(index == mark)
        own, held = [texts[row] for row in members], rows[members]
        if held.sum() >= 2 * min_count:
            words = pa.array(own, pa.string())
            dates = parse_dates(words, "", held, min_count - 1, cycles=True)
            if dates is None:
                return []
            form = Form(format=dates.format, decimals=dates.decimals)
            forms.append((form, _followers(form, own, held)))
    return forms


def _number(written: Sequence[str]) -> str:
    """How these texts of one number are written; empty where it is too long."""
    wholes, signs, fractions = zip(*(re.split(r"([.,])", f"{w}")[:3] if re.search("[.,]", w)
                                     else (w, "", "") for w in written), strict=True)  # fmt: skip
    longest = max(map(len, wholes)) + max(map(len, fractions))
    if longest > _MOST_DIGITS or len(set(signs) - {""}) > 1:
        return ""
    sizes = set(map(len, fractions))
    if longest >= _BITS and len(set(written)) >= _MINUTES and len(set("".join(written))) <= _BITS:
        return ""  # other digits are none of theirs, as in 0110
    if sizes != {0}:
        sign = max(signs)
        if sizes == {2} and len(set(fractions)) >= _MINUTES and max(fractions) < "60":
            return ""  # hours and minutes such as 6.45
        return f"0{sign}" + "0" * max(sizes) if len(sizes) == 1 else f"0{sign}" + "#" * max(sizes)
    padded = any(len(whole) > 1 and whole[0] == "0" for whole in wholes)
    shortest = min(map(len, wholes))
    return "0" * shortest if padded or shortest == max(map(len, wholes)) else "#"


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


def _is_quantity(form: Form) -> bool:
    """Whether texts of a form are no identifiers even where no two are equal."""
    if form.format is not None or ":" in form.pieces[1:-1]:
        return True
    if any(number[1:2] in (".", ",") for number in form.numbers):
        return True
    loose = sum(number == "#" for number in form.numbers)
    short = len(form.numbers) > 1 and all(len(number) <= 2 for number in form.numbers)
    return (loose > 1 or short) and not any(map(str.isalpha, form.pieces[0]))
