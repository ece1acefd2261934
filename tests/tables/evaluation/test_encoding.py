"""Tables on one coding: what differs between them, and what does not."""

import numpy as np
import pandas as pd
import pytest
from encoded_tables import encoded, schema_of

from synth_dl.errors import DataError
from synth_dl.tables.schema import Column, Schema


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        ("number", pd.Series([1, 2, None, 3], dtype="Int64"), pd.Series([1.0, 2.0, np.nan, 3.0])),
        ("number", pd.Series([1, 2, 3]), pd.Series(["1", "2", "3"])),
        ("category", pd.Series([1, 2, None], dtype="Int64"), pd.Series([1.0, 2.0, np.nan])),
        ("category", pd.Series(["a", "b"]), pd.Series(["a", "b"], dtype="category")),
        ("boolean", pd.Series([True, False]), pd.Series([True, False], dtype="boolean")),
        (
            "boolean",
            pd.Series([True, None, False], dtype="boolean"),
            pd.Series(["yes", None, "no"]),
        ),
        ("boolean", pd.Series([True, False], dtype=object), pd.Series([1.0, 0.0])),
        ("datetime", pd.to_datetime(pd.Series(["2020-01-01"])), pd.Series(["2020-01-01"])),
        ("empty", pd.Series([None, None]), pd.Series([np.nan, np.nan])),
        ("constant", pd.Series([7, 7]), pd.Series([7.0, 7.0])),
    ],
)
def test_the_dtype_of_a_column_does_not_matter(
    kind: str, first: pd.Series, second: pd.Series
) -> None:
    one, other = encoded(schema_of(column=kind), {"column": first}, {"column": second})
    np.testing.assert_array_equal(one.values, other.values)


def test_dates_are_seconds_and_keys_are_left_out() -> None:
    schema = schema_of(when="datetime", id="key")
    frame = {"when": ["1970-01-02", None], "id": ["a", "b"]}
    (table,) = encoded(schema, frame)
    assert [column.name for column in table.columns] == ["when"]
    np.testing.assert_array_equal(table.values[:, 0], [86_400.0, np.nan])


def test_categories_of_one_table_only_share_the_coding() -> None:
    schema = schema_of(colour="category")
    real, synthetic = encoded(schema, {"colour": ["b", None]}, {"colour": ["c", "a"]})
    assert real.columns[0].labels == ("a", "b", "c", "(missing)")
    np.testing.assert_array_equal(real.values[:, 0], [1, 3])
    np.testing.assert_array_equal(synthetic.values[:, 0], [2, 0])


def test_declared_levels_give_the_order_of_the_codes() -> None:
    schema = Schema((Column("size", "category", "str", ordered=True, levels=("S", "M", "L")),))
    (table,) = encoded(schema, {"size": ["L", "S", "M"]})
    np.testing.assert_array_equal(table.values[:, 0], [2, 0, 1])


@pytest.mark.parametrize(
    ("schema", "frame", "words"),
    [
        (schema_of(a="number"), {"a": []}, "no rows"),
        (schema_of(a="number", b="number"), {"a": [1]}, "lacks the column 'b'"),
        (schema_of(a="number"), {"a": [1], "z": [2]}, "column 'z'"),
        (schema_of(a="number"), {"a": ["one"]}, "does not read as number"),
        (schema_of(a="datetime"), {"a": ["yesterday-ish"]}, "does not read as datetime"),
        (schema_of(a="number"), {"a": [np.inf]}, "infinite"),
        (schema_of(a="key"), {"a": ["x"]}, "No column is left"),
        (schema_of(a="category"), {"a": [[1], [2]]}, "no categories"),
        (
            schema_of(a="number"),
            pd.DataFrame([[1, 2]], columns=["a", "a"]),
            "two columns named 'a'",
        ),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_sentence(
    schema: Schema, frame: dict[str, list], words: str
) -> None:
    with pytest.raises(DataError, match=words):
        encoded(schema, frame)
