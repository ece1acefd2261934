"""CSV files made from seeds: a table or one sentence, and what was read is written and read."""

import csv
import io
import random
import string
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from fuzzing import bounded, mutated

from synth_dl.errors import DataError
from synth_dl.tables.reading.table import Table, read_table, table_from_frame
from synth_dl.tables.writing import TableWriter

Random = random.Random
Cell = Callable[[Random], str]

WORDS = ("ja", "nein", "Öl", "日本", "a b", "x,y", 'say "hi"', "two\nlines", "'", "tab\there", "-")
PIECES = ("", " ", "\t", "\0", "a", "1", ",", ";", '"', "\n", "\r", "\x1a", "\ufeff", "\ue000", "#",
          "NA", "PAR1", "PK\x03\x04", "BZh91AY&SY", "sep=,", '{"a": 1}', "<table>", "\u2028", "é",
          "\x1f", "=1", "-", "inf", "2020-01-01", "[1]", "?")  # fmt: skip
MISSING = ("", "NA", "?", "null", "n/a", "NaN", "None", "-", "#N/A", "0000-00-00")


def _moment(rng: Random) -> datetime:
    return datetime(1950, 1, 1) + timedelta(seconds=rng.randrange(3 * 10**9))


def _dates(rng: Random) -> Cell:
    pattern = rng.choice(
        ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%y", "%d%m%Y", "%Y%m%d", "%b %Y", "%Y-%m", "%G-W%V",
         "%H:%M", "%Y-%m-%dT%H:%M:%SZ", "%I:%M %p", "%a, %d %b %Y %H:%M", "%Y-%j",
         "%Y-%m-%d %H:%M:%S.%f")
    )  # fmt: skip
    return lambda r: _moment(r).strftime(pattern)


def _numbers(rng: Random) -> Cell:
    form = rng.choice(
        ("{:.2f}", "{:,.2f}", "${:,.2f}", "{:.0f}", "{:.0f} kg", "{:e}", "{!r}", "{:+.1f}",
         "{:.0%}", "({:.2f})", "{:.3f}-", "<{:.0f}", "{:08.2f}", "{:.15g}", "{:_.0f}")
    )  # fmt: skip
    scale = 10.0 ** rng.randint(-12, 20)
    return lambda r: form.format(r.gauss(0, 1) * scale)


def _texts(rng: Random) -> Cell:
    letters = rng.choice(
        (string.ascii_letters, string.printable, "αβγ日\u202f\u2028é", "01", " \t")
    )
    return lambda r: "".join(r.choices(letters, k=r.choice((0, 1, 5, 40))))


def _codes(rng: Random) -> Cell:
    form = rng.choice(
        ("{:05d}", "+1415{:07d}", "A{}", "{}-{}", "{0}.{1}", "{0}.{1}.{0}.{1}", "{0}/{1}",
         "{0:x}:{1:x}::{0:x}", "{0}e{1}", "{0}:{1:02d}", "{0}h", "4{0:015d}", "{0:020d}",
         "#{0:06x}", "{0}{0}{0}")
    )  # fmt: skip
    return lambda r: form.format(r.randrange(300), r.randrange(60))


def _few(rng: Random) -> Cell:
    pool = rng.sample((*WORDS, "TRUE", "FALSE", "1", "0", "NA", "inf", "1e999"), k=3)
    return lambda r: r.choice(pool)


def _mixture(rng: Random) -> Cell:
    parts = [rng.choice(KINDS[:-1])(rng) for _ in range(2)]
    return lambda r: r.choice(parts)(r)


KINDS = (_dates, _numbers, _texts, _codes, _few, _mixture)


def made(rng: Random) -> bytes:
    """A file in any dialect and encoding, with columns of any kind, and perhaps some faults."""
    cells = [rng.choice(KINDS)(rng) for _ in range(rng.randint(1, 6))]
    names = [rng.choice((f"c{k}", "a b", "größe", "id", "date", "", "x", '"', "1", "NA"))
             for k in range(len(cells))]  # fmt: skip
    if rng.random() < 0.8:
        names = [f"{name}{k}" for k, name in enumerate(names)]
    absent = rng.choice((0, 0, 0.1, 0.9))
    words = rng.sample(MISSING, 2)
    rows = [[rng.choice(words) if rng.random() < absent else cell(rng) for cell in cells]
            for _ in range(rng.choice((0, 1, 2, 12, 60)))]  # fmt: skip
    if rows and rng.random() < 0.1:
        rng.choice(rows).append("ragged")
    stream = io.StringIO()
    quoting = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC))
    end = rng.choice(("\n", "\r\n", "\n", "\r"))
    separator = rng.choice(",;\t|,;")
    writer = csv.writer(stream, delimiter=separator, quoting=quoting, lineterminator=end)
    if rng.random() < 0.9:
        writer.writerow(names)
    writer.writerows(rows)
    before = rng.choice(
        ("", "", "", "", f"sep={separator}{end}", f"# made by a test{end}", end, "\ufeff")
    )
    encoding = rng.choice(("utf-8", "utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-32"))
    text = before + stream.getvalue() + rng.choice(("", "", end, f"{end}{end}", " ", "\x1a"))
    data = text.encode(encoding, "replace")
    return mutated(data, rng) if rng.random() < 0.5 else data


def fault(data: bytes, folder: Path) -> str | None:
    """What is wrong with how a file is read, or None."""
    source, target = folder / "table.csv", folder / "again.csv"
    source.write_bytes(data)
    try:
        table = read_table(source)
    except DataError as error:
        sentence = str(error)
        return None if len(sentence) < 1000 and "\n" not in sentence else "a long error"
    with TableWriter(target, table.schema, overwrite=True) as writer:
        writer.write(table.frame)
    again = read_table(target, schema=table.schema)
    pd.testing.assert_frame_equal(again.frame, table.frame)
    kinds = [[(c.name, c.type, c.dtype) for c in found.schema.columns] for found in (table, again)]
    return None if kinds[0] == kinds[1] else "another schema"


def test_any_file_is_read_or_refused(fuzz_seeds: range, tmp_path: Path) -> None:
    for seed in fuzz_seeds:
        data = made(random.Random(seed))
        with bounded():
            try:
                found = fault(data, tmp_path)
            except (Exception, AssertionError) as error:
                pytest.fail(f"seed {seed}: {type(error).__name__}: {error}")
        target = tmp_path / "again.csv"
        target.unlink(missing_ok=True)
        assert found is None, f"seed {seed}: {found}"


def _piece(rng: Random) -> str:
    return "".join(rng.choices(PIECES, k=rng.choice((1, 1, 2, 3))))


def _in_files(table: Table) -> pd.DataFrame:
    """Fewer than `min_count` empty texts make no missing word of their own: they are missing."""
    held = table.frame.copy()
    for column in table.schema.columns:
        if not column.missing:
            held[column.name] = held[column.name].mask(held[column.name] == "")
    return held


def test_any_text_in_names_and_cells_is_read_as_it_was(fuzz_seeds: range, tmp_path: Path) -> None:
    for seed in fuzz_seeds[::4]:
        rng = Random(seed)
        names = list({_piece(rng): None for _ in range(rng.randint(1, 4))})
        pools = [[_piece(rng) for _ in range(rng.choice((2, 3, 30)))] for _ in names]
        cells = [[None if rng.random() < 0.1 else rng.choice(pool) for _ in range(40)]
                 for pool in pools]  # fmt: skip
        columns = {
            name: pd.Series(own, dtype="str") for name, own in zip(names, cells, strict=True)
        }
        try:
            table = table_from_frame(pd.DataFrame(columns))
        except DataError:
            continue
        target = tmp_path / "again.csv"
        with TableWriter(target, table.schema, overwrite=True) as writer:
            writer.write(table.frame)
        try:
            again = read_table(target, schema=table.schema)
            pd.testing.assert_frame_equal(again.frame, _in_files(table))
        except (Exception, AssertionError) as error:
            pytest.fail(f"seed {seed}: {type(error).__name__}: {error}")
