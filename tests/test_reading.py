"""Any table is read as its owner would read it, and what cannot be read is said in a sentence."""

import bz2
import datetime
import decimal
import gzip
import lzma
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synth_dl.codecs.schema import Column, Schema
from synth_dl.data.embedded import EMBEDDED_TARGETS, load_embedded
from synth_dl.data.reading import Table, read_given, read_table, table_from_frame
from synth_dl.data.typed import infer_schema
from synth_dl.errors import ConfigError, DataError


@pytest.fixture
def read(tmp_path):
    """Writes a file and reads it as a table."""

    def read(content: str | bytes, name: str = "table.csv", **options) -> Table:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_table(path, **options)

    return read


def types(table: Table) -> list[str]:
    return [column.type for column in table.schema.columns]


def rows(*lines: str, repeat: int = 10) -> str:
    """A header and the same few lines, often enough to make their words frequent."""
    return "\n".join([lines[0], *(lines[1:] * repeat)]) + "\n"


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
    table = read("a,b\n" + "1,2\n" * 10 + f'3,"{long}"\n')
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


# What the columns are


def test_integers_with_missing_values_stay_integers(read):
    table = read("a,b\n39,1\n,2\n40,3\n")
    assert str(table.frame["a"].dtype) == "Int64"
    assert table.schema.column("a").dtype == "Int64"
    assert table.frame["a"].tolist() == [39, pd.NA, 40]


def test_leading_zeros_stay_text(read):
    table = read(rows("zip,n", "02134,1", "10001,2", "60601,3"))
    assert table.schema.column("zip").type == "category"
    assert table.frame["zip"].iloc[0] == "02134"


@pytest.mark.parametrize(
    ("words", "decimals", "places"),
    [
        (["1.10", "2.20", "3.35"], 2, 2),
        (["85.0", "3.5", "2.0"], 1, 1),
        (["39.0", "40.0", "41.0"], 0, 1),
        (["7.5E-05", "2.25", "1"], 6, 0),
        (["0.1234567890123", "2.5", "3.123"], None, 1),
        ([f"{k}000" for k in range(1, 12)], -3, 0),
        (["1", "20", "300"], 0, 0),
    ],
)
def test_digits_of_numbers(read, words, decimals, places):
    column = read("x,y\n" + "".join(f"{word},a\n" for word in words)).schema.column("x")
    assert (column.type, column.decimals, column.places) == ("number", decimals, places)


def test_missing_words(read):
    text = "n,word,token\n1,None,?\n?,none,?\n3,None,x\nNA,-,x\n" * 1
    table = read(text + "5,None,x\n6,None,x\n7,None,x\n8,none,\n")
    assert table.frame["n"].isna().tolist()[:4] == [False, True, False, True]
    assert table.frame["word"].isna().sum() == 0
    assert table.frame["token"].isna().sum() == 3
    assert table.schema.column("token").missing == "?"
    assert table.schema.column("n").missing in ("?", "NA")


def test_weak_words_are_missing_among_numbers_and_said(read):
    table = read("a,b\n1,-\n2,4\nunknown,3\n4,-\n")
    assert types(table) == ["number", "number"]
    assert table.schema.column("b").missing == "-"
    assert any("'unknown'" in note for note in table.notes)


def test_missing_words_can_be_given(read):
    table = read(rows("a,b", "9999,NA", "2,x", "3,y"), missing=["9999"])
    assert table.frame["a"].isna().sum() == 10
    assert table.frame["b"].isna().sum() == 0


def test_few_odd_words_among_numbers_are_reported(read):
    table = read("a,b\n" + "1,2\n2,3\n" * 20 + "odd,1\n")
    assert any("except 'odd'" in note for note in table.notes)


@pytest.mark.parametrize("words", [("TRUE", "FALSE"), ("True", "False"), ("true", "false")])
def test_booleans(read, words):
    true, false = words
    table = read(f"a,b,n\n{true},{true},1\n{false},,2\n{true},{false},3\n")
    assert types(table)[:2] == ["boolean", "boolean"]
    assert table.schema.column("a").words == words
    assert table.frame["a"].tolist() == [True, False, True]
    assert str(table.frame["b"].dtype) == "boolean"


@pytest.mark.parametrize(
    ("words", "format", "dtype"),
    [
        (["1861-02-09", "1983-03-30"], "%Y-%m-%d", "datetime64[us]"),
        (["2020/02/29", "2021/12/31"], "%Y/%m/%d", "datetime64[us]"),
        (["31.12.1999", "01.02.2020"], "%d.%m.%Y", "datetime64[us]"),
        (["3/14/2020", "12/1/2020"], "%-m/%-d/%Y", "datetime64[us]"),
        (["14/03/2020", "01/12/2020"], "%d/%m/%Y", "datetime64[us]"),
        (["20200301", "20211231"], "%Y%m%d", "datetime64[us]"),
        (["05-Jan-2020", "31-Dec-1999"], "%d-%b-%Y", "datetime64[us]"),
        (["Jan 5, 2020", "May 31, 1999"], "%b %-d, %Y", "datetime64[us]"),
        (["2020-01-01 10:30", "2020-01-01 09:05"], "%Y-%m-%d %H:%M", "datetime64[us]"),
        (["2020-01-01T10:30:00Z", "2020-07-01T09:05:59Z"], "%Y-%m-%dT%H:%M:%SZ",
         "datetime64[us, UTC]"),
        (["2020-01-01T10:30:00+02:00", "2020-07-01T09:05:59+02:00"], "%Y-%m-%dT%H:%M:%S+02:00",
         "datetime64[us, UTC+02:00]"),
        (["2020-01-01 10:30:00.125", "2020-01-01 10:30:00"], "%Y-%m-%d %H:%M:%S.%f",
         "datetime64[us]"),
        (["1/5/2020 1:05 PM", "12/25/2020 11:59 AM"], "%-m/%-d/%Y %-I:%M %p", "datetime64[us]"),
    ],
)  # fmt: skip
def test_dates(read, words, format, dtype):
    text = "date;n\n" + "".join(f"{word};{index}\n" for index, word in enumerate(words))
    table = read(text)
    column = table.schema.column("date")
    assert (column.type, column.format, column.dtype) == ("datetime", format, dtype)
    expected = pd.to_datetime(words, format="mixed", dayfirst=format[:2] == "%d")
    assert (table.frame["date"] == expected).all()


def test_ambiguous_dates_are_said(read):
    table = read("d,n\n01/02/2020,1\n03/04/2020,2\n")
    assert table.frame["d"].iloc[0] == pd.Timestamp("2020-01-02")
    assert "though %d/%m/%Y fits as well" in table.notes[0]


@pytest.mark.parametrize(
    "words",
    [
        ["2020-02-30", "2020-01-01"],
        ["12:30", "11:15"],
        ["20200301", "20211231"],
        ["1.2.3", "1.2.4"],
    ],
)
def test_what_is_no_date(read, words):
    table = read("version;n\n" + "".join(f"{word};{i}\n" for i, word in enumerate(words)))
    assert table.schema.column("version").type != "datetime"


def test_constant_empty_key_and_category(read):
    lines = [f"x,,{index * 7919 % 10007:05x},{'abc'[index % 3]},{index}" for index in range(400)]
    table = read("same,none,code,letter,id\n" + "\n".join(lines) + "\n")
    assert types(table) == ["constant", "empty", "key", "category", "key"]
    assert table.frame["none"].isna().all()


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("id", range(0, 3000, 30), "key"),
        ("customerId", range(9000, 100, -7), "key"),
        ("anything", range(100, 200), "key"),
        ("year", range(1900, 2000), "number"),
        ("salary", range(0, 300_000, 777), "number"),
        ("user_id", [k // 2 for k in range(400)], "key"),
        ("store_id", [k % 20 for k in range(400)], "number"),
        ("paid", range(0, 3000, 30), "number"),
    ],
)
def test_integers_that_only_identify_rows_are_keys(read, name, values, kind):
    text = f"{name},x\n" + "".join(f"{value},{k % 3}\n" for k, value in enumerate(values))
    assert read(text).schema.column(name).type == kind


def test_fifty_thousand_distinct_strings_are_a_key(read):
    text = "name,n\n" + "".join(
        f"user{index:x}@example.org,{index % 7}\n" for index in range(50_000)
    )
    table = read(text)
    assert table.schema.column("name").type == "key"
    assert table.frame["name"].nunique() == 50_000


def test_column_names_hold_any_letters(read):
    table = read("hours per week;a.b;x-y;ä,ö;日本\n1;2;3;4;5\n2;3;4;5;7\n")
    assert table.schema.names == ("hours per week", "a.b", "x-y", "ä,ö", "日本")


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
        ("a,b\n1,x\n2.5,y\n-inf,z\n", r"line 4 holds an infinite number \('-inf'\) in column 'a'"),
        ("a,b\n1,x\n1e999,y\n", r"line 3 holds an infinite number"),
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
    monkeypatch.setattr(Path, "open", refuse)
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


# A schema that is given


def declare(**types: str) -> Schema:
    formats = {"datetime": "%d.%m.%Y"}
    dtypes = {"number": "int64", "datetime": "datetime64[us]", "boolean": "bool"}
    return Schema(
        tuple(
            Column(name, kind, dtypes.get(kind, "str"), format=formats.get(kind))
            for name, kind in types.items()
        )
    )


@pytest.mark.parametrize(
    ("text", "types", "sentence"),
    [
        ("a,b\n1,x\nq,y\n", {"a": "number", "b": "key"},
         r"line 3 holds 'q' in column 'a', which is declared as number; correct the cell"),
        ("a,b\n01.02.2020,x\n30.02.2020,y\n", {"a": "datetime", "b": "key"},
         r"line 3 holds '30.02.2020' in column 'a', which is declared as datetime"),
        ("a,b\nTRUE,x\nperhaps,y\n", {"a": "boolean", "b": "key"},
         r"line 3 holds 'perhaps' in column 'a', which is declared as boolean"),
        ("a,b\n1,x\n2,y\n", {"a": "number"}, r"column 'b' is not in the schema"),
        ("a,b\n1,x\n2,y\n", {"a": "number", "b": "key", "c": "key"},
         r"column 'c' of the schema is not in the file"),
    ],
)  # fmt: skip
def test_what_is_declared_must_be_there(read, text, types, sentence):
    with pytest.raises(DataError, match=sentence):
        read(text, schema=declare(**types))


def test_declared_types_are_used(read):
    schema = Schema(
        (
            Column("when", "datetime", "datetime64[us]", format="%d/%m/%Y"),
            Column("code", "number", "float64"),
            Column("grade", "category", "str", ordered=True, levels=("2", "1")),
            Column("ok", "boolean", "bool", words=("ja", "nein")),
            Column("size", "category", "int64"),
        )
    )
    table = read(
        "code,when,grade,ok,size\n007,01/02/2020,1,ja,5\n010,03/04/2020,2,nein,7\n", schema=schema
    )
    assert table.schema.names == ("when", "code", "grade", "ok", "size")
    assert table.frame["when"].iloc[0] == pd.Timestamp("2020-02-01")
    assert table.frame["code"].tolist() == [7, 10]
    assert table.frame["grade"].tolist() == ["1", "2"]
    assert table.frame["ok"].tolist() == [True, False]
    assert table.frame["size"].tolist() == [5, 7]
    assert table.schema.column("grade").levels == ("2", "1")


def test_values_outside_declared_levels_are_reported(read):
    schema = Schema(
        (Column("g", "category", "str", levels=("a", "b")), Column("n", "number", "int64"))
    )
    table = read("g,n\na,1\nz,2\n", schema=schema)
    assert any("not in its `levels`, such as 'z'" in note for note in table.notes)


def test_a_schema_names_the_columns_of_a_file_without_header(read):
    assert read("1,x\n2,y\n", schema=declare(p="number", q="key")).schema.names == ("p", "q")


def test_an_inferred_schema_reads_the_same_table_again(tmp_path, read):
    text = "d,n,w,k\n" + "".join(
        f"0{k % 9 + 1}.03.2020,{k / 4},{'xy'[k % 2]},NA\n" for k in range(40)
    )
    first = read(text)
    first.schema.save(tmp_path / "schema.yaml")
    second = read(text, schema=Schema.load(tmp_path / "schema.yaml"))
    pd.testing.assert_frame_equal(first.frame, second.frame)
    assert first.schema == second.schema


def test_partly_known_rows(tmp_path):
    schema = declare(a="number", b="category", d="datetime")
    path = tmp_path / "given.csv"
    path.write_text("b,d\nx,01.02.2020\n,\n?missing,?missing\n")
    frame, absent = read_given(path, schema)
    assert frame["b"].tolist()[0] == "x"
    assert frame["d"].tolist()[0] == pd.Timestamp("2020-02-01")
    assert frame.isna().to_numpy().tolist() == [[False, False], [True, True], [True, True]]
    assert absent.to_numpy().tolist() == [[False, False], [False, False], [True, True]]
    path.write_text("z\n1\n")
    with pytest.raises(DataError, match="column 'z' is not in the schema"):
        read_given(path, schema)


# Tables that have types already

N = 60
TYPED = {
    "small": (np.arange(N, dtype="int8") % 7, "number", "int8"),
    "float": (np.linspace(0, 1, N) ** 2, "number", "float64"),
    "half": (np.tile([0.5, 1.0, np.nan], N // 3).astype("float32"), "number", "float32"),
    "whole": (pd.array([1, 2, None] * (N // 3), "Int64"), "number", "Int64"),
    "arrow": (pd.array([1, 2, None] * (N // 3), "int64[pyarrow]"), "number", "int64[pyarrow]"),
    "flag": (np.arange(N) % 2 == 0, "boolean", "bool"),
    "perhaps": (pd.array([True, False, None] * (N // 3), "boolean"), "boolean", "boolean"),
    "text": (["a", "b", None] * (N // 3), "category", "str"),
    "object": (pd.Series(["a", "b", None] * (N // 3), dtype="object"), "category", "object"),
    "free": ([f"text {k}" for k in range(N)], "key", "str"),
    "group": (pd.Categorical(["x", "y"] * (N // 2)), "category", "category"),
    "levels": (pd.Categorical([3, 1] * (N // 2), [3, 2, 1], ordered=True), "category", "category"),
    "bins": (pd.cut(np.arange(N), 3), "category", "category"),
    "time": (pd.date_range("2020", periods=N, freq="h", unit="ns"), "datetime", "datetime64[ns]"),
    "zone": (pd.date_range("2020", periods=N, tz="Europe/Berlin", unit="us"), "datetime",
             "datetime64[us, Europe/Berlin]"),
    "day": ([datetime.date(2020, 1, 1 + k % 9) for k in range(N)], "datetime", "datetime64[us]"),
    "money": ([decimal.Decimal(k) / 4 for k in range(N)], "number", "float64"),
    "mixed": (pd.Series([1, "a", None] * (N // 3), dtype="object"), "category", "object"),
    "sparse": (pd.arrays.SparseArray([0, 0, 1, 2] * (N // 4)), "number", "Sparse[int64, 0]"),
    "clock": ([datetime.time(k % 4) for k in range(N)], "category", "object"),
    "one": (["same"] * N, "constant", "str"),
    "none": ([None] * N, "empty", "float64"),
}  # fmt: skip


@pytest.mark.parametrize("name", TYPED)
def test_every_dtype(name):
    values, kind, dtype = TYPED[name]
    frame = pd.DataFrame({name: values, 7: np.arange(N) % 3})
    schema = infer_schema(frame)
    assert schema.names == (name, "7")
    assert (schema.column(name).type, schema.column(name).dtype) == (kind, dtype)
    table = table_from_frame(frame)
    assert table.schema == schema
    table.frame[name].astype(dtype)
    schema.to_dict()


def test_details_of_typed_columns():
    frame = pd.DataFrame({name: values for name, (values, _, _) in TYPED.items()})
    schema = infer_schema(frame)
    assert schema.column("half").decimals == 1
    assert schema.column("float").decimals is None
    assert schema.column("money").decimals == 2
    assert schema.column("levels").levels == (3, 2, 1)
    assert schema.column("levels").ordered
    assert schema.column("time").format == "%Y-%m-%d %H:%M:%S"
    assert schema.column("day").format == "%Y-%m-%d"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([1.0, np.inf], r"row 2 holds an infinite number in column 'x'"),
        ([[1], [2]], r"column 'x' holds lists or records"),
        ([{"a": 1}, {"a": 2}], r"column 'x' holds lists or records"),
        ([b"a", b"b"], r"column 'x' holds bytes"),
        (pd.to_timedelta([1, 2], unit="s"), r"column 'x' holds timedeltas.*total_seconds"),
        (pd.period_range("2020", periods=2, freq="M"), r"column 'x' holds periods.*to_timestamp"),
        ([1j, 2j], r"column 'x' holds complex numbers"),
    ],
)
def test_values_without_meaning_in_a_table(values, sentence):
    frame = pd.DataFrame({"x": values, "y": [1, 2]})
    with pytest.raises(DataError, match=sentence):
        infer_schema(frame)


def test_two_columns_of_one_name():
    frame = pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"])
    with pytest.raises(DataError, match="two columns are named 'a'; rename one"):
        table_from_frame(frame)


def test_a_frame_of_one_row_or_none():
    with pytest.raises(DataError, match="one row only"):
        table_from_frame(pd.DataFrame({"a": [1]}))
    with pytest.raises(DataError, match="no rows"):
        table_from_frame(pd.DataFrame({"a": []}))


def test_declared_types_of_a_frame():
    frame = pd.DataFrame({"n": ["1", "2"], "d": ["01.02.2020", "03.04.2020"], "c": [1, 2]})
    schema = declare(n="number", d="datetime", c="category")
    table = table_from_frame(frame, schema=schema)
    assert table.frame["n"].tolist() == [1, 2]
    assert table.frame["d"].iloc[1] == pd.Timestamp("2020-04-03")
    assert table.frame["c"].tolist() == [1, 2]
    frame.loc[1, "n"] = "x"
    with pytest.raises(DataError, match="row 2 holds 'x' in column 'n'"):
        table_from_frame(frame, schema=schema)


def test_parquet_keeps_its_types(tmp_path):
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({
        "whole": pa.array([1, None, 3] * 9, pa.int32()),
        "words": pa.array(["a", "b", None] * 9).dictionary_encode(),
        "day": pa.array([datetime.date(2020, 1, 1 + k % 3) for k in range(27)]),
        "price": pa.array([decimal.Decimal("1.25")] * 26 + [None]),
        "flag": pa.array([True, None, False] * 9),
        "raw": pa.array([b"x", b"y", b"z"] * 9),
        "void": pa.array([None] * 27, pa.string()),
    }), path)  # fmt: skip
    table = read_table(path)
    dtypes = {column.name: (column.type, column.dtype) for column in table.schema.columns}
    assert dtypes["whole"] == ("number", "Int32")
    assert dtypes["words"] == ("category", "category")
    assert dtypes["day"][0] == "datetime"
    assert dtypes["price"] == ("number", "float64")
    assert dtypes["flag"] == ("boolean", "boolean")
    assert dtypes["raw"] == ("category", "str")
    assert dtypes["void"][0] == "empty"


def test_parquet_of_pandas_keeps_nullable_types_and_drops_row_labels(tmp_path):
    path = tmp_path / "table.parquet"
    frame = pd.DataFrame(
        {"n": pd.array([1, 2, 3], "Int64"), "b": pd.array([True, False, True], "boolean")}
    )
    frame.index = [5, 7, 9]
    frame.to_parquet(path)
    table = read_table(path)
    assert [column.dtype for column in table.schema.columns] == ["Int64", "boolean"]


def test_parquet_with_lists_is_refused(tmp_path):
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({"a": [[1], [2]], "b": [1, 2]}), path)
    with pytest.raises(DataError, match="column 'a' holds lists or records"):
        read_table(path)


# Tables that come with the package


def test_embedded_tables():
    voters = load_embedded("anes96")
    assert voters.frame.shape == (944, 11)
    ordered = [column.name for column in voters.schema.columns if column.ordered]
    assert ordered == ["selfLR", "ClinLR", "DoleLR", "PID", "educ", "income"]
    assert len(voters.schema.column("income").levels or ()) == 24
    assert voters.schema.column("vote").type == "category"
    assert np.allclose(np.log(voters.frame["popul"] + 0.1), voters.frame["logpopul"], atol=1e-4)
    assert not voters.notes
    visits = load_embedded("randhie")
    assert visits.frame.shape == (20_190, 10)
    assert visits.frame.duplicated().sum() == 11_065
    for name, target in EMBEDDED_TARGETS.items():
        assert target in load_embedded(name).schema.names


def test_an_unknown_embedded_table():
    with pytest.raises(ConfigError, match="no embedded table 'iris'; known are anes96, randhie"):
        load_embedded("iris")
