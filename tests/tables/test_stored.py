"""What comes in a type goes out in that type: through memory, and through Parquet files."""

import datetime
import decimal
import zoneinfo
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dateutil.tz
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import synth_dl
from synth_dl.errors import DataError
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.columns import Place
from synth_dl.tables.reading.table import read_table, table_from_frame
from synth_dl.tables.schema import Schema
from synth_dl.tables.writing import TableWriter

ROWS = 120
Draw = Callable[[np.random.Generator], Any]


def clock(generator: np.random.Generator) -> datetime.time:
    return datetime.time(int(generator.integers(24)), int(generator.integers(60)))


def moment(generator: np.random.Generator) -> datetime.datetime:
    return datetime.datetime(2020, 1, 1) + datetime.timedelta(seconds=int(generator.integers(1e8)))


def day(generator: np.random.Generator) -> datetime.date:
    return moment(generator).date()


def cents(generator: np.random.Generator) -> decimal.Decimal:
    return decimal.Decimal(int(generator.integers(-(10**6), 10**6))).scaleb(-2)


def word(generator: np.random.Generator) -> str:
    return str(generator.choice(["red", "green", "blue"]))


WHOLE: Draw = lambda g: int(g.integers(100))  # noqa: E731
REAL: Draw = lambda g: float(g.integers(1000)) / 8  # noqa: E731
SPAN: Draw = lambda g: datetime.timedelta(minutes=int(g.integers(5000)))  # noqa: E731
TYPES: dict[str, tuple[pa.DataType, Draw]] = {
    **{str(kind): (kind, WHOLE) for kind in (
        pa.int8(), pa.int16(), pa.int32(), pa.int64(),
        pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64())},
    **{str(kind): (kind, REAL) for kind in (pa.float16(), pa.float32(), pa.float64())},
    **{str(kind): (kind, cents) for kind in (
        pa.decimal128(10, 2), pa.decimal128(38, 10), pa.decimal256(50, 4), pa.decimal64(12, 2))},
    "whole decimal": (pa.decimal128(20, 0), WHOLE),
    **{str(kind): (kind, day) for kind in (pa.date32(), pa.date64())},
    **{str(kind): (kind, clock) for kind in (
        pa.time32("ms"), pa.time64("us"), pa.time64("ns"))},
    **{str(kind): (kind, SPAN) for kind in (
        pa.duration("ms"), pa.duration("us"), pa.duration("ns"))},
    **{str(kind): (kind, moment) for kind in (
        pa.timestamp("ms"), pa.timestamp("us"), pa.timestamp("ns"), pa.timestamp("us", "UTC"),
        pa.timestamp("us", "Europe/Berlin"), pa.timestamp("ns", "America/New_York"),
        pa.timestamp("us", "+05:30"), pa.timestamp("us", "Mars/Base"))},
    "bool": (pa.bool_(), lambda g: bool(g.integers(2))),
    **{str(kind): (kind, word) for kind in (
        pa.string(), pa.large_string(), pa.string_view(),
        pa.dictionary(pa.int8(), pa.string()), pa.dictionary(pa.int32(), pa.large_string(), True))},
    "dictionary of numbers": (pa.dictionary(pa.int16(), pa.int64()), WHOLE),
    **{str(kind): (kind, lambda g: word(g).encode()) for kind in (
        pa.binary(), pa.large_binary())},
    "three bytes": (pa.binary(3), lambda g: bytes([65 + int(g.integers(4))]) * 3),
}  # fmt: skip


def column(name: str, seed: int, missing: bool, rows: int = ROWS) -> pa.Array:
    kind, draw = TYPES[name]
    generator = np.random.default_rng(seed)
    cells = [None if missing and generator.random() < 0.2 else draw(generator) for _ in range(rows)]
    if pa.types.is_dictionary(kind):
        return pa.array(cells, kind.value_type).dictionary_encode().cast(kind)
    if pa.types.is_float16(kind):
        cells = [None if cell is None else np.float16(cell) for cell in cells]
    return pa.array(cells, kind)


def redrawn(path: Path, folder: Path) -> pa.Table:
    """What an untrained model writes after it read the file, its schema kept as YAML."""
    table = read_table(path)
    table.schema.save(folder / "schema.yaml")
    schema = Schema.load(folder / "schema.yaml")
    codec = TableCodec.fit(table.frame, schema, min_count=5)
    codec = TableCodec.from_dict(codec.to_dict())
    generator = np.random.default_rng(0)
    levels = [variable.levels for variable in codec.spec.variables]
    codes = codec.encode(table.frame)
    codes = np.where(codes < 0, 0, codes)[generator.permutation(len(table.frame))]
    assert codes.shape[1] == len(levels)
    frame = codec.decode(codes, generator.random(codes.shape), Place(0, 0))
    with TableWriter(folder / "drawn.parquet", codec.schema) as writer:
        writer.write(frame[:50])
        writer.write(frame[50:])
    return pq.read_table(folder / "drawn.parquet")


@given(
    st.lists(st.sampled_from(list(TYPES)), min_size=1, max_size=4),
    st.booleans(),
    st.integers(0, 10**6),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_parquet_types_come_back(tmp_path_factory, names, missing, seed):
    check_types(tmp_path_factory.mktemp("types"), names, missing, seed)


@pytest.mark.parametrize("missing", [False, True])
def test_every_parquet_type_comes_back(tmp_path, missing):
    check_types(tmp_path, list(TYPES), missing, 0)


def check_types(folder: Path, names: list[str], missing: bool, seed: int) -> None:
    columns = {f"{place} {name}": column(name, seed + place, missing)
               for place, name in enumerate(names)}  # fmt: skip
    columns["anchor"] = pa.array(np.arange(ROWS) % 3)
    pq.write_table(pa.table(columns), folder / "real.parquet")
    real, drawn = pq.read_table(folder / "real.parquet"), redrawn(folder / "real.parquet", folder)
    for name in real.column_names:
        one, other = real.column(name), drawn.column(name)
        assert other.type == one.type, name
        assert (other.null_count > 0) == (one.null_count > 0), name
        kind = one.type.value_type if pa.types.is_dictionary(one.type) else one.type
        kind = pa.timestamp(kind.unit, "UTC") if pa.types.is_timestamp(kind) else kind
        lower = [min(filled(part, kind)) for part in (one, other)]
        upper = [max(filled(part, kind)) for part in (one, other)]
        assert lower[0] <= lower[1], name
        assert upper[1] <= upper[0], name


def filled(cells: pa.ChunkedArray, kind: pa.DataType) -> list[Any]:
    return [cell for cell in cells.cast(kind).to_pylist() if cell is not None]


def test_dictionaries_may_hold_a_missing_value():
    words = pa.DictionaryArray.from_arrays(
        pa.array([0, 1, None, 2] * 30, pa.int8()), pa.array(["a", None, "b"])
    )
    drawn = sampled(pa.table({"word": words, "n": np.arange(120) % 4}))
    assert drawn.schema.field("word").type == words.type
    assert set(drawn.column("word").to_pylist()) == {"a", "b", None}


@pytest.mark.parametrize("name", ["__index_level_0__", "a.b", "x'y", "Ö", "index", "0"])
def test_column_names_that_mean_something_elsewhere(tmp_path, name):
    pq.write_table(
        pa.table({name: np.arange(60) % 5, "y": ["u", "v"] * 30}), tmp_path / "t.parquet"
    )
    drawn = redrawn(tmp_path / "t.parquet", tmp_path)
    assert drawn.column_names == [name, "y"]
    assert list(pd.read_parquet(tmp_path / "drawn.parquet").columns) == [name, "y"]


NESTED = {
    "list": pa.array([[1], [2]] * 30),
    "struct": pa.array([{"a": 1}, {"a": 2}] * 30),
    "map": pa.array([[("k", 1)], [("l", 2)]] * 30, pa.map_(pa.string(), pa.int64())),
    "bytes": pa.array([b"\xff\xfe", b"\xfd"] * 30),
}


@pytest.mark.parametrize("name", NESTED)
def test_what_is_no_cell_is_refused_by_name(tmp_path, name):
    pq.write_table(pa.table({name: NESTED[name], "n": np.arange(60) % 4}), tmp_path / "t.parquet")
    with pytest.raises(DataError, match=f"column '{name}' holds .* are not supported; "):
        read_table(tmp_path / "t.parquet")


# Frames of pandas, through a model of a few steps

OPTIONS = {"progress": False, "network__width": 8, "trainer__steps": 4}


def sampled(frame: Any, n: int = 60, **options: Any) -> Any:
    return synth_dl.fit(frame, **OPTIONS, **options).sample(n)


def moments(zone: Any) -> pd.Series:
    return pd.Series(pd.date_range("2020", periods=ROWS, freq="7h", tz=zone))


FRAMES: dict[str, Any] = {
    "timedelta": pd.to_timedelta(np.arange(ROWS) % 50, unit="min"),
    "month": pd.period_range("2020-01", periods=ROWS, freq="M"),
    "quarter": pd.period_range("1990Q1", periods=ROWS, freq="Q"),
    "interval": pd.arrays.IntervalArray.from_breaks(np.arange(ROWS + 1) // 40).take(
        np.arange(ROWS) // 40 * 40 + 39
    ),
    "cut": pd.cut(pd.Series(np.arange(ROWS)), 4),
    "cut dates": pd.cut(pd.Series(pd.date_range("2020", periods=ROWS)), 3),
    "unused": pd.Categorical(["a", "b"] * (ROWS // 2), ["c", "b", "a"]),
    "unused ordered": pd.Categorical([1, 3] * (ROWS // 2), [1, 2, 3], ordered=True),
    "dates as categories": pd.Series(
        pd.to_datetime(["2020-01-01", "2021-01-01"] * (ROWS // 2))
    ).astype("category"),
    "half": (np.arange(ROWS) % 9 / 4).astype("float16"),
    "sparse": pd.arrays.SparseArray(np.arange(ROWS) % 3),
    "zoneinfo": moments(zoneinfo.ZoneInfo("Europe/Berlin")),
    "offset": moments(datetime.timezone(datetime.timedelta(hours=5, minutes=30))),
    "string view": pd.array(["a", "b"] * (ROWS // 2), pd.ArrowDtype(pa.string_view())),
    "arrow decimal": pd.array(
        [decimal.Decimal(k % 50) / 4 for k in range(ROWS)], pd.ArrowDtype(pa.decimal128(10, 2))
    ),
    "arrow time": pd.array([datetime.time(k % 24) for k in range(ROWS)],
                           pd.ArrowDtype(pa.time64("us"))),
    "arrow date": pd.array([datetime.date(2020, 1, 1 + k % 28) for k in range(ROWS)],
                           pd.ArrowDtype(pa.date32())),
    "arrow dictionary": pd.array(
        pa.array(["a", None, "b"] * (ROWS // 3)).dictionary_encode(),
        pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string())),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FRAMES)
def test_dtypes_of_pandas_come_back(name):
    frame = pd.DataFrame({"x": FRAMES[name], "y": np.arange(ROWS) % 3})
    drawn = sampled(frame)
    assert drawn.x.dtype == frame.x.dtype
    assert drawn.x.notna().any()
    if name.startswith(("cut", "unused", "interval")):
        assert drawn.x.isin(frame.x).all()


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        (dateutil.tz.gettz("Europe/Berlin"), "Europe/Berlin"),
        (dateutil.tz.tzutc(), "UTC"),
        (dateutil.tz.tzoffset(None, -5400), "UTC-01:30"),
        (datetime.timezone(datetime.timedelta(hours=2)), "UTC+02:00"),
    ],
)
def test_zones_keep_a_name_that_others_know(zone, expected):
    drawn = sampled(pd.DataFrame({"x": moments(zone), "y": [1, 2] * 60}))
    assert str(drawn.x.dtype) == f"datetime64[us, {expected}]"


OBJECTS: dict[str, list[Any]] = {
    "time": [datetime.time(k % 24, k % 60) for k in range(ROWS)],
    "date": [datetime.date(2020, 1 + k % 12, 1) for k in range(ROWS)],
    "Decimal": [decimal.Decimal(k % 40) / 4 for k in range(ROWS)],
}


@pytest.mark.parametrize("name", OBJECTS)
def test_objects_come_back(name):
    drawn = sampled(pd.DataFrame({"x": OBJECTS[name], "y": [1, 2] * 60}))
    assert {type(value) for value in drawn.x} == {type(OBJECTS[name][0])}
    assert drawn.x.between(min(OBJECTS[name]), max(OBJECTS[name])).all()
    if name == "Decimal":
        assert {value.as_tuple().exponent for value in drawn.x} == {-2}


def test_numbers_and_texts_that_look_alike_stay_apart():
    for values in ([1, "1"], [1, "1", "a", None]):
        for dtype in ("object", "category"):
            frame = pd.DataFrame({"x": pd.Series(values * 60, dtype="object").astype(dtype),
                                  "y": range(60 * len(values))})  # fmt: skip
            drawn = sampled(frame, 200)
            assert drawn.x.dtype == frame.x.dtype
            assert {value for value in drawn.x if value == value} == set(values) - {None} | (
                {None} & set(drawn.x)
            )


LABELS = {
    "numbers": pd.Index([0, 1, 2]),
    "tuples": pd.MultiIndex.from_tuples([("a", "x"), ("a", "y"), ("b", "x")], names=["p", "q"]),
    "mixed": pd.Index(["a", 1, 2.5], dtype="object"),
    "moments": pd.date_range("2020", periods=3),
}


@pytest.mark.parametrize("name", LABELS)
def test_labels_come_back(name, tmp_path):
    frame = pd.DataFrame(np.random.default_rng(0).integers(9, size=(60, 3)), columns=LABELS[name])
    synth = synth_dl.fit(frame, **OPTIONS)
    pd.testing.assert_index_equal(synth.sample(5).columns, frame.columns, exact=False)
    synth.save(tmp_path / "model")
    again = synth_dl.load(tmp_path / "model").sample(5)
    if name != "moments":
        assert list(again.columns) == list(frame.columns)
        assert (synth.sample(5, where={frame.columns[1]: 3}).iloc[:, 1] == 3).all()
    column = {"tuples": "a_x", "numbers": 0}.get(name, str(frame.columns[0]))
    assert len(synth.predict_proba(frame, column)) == 60


def test_an_index_with_a_meaning_is_said_to_be_left_out():
    frame = pd.DataFrame({"x": np.arange(60) % 7, "y": ["a", "b"] * 30})
    assert not table_from_frame(frame).notes
    assert not table_from_frame(frame[::-1].reset_index(drop=True)).notes
    (note,) = table_from_frame(frame.set_index("y")).notes
    assert note == (
        "the table: the index 'y' is left out; reset_index() makes it a column to learn"
    )
    (note,) = table_from_frame(frame.set_index(pd.date_range("2020", periods=60))).notes
    assert "the index of the rows is left out" in note


@pytest.mark.parametrize("rows", range(10, 20))
def test_few_rows_give_numbers(rows):
    frame = pd.DataFrame(
        {
            "x": np.random.default_rng(rows).normal(size=rows),
            "y": ["a", "b"] * 5 + ["a"] * (rows - 10),
        }
    )
    drawn = sampled(frame, 30)
    assert drawn.x.notna().all()
    assert drawn.x.between(frame.x.min(), frame.x.max()).all()


HALF = "a\ud800"
HALVES: dict[str, Any] = {
    "cell": pd.DataFrame({"x": pd.Series(["a", HALF] * 30, dtype="object"), "n": [1, 2, 3] * 20}),
    "category": pd.DataFrame({
        "x": pd.Categorical.from_codes([0, 1] * 30, pd.Index(["a", HALF], dtype="object")),
        "n": [1, 2, 3] * 20,
    }),
    "name": pd.DataFrame([[1, 2], [2, 3]] * 30, columns=pd.Index([HALF, "n"], dtype="object")),
}  # fmt: skip


@pytest.mark.parametrize("where", HALVES)
def test_half_a_character_is_refused(where):
    with pytest.raises(DataError, match=r"column '.*' holds text with half of a character"):
        sampled(HALVES[where])


def test_half_a_character_in_a_dict_is_refused():
    with pytest.raises(DataError, match="cannot be read"):
        sampled({HALF: [1, 2] * 30})
