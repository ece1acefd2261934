"""Columns that look like names, addresses and the like are proposed, and not changed."""

from pathlib import Path

import pandas as pd
import pytest

from synth_dl.tables.reading.table import read_table, table_from_frame
from synth_dl.tables.schema import Column, Schema

ROWS = 60
LETTERS = [f"{'abcdefgh'[k % 8]}{'stuvwxyz'[k // 8]}" for k in range(ROWS)]
COLUMNS: dict[str, tuple[str, list[str]]] = {
    "mail": ("email", [f"{k}x@site.org" for k in LETTERS]),
    "web": ("url", [f"https://site.org/{k}" for k in LETTERS]),
    "source": ("ipv4", [f"10.0.{k}.{k}" for k in range(ROWS)]),
    "peer": ("ipv6", [f"2001:db8::{k:x}" for k in range(ROWS)]),
    "account": ("iban", [f"DE{k:02d}500105175407{k:06d}" for k in range(ROWS)]),
    "Phone_1": ("phone", [f"+49 30 {k:07d}" for k in range(ROWS)]),
    "userName": ("username", [f"{k}_12" for k in LETTERS]),
    "first name": ("first_name", [f"{k.title()}a" for k in LETTERS]),
    "LAST_NAME": ("last_name", [f"{k.title()}-{k.title()}e" for k in LETTERS]),
    "Company": ("company", [f"{k} & Sons" for k in LETTERS]),
    "Street": ("street", [f"{k} Road {i}" for i, k in enumerate(LETTERS)]),
    "address": ("address", [f"{k} Road, {i} Town" for i, k in enumerate(LETTERS)]),
    "home_city": ("city", [f"{k.title()}ham" for k in LETTERS]),
    "customerName": ("name", [f"{k.title()} {k.title()}son" for k in LETTERS]),
}
OTHERS = {
    "id": [f"AB-{k:05d}" for k in range(ROWS)],
    "tool name": [f"drill {k}" for k in range(ROWS)],
    "city": [f"{k}-{k}" for k in range(ROWS)],
}


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("way", ["file", "frame"])
def test_a_column_that_looks_like_a_kind_is_proposed(name: str, way: str, tmp_path: Path) -> None:
    kind, values = COLUMNS[name]
    frame = pd.DataFrame({name: values, "group": ["a", "b"] * (ROWS // 2)})
    frame.to_csv(tmp_path / "table.csv", index=False)
    table = table_from_frame(frame) if way == "frame" else read_table(tmp_path / "table.csv")
    column = table.schema.column(name)
    assert (column.type, column.kind) == ("pattern" if kind == "ipv4" else "key", None)
    (note,) = table.notes
    assert note.startswith(f"column {name!r}: looks like ")
    assert f"`kind: {kind}` in the schema" in note


def test_other_columns_and_declared_kinds_are_not() -> None:
    frame = pd.DataFrame(OTHERS | {"mail": COLUMNS["mail"][1], "group": ["a", "b"] * (ROWS // 2)})
    columns = [*(Column(name, "key", "str") for name in OTHERS)]
    columns += [Column("mail", "key", "str", kind="email"), Column("group", "category", "str")]
    table = table_from_frame(frame, schema=Schema(tuple(columns)))
    assert table.notes == ()
    assert table.schema.column("mail").kind == "email"
