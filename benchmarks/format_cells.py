"""Cells of one kind each, for `formats.py`: made from seeds, and checked by rules of their own."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

Random = np.random.Generator


@dataclass(frozen=True)
class Format:
    """Cells of one kind.

    Attributes:
        name: of the column.
        make: one cell.
        valid: whether a text is one.
        quantity: the number that a text stands for, where its mean matters.
    """

    name: str
    make: Callable[[Random], str]
    valid: Callable[[str], bool]
    quantity: Callable[[str], float] | None = None


def matches(pattern: str) -> Callable[[str], bool]:
    """A check by a regular expression for the whole text."""
    return lambda text: re.fullmatch(pattern, text) is not None


def parses(read: Callable[[str], object]) -> Callable[[str], bool]:
    """A check by a reader that raises a ValueError."""

    def check(text: str) -> bool:
        try:
            read(text)
        except ValueError:
            return False
        return True

    return check


def dated(pattern: str) -> Callable[[str], bool]:
    """A check by `strptime`, which must also write the text again."""
    return parses(lambda text: datetime.strptime(text, pattern))


def price(rng: Random) -> float:
    """A skewed amount."""
    return float(rng.lognormal(6, 1.2))


def day(rng: Random) -> date:
    """A day of some thirty years."""
    return date(1990, 1, 1) + timedelta(days=int(rng.integers(12_000)))


def moment(rng: Random) -> datetime:
    """A second of some thirty years."""
    return datetime(1990, 1, 1) + timedelta(seconds=int(rng.integers(10**9)))


def digits(text: str) -> float:
    """What is left of a text without anything but digits, a point and a minus."""
    return float(re.sub(r"[^\d.-]", "", text))


def comma(text: str) -> float:
    """The same with a decimal comma."""
    return digits(text.replace(".", "").replace(",", "."))


def luhn(text: str) -> bool:
    """The check digit of payment cards."""
    figures = [int(d) for d in re.sub(r"\D", "", text)][::-1]
    return sum(figures[::2]) % 10 == -sum(sum(divmod(2 * d, 10)) for d in figures[1::2]) % 10


def weights13(text: str) -> bool:
    """The check digit of EAN and ISBN-13."""
    figures = [int(d) for d in re.sub(r"\D", "", text)]
    return sum(d * (1, 3)[k % 2] for k, d in enumerate(figures)) % 10 == 0


def checked(make: Callable[[Random], str], test: Callable[[str], bool]) -> Callable[[Random], str]:
    """Texts with the last digit that passes a test."""

    def made(rng: Random) -> str:
        text = make(rng)
        return next(text[:-1] + d for d in "0123456789" if test(text[:-1] + d))

    return made


def number(rng: Random, low: int, high: int) -> int:
    """A whole number between two, both included."""
    return int(rng.integers(low, high + 1))


def hours(rng: Random) -> tuple[int, int, int]:
    """A time of day, mostly by day."""
    total = int(np.clip(rng.normal(13, 4), 0, 23.99) * 3600)
    return total // 3600, total // 60 % 60, total % 60


def clock12(text: str) -> bool:
    return dated("%I:%M %p")(text) and not text.startswith("00")


def hex(rng: Random, count: int) -> str:
    return "".join("0123456789abcdef"[k] for k in rng.integers(0, 16, count))


def pressure(rng: Random) -> str:
    """High and low blood pressure."""
    high = int(rng.normal(125, 15))
    return f"{high}/{int(high * rng.uniform(0.55, 0.75))}"


def fraction(rng: Random) -> str:
    below = number(rng, 2, 64)
    return f"{number(rng, 1, below - 1)}/{below}"


def ordinal(value: int) -> str:
    ending = "th" if value // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    return f"{value}{ending}"


def limit(rng: Random) -> str:
    value = price(rng)
    return "<200" if value < 200 else ">3000" if value > 3000 else f"{value:.0f}"


def signed(rng: Random, form: str, negative: str) -> str:
    value = rng.normal(200, 900)
    return (form if value >= 0 else negative).format(abs(value))


def mixed_date(rng: Random) -> str:
    return day(rng).strftime(("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y")[number(rng, 0, 2)])


def any_date(text: str) -> bool:
    return any(dated(f)(text) for f in ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"))


def iban(rng: Random) -> str:
    account = "".join(map(str, rng.integers(0, 10, 18)))
    return f"DE{98 - int(account + '131400') % 97:02d}{account}"


def valid_iban(text: str) -> bool:
    turned = "".join(str(int(letter, 36)) for letter in text[4:] + text[:4])
    return bool(re.fullmatch(r"DE\d{20}", text)) and int(turned) % 97 == 1


def latitude(rng: Random) -> str:
    return f"{rng.normal(48, 3):.4f}, {rng.normal(11, 3):.4f}"


def on_earth(text: str) -> bool:
    found = re.fullmatch(r"(\d{2}\.\d{4}), (-?\d{1,2}\.\d{4})", text)
    return found is not None and 30 < float(found[1]) < 66 and -10 < float(found[2]) < 30


def sized(rng: Random) -> str:
    value = price(rng) ** 1.5
    return f"{value / 1e3:.1f}k" if value >= 1e3 else f"{value:.0f}"
