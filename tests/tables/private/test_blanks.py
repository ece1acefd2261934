"""A schema to be filled in tells of types and formats, is loaded as it is, and then filled in."""

import re
from pathlib import Path

import pytest

from synth_dl.errors import DataError
from synth_dl.privacy.options import Privacy
from synth_dl.tables.private.blanks import blank_text, blanks_of, public_part, refusals, write_blank
from synth_dl.tables.private.declared import private_schema
from synth_dl.tables.schema import Column, Dialect, Schema

FOUND = Schema(
    columns=(
        Column("age", "number", "Int64", decimals=0, minimum=18, maximum=89, missing="NA"),
        Column("price", "number", "float64", decimals=2, places=2),
        Column("day", "datetime", "datetime64[us]", format="%d.%m.%Y", maximum="2021-07-31"),
        Column("ä: 'b'\n- c", "category", "str", ordered=True, levels=("mild", "grave")),
        Column("grade", "category", "int64", levels=(71, 72)),
        Column("flag", "boolean", "boolean", words=("gesund", "krank")),
        Column("mail", "key", "str", kind="email", locale="de"),
        Column("id", "key", "int64", decimals=0),
        Column("code", "pattern", "str"),
        Column("unit", "constant", "datetime64[us]", format="%d.%m.%Y 12:45"),
        Column("void", "empty", "float64"),
    ),
    dialect=Dialect(";", ","),
    rules=("age >= 18",),
)
TOLD = ("18", "89", "NA", "2021", "mild", "grave", "71", "72", "gesund", "krank", "12:45", ">=",
        "places", "locale")  # fmt: skip
FILLED = {
    "age": {"minimum: ": "minimum: 0", "maximum: ": "maximum: 120"},
    "day": {"minimum: ": "minimum: 2000-01-01", "maximum: ": "maximum: 2029-12-31"},
    "ä: 'b'\n- c": {"levels: [ ]": "levels: [one, two]", "ordered: true": "ordered: true"},
    "grade": {"levels: [ ]": "levels: [1, 2]"},
    "flag": {"words: [ ]": "words: ['ja', 'nein']"},
    "mail": {"kind: ": "kind: email"},
    "id": {"kind: ": "kind: iban"},
    "code": {"type: category": "type: category", "levels: [ ]": "levels: [a-1, b-2]"},
    "unit": {"type: category": "type: category", "levels: [ ]": "levels: [kg]"},
}


def parts(text: str) -> list[str]:
    """The head of the file, and the lines of each column."""
    return re.split(r"(?m)^(?=- name: |- label: )", text)


def filled(text: str) -> str:
    """The text with comments filled in, as somebody would do by hand."""
    head, *columns = parts(text)
    for index, name in enumerate(FOUND.names):
        for blank, entry in FILLED.get(name, {}).items():
            assert f"\n  # {blank}\n" in columns[index], (name, blank)
            columns[index] = columns[index].replace(f"\n  # {blank}\n", f"\n  {entry}\n")
        if name == "id":  # as a comment says
            columns[index] = columns[index].replace("  dtype: int64\n  decimals: 0\n", "")
    return head + "".join(columns)


def test_what_tells_of_the_rows_is_left_out() -> None:
    text = blank_text(FOUND)
    body = text[text.index("\ndialect:") :]
    assert [told for told in TOLD if told in body] == []
    said = ("dtype: int64", "decimals: 2", "format: '%d.%m.%Y'", "separator: ;", "decimal: ','")
    assert [each for each in said if each not in body] == []


def test_values_make_no_difference() -> None:
    """Neither how many cells are missing nor what the one value of a column looks like."""
    other = Schema(
        columns=(
            Column("age", "number", "int64", decimals=0, minimum=0, maximum=104),
            Column("price", "number", "float64", decimals=2),
            Column("day", "datetime", "datetime64[us]", format="%d.%m.%Y"),
            Column("ä: 'b'\n- c", "category", "str", ordered=True, levels=("mild", "none")),
            Column("grade", "category", "int64"),
            Column("flag", "boolean", "bool", words=("yes", "no")),
            Column("mail", "key", "str"),
            Column("id", "key", "int64", decimals=0),
            Column("code", "pattern", "str", missing="?"),
            Column("unit", "constant", "float64", decimals=3),
            Column("void", "empty", "float64"),
        ),
        dialect=FOUND.dialect,
    )
    assert blank_text(other) == blank_text(FOUND)


def test_it_is_loaded_as_it_stands(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "schema.yaml"
    write_blank(FOUND, place)
    loaded = Schema.load(place)
    assert loaded == public_part(FOUND)
    assert [(c.name, c.type) for c in loaded.columns] == [(c.name, c.type) for c in FOUND.columns]
    assert loaded.column("price") == Column("price", "number", "float64", decimals=2)
    with pytest.raises(DataError, match="it exists already"):
        write_blank(FOUND, place)


def test_filled_in_it_is_what_a_private_run_asks_for(tmp_path: Path) -> None:
    place = tmp_path / "schema.yaml"
    place.write_text(filled(blank_text(FOUND)), encoding="utf-8")
    learnt = private_schema(Schema.load(place), Privacy(1.0))
    assert (learnt.column("age").minimum, learnt.column("age").maximum) == (0, 120)
    assert learnt.column("day").minimum == "2000-01-01"
    assert learnt.columns[3].levels == ("one", "two")
    assert learnt.columns[3].ordered
    assert learnt.column("grade").levels == (1, 2)
    assert learnt.column("flag").words == ("ja", "nein")
    assert learnt.column("id").kind == "iban"
    assert {learnt.column(name).type for name in ("code", "unit")} == {"category"}


@pytest.mark.parametrize("column", FOUND.columns, ids=lambda column: column.name)
def test_what_is_refused_as_it_stands_has_its_cure_as_a_comment(column: Column) -> None:
    written = blank_text(Schema((column,)))
    text = " ".join(written.replace("\n  #", "").split())
    refused = {"day", "mail", "id", "code", "unit"}
    assert len(refusals(column)) == text.count("as it stands: column") == (column.name in refused)
    assert all(sentence in text for sentence in refusals(column))
    assert all(f"\n  # {blank}: " in written for blank in blanks_of(column))


def test_what_would_be_refused_next_is_said_too() -> None:
    zoned = Column("t", "datetime", "datetime64[us]", format="%Y-%m-%d %H:%M:%S+02:00")
    assert [said.split("; ")[1].partition(",")[0] for said in refusals(zoned)] == [
        "declare both", "write local times and a `format` without a zone"
    ]  # fmt: skip
    stored = Column("d", "datetime", "datetime64[s]", format="%Y-%m-%d", stored="date32[day]")
    assert [said.split("; ")[1].partition(",")[0] for said in refusals(stored)] == [
        "remove it", "declare both"
    ]  # fmt: skip
