"""Roman numerals, and the endings of ordinals such as 1st and 22nd."""

import re
from collections.abc import Sequence

ROMAN = "{MCCXXXIV}"  # the format of Roman numerals, which shows 1234
ORDINAL = "{th}"
_ROMAN = re.compile("(?=.)M{0,3}(CM|CD|D?C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})")
_VALUES = {
    **{"M": 1000, "CM": 900, "D": 500, "CD": 400, "C": 100, "XC": 90, "L": 50, "XL": 40, "X": 10},
    **{"IX": 9, "V": 5, "IV": 4, "I": 1},
}
_LARGEST = 3999
_ENDING = re.compile("(st|nd|rd|th)(?![a-z])")


def roman_number(text: str) -> int:
    """The number of a Roman numeral in capital letters; 0 of other texts."""
    if not _ROMAN.fullmatch(text):
        return 0
    return sum(_VALUES[sign] for sign in re.findall("CM|CD|XC|XL|IX|IV|.", text))


def roman_numeral(number: int) -> str:
    """The Roman numeral of a number, the nearest that has one."""
    left, text = min(max(number, 1), _LARGEST), ""
    for sign, value in _VALUES.items():
        text += sign * (left // value)
        left %= value
    return text


def ordinal_ending(number: int) -> str:
    """What stands behind the digits of a number: st, nd, rd or th."""
    teens = 10 < number % 100 < 14
    return "th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def with_ordinals(split: Sequence[str]) -> list[str]:
    """Texts and numbers by turns, with `{th}` for the endings that numbers have as ordinals."""
    found = list(split)
    for place in range(2, len(found), 2):
        ending, number = _ENDING.match(found[place]), found[place - 1]
        if ending and number.isdigit() and ordinal_ending(int(number[-2:])) == ending[1]:
            found[place] = ORDINAL + found[place][2:]
    return found
