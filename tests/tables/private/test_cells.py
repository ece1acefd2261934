"""Cells are read one by one: by what was declared, and by no other cell."""

import numpy as np
import pandas as pd
import pytest

from synth_dl.errors import DataError
from synth_dl.tables.private.cells import raw_table, typed_frame
from synth_dl.tables.schema import Schema

SCHEMA = Schema.from_dict(
    {
        "columns": [
            {"name": "age", "type": "number", "dtype": "int64", "minimum": 0, "maximum": 120},
            {"name": "price", "type": "number", "decimals": 2},
            {"name": "day", "type": "datetime", "format": "%d.%m.%Y", "minimum": "2020-01-01",
             "maximum": "2020-12-31"},
            {"name": "ok", "type": "boolean", "words": ["ja", "nein"]},
            {"name": "sex", "type": "category", "levels": ["f", "m"]},
            {"name": "grade", "type": "category", "dtype": "int64", "levels": [0, 1, 2]},
            {"name": "town", "type": "category"},
            {"name": "code", "type": "category", "dtype": "int64"},
        ],
        "dialect": {"separator": ";", "decimal": ","},
    }
)  # fmt: skip
TEXT = """age;price;day;ok;sex;grade;town;code
41;1,5;31.01.2020;ja;f;0;Bonn;7
999;x;01.02.2019;nein;m;1,0;Köln;7.5
;2;2020-03-04;maybe;d;;NA;seven
-5;1e3;30.02.2020;;;3;"a;b";8
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_words_become_values_or_are_missing(path) -> None:
    found = typed_frame(raw_table(path, SCHEMA), SCHEMA)
    assert found["age"].fillna(-1).tolist() == [41, 120, -1, 0]
    assert found["price"].fillna(-1).tolist() == [1.5, -1, 2, 1000]
    days = ["2020-01-31", "2020-01-01", None, None]
    assert found["day"].tolist() == pd.to_datetime(days).tolist()
    assert found["ok"].tolist() == [True, False, pd.NA, pd.NA]
    # A word that is none of the levels is not missing, and has no code of its own.
    assert found["sex"].tolist() == ["f", "m", "d", None]
    assert found["grade"].tolist() == [0, 1, None, "3"]
    assert found["town"].tolist() == ["Bonn", "Köln", None, "a;b"]
    assert found["code"].tolist() == [7, None, None, 8]


def test_no_cell_changes_how_another_is_read(path) -> None:
    before = typed_frame(raw_table(path, SCHEMA), SCHEMA)
    for strange in ("1.5;0,123456789;04/13/2020;YES;f;0.5;1;1", '"";-;?;NaN;none;null;;""'):
        path.write_text(TEXT + strange + "\n", encoding="utf-8")
        after = typed_frame(raw_table(path, SCHEMA), SCHEMA)
        pd.testing.assert_frame_equal(after.iloc[:4], before)


def test_typed_values_are_read_as_words_are() -> None:
    schema = Schema.from_dict({"columns": [
        {"name": "n", "type": "number"},
        {"name": "d", "type": "datetime", "dtype": "datetime64[us, Europe/Berlin]",
         "minimum": "2020-01-01", "maximum": "2021-01-01"},
        {"name": "c", "type": "category"},
        {"name": "b", "type": "boolean"},
    ]})  # fmt: skip
    raw = pd.DataFrame({
        "n": pd.array([1, None, 3], "Int64"),
        "d": pd.to_datetime(["2020-06-01", "1999-01-01", None], utc=True),
        "c": [1.0, np.nan, 2.0],
        "b": [True, False, None],
    })  # fmt: skip
    found = typed_frame(raw_table(raw, schema), schema)
    assert found["n"].fillna(-1).tolist() == [1, -1, 3]
    assert found["d"].dt.tz_localize(None).tolist()[:2] == [
        pd.Timestamp("2020-06-01 02:00"), pd.Timestamp("2020-01-01")
    ]  # fmt: skip
    assert found["c"].tolist() == ["1", None, "2"]
    assert found["b"].tolist() == [True, False, pd.NA]


def test_one_odd_cell_changes_no_other_of_a_frame_though_its_dtype_changes() -> None:
    schema = Schema.from_dict({"columns": [
        {"name": "n", "type": "number"}, {"name": "c", "type": "category"},
        {"name": "d", "type": "datetime", "minimum": "2020-01-01", "maximum": "2021-01-01"},
    ], "dialect": {"decimal": ","}})  # fmt: skip
    days = pd.to_datetime(["2020-02-01", "2020-03-01", "2020-04-01"])
    frame = pd.DataFrame({"n": [1.5, 2, np.nan], "c": [1.0, 2.5, 3.0], "d": days})
    odd = pd.DataFrame({"n": ["1.000"], "c": ["x"], "d": ["?"]})
    mixed = pd.concat([frame.astype(object), odd.astype(object)], ignore_index=True)
    assert mixed.dtypes.tolist() == [object] * 3
    before, after = (typed_frame(raw_table(f, schema), schema) for f in (frame, mixed))
    pd.testing.assert_frame_equal(after.iloc[:3], before)
    assert before["n"].tolist()[:2] == [1.5, 2.0]
    # Whoever writes decimals by a comma means a thousand, which was not declared.
    assert np.isnan(after["n"][3])


def test_a_file_of_other_columns_is_refused(path) -> None:
    path.write_text("age;prise\n1;2\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"'prise' is not in the schema; did you mean 'price'"):
        raw_table(path, SCHEMA)


def test_parquet_is_read_too(tmp_path) -> None:
    path, schema = tmp_path / "t.parquet", Schema.from_dict({"columns": [
        {"name": "x", "type": "number", "decimals": 1}]})  # fmt: skip
    pd.DataFrame({"x": [1.25, np.inf, 3.0]}).to_parquet(path)
    assert typed_frame(raw_table(path, schema), schema)["x"].fillna(-1).tolist() == [1.25, -1, 3.0]
