"""Whether identifiers and quantities written as text come back possible: one column a format.

    python benchmarks/formats.py [rows] [steps]

A table of all formats is written as CSV, learnt for a few steps and sampled; every synthetic cell
is checked by a rule that knows nothing of the package, and the mean of quantities is compared.
"""

import ipaddress
import re
import sys
import tempfile
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from format_cells import (
    Format,
    any_date,
    checked,
    clock12,
    comma,
    dated,
    day,
    digits,
    fraction,
    hex,
    hours,
    iban,
    latitude,
    limit,
    luhn,
    matches,
    mixed_date,
    moment,
    number,
    on_earth,
    ordinal,
    parses,
    pressure,
    price,
    signed,
    sized,
    valid_iban,
    weights13,
)
from further_formats import FURTHER

import synth_dl
from synth_dl.tables.reading.table import Table, read_table, table_from_frame
from synth_dl.tables.schema import Schema
from synth_dl.tables.writing import TableWriter

DEFAULTS = ("2000", "60")  # rows and steps

FORMATS = (
    # Quantities with a unit, a sign or a mark
    Format("dollars", lambda r: f"${price(r):,.2f}", matches(r"\$\d{1,3}(,\d{3})*\.\d\d"), digits),
    Format("euros", lambda r: f"{price(r):,.2f} €".translate({44: 46, 46: 44}),
           matches(r"\d{1,3}(\.\d{3})*,\d\d €"), comma),
    Format("german", lambda r: f"{price(r):,.2f}".translate({44: 46, 46: 44}),
           matches(r"\d{1,3}(\.\d{3})*,\d\d"), comma),
    Format("pounds after", lambda r: f"{price(r):.2f} GBP", matches(r"\d+\.\d\d GBP"), digits),
    Format("code before", lambda r: f"USD {price(r):,.0f}", matches(r"USD \d{1,3}(,\d{3})*"),
           digits),
    Format("kilograms", lambda r: f"{price(r):.0f} kg", matches(r"\d+ kg"), digits),
    Format("centimetres", lambda r: f"{r.normal(170, 9):.1f}cm", matches(r"\d{3}\.\dcm"), digits),
    Format("spaces", lambda r: f"{price(r) * 9:,.0f}".replace(",", " "),
           matches(r"\d{1,3}( \d{3})*"), digits),
    Format("thin spaces", lambda r: f"{price(r) * 9:,.0f}".replace(",", "\u202f"),
           matches("\\d{1,3}(\u202f\\d{3})*"), digits),
    Format("apostrophes", lambda r: f"{price(r) * 9:,.2f}".replace(",", "'"),
           matches(r"\d{1,3}('\d{3})*\.\d\d"), digits),
    Format("percent", lambda r: f"{r.beta(4, 2):.0%}", matches(r"\d{1,3}%"), digits),
    Format("percent blank", lambda r: f"{100 * r.beta(4, 2):.1f} %", matches(r"\d{1,3}\.\d %"),
           digits),
    Format("brackets", lambda r: signed(r, "{:,.2f}", "({:,.2f})"),
           matches(r"\d{1,3}(,\d{3})*\.\d\d|\(\d{1,3}(,\d{3})*\.\d\d\)")),
    Format("minus after", lambda r: signed(r, "{:.2f}", "{:.2f}-"), matches(r"\d+\.\d\d-?")),
    Format("minus dollars", lambda r: signed(r, "${:.2f}", "-${:.2f}"), matches(r"-?\$\d+\.\d\d")),
    Format("plus", lambda r: f"{r.normal(0, 3):+.1f}", matches(r"[+-]\d+\.\d")),
    Format("degrees", lambda r: f"{r.normal(12, 9):.1f}°C", matches(r"-?\d+\.\d°C"), digits),
    Format("true minus", lambda r: signed(r, "{:.1f}", "\u2212{:.1f}"),
           matches("\u2212?\\d+\\.\\d")),
    Format("lakhs", lambda r: f"{number(r, 10, 99)},{number(r, 10, 99)},{number(r, 100, 999)}",
           matches(r"\d\d,\d\d,\d{3}"), digits),
    Format("limits", limit, matches(r"<200|>3000|\d+")),
    Format("kg and lb", lambda r: f"{r.normal(70, 9):.0f} kg" if r.random() < 0.6
           else f"{r.normal(150, 20):.0f} lb", matches(r"\d{2,3} (kg|lb)")),
    Format("thousands k", sized, matches(r"\d+\.\dk|\d{1,3}")),
    # Times and their kin
    Format("time", lambda r: "{:02d}:{:02d}".format(*hours(r)), dated("%H:%M")),
    Format("time loose", lambda r: "{}:{:02d}".format(*hours(r)), dated("%H:%M")),
    Format("seconds", lambda r: "{:02d}:{:02d}:{:02d}".format(*hours(r)), dated("%H:%M:%S")),
    Format("milliseconds", lambda r: "{:02d}:{:02d}:{:02d}.{:03d}".format(*hours(r), number(r, 0,
           999)),
           dated("%H:%M:%S.%f")),
    Format("clock 12", lambda r: moment(r).strftime("%I:%M %p"), clock12),
    Format("clock h", lambda r: "{}h{:02d}".format(*hours(r)), dated("%Hh%M")),
    Format("duration",
           lambda r: f"{number(r, 0, 140)}:{number(r, 0, 59):02d}:{number(r, 0, 59):02d}",
           matches(r"\d{1,3}:[0-5]\d:[0-5]\d")),
    Format("duration words", lambda r: f"{number(r, 1, 30)}h {number(r, 0, 59)}m",
           matches(r"\d{1,2}h [1-5]?\dm")),
    Format("duration ISO", lambda r: f"PT{number(r, 1, 23)}H{number(r, 0, 59)}M",
           matches(r"PT(1?\d|2[0-3])H[1-5]?\dM")),
    Format("duration days",
           lambda r: f"{number(r, 0, 40)} days " + "{:02d}:{:02d}:{:02d}".format(*hours(r)),
           matches(r"\d{1,2} days ([01]\d|2[0-3]):[0-5]\d:[0-5]\d")),
    Format("year month", lambda r: day(r).strftime("%Y-%m"), dated("%Y-%m")),
    Format("year month digits", lambda r: day(r).strftime("%Y%m"),
           lambda t: dated("%Y%m")(t) and len(t) == 6),
    Format("month year", lambda r: day(r).strftime("%m/%Y"), dated("%m/%Y")),
    Format("month name", lambda r: day(r).strftime("%b %Y"), dated("%b %Y")),
    Format("week", lambda r: "{}-W{:02d}".format(*day(r).isocalendar()),
           lambda t: parses(date.fromisoformat)(t + "-1")),
    Format("week day", lambda r: "{}-W{:02d}-{}".format(*day(r).isocalendar()),
           parses(date.fromisoformat)),
    Format("quarter", lambda r: f"{number(r, 1990, 2024)}-Q{number(r, 1, 4)}",
           matches(r"\d{4}-Q[1-4]")),
    Format("quarter first", lambda r: f"Q{number(r, 1, 4)} {number(r, 1950, 2024)}",
           matches(r"Q[1-4] \d{4}")),
    Format("ddmmyyyy", lambda r: day(r).strftime("%d%m%Y"), dated("%d%m%Y")),
    Format("yyyymmdd", lambda r: day(r).strftime("%Y%m%d"), dated("%Y%m%d")),
    Format("day of year", lambda r: day(r).strftime("%Y-%j"), dated("%Y-%j")),
    Format("SAS date", lambda r: day(r).strftime("%d%b%Y").upper(), dated("%d%b%Y")),
    Format("weekday", lambda r: day(r).strftime("%a, %d %b %Y"),
           lambda t: dated("%a, %d %b %Y")(t)
           and datetime.strptime(t, "%a, %d %b %Y").strftime("%a, %d %b %Y") == t),
    Format("mixed dates", mixed_date, any_date),
    Format("log time", lambda r: moment(r).strftime("%d/%b/%Y:%H:%M:%S +0000"),
           dated("%d/%b/%Y:%H:%M:%S %z")),
    Format("compact moment", lambda r: moment(r).strftime("%Y%m%d%H%M%S"), dated("%Y%m%d%H%M%S")),
    Format("zone", lambda r: f"{moment(r):%Y-%m-%dT%H:%M:%S}+0{number(r, 1, 2)}:00",
           parses(datetime.fromisoformat)),
    # Addresses, versions and other fields
    Format("IPv4", lambda r: str(ipaddress.IPv4Address(number(r, 1 << 24, (1 << 32) - 1))),
           parses(ipaddress.IPv4Address)),
    Format("IPv4 local", lambda r: f"192.168.{number(r, 0, 40)}.{number(r, 1, 254)}",
           parses(ipaddress.IPv4Address)),
    Format("IPv6", lambda r: str(ipaddress.IPv6Address((0x20010DB8 << 96) + number(r, 0, 1 << 62))),
           parses(ipaddress.IPv6Address)),
    Format("network", lambda r: f"10.{number(r, 0, 255)}.{number(r, 0, 255)}.0/{number(r, 24, 28)}",
           parses(ipaddress.IPv4Network)),
    Format("MAC", lambda r: ":".join(hex(r, 2) for _ in range(6)),
           matches("([0-9a-f]{2}:){5}[0-9a-f]{2}")),
    Format("MAC Cisco", lambda r: ".".join(hex(r, 4) for _ in range(3)),
           matches(r"([0-9a-f]{4}\.){2}[0-9a-f]{4}")),
    Format("UUID", lambda r: "-".join(hex(r, n) for n in (8, 4, 4, 4, 12)),
           matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")),
    Format("colour", lambda r: "#" + hex(r, 6), matches("#[0-9a-f]{6}")),
    Format("version", lambda r: f"{number(r, 1, 4)}.{number(r, 0, 20)}.{number(r, 0, 9)}",
           matches(r"[1-4]\.1?\d\.\d|[1-4]\.20\.\d")),
    Format("version short", lambda r: f"3.{number(r, 1, 14)}", matches(r"3\.([1-9]|1[0-4])")),
    Format("version v", lambda r: f"v{number(r, 0, 3)}.{number(r, 0, 30)}",
           matches(r"v[0-3]\.([12]?\d|30)")),
    Format("fraction", fraction, matches(r"[1-9]\d?/[1-9]\d?")),
    Format("pressure", pressure, matches(r"\d{2,3}/\d{2,3}")),
    Format("size", lambda r: f"{number(r, 10, 200)}x{number(r, 10, 200)}",
           matches(r"\d{2,3}x\d{2,3}")),
    Format("feet",
           lambda r: f"{number(r, 4, 6)}'{number(r, 0, 11)}\"", matches(r"[456]'(\d|1[01])\"")),
    Format("ordinal", lambda r: ordinal(number(r, 1, 120)),
           lambda t: t == ordinal(int(re.sub(r"\D", "", t) or 0))),
    Format("coordinates", latitude, on_earth),
    Format("angle",
           lambda r: f"{number(r, 40, 60)}°{number(r, 0, 59):02d}'{number(r, 0, 59):02d}\"N",
           matches(r"[456]\d°[0-5]\d'[0-5]\d\"N")),
    # Codes
    Format("phone", lambda r: f"+1415555{number(r, 0, 9999):04d}", matches(r"\+1415555\d{4}")),
    Format("phone dashes", lambda r: f"{number(r, 200, 999)}-555-{number(r, 0, 9999):04d}",
           matches(r"\d{3}-555-\d{4}")),
    Format("exponent", lambda r: f"{number(r, 1, 99)}e{number(r, 1, 60)}",
           matches(r"\d{1,2}e\d{1,2}")),
    Format("Exponent", lambda r: f"{number(r, 1, 9)}E{number(r, 10, 99)}", matches(r"\dE\d\d")),
    Format("zip", lambda r: f"{number(r, 501, 99950):05d}", matches(r"\d{5}")),
    Format("long digits", lambda r: f"{number(r, 10**18, 9 * 10**18)}", matches(r"\d{19}")),
    Format("very long digits", lambda r: "7" + "".join(map(str, r.integers(0, 10, 24))),
           matches(r"\d{25}")),
    Format("card", checked(lambda r: f"4{number(r, 10**14, 10**15 - 1)}", luhn),
           lambda t: bool(re.fullmatch(r"4\d{15}", t)) and luhn(t)),
    Format("EAN", checked(lambda r: f"40{number(r, 10**10, 10**11 - 1)}", weights13),
           lambda t: bool(re.fullmatch(r"40\d{11}", t)) and weights13(t)),
    Format("ISBN", checked(lambda r: f"978-3-{number(r, 100, 999)}-{number(r, 10000, 99999)}-0",
           weights13),
           lambda t: bool(re.fullmatch(r"978-3-\d{3}-\d{5}-\d", t)) and weights13(t)),
    Format("IBAN", iban, valid_iban),
    Format("order", lambda r: f"ORD-{number(r, 2018, 2024)}-{number(r, 0, 999999):06d}",
           matches(r"ORD-20\d\d-\d{6}")),
    Format("plate", lambda r: "{}{}-{}{} {}".format(*(chr(number(r, 65, 90)) for _ in range(4)),
                                                    number(r, 1, 9999)),
           matches(r"[A-Z]{2}-[A-Z]{2} [1-9]\d{0,3}")),
    Format("email", lambda r: f"{hex(r, 6)}.{hex(r, 5)}@example.org",
           matches(r"\S+\.\S+@example\.org")),
    *FURTHER,
)  # fmt: skip


def table(rows: int, seed: int = 0) -> pd.DataFrame:
    """A column of text for each format, and a category."""
    rng = np.random.default_rng(seed)
    columns = {f.name: [f.make(rng) for _ in range(rows)] for f in FORMATS}
    return pd.DataFrame({**columns, "group": rng.choice(["a", "b"], rows)})


def faults(real: pd.DataFrame, synthetic: pd.DataFrame) -> dict[str, str]:
    """For each format that came back wrong, what is wrong with it."""
    found = {}
    for entry in FORMATS:
        cells = synthetic[entry.name].astype("str")
        bad = [cell for cell in cells if not entry.valid(cell)]
        if bad:
            found[entry.name] = f"{len(bad)} of {len(cells)} impossible, such as {bad[:3]}"
        elif entry.quantity is not None:
            before, after = (frame[entry.name].map(entry.quantity) for frame in (real, synthetic))
            if abs(float(before.mean()) - float(after.mean())) > 0.2 * float(before.std()):
                found[entry.name] = f"mean {after.mean():.4g} in place of {before.mean():.4g}"
    return found


def read(real: pd.DataFrame, way: str, folder: Path) -> Table:
    """The table as it is read from a file (`csv`) or from memory (`frame`)."""
    if way == "frame":
        return table_from_frame(real)
    real.to_csv(folder / "real.csv", index=False)
    return read_table(folder / "real.csv")


def written(frame: pd.DataFrame, schema: Schema, folder: Path) -> pd.DataFrame:
    """The cells of a synthetic table as they stand in a file."""
    with TableWriter(folder / "synthetic.csv", schema, overwrite=True) as writer:
        writer.write(frame)
    return pd.read_csv(folder / "synthetic.csv", dtype="str", keep_default_na=False)


def measure(rows: int, steps: int, way: str, seed: int = 0) -> dict[str, str]:
    """The faults of a sample after a short training."""
    real = table(rows, seed)
    with tempfile.TemporaryDirectory() as folder:
        found = read(real, way, Path(folder))
        options = {"trainer__steps": steps, "progress": False, "seed": seed}
        synth = synth_dl.fit(found.frame, schema=found.schema, **options)
        drawn = synth.sample(rows, seed=seed)
        return faults(real, written(drawn, synth.codec.schema, Path(folder)))


if __name__ == "__main__":
    rows, steps = (int(word) for word in [*sys.argv[1:], *DEFAULTS[len(sys.argv) - 1 :]])
    for way in ("csv", "frame"):
        wrong = measure(rows, steps, way)
        print(f"{way}: {len(wrong)} of {len(FORMATS)} formats come back wrong")
        for name, fault in wrong.items():
            print(f"  {name}: {fault}")
