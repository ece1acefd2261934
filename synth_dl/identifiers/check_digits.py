"""Check digits of payment cards, article and book numbers, and IBANs: found, and put right.

Random digits pass one of these tests once in ten times or less, so that a column of which nearly
all texts pass follows it.
"""

import re
from collections.abc import Callable, Sequence

_FEWEST = 20  # texts that must pass
_IGNORED = str.maketrans("", "", " -")


def mod97(country: str, account: str) -> str:
    """The two digits of an IBAN that make it valid (ISO 7064, mod 97)."""
    whole = "".join(str(int(letter, 36)) for letter in f"{account}{country}00")
    return f"{98 - int(whole) % 97:02d}"


def _luhn(figures: list[int]) -> bool:
    doubled = sum(sum(divmod(2 * figure, 10)) for figure in figures[-2::-2])
    return (sum(figures[-1::-2]) + doubled) % 10 == 0


def _article(figures: list[int]) -> bool:
    return (sum(figures[-1::-2]) + 3 * sum(figures[-2::-2])) % 10 == 0


def _book(figures: list[int]) -> bool:
    """ISBN of ten digits, and ISSN."""
    weighted = (place * figure for place, figure in enumerate(reversed(figures), start=1))
    return len(figures) in (8, 10) and sum(weighted) % 11 == 0


_CHECKS: dict[str, Callable[[list[int]], bool]] = {
    "luhn": _luhn,
    "article": _article,
    "book": _book,
}
_DIGITS = re.compile(r"\d{7,}[\dX]")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")


def find_check(texts: Sequence[str], min_count: int) -> str | None:
    """The test that all these texts but fewer than `min_count` pass, if they are enough."""
    if len(texts) < _FEWEST:
        return None
    for name in ("iban", *_CHECKS):
        failed = 0
        for text in texts:
            failed += not passes(text, name)
            if failed >= min_count:
                break
        if failed < min(min_count, len(texts) // _FEWEST + 1):
            return name
    return None


def passes(text: str, name: str) -> bool:
    """Whether a text passes the test of a name."""
    bare = text.translate(_IGNORED)
    if name == "iban":
        return bool(_IBAN.fullmatch(bare)) and mod97(bare[:2], bare[4:]) == bare[2:4]
    found = _DIGITS.fullmatch(bare)
    return found is not None and _CHECKS[name]([10 if c == "X" else int(c) for c in bare])


def put_right(text: str, name: str) -> str:
    """The text with other check digits where its own do not pass; itself where none would."""
    if passes(text, name):
        return text
    if name == "iban":
        bare = text.translate(_IGNORED)
        return text[:2] + mod97(bare[:2], bare[4:]) + text[4:]
    tried = (text[:-1] + last for last in ("0123456789X" if name == "book" else "0123456789"))
    return next((text for text in tried if passes(text, name)), text)
