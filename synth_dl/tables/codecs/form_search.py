"""Which forms the texts of a column have, and whether forms are what the column is of."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice, pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from synth_dl.tables.codecs.forms import MOST_DIGITS, MOST_NUMBERS, OFFSET, Form, Integers, halves
from synth_dl.tables.codecs.numerals import ORDINAL, ROMAN, roman_number, with_ordinals
from synth_dl.tables.reading.dates import parse_dates
from synth_dl.tables.reading.numbers import parse_numbers

MOST_FORMS = 24
_BITS = 3  # digits that binary numbers have at least, and kinds of digits that they have at most
_MINUTES = 20  # distinct fractions below 60 that are minutes for certain
_NUMERALS = 20  # distinct Roman numerals that are numbers for certain
_ORDERED = 50  # rows from which on numbers that are in one order always are
_SAMPLE = 20_000  # distinct texts that forms are looked for in
_COVERED = 0.95  # share of the rows that the forms of a column must cover, but for a few rows
_DISTINCT = 0.9  # share of distinct rows from which on a text may be an identifier
# Numbers in a text: with decimals, except in chains such as 10.0.0.1; and runs of digits alone.
_DECIMALS = re.compile(r"((?<![\d.,])\d+(?:[.,]\d+)?(?![.,]?\d)|\d+)", re.ASCII)
_RUNS = re.compile(r"(\d+)", re.ASCII)


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
    splits = [with_ordinals(tokens.split(text)) for text in texts]
    for row, split in enumerate(splits):
        # Of dates, each offset from UTC is a form of its own.
        groups[(*split[::2], *OFFSET.findall(texts[row]))].append(row)
    for pieces, found in sorted(groups.items(), key=lambda item: -rows[item[1]].sum()):
        members = np.array(found)
        numbers = [splits[row][1::2] for row in found]
        if rows[members].sum() < 2 * min_count or len(numbers[0]) > MOST_NUMBERS:
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
    numerals = np.array([roman_number(text) > 0 for text in texts])
    if len(texts) >= _NUMERALS and rows[~numerals].sum() < min_count:
        return [(Form(format=ROMAN), int(rows[numerals].sum()))]
    ranges = _date_ranges(texts, rows, min_count)
    if ranges is not None:
        return [(ranges, _followers(ranges, list(texts), rows))]
    words = pa.array(texts, pa.string())
    numbers = parse_numbers(words, ".", False, rows, min_count - 1)
    if numbers is not None and numbers.format is not None and numbers.decimals is not None:
        form = Form(format=numbers.format, decimals=max(numbers.decimals, numbers.places))
    elif (dates := parse_dates(words, "", rows, min_count - 1, cycles=True)) is not None:
        form = Form(format=dates.format, decimals=dates.decimals)
    else:
        return []
    return [(form, _followers(form, list(texts), rows))]


def _date_ranges(texts: Sequence[str], rows: NDArray[np.int64], min_count: int) -> Form | None:
    """The form of texts that are all two days of one format, of equal length, and a text between
    them; None where they are not."""
    middles = Counter[str]()
    for text, held in zip(texts, rows.tolist(), strict=True):
        middles[_middle(text)] += held
    between, held = max(middles.items(), key=lambda pair: pair[1], default=("", 0))
    if not between or rows.sum() - held >= min_count:
        return None
    ends = halves(texts, between)
    fits = np.array([text != "" for text in ends[0]])
    own = [pa.array(np.array(end, object)[fits], pa.string()) for end in ends]
    first, second = (parse_dates(words, "", rows[fits], min_count - 1) for words in own)
    if first is None or second is None or first.format != second.format:
        return None
    form = Form(format=first.format, between=between)
    plain = not first.decimals and not re.search("%-?[HIz]", first.format)
    return form if plain else None


def _middle(text: str) -> str:
    """What stands between the digits around the middle of a text; nothing where that is long."""
    for size in range(2 - len(text) % 2, 7, 2):
        start = (len(text) - size) // 2
        middle = text[start : start + size]
        ends = text[start - 1 : start] + text[start + size : start + size + 1]
        if len(ends) == 2 and ends.isdigit() and not any(map(str.isdigit, middle)):
            return middle
    return ""


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
    if longest > MOST_DIGITS or len(set(signs) - {""}) > 1:
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


def _is_quantity(form: Form) -> bool:
    """Whether texts of a form are no identifiers even where no two are equal."""
    ordinal = any(piece.startswith(ORDINAL) for piece in form.pieces)
    if form.format is not None or ordinal or ":" in form.pieces[1:-1]:
        return True
    if any(number[1:2] in (".", ",") for number in form.numbers):
        return True
    loose = sum(number == "#" for number in form.numbers)
    short = len(form.numbers) > 1 and all(len(number) <= 2 for number in form.numbers)
    lettered = any(map(str.isalpha, form.pieces[0]))
    return loose > 2 or ((loose > 1 or short) and not lettered)
