"""What the columns of a text file are taken for."""

import numpy as np
import pandas as pd
import pytest

from synth_dl.tables.reading.table import Table
from synth_dl.tables.schema import Schema
from synth_dl.tables.writing import TableWriter


def types(table: Table) -> list[str]:
    return [column.type for column in table.schema.columns]


def rows(*lines: str, repeat: int = 10) -> str:
    """A header and the same few lines, often enough to make their words frequent."""
    return "\n".join([lines[0], *(lines[1:] * repeat)]) + "\n"


def test_integers_with_missing_values_stay_integers(read):
    table = read("a,b\n39,1\n,2\n40,3\n")
    assert str(table.frame["a"].dtype) == "Int64"
    assert table.schema.column("a").dtype == "Int64"
    assert table.frame["a"].tolist() == [39, pd.NA, 40]


def test_leading_zeros_stay_text(read):
    table = read(rows("zip,n", "02134,1", "10001,2", "60601,3"))
    assert table.schema.column("zip").type == "category"
    assert table.frame["zip"].iloc[0] == "02134"


def test_a_few_leading_zeros_are_those_of_numbers_whatever_one_row_more_holds(read) -> None:
    words = [f"{10_000 + 37 * k}" for k in range(56)] + ["04687", "07537", "03781", "01491"]
    plain = read("\n".join(["zip,n", *(f"{word},{k % 9}" for k, word in enumerate(words))]))
    assert plain.schema.column("zip").type == "number"
    assert plain.frame["zip"].tolist()[-4:] == [4687, 7537, 3781, 1491]
    assert any("'04687' as '4687'" in note for note in plain.notes)
    words[3] = "yes"
    odd = read("\n".join(["zip,n", *(f"{word},{k % 9}" for k, word in enumerate(words))]))
    assert odd.schema.column("zip") == plain.schema.column("zip")
    words[3] = "00003"
    codes = read("\n".join(["zip,n", *(f"{word},{k % 9}" for k, word in enumerate(words))]))
    assert codes.schema.column("zip").type == "key"


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
    table = read("a,b\n" + "1,2\n2,3\n" * 20 + "odd,1\n" * 5)
    assert types(table) == ["category", "number"]
    assert any("except 'odd'" in note for note in table.notes)
    table = read("a,b\n" + "1,2\n2,3\n" * 20 + "odd,1\n" * 4)
    assert types(table) == ["number", "number"]
    assert "4 cells among its numbers are read as missing: 'odd'" in table.notes[0]


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


@pytest.mark.parametrize(
    ("form", "shown"),
    [("{:.3e}", "{1.234e+03}"), ("{:.1E}", "{1.2E+03}"), ("{:.0e}", "{1e+03}")],
)
def test_numbers_with_exponents_are_written_as_they_were(read, tmp_path, form, shown):
    values = np.random.default_rng(0).lognormal(0, 20, 80)
    cells = [form.format(value) for value in values]
    for odd in ([], ["5", "2.5e3"]):
        table = read("x,y\n" + "".join(f"{cell},1\n{cell},2\n" for cell in [*cells, *odd]))
        assert table.schema.column("x").format == shown
    with TableWriter(tmp_path / "again.csv", table.schema) as writer:
        writer.write(table.frame)
    again = pd.read_csv(tmp_path / "again.csv", dtype="str")
    assert again["x"].tolist()[: 2 * len(cells) : 2] == cells
    assert Schema.from_dict(table.schema.to_dict()) == table.schema


def test_numbers_of_a_program_have_no_way_of_their_own(read):
    cells = [repr(float(value)) for value in np.random.default_rng(0).lognormal(0, 12, 80)]
    table = read("x,y\n" + "".join(f"{cell},{k % 2}\n" for k, cell in enumerate(cells)))
    assert table.schema.column("x").format is None


def test_a_sign_is_no_unit(read):
    """A number between two signs is none, and is read back as it was."""
    cells = [f"-0.0{k:02d}-" for k in range(40)]
    table = read("x,n\n" + "\n".join(f"{cell},{k % 7}" for k, cell in enumerate(cells)) + "\n")
    assert table.schema.column("x").type != "number"
    assert table.frame["x"].tolist() == cells
    minus = read("x,n\n" + "\n".join(f"{k}.5-,{k % 7}" for k in range(40)) + "\n")
    assert minus.frame["x"].tolist() == [-k - 0.5 for k in range(40)]


@pytest.mark.parametrize("form", ["{},-", "{}.-", "{},--", "{}.–", "€ {},-", "{},- kr", "-{},-"])
def test_a_dash_for_no_cents_is_no_sign(read, form):
    cells = [form.format(100 + 7 * k) for k in range(60)]
    table = read("x;n\n" + "\n".join(f"{cell};{k % 7}" for k, cell in enumerate(cells)) + "\n")
    sign = -1 if form.startswith("-") else 1
    assert table.frame["x"].tolist() == [sign * (100 + 7 * k) for k in range(60)]
