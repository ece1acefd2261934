"""More identifiers and quantities for `formats.py`: of other countries, trades and habits."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

from format_cells import (
    Format,
    Random,
    checked,
    comma,
    dated,
    day,
    digits,
    hex,
    iban,
    luhn,
    matches,
    moment,
    number,
    ordinal,
    parses,
    pressure,
    price,
    signed,
    valid_iban,
    weights13,
)

_ROMAN = {1000: "M", 900: "CM", 500: "D", 400: "CD", 100: "C", 90: "XC", 50: "L", 40: "XL", 10: "X",
          9: "IX", 5: "V", 4: "IV", 1: "I"}  # fmt: skip


def roman(value: int) -> str:
    """The Roman numeral of a number."""
    text = ""
    for worth, sign in _ROMAN.items():
        text += sign * (value // worth)
        value %= worth
    return text


ROMANS = {roman(value) for value in range(1, 4000)}


def letters(rng: Random, count: int) -> str:
    return "".join(chr(number(rng, 65, 90)) for _ in range(count))


def in_fours(text: str) -> str:
    return " ".join(text[place : place + 4] for place in range(0, len(text), 4))


def indian(value: int) -> str:
    """A number with a comma after the last three digits and each two before them."""
    head, tail = str(value)[:-3], str(value)[-3:]
    while head:
        head, tail = head[:-2], f"{head[-2:]},{tail}"
    return tail


def book(text: str) -> bool:
    """The check digit of ISBN of ten digits, and of ISSN."""
    figures = [10 if sign == "X" else int(sign) for sign in text.replace("-", "")]
    return sum(place * figure for place, figure in enumerate(figures[::-1], start=1)) % 11 == 0


def booked(make: Callable[[Random], str]) -> Callable[[Random], str]:
    """Texts with a last digit or X that passes the test."""

    def made(rng: Random) -> str:
        text = make(rng)
        return next(text + last for last in "0123456789X" if book(text + last))

    return made


def fiscal(text: str) -> bool:
    return bool(re.fullmatch(r"\d{4}/\d\d", text)) and (int(text[:4]) + 1) % 100 == int(text[5:])


def all_below(limit: int) -> Callable[[str], bool]:
    """A check that no number in a text reaches a limit."""
    return lambda text: all(int(found) < limit for found in re.findall(r"\d+", text))


def earlier(text: str) -> bool:
    """Whether the first of two numbers is the smaller one."""
    first, second = map(int, re.findall(r"\d+", text))
    return first < second


def dates_in_order(text: str) -> bool:
    try:
        first, last = map(date.fromisoformat, text.split(" - "))
    except ValueError:
        return False
    return first <= last


def spelled_day(rng: Random) -> str:
    found = day(rng)
    return f"{found:%B} {ordinal(found.day)}, {found.year}"


def valid_day(text: str) -> bool:
    found = re.fullmatch(r"([A-Z][a-z]+) ((\d+)[a-z]{2}), (\d{4})", text)
    plain = found and f"{found[1]} {found[3]} {found[4]}"
    return bool(plain and dated("%B %d %Y")(plain) and ordinal(int(found[3])) == found[2])


FURTHER = (
    # Quantities
    Format("euros joined", lambda r: f"{price(r):.2f}€", matches(r"\d+\.\d\d€"), digits),
    Format("francs", lambda r: f"CHF {price(r):,.2f}".replace(",", "'"),
           matches(r"CHF \d{1,3}('\d{3})*\.\d\d"), digits),
    Format("minus euros", lambda r: signed(r, "{:.2f} €", "-{:.2f} €").replace(".", ","),
           matches(r"-?\d+,\d\d €")),
    Format("yen", lambda r: f"¥{price(r) * 100:,.0f}", matches(r"¥\d{1,3}(,\d{3})*"), digits),
    Format("reais", lambda r: f"R$ {price(r):,.2f}".translate({44: 46, 46: 44}),
           matches(r"R\$ \d{1,3}(\.\d{3})*,\d\d"), comma),
    Format("rupees", lambda r: f"₹{indian(int(price(r) * 500))}",
           matches(r"₹(\d{1,3}|\d{1,2}(,\d\d)*,\d{3})"), digits),
    Format("percent comma", lambda r: f"{100 * r.beta(3, 2):.1f} %".replace(".", ","),
           matches(r"\d{1,3},\d %"), comma),
    Format("percent signed", lambda r: f"{r.normal(0, 9):+.2f}%", matches(r"[+-]\d+\.\d\d%")),
    Format("per mille", lambda r: f"{r.gamma(2, 3):.1f} ‰", matches(r"\d+\.\d ‰"), digits),
    Format("brackets dollars", lambda r: signed(r, "${:,.2f}", "(${:,.2f})"),
           matches(r"\$\d{1,3}(,\d{3})*\.\d\d|\(\$\d{1,3}(,\d{3})*\.\d\d\)")),
    Format("scientific", lambda r: f"{r.lognormal(0, 9):.3e}", matches(r"\d\.\d{3}e[+-]\d\d")),
    Format("Scientific", lambda r: f"{r.normal() * 10.0 ** number(r, -9, 9):.2E}",
           matches(r"-?\d\.\d\dE[+-]\d\d")),
    Format("times ten", lambda r: f"{r.uniform(1, 9.9):.1f}×10^{number(r, 2, 9)}",
           matches(r"\d\.\d×10\^\d")),
    Format("zeros after", lambda r: f"{number(r, 1, 5000) / 10:.3f}", matches(r"\d+\.\d\d\d"),
           digits),
    Format("point after", lambda r: f"{number(r, 1, 500)}.", matches(r"\d+\."), digits),
    Format("plus whole", lambda r: f"{number(r, 1, 50) * (-1) ** number(r, 0, 1):+d}",
           matches(r"[+-]\d+")),
    Format("about", lambda r: f"~{number(r, 1, 500)}", matches(r"~\d+"), digits),
    Format("at least", lambda r: f">= {number(r, 1, 500)}", matches(r">= \d+"), digits),
    Format("plus minus", lambda r: f"{r.normal(9, 1):.2f} ± {r.uniform(0.01, 0.99):.2f}",
           matches(r"\d+\.\d\d ± 0\.\d\d")),
    Format("minus degrees", lambda r: f"{number(r, -20, 40)} °C", matches(r"-?\d{1,2} °C"), digits),
    Format("size cm", lambda r: f"{number(r, 5, 99)}x{number(r, 5, 99)} cm",
           matches(r"\d{1,2}x\d{1,2} cm")),
    Format("pressure mmHg", lambda r: f"{pressure(r)} mmHg", matches(r"\d{2,3}/\d{2,3} mmHg")),
    Format("bytes", lambda r: f"{r.lognormal(3, 1):.1f} {'KMG'[number(r, 0, 2)]}B",
           matches(r"\d+\.\d [KMG]B")),
    Format("mixed fraction", lambda r: f"{number(r, 1, 12)} {number(r, 1, 3)}/4",
           matches(r"\d{1,2} [1-3]/4")),
    Format("grade", lambda r: f"{number(r, 0, 20)}/20", matches(r"(1?\d|20)/20")),
    Format("Roman", lambda r: roman(number(r, 1, 3999)), lambda text: text in ROMANS),
    Format("Roman small", lambda r: roman(number(r, 1, 20)), lambda text: text in ROMANS),
    Format("ordinal large", lambda r: ordinal(number(r, 1, 5000)),
           lambda text: text == ordinal(int(re.sub(r"\D", "", text) or 0))),
    # Times and their kin
    Format("duration of days",
           lambda r: f"P{number(r, 0, 9)}DT{number(r, 0, 23)}H{number(r, 0, 59)}M"
                     f"{number(r, 0, 59)}S",
           matches(r"P\dDT(1?\d|2[0-3])H[1-5]?\dM[1-5]?\dS")),
    Format("duration of years", lambda r: f"P{number(r, 0, 9)}Y{number(r, 0, 11)}M",
           matches(r"P\dY(\d|1[01])M")),
    Format("quarter joined", lambda r: f"{number(r, 1990, 2024)}Q{number(r, 1, 4)}",
           matches(r"\d{4}Q[1-4]")),
    Format("half year", lambda r: f"{number(r, 1990, 2024)}H{number(r, 1, 2)}",
           matches(r"\d{4}H[12]")),
    Format("fiscal", lambda r: (lambda y: f"{y}/{(y + 1) % 100:02d}")(number(r, 1995, 2024)),
           fiscal),
    Format("years", lambda r: (lambda y: f"{y}–{y + number(r, 1, 20)}")(number(r, 1950, 2000)),
           earlier),
    Format("date range", lambda r: (lambda d: f"{d} - {d + timedelta(number(r, 0, 90))}")(day(r)),
           dates_in_order),
    Format("date range German",
           lambda r: (lambda d: f"{d:%d.%m.%Y}–{d + timedelta(number(r, 0, 90)):%d.%m.%Y}")(day(r)),
           lambda text: all(map(dated("%d.%m.%Y"), text.split("–")))),
    Format("time range",
           lambda r: f"{number(r, 6, 12):02d}:{number(r, 0, 3) * 15:02d}-"
                     f"{number(r, 13, 22):02d}:{number(r, 0, 3) * 15:02d}",
           matches(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")),
    Format("clock am", lambda r: moment(r).strftime("%-I:%M%p").lower(),
           matches(r"([1-9]|1[0-2]):[0-5]\d[ap]m")),
    Format("clock hour", lambda r: moment(r).strftime("%-I %p"),
           matches(r"([1-9]|1[0-2]) [AP]M")),
    Format("American moment", lambda r: moment(r).strftime("%-m/%-d/%Y %-I:%M:%S %p"),
           lambda text: dated("%m/%d/%Y %I:%M:%S %p")(text)),
    Format("moment of UTC", lambda r: f"{moment(r):%Y-%m-%dT%H:%M:%S}.{number(r, 0, 999):03d}Z",
           parses(datetime.fromisoformat)),
    Format("spelled day", spelled_day, valid_day),
    Format("compact week", lambda r: "{}W{:02d}".format(*day(r).isocalendar()),
           parses(date.fromisoformat)),
    # Places, addresses and codes
    Format("minutes of arc",
           lambda r: f"{number(r, 0, 89)}°{number(r, 0, 59):02d}'{'NS'[number(r, 0, 1)]}",
           matches(r"[1-8]?\d°[0-5]\d'[NS]")),
    Format("point", lambda r: f"POINT ({r.uniform(-180, 180):.4f} {r.uniform(-90, 90):.4f})",
           matches(r"POINT \(-?\d+\.\d{4} -?\d+\.\d{4}\)")),
    Format("RGB", lambda r: "rgb({}, {}, {})".format(*(number(r, 0, 255) for _ in range(3))),
           all_below(256)),
    Format("Colour", lambda r: "#" + hex(r, 6).upper(), matches("#[0-9A-F]{6}")),
    Format("MAC dashes", lambda r: "-".join(hex(r, 2).upper() for _ in range(6)),
           matches("([0-9A-F]{2}-){5}[0-9A-F]{2}")),
    Format("IPv6 whole", lambda r: ":".join(hex(r, 4) for _ in range(8)),
           matches("([0-9a-f]{4}:){7}[0-9a-f]{4}")),
    Format("release", lambda r: f"{number(r, 0, 3)}.{number(r, 0, 20)}.{number(r, 0, 9)}"
           + f"-rc{number(r, 1, 4)}" * (r.random() < 0.3),
           matches(r"[0-3]\.(1?\d|20)\.\d(-rc[1-4])?")),
    Format("phone blanks", lambda r: f"+49 {number(r, 30, 999)} {number(r, 100000, 9999999)}",
           matches(r"\+49 \d{2,3} \d{6,7}")),
    Format("phone brackets",
           lambda r: f"({number(r, 200, 999)}) {number(r, 200, 999)}-{number(r, 0, 9999):04d}",
           matches(r"\([2-9]\d\d\) [2-9]\d\d-\d{4}")),
    Format("phone French", lambda r: f"0{number(r, 1, 9)}"
           + "".join(f" {number(r, 0, 99):02d}" for _ in range(4)), matches(r"0[1-9]( \d\d){4}")),
    Format("plate British", lambda r: f"{letters(r, 2)}{number(r, 1, 74):02d} {letters(r, 3)}",
           matches(r"[A-Z]{2}\d\d [A-Z]{3}")),
    Format("postcode British",
           lambda r: f"{letters(r, 2)}{number(r, 1, 99)} {number(r, 1, 9)}{letters(r, 2)}",
           matches(r"[A-Z]{2}\d{1,2} \d[A-Z]{2}")),
    Format("postcode Dutch", lambda r: f"{number(r, 1000, 9999)} {letters(r, 2)}",
           matches(r"\d{4} [A-Z]{2}")),
    Format("card blanks",
           lambda r: in_fours(checked(lambda g: f"4{number(g, 10**14, 10**15 - 1)}", luhn)(r)),
           lambda text: bool(re.fullmatch(r"4\d{3}( \d{4}){3}", text)) and luhn(text)),
    Format("IBAN blanks", lambda r: in_fours(iban(r)),
           lambda text: bool(re.fullmatch(r"(\w{4} ){5}\w\w", text))
           and valid_iban(text.replace(" ", ""))),
    Format("VAT German", lambda r: f"DE{number(r, 10**8, 10**9 - 1)}", matches(r"DE\d{9}")),
    Format("VAT Austrian", lambda r: f"ATU{number(r, 10**7, 10**8 - 1)}", matches(r"ATU\d{8}")),
    Format("ISBN of ten", booked(lambda r: f"{number(r, 0, 10**9 - 1):09d}"),
           lambda text: bool(re.fullmatch(r"\d{9}[\dX]", text)) and book(text)),
    Format("ISSN", booked(lambda r: f"{number(r, 0, 9999):04d}-{number(r, 0, 999):03d}"),
           lambda text: bool(re.fullmatch(r"\d{4}-\d{3}[\dX]", text)) and book(text)),
    Format("ISBN of thirteen", checked(lambda r: f"978{number(r, 10**9, 10**10 - 1)}", weights13),
           lambda text: bool(re.fullmatch(r"978\d{10}", text)) and weights13(text)),
    Format("social security",
           lambda r: f"{number(r, 1, 899):03d}-{number(r, 1, 99):02d}-{number(r, 1, 9999):04d}",
           matches(r"\d{3}-\d\d-\d{4}")),
    Format("diagnosis", lambda r: f"{letters(r, 1)}{number(r, 0, 99):02d}.{number(r, 0, 9)}",
           matches(r"[A-Z]\d\d\.\d")),
    Format("zeros before", lambda r: f"{number(r, 0, 99999):06d}", matches(r"\d{6}")),
)  # fmt: skip
