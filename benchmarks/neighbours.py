"""Pairs of tables that differ in a few rows, and whether the artifact tells them apart.

    python benchmarks/neighbours.py --pairs 300

In one column of a table one to four cells are replaced by odd ones: of another dtype, format or
unit, with more digits, missing, far out, never seen. Two artifacts may differ in frequencies and
in where bins lie, since these move with every row; in nothing else. And nothing may stand in them
that fewer than `min_count` rows hold, see `synth_dl.checks.promise`.
"""

import argparse
import json
import random
import tempfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from synth_dl.errors import DataError
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.data import fit_codec
from synth_dl.tables.reading.table import Table, read_table, table_from_frame

MIN_COUNT = 5
Words = list[str]
DAY = date(2015, 3, 1)
SYLLABLES = ("ba", "do", "ki", "lu", "me", "no", "pa", "ri", "su", "te", "vo", "za")


def word(g: random.Random, syllables: int = 3) -> str:
    return "".join(g.choice(SYLLABLES) for _ in range(syllables))


def days(g: random.Random, n: int, form: str) -> Words:
    return [(DAY + timedelta(g.randrange(1500))).strftime(form) for _ in range(n)]


def moments(g: random.Random, n: int, form: str) -> Words:
    return [
        (datetime(2019, 1, 1) + timedelta(seconds=g.randrange(10**8))).strftime(form)
        for _ in range(n)
    ]


COLUMNS: dict[str, Callable[[random.Random, int], Words]] = {
    "few integers": lambda g, n: [str(g.randrange(4)) for _ in range(n)],
    "integers": lambda g, n: [str(g.randrange(100_000)) for _ in range(n)],
    "thousands": lambda g, n: [f"{g.randrange(1, 900)}000" for _ in range(n)],
    "two decimals": lambda g, n: [f"{g.gauss(50, 9):.2f}" for _ in range(n)],
    "one decimal": lambda g, n: [f"{g.gauss(37, 1):.1f}" for _ in range(n)],
    "whole with a point": lambda g, n: [f"{g.randrange(90)}.0" for _ in range(n)],
    "floats": lambda g, n: [repr(g.gauss(0, 1)) for _ in range(n)],
    "with holes": lambda g, n: [g.choice(("", str(g.randrange(900)))) for _ in range(n)],
    "with NA": lambda g, n: [g.choice(("NA", str(g.randrange(9)))) for _ in range(n)],
    "dates": lambda g, n: days(g, n, "%Y-%m-%d"),
    "dates of Germany": lambda g, n: days(g, n, "%d.%m.%Y"),
    "dates of America": lambda g, n: days(g, n, "%m/%d/%Y"),
    "dates of Britain": lambda g, n: days(g, n, "%d/%m/%Y"),
    "minutes": lambda g, n: moments(g, n, "%Y-%m-%d %H:%M"),
    "seconds": lambda g, n: moments(g, n, "%Y-%m-%d %H:%M:%S"),
    "seconds of UTC": lambda g, n: moments(g, n, "%Y-%m-%dT%H:%M:%SZ"),
    "truth values": lambda g, n: [g.choice(("true", "false")) for _ in range(n)],
    "yes or no": lambda g, n: [g.choice(("yes", "no")) for _ in range(n)],
    "categories": lambda g, n: [g.choice(("red", "green", "blue", "grey")) for _ in range(n)],
    "numbered": lambda g, n: [str(k + 1) for k in range(n)],
    "codes": lambda g, n: [f"AB-{k:06d}" for k in g.sample(range(900_000), n)],
    "zip codes": lambda g, n: [f"{k:05d}" for k in g.sample(range(99_000), n)],
    "hexadecimal": lambda g, n: [f"a{g.getrandbits(40):010x}" for _ in range(n)],
    "UUIDs": lambda g, n: [str(uuid.UUID(int=g.getrandbits(128), version=4)) for _ in range(n)],
    "e-mail": lambda g, n: [f"{word(g)}.{word(g)}@mail.example" for _ in range(n)],
    "names": lambda g, n: [f"{word(g).title()} {word(g).title()}" for _ in range(n)],
    "sentences": lambda g, n: [
        " ".join(word(g, 2) for _ in range(g.randrange(8, 20))) for _ in range(n)
    ],
    "constant": lambda g, n: ["same"] * n,
    "constant number": lambda g, n: ["7"] * n,
    "empty": lambda g, n: [""] * n,
}
ODD = (
    *("X9999", "Mr. Smith", "a a a a", "", "NA", "?", "unknown", "None", "-", "2.5", "3.14159"),
    *("0.1234567890123", "1e300", "-999999999", "99999999999999999999", "007", "1,234", "12 kg"),
    *("$5", "<5", "80 %", "TRUE", "yes", "1", "0", "2020-02-30", "1850-01-01", "31/12/1999"),
    *("12/31/1999", "31.12.99", "2020-01-01 12:34:56.789", "2020-01-01T00:00:00+05:00", "12:30"),
    *("Ünïcödé", "ABCDEFGHIJ", "red ", "Red", 'say "hi"', "# comment", "two\nlines", "x" * 700),
    *(
        "a-b-c-d-e-f-g-h",
        "日本語",
        "AB-1",
        "ab-000123",
        "o'neil",
        "1;2",
        "a,b",
        "\t",
        "NULL",
        "nan",
    ),
    *("123e4567-e89b-12d3-a456-42661417400", "user@host", "3.10", "+14155550123", "12e34", "٣"),
)


@dataclass(frozen=True)
class Pair:
    """Two tables of `name`, in a column of which some cells of the second are odd."""

    name: str
    plain: pd.DataFrame
    odd: pd.DataFrame


def pair_of(seed: int) -> Pair:
    """Kinds of columns take turns; the odd cells are drawn, or doubles of another row."""
    kinds, g = list(COLUMNS), random.Random(seed)
    kind = kinds[seed % len(kinds)]
    n = g.choice((60, 120, 200, 300))
    cells = COLUMNS[kind](g, n)
    places = g.sample(range(n), g.randrange(1, MIN_COUNT))
    other, odd = list(cells), [g.choice((*ODD, g.choice(cells)))] * len(places)
    if g.random() < 0.3:
        odd = [g.choice(ODD) for _ in places]
    for place, cell in zip(places, odd, strict=True):
        other[place] = cell
    rest = {
        "amount": [f"{g.gauss(0, 1):.3f}" for _ in range(n)],
        "group": [g.choice("abc") for _ in range(n)],
    }
    name = f"seed {seed}, {kind}: {sorted(set(odd))}"
    return Pair(name, pd.DataFrame({"x": cells, **rest}), pd.DataFrame({"x": other, **rest}))


def as_text(frame: pd.DataFrame, folder: Path) -> Table:
    """The table as it is read from a CSV file."""
    path = folder / "table.csv"
    frame.to_csv(path, index=False)
    return read_table(path)


def as_frame(frame: pd.DataFrame, _: Path) -> Table:
    """The table in the dtypes that pandas finds for Python's values."""
    return table_from_frame(_typed(frame))


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(x=pd.Series([_value(cell) for cell in frame["x"]]))


def as_parquet(frame: pd.DataFrame, folder: Path) -> Table:
    """The same by way of a Parquet file, where it can be written."""
    path, typed = folder / "table.parquet", _typed(frame)
    if typed["x"].dtype == object:  # pyarrow refuses or converts columns of several types
        return table_from_frame(typed)
    typed.to_parquet(path)
    return read_table(path)


WAYS = {"CSV": as_text, "frame": as_frame, "Parquet": as_parquet}


def _value(cell: str) -> Any:
    """The Python value that a cell looks like."""
    if cell in ("", "NA"):
        return None
    for kind in (int, float, datetime.fromisoformat):
        try:
            return kind(cell)
        except ValueError:
            continue
    return {"true": True, "false": False}.get(cell, cell)


def structure(state: Any) -> Any:
    """What is left of an artifact without all that moves a little with every row."""
    if isinstance(state, dict):
        moving = {"shares", "lows", "highs", "edges", "lengths", "counts", "words", "alphabets",
                  "low", "high", "strides"}  # fmt: skip
        return {
            key: structure(value)
            for key, value in state.items()
            if key not in moving or (key == "words" and isinstance(value[:1], str))
        }
    if isinstance(state, list | tuple):
        return [structure(value) for value in state]
    return state


def codec_of(frame: pd.DataFrame, way: str) -> TableCodec | None:
    """The codec of the table, or None where it is refused."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return fit_codec(WAYS[way](frame, Path(folder)), MIN_COUNT)
        except DataError:
            return None


def told_apart(pair: Pair, way: str) -> str | None:
    """Where the artifacts of a pair differ, or None."""
    plain, odd = (codec_of(frame, way) for frame in (pair.plain, pair.odd))
    if odd is None or plain is None:
        return None
    first, second = (json.loads(json.dumps(codec.to_dict())) for codec in (plain, odd))
    if structure(first) == structure(second):
        return None
    return "; ".join(differences(structure(first), structure(second)))


def differences(one: Any, other: Any, place: str = "") -> Iterator[str]:
    """Places and values in which plain data differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from differences(one.get(key), other.get(key), f"{place}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, both in enumerate(zip(one, other, strict=True)):
            yield from differences(*both, f"{place}[{index}]")
    elif one != other:
        yield f"{place}: {str(one)[:90]} / {str(other)[:90]}"


def main() -> None:
    """Print the pairs that are told apart, and how many there are."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--pairs", type=int, default=120)
    parser.add_argument("--seed", type=int, default=0, help="of the first pair")
    arguments = parser.parse_args()
    for way in WAYS:
        seeds = range(arguments.seed, arguments.seed + arguments.pairs)
        tried = [pair_of(seed) for seed in seeds]
        told = {pair.name: found for pair in tried if (found := told_apart(pair, way))}
        for name, found in told.items():
            print(f"{way}: {name}: {found}")
        print(f"{way}: {len(told)} of {len(tried)} pairs are told apart")


if __name__ == "__main__":
    main()
