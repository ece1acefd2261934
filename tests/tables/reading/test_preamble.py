"""What is no table, or stands before one: left out, read, or refused in a sentence."""

import zipfile

import pandas as pd
import pytest

from synth_dl.errors import DataError
from synth_dl.tables.reading.table import read_table, table_from_frame
from synth_dl.tables.writing import TableWriter


@pytest.mark.parametrize(
    ("before", "notes"),
    [
        ("sep=;\n", 0),
        ("SEP=;\r\n", 0),
        ("# made by hand\n# at noon\n", 1),
        ("A report\n\nof two rows\n", 1),
        ("\ufeff\ufeff", 0),
    ],
)
def test_lines_before_the_table(read, before, notes):
    table = read(before + "a;b\n1;x\n2;y\n")
    assert table.schema.names == ("a", "b")
    assert table.frame["a"].tolist() == [1, 2]
    assert sum("before the table are left out" in note for note in table.notes) == notes


def test_a_header_may_begin_with_a_mark(read):
    assert read("#a,b\n1,x\n2,y\n").schema.names == ("#a", "b")


def test_lines_are_counted_from_the_beginning_of_the_file(read):
    with pytest.raises(DataError, match="line 5 has 1 cell where line 2 has 2"):
        read("# a comment\na,b\n1,x\n2,y\n3\n4,z\n5,z\n6,z\n")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n', r"this is JSON.*lines=True"),
        ('[{"a": 1},\n{"a": 2}]', "this is JSON"),
        ('[\n  {"a": 1}\n]\n', "this is JSON"),
        ("<!DOCTYPE html>\n<table>\n", "this is XML or a web page"),
    ],
)
def test_what_is_no_table_is_named(read, text, sentence):
    with pytest.raises(DataError, match=sentence):
        read(text)


def test_an_archive_made_on_macos_holds_one_table(tmp_path):
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        for name in ("d/", "d/t.csv", "__MACOSX/d/._t.csv", "d/.DS_Store"):
            archive.writestr(name, "a,b\n1,x\n2,y\n" if name.endswith("t.csv") else "")
    assert read_table(tmp_path / "t.zip").frame["a"].tolist() == [1, 2]


def test_cells_of_any_length(read):
    long = "x" * 200_000
    assert read(f"a;b\n1;{long}\n2;y\n").frame["b"].tolist() == [long, "y"]


def test_lines_that_end_as_on_old_systems(read):
    assert read("sep=;\ra;b\r1;x\r2;y\r").frame["b"].tolist() == ["x", "y"]


def test_words_in_quotes_are_no_missing_cells(tmp_path):
    words = ["NA", "DE", "?", "", None, "null", "a\0b", "NaN"]
    table = table_from_frame(pd.DataFrame({"c": words * 8, "x": range(0, 448, 7)}))
    with TableWriter(tmp_path / "t.csv", table.schema) as writer:
        writer.write(table.frame)
    again = read_table(tmp_path / "t.csv", schema=table.schema)
    pd.testing.assert_frame_equal(again.frame, table.frame)


def test_half_a_character_is_named():
    with pytest.raises(DataError, match=r"column 'a' holds text with half of a character"):
        table_from_frame(pd.DataFrame({"a": pd.Series(["\ud800", "b"] * 9, dtype="object")}))


def test_namibia_is_said(read):
    text = "land,n\n" + "".join(f"{w},{k}\n" for k, w in enumerate(["NA", "DE", "FR", "IT"] * 9))
    assert any("'NA'" in note and "'land'" in note for note in read(text).notes)
    assert "NA" in read(text, missing=["?"]).frame["land"].tolist()
