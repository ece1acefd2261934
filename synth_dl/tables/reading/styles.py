"""Numbers with a unit, a sign of currency, separators of thousands or a minus of its own kind.

A format shows how they are written, by the example of 1234.5: `${1,234.5}`, `{1234,5} kg`, or
`{1,234.5};({1,234.5})` where negative ones have more than a minus before the whole, with a third
part where zero is written in yet another way.
"""

# pyarrow makes its compute functions at import, where the type checker does not see them.
# pyright: reportAttributeAccessIssue=false

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

# What may separate thousands besides a point and a comma: blanks of any width, apostrophes.
_BLANKS = "'’_ \u00a0\u2009\u202f"
_AFFIXED = (
    rf"(?s)^(?P<before>[^0-9]*)(?P<number>[0-9](?:[0-9.,{_BLANKS}]*[0-9])?)"
    r"(?P<after>(?:[^0-9].*)?)$"
)
_LONGEST = 24
_MARKS = (("-", -1), ("\u2212", -1), ("+", 1))
# As in 5,- for a price without cents; this dash is no sign.
_NO_CENTS = re.compile("[.,][-\u2012-\u2015\u2212]")
_EXAMPLE = re.compile(r"\{1(\D?)234([.,])5\}|\{12(\D)34(?:\3)567([.,])8\}")


@dataclass(frozen=True)
class Style:
    """How the digits of a number are written.

    Attributes:
        group: what separates thousands, or nothing.
        decimal: the decimal sign.
        pairs: whether beyond the first thousand two digits form a group, as in India.
    """

    group: str
    decimal: str
    pairs: bool = False

    @property
    def example(self) -> str:
        """This style in a format."""
        g, d = self.group, self.decimal
        return f"{{12{g}34{g}567{d}8}}" if self.pairs else f"{{1{g}234{d}5}}"

    def read(self, words: pa.StringArray) -> pa.StringArray | None:
        """Digits with a point as decimal sign and nothing else; None where they do not fit."""
        g, d = re.escape(self.group), re.escape(self.decimal)
        groups = rf"\d{{1,2}}({g}\d\d)*{g}\d{{3}}" if self.pairs else rf"\d{{1,3}}({g}\d{{3}})+"
        whole = rf"(?:{groups}|\d{{1,3}})" if g else r"\d+"
        if not pc.all(pc.match_substring_regex(words, rf"^{whole}({d}\d+)?$")).as_py():
            return None
        if self.group:
            words = pc.replace_substring(words, self.group, "")
        return pc.replace_substring(words, self.decimal, ".")

    def write(self, words: pa.Array) -> pa.Array:
        """The inverse of `read`."""
        if self.group:
            whole = pc.replace_substring_regex(words, r"\..*", "")
            fraction = pc.replace_substring_regex(words, r"^[^.]*", "")
            size, sign = 2 if self.pairs else 3, pa.scalar(self.group, words.type)
            written = pc.utf8_slice_codeunits(whole, -3, None)
            left = pc.utf8_slice_codeunits(whole, 0, -3)
            while pc.any(pc.not_equal(left, "")).as_py():
                group = pc.utf8_slice_codeunits(left, -size, None)
                joined = pc.binary_join_element_wise(group, written, sign)
                written = pc.if_else(pc.equal(left, ""), written, joined)
                left = pc.utf8_slice_codeunits(left, 0, -size)
            fraction = pc.replace_substring(fraction, ".", self.decimal)
            return pc.binary_join_element_wise(written, fraction, pa.scalar("", words.type))
        return words if self.decimal == "." else pc.replace_substring(words, ".", self.decimal)


def split_format(pattern: str) -> tuple[Style, list[list[str]]]:
    """The style of a format, and what stands before and after positive and negative numbers and
    zero; a ValueError where it shows no number."""
    parts, styles = [], []
    for part in pattern.split(";"):
        if not (found := list(_EXAMPLE.finditer(part))):
            raise ValueError(f"the format {pattern!r} does not show 1234.5, as in ${{1,234.5}}")
        match = found[0]
        styles.append(Style(match[3], match[4], True) if match[3] else Style(match[1], match[2]))
        parts.append([part[: match.start()], part[match.end() :]])
    positive = parts[0]
    parts += [_negative(*positive)] if len(parts) == 1 else []
    return styles[0], [*parts, positive][:3]


@dataclass(frozen=True)
class Affixed:
    """Words that are numbers with text around them.

    Attributes:
        digits: their digits, with a point as decimal sign.
        sign: 1 or -1 for each word.
        format: how they are written; None where that is as plain numbers are.
        style: of the digits in it.
    """

    digits: pa.StringArray
    sign: np.ndarray
    format: str | None
    style: Style


def read_affixed(
    words: pa.StringArray, decimal: str, codes: bool, counts: np.ndarray, slack: int
) -> Affixed | None:
    """Numbers with the same text around each, or None where some words are none.

    `codes` lets numbers have leading zeros and letters before them. `counts` rows hold each word;
    those of `slack` rows do not decide how numbers are written.
    """
    which, found, digits = _split(words)
    if not found or which.min() < 0 or len(found) > 3:
        return None
    zeros = ~matches(digits, "[1-9]")
    held = np.bincount(which, counts)
    zero = [bool(zeros[which == index].all()) for index in range(len(found))]
    if (signs := _signs(found, zero, held > slack)) is None:
        return None
    sign, shown = signs
    for style in _styles(digits, decimal):
        point = counts[matches(digits, re.escape(style.decimal))].sum()
        if style == Style("", style.decimal) and style.decimal != decimal and point <= slack:
            continue  # few rows decide no decimal sign
        plain = style.read(digits)
        whole = plain is not None and not style.group and not matches(plain, r"\D").any()
        coded = whole and _is_code(shown[0][0])
        if plain is not None and (codes or not (coded or matches(plain, r"^0\d").any())):
            if style.group and counts[matches(digits, re.escape(style.group))].sum() <= slack:
                style = Style("", style.decimal)
            example = ";".join(style.example.join(pair) for pair in shown)
            usual = example == Style("", decimal).example
            return Affixed(plain, np.array(sign)[which], None if usual else example, style)
    return None


def usually_affixed(words: pa.StringArray, counts: np.ndarray, slack: int) -> np.ndarray:
    """For each word whether it is digits with text around them that more than `slack` rows have."""
    which, found, _ = _split(words)
    held = np.bincount(which + 1, counts, len(found) + 1)
    held[0] = 0
    return held[which + 1] > slack


def _split(words: pa.StringArray) -> tuple[np.ndarray, list[list[str]], pa.StringArray]:
    """The index of the texts around the digits of each word, or -1; these texts, and the digits."""
    parts = pc.extract_regex(words, _AFFIXED)
    before, digits, after = (pc.struct_field(parts, [key]) for key in ("before", "number", "after"))
    around = pc.binary_join_element_wise(before, after, pa.scalar("\0", pa.string()))
    which, found = pd.factorize(around.to_numpy(zero_copy_only=False))
    pairs = [text.split("\0", 1) for text in found]
    odd = [len("".join(pair)) > _LONGEST or ";" in "".join(pair) for pair in pairs]
    return np.where(np.append(odd, True)[which], -1, which), pairs, digits


def _styles(digits: pa.StringArray, decimal: str) -> list[Style]:
    """The styles that the signs between some digits can stand for, the likely one first."""
    other = "," if decimal == "." else "."
    signs = set("".join(pc.unique(pc.replace_substring_regex(digits, r"\d", "")).to_pylist()))
    found = [Style("", decimal)] if signs <= {decimal} else []
    groups = [*(signs - {".", ","}), other, decimal]
    for group in groups:
        for point in (decimal, other):
            if group in signs and group != point and signs <= {group, point}:
                found.append(Style(group, point))
                found.append(Style(group, point, pairs=True))
    return [*found, *([Style("", other)] if signs <= {other} else [])]


def _signs(
    affixes: list[list[str]], zero: list[bool], common: np.ndarray
) -> tuple[list[int], list[list[str]]] | None:
    """The sign of each pair of texts around a number, and those of positive numbers, negative ones
    and zero, the last ones only where they differ; None where there are several units.

    `zero` tells for each pair whether it stands around zero only, `common` whether it counts for
    how numbers are written.
    """
    marks, units = zip(*(_unsigned(*pair) for pair in affixes), strict=True)
    if any(before[-1:].isdigit() or after[:1].isdigit() for before, after in units):
        return None  # as in 79-30, where a minus stands between two numbers
    if any(text.strip() == mark for mark, _ in _MARKS for unit in units for text in unit):
        return None  # as in -12-, where no sign can be the unit
    plus = 1 in marks
    roles = [mark or int(not plus) for mark in marks]
    pairs = dict(zip(roles, affixes, strict=True))
    one_unit = len({tuple(text.strip() for text in unit) for unit in units}) == 1
    if len(pairs) < len(roles) or not one_unit or (0 in roles and not zero[roles.index(0)]):
        return None
    pairs = {role: affixes[index] for index, role in enumerate(roles) if common[index]}
    positive = pairs[1] if 1 in pairs else units[0]
    usual = _negative(*positive)
    shown = [positive, pairs.get(-1) or usual, pairs.get(0) or positive]
    while len(shown) > 1 and shown[-1] == (positive if len(shown) == 3 else usual):
        shown.pop()
    return [role or 1 for role in roles], shown


def _negative(before: str, after: str) -> list[str]:
    """What stands around a negative number where nothing else is said: a minus before the whole,
    or in the place of the plus of positive ones."""
    if "+" in before + after:
        return [before.replace("+", "-"), after.replace("+", "-")]
    return ["-" + before, after]


def _unsigned(before: str, after: str) -> tuple[int, list[str]]:
    """1, -1 or 0 for a plus, a minus (also as brackets) or none; and the rest of both texts."""
    if "(" in before and ")" in after:
        return -1, [before.replace("(", "", 1), after.replace(")", "", 1)]
    cents = _NO_CENTS.search(after)
    for mark, sign in _MARKS:
        if before.startswith(mark) or before.rstrip().endswith(mark):
            return sign, [before.replace(mark, "", 1), after]
        if cents is None and (after.startswith(mark) or after.endswith(mark)):
            return sign, [before, after.replace(mark, "", 1)]
    return 0, [before, after]


def _is_code(before: str) -> bool:
    """Whether whole numbers after this text are parts of codes such as A17, not quantities."""
    if any(unicodedata.category(letter) == "Sc" for letter in before):
        return False
    return bool(re.search(r"\w|#", before)) and not re.fullmatch(
        r"\W*\w{1,3}[. \u00a0]+\W*", before
    )


def matches(words: pa.StringArray, pattern: str) -> np.ndarray:
    """For each word whether it holds the pattern."""
    return pc.match_substring_regex(words, pattern).to_numpy(zero_copy_only=False)
