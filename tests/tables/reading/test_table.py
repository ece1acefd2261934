"""Any text file is read as its owner would read it, or refused in a sentence."""

import bz2
import gzip
import lzma
import zipfile

import pyarrow as pa
import pytest

from synth_dl.errors import DataError
from synth_dl.tables.reading.table import read_table

# How a file is written


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_separators_and_line_ends(read, separator, end):
    text = end.join(
        [
            separator.join(row)
            for row in (["a", "b c", "d"], *[["1", "x", "2.5"]] * 5, ["2", "y", "1.25"])
        ]
    )
    table = read(text + end + end)
    assert table.schema.names == ("a", "b c", "d")
    assert table.schema.dialect.separator == separator
    assert table.frame["d"].tolist()[-1] == 1.25
    assert len(table.frame) == 6


def test_decimal_commas(read):
    table = read("a;b;c\n1,5;1.234,25;2\n-0,25;17,5;3\n")
    assert table.frame["a"].tolist() == [1.5, -0.25]
    assert table.frame["b"].tolist() == [1234.25, 17.5]
    assert table.schema.dialect.decimal == ","
    assert table.schema.column("a").decimals == 2


def test_three_digits_after_a_comma_are_thousands_only_between_commas(read):
    assert read('a,b\n"1,234",1\n"22,500",2\n').frame["a"].tolist() == [1234, 22500]
    assert read("a;b\n1,234;1\n22,500;2\n").frame["a"].tolist() == [1.234, 22.5]


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("cp1252", b""),
    ],
)
def test_encodings(read, encoding, mark):
    table = read(mark + "größe,ort\n1,Köln – Süd\n2,Besançon\n".encode(encoding))
    assert table.schema.names == ("größe", "ort")
    assert table.frame["ort"].tolist() == ["Köln – Süd", "Besançon"]
    assert bool(table.notes) == (encoding == "cp1252")


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_files_whatever_their_name(read, compress):
    assert read(compress(b"a,b\n1,2\n3,5\n"), "table.data").frame["b"].tolist() == [2, 5]


def test_zip_and_zstd(tmp_path):
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("inner.csv", "a,b\n1,2\n3,5\n")
    with pa.output_stream(tmp_path / "t.csv.zst", compression="zstd") as stream:
        stream.write(b"a,b\n1,2\n3,5\n")
    for name in ("t.zip", "t.csv.zst"):
        assert read_table(tmp_path / name).frame["b"].tolist() == [2, 5]


def test_quoted_cells_and_leading_blanks(read):
    table = read('a, "b", c\n1, "x, y", p\n2, "say ""hi""\nthere", q\n')
    assert table.schema.names == ("a", "b", "c")
    assert table.frame["b"].tolist() == ["x, y", 'say "hi"\nthere']
    assert table.frame["c"].tolist() == ["p", "q"]


def test_a_cell_longer_than_a_block_of_reading(read):
    long = "y" * 9_000_000
    table = read("a,b\n" + "1,x\n2,y\n" * 10 + f'3,"{long}"\n')
    assert table.frame["b"].iloc[-1] == long


def test_a_file_without_header_is_noticed(read):
    table = read("39, State-gov, 77516\n50, Private, 83311\n38, Private, 215646\n")
    assert table.schema.names == ("column_1", "column_2", "column_3")
    assert "no header row was found" in table.notes[0]
    assert len(table.frame) == 3


def test_names_of_columns_can_be_given(read):
    for text in ("1,x\n2,y\n", "p,q\n1,x\n2,y\n", "a,b\n1,x\n2,y\n"):
        table = read(text, columns=["p", "q"])
        assert table.schema.names == ("p", "q")
        assert table.frame["p"].tolist() == [1, 2]
        assert not table.notes


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("country,1990,1991,1992\nDE,1.5,2,3\nFR,2,3,4\n", ("country", "1990", "1991", "1992")),
        ("0,1,2\n5,5.5,7\n2,2.5,9\n", ("0", "1", "2")),
        ("name,kind\n" + "x,a\ny,b\n" * 9, ("name", "kind")),
        ("when,what\n2020-01-01,a\n2020-01-02,b\n", ("when", "what")),
        ("a,b,\n1,2,\n3,5,\n", ("a", "b")),
        (",a\n7,2\n9,5\n", ("column_1", "a")),
    ],
)
def test_headers(read, text, names):
    table = read(text)
    assert table.schema.names == names


def test_text_files_without_header_or_numbers_are_noticed(read):
    table = read("x,a\n" + "y,b\nx,a\nx,c\n" * 9)
    assert table.schema.names == ("column_1", "column_2")


# What cannot be read


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", r"the file is empty"),
        ("\n \n", r"the file is empty"),
        ("a,b\n", r"no rows; it needs at least two"),
        ("a,b\n1,2\n", r"one row only; it needs at least two"),
        ("a,a\n1,2\n3,5\n", r"two columns are named 'a' \(columns 1 and 2\).* line 1"),
        ("a,b\n1,2\n3\n", r"line 3 has 1 cell where line 1 has 2; correct the line"),
        ('a,b\n1,"x\ny"\n3,4,5\n', r"line 4 has 3 cells where line 1 has 2"),
        ('a,b\n1,2\n3,"4\n5,6\n', r"line 3 opens a double quote that is never closed"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", r"line 3 holds a zero byte, so this is no text"),
        (bytes(range(1, 256)) * 20, r"the bytes of this file are no text"),
        (b"\xff\xfea\x00,", r"no UTF-16 text"),
        ("a,b\n1,\n1,\n", r"no usable column was found, only 'a' \(constant\), 'b' \(empty\)"),
        (gzip.compress(b"a,b\n1,2\n3,5\n", mtime=0)[:-9], r"the compressed file is damaged"),
        (b"PK\x03\x04 and no archive", r"the compressed file is damaged"),
        (b"PAR1 and no table", r"the Parquet file is damaged"),
    ],
)
def test_bad_files_are_refused_in_one_sentence(read, tmp_path, content, sentence):
    with pytest.raises(DataError, match=sentence) as caught:
        read(content)
    assert str(tmp_path / "table.csv") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_paths_that_lead_to_no_file(tmp_path):
    with pytest.raises(DataError, match="there is no such file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(DataError, match="this is a folder"):
        read_table(tmp_path)


def test_a_file_without_rights_is_named(tmp_path, monkeypatch):
    def refuse(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n")
    monkeypatch.setattr("synth_dl.opening.open", refuse, raising=False)
    with pytest.raises(DataError, match=r"cannot be read \(Permission denied\)"):
        read_table(path)


def test_archives_that_hold_no_single_table(tmp_path):
    for name, members in (("two.zip", ["a.csv", "b.csv"]), ("x.xlsx", ["[Content_Types].xml"])):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for member in members:
                archive.writestr(member, "a,b\n1,2\n")
    with pytest.raises(DataError, match="the archive holds 2 files"):
        read_table(tmp_path / "two.zip")
    with pytest.raises(DataError, match="a spreadsheet or document; save the table as CSV"):
        read_table(tmp_path / "x.xlsx")


def test_too_few_names(read):
    with pytest.raises(DataError, match=r"line 1 has 3 cells, but data.columns names 2 columns"):
        read("1,2,3\n4,5,6\n", columns=["a", "b"])


@pytest.mark.parametrize("rows", [1, 30])
def test_infinite_numbers_are_missing_and_it_is_said(read, rows):
    words = ["-inf", "1e999", "Infinity"] * 10
    cells = [*words[:rows], *(f"{k / 4}" for k in range(100))]
    table = read("a,b\n" + "".join(f"{cell},{k % 3}\n" for k, cell in enumerate(cells)))
    column = table.schema.column("a")
    assert (column.type, column.dtype) == ("number", "float64")
    assert table.frame["a"].isna().sum() == rows
    assert table.notes[0].startswith("column 'a':")
    assert "read as missing: '-inf'" in table.notes[0]


def test_a_zero_byte_in_quotes_loses_no_rows(read):
    table = read('"a\0b","c"\n"x\0y","1"\n"z","2"\n"z","1"\n', missing=[], min_count=1)
    assert list(table.frame) == ["a\0b", "c"]
    assert table.frame["a\0b"].tolist() == ["x\0y", "z", "z"]


def test_blanks_around_cells_are_left_out_and_it_is_said(read):
    table = read("age, work\n" + "39, Private\n40, State-gov\n41, ?\n" * 20)
    assert list(table.frame) == ["age", "work"]
    assert table.frame["work"].dropna().unique().tolist() == ["Private", "State-gov"]
    assert table.frame["work"].isna().sum() == 20
    (note,) = (note for note in table.notes if "blanks" in note)
    assert "left out, such as in ' Private' of column 'work'" in note


def test_a_word_of_missing_with_a_blank_before_it_is_written_back(read):
    """As in a table that is separated by `, `."""
    lines = "".join(f"{row}, ?\n{row}, u\n{row}, v\n" for row in range(20))
    table = read("a, b\n" + lines)
    column = table.schema.columns[1]
    assert (column.missing, int(table.frame["b"].isna().sum())) == ("?", 20)


def test_blanks_in_quotes_are_kept_but_around_numbers(read):
    table = read('"a","n", "t"\n' + '" x","  7", " u "\n"y "," 12", "v"\n"z"," NA","w"\n' * 20)
    assert list(table.frame) == ["a", "n", "t"]
    assert table.frame["a"].unique().tolist() == [" x", "y ", "z"]
    assert table.frame["t"].unique().tolist() == [" u ", "v", "w"]
    assert table.frame["n"].dropna().unique().tolist() == [7, 12]
    assert any("'n': blanks around its numbers are left out" in note for note in table.notes)
