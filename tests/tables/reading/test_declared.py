"""A schema that is given: what it declares is used, and must be there."""

import pandas as pd
import pytest

from synth_dl.errors import DataError
from synth_dl.tables.reading.matching import read_given
from synth_dl.tables.reading.table import table_from_frame
from synth_dl.tables.schema import Column, Schema


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


@pytest.mark.filterwarnings("error")
def test_a_number_beyond_all_integers_stays_what_it_is(read):
    schema = Schema((Column("n", "number", "int64"), Column("k", "number", "int64")))
    table = read("n,k\n1,1\n2,2\n1e300,3\n", schema=schema)
    assert table.frame["n"].tolist() == [1, 2, 1e300]
    assert table.frame["k"].tolist() == [1, 2, 3]
