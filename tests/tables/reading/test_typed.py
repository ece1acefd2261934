"""Tables that have types already: DataFrames, Parquet files and those of the package."""

import datetime
import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synth_dl.errors import ConfigError, DataError
from synth_dl.tables.frames import empty_like, given_back
from synth_dl.tables.reading.sources import EMBEDDED_TARGETS, load_embedded
from synth_dl.tables.reading.table import read_table, table_from_frame
from synth_dl.tables.reading.typed import infer_schema

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
    "day": ([datetime.date(2020, 1, 1 + k % 9) for k in range(N)], "datetime", "datetime64[s]"),
    "money": ([decimal.Decimal(k) / 4 for k in range(N)], "number", "float64"),
    "mixed": (pd.Series([1, "a", None] * (N // 3), dtype="object"), "category", "object"),
    "sparse": (pd.arrays.SparseArray([0, 0, 1, 2] * (N // 4)), "number", "Sparse[int64, 0]"),
    "clock": ([datetime.time(k % 4) for k in range(N)], "datetime", "datetime64[us]"),
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
        ([[1], [2]], r"column 'x' holds lists or records"),
        ([{"a": 1}, {"a": 2}], r"column 'x' holds lists or records"),
        ([b"a", b"\xff"], r"column 'x' holds bytes that are no text"),
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


def test_parquet_keeps_its_types(tmp_path):
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({
        "whole": pa.array([1, None, 3] * 9, pa.int32()),
        "words": pa.array(["a", "b", None] * 9).dictionary_encode(),
        "day": pa.array([datetime.date(2020, 1, 1 + k % 3) for k in range(27)]),
        "price": pa.array([decimal.Decimal("1.25")] * 20 + [None] * 7),
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


@pytest.mark.parametrize("kind", ["float64", "Float64", "float32", "float64[pyarrow]", "object",
                                  "category"])  # fmt: skip
@pytest.mark.parametrize("count", [1, 30])
def test_infinite_numbers_are_missing_and_it_is_said(kind, count):
    cells = pd.Series([*[np.inf] * count, *np.arange(70) / 4]).astype(kind)
    table = table_from_frame(pd.DataFrame({"x": cells, "y": range(len(cells))}))
    assert table.frame["x"].isna().sum() == count
    assert table.frame["x"].dropna().astype("float64").max() == 69 / 4
    assert f"column 'x': {count} infinite numbers are read as missing" in table.notes


def test_floats_of_whole_numbers_are_integers_whatever_a_few_rows_hold():
    """A single missing cell makes floats of a frame's integers, so neither dtype may be told."""
    whole = pd.Series(np.random.default_rng(0).integers(0, 9, 60))
    for odd in (3, 3.0, 2.5, None, np.inf):
        cells = whole.astype("float64" if odd is None or type(odd) is float else "int64")
        cells[7] = odd
        table = table_from_frame(pd.DataFrame({"x": cells, "y": ["a", "b"] * 30}))
        assert table.schema.column("x").dtype == "int64"


@pytest.mark.parametrize("dtype", ["Float64", "double[pyarrow]", "float32"])
def test_floats_that_were_declared_are_floats(dtype):
    cells = pd.Series([1.0, 2.0, 3.0] * 20, dtype=dtype)
    table = table_from_frame(pd.DataFrame({"x": cells, "y": ["a", "b"] * 30}))
    assert table.schema.column("x").dtype == dtype


def test_floats_of_arrow_are_floats():
    table = table_from_frame(pa.table({"x": [1.0, 2.0, 3.0] * 20, "y": ["a", "b"] * 30}))
    assert table.schema.column("x").dtype == "float64"


def test_floats_of_whole_numbers_come_back_to_who_gave_them():
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0] * 20, "y": ["a", "b"] * 30})
    table = table_from_frame(frame)
    assert given_back(table.frame, table.schema).dtypes["x"] == "int64"
    assert given_back(table.frame, table.schema, empty_like(frame)).dtypes["x"] == "float64"


@pytest.mark.parametrize("odd", [pd.Timestamp("2020-01-01", tz="UTC"), 99999999999999999999, "x"])
def test_a_column_without_values_is_of_no_dtype_that_a_few_cells_have(odd: object) -> None:
    cells = [odd, *[None] * (N - 1)]
    frame = pd.DataFrame({"empty": pd.Series(cells), "n": np.arange(N) % 7})
    table = table_from_frame(frame)
    assert table.schema.column("empty").type == "empty"
    assert table.schema.column("empty").dtype == "float64"
    assert table.frame["empty"].isna().all()
    assert any("1 cells are too few and are read as missing" in note for note in table.notes)
