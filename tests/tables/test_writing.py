"""What is written is what was read, whole or not at all."""

import errno
import gzip

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synth_dl.errors import DataError
from synth_dl.tables.reading.dialect import MISSING_WORDS
from synth_dl.tables.reading.sources import load_embedded
from synth_dl.tables.reading.table import Table, read_table, table_from_frame
from synth_dl.tables.schema import Column, Dialect, Schema
from synth_dl.tables.writing import TableWriter


def write(path, schema, *frames):
    write_all(path, schema, frames)


def write_all(path, schema, frames):
    with TableWriter(path, schema) as writer:
        for frame in frames:
            writer.write(frame)


TEXTS = {
    "usual": "n,x,word,flag,day\n1,0.5,a,TRUE,2020-01-05\n,2.25,b,FALSE,2021-12-31\n3,1,a,TRUE,\n",
    "fixed decimals": "price,id\n1.10,x\n22.00,y\n-0.35,z\n,q\n",
    "pandas floats": "a,b\n39.0,1\n,2\n40.5,3\n",
    "german": "a;b;c\n1,5;x;31.12.1999\n-22,25;y;01.02.2020\n",
    "tokens": "a,b\nNA,?\n1,u\n2,v\nNA,?\n",
    "american": "when,n\n3/4/2020 9:05 AM,1\n12/25/2021 12:30 PM,2\n",
    "zone": "when,n\n2020-01-01T10:30:00.250Z,1\n2020-07-01T09:05:59.000Z,2\n",
    "offset": "when,n\n2020-01-01 10:30+02:00,1\n2020-07-01 09:05+02:00,2\n",
    "quotes": 'a,b\n1,"x, ""y"""\n2,"two\nlines"\n3,\n',
    "wide names": '"a,b",c d\n1,x\n2,y\n',
    "tabs": "a\tb\n1\tx, y\n2\tz\n",
    "small and large": "a,b\n7.5e-05,1\n1234567.25,2\n-0.5,3\n",
    "leading zeros": "zip,n\n02134,1\n10001,2\n",
    "one column": 'a\n1\n""\n3\n',
    "comma in comma": 'a,b\n"1,5",1\n"2,25",2\n',
}


@pytest.mark.parametrize("name", [name for name in TEXTS if name != "small and large"])
def test_text_is_written_as_it_was(tmp_path, name):
    path = tmp_path / "table.csv"
    path.write_text(TEXTS[name], newline="")
    table = read_table(path)
    write(tmp_path / "again.csv", table.schema, table.frame)
    assert (tmp_path / "again.csv").read_text() == TEXTS[name]


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("ending", [".csv", ".tsv", ".csv.gz", ".csv.zst", ".txt.bz2", ".parquet"])
def test_every_kind_of_file_gives_the_table_back(tmp_path, name, ending):
    source = tmp_path / "table.csv"
    source.write_text(TEXTS[name], newline="")
    table = read_table(source)
    path = tmp_path / "folder" / f"again{ending}"
    write(path, table.schema, table.frame[:1], table.frame[1:])
    again = read_table(path, schema=table.schema)
    pd.testing.assert_frame_equal(again.frame, table.frame)
    assert again.schema.columns == table.schema.columns
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_embedded_tables_are_written_as_they_were(tmp_path):
    for name in ("anes96", "randhie"):
        table = load_embedded(name)
        write(tmp_path / f"{name}.csv", table.schema, table.frame)
        again = read_table(tmp_path / f"{name}.csv", schema=table.schema)
        pd.testing.assert_frame_equal(again.frame, table.frame)


# Random tables: each column is a strategy of one cell.

WORDS = st.text(
    st.characters(blacklist_categories=["Cs", "Cc"]) | st.sampled_from(',;"\t\n.-'), max_size=8
).map(lambda word: word.strip(" \t")).filter(
    lambda word: word not in MISSING_WORDS and not word.startswith("?")
)  # fmt: skip
MOMENTS = st.datetimes(
    min_value=pd.Timestamp("1700-01-01").to_pydatetime(),
    max_value=pd.Timestamp("2250-01-01").to_pydatetime(),
)
FINITE = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)
COLUMNS = {
    "int64": st.integers(-(2**63), 2**63 - 1),
    "int8": st.integers(-128, 127),
    "Int64": st.none() | st.integers(-(2**63), 2**63 - 1),
    "float64": st.none() | FINITE,
    "float32": st.none() | st.floats(width=32, allow_nan=False, allow_infinity=False,
                                     allow_subnormal=False),
    "money": st.none() | st.integers(-(10**9), 10**9).map(lambda cents: cents / 100),
    "bool": st.booleans(),
    "boolean": st.none() | st.booleans(),
    "str": st.none() | WORDS,
    "datetime64[us]": st.none() | MOMENTS,
    "datetime64[us, UTC]": st.none() | MOMENTS,
    "datetime64[s]": st.none() | MOMENTS.map(lambda moment: moment.replace(microsecond=0)),
}  # fmt: skip


@st.composite
def frames(draw):
    kinds = draw(st.lists(st.sampled_from(list(COLUMNS)), min_size=1, max_size=5))
    size = draw(st.integers(2, 12))
    columns = {}
    for index, kind in enumerate(kinds):
        cells = draw(st.lists(COLUMNS[kind], min_size=size, max_size=size))
        dtype = "float64" if kind == "money" else kind
        if dtype.startswith("datetime"):
            zone = "UTC" if "UTC" in dtype else None
            columns[f"{kind} {index}"] = pd.Series(pd.DatetimeIndex(cells, tz=zone)).astype(dtype)
        else:
            columns[f"{kind} {index}"] = pd.Series(cells, dtype=dtype)
    return pd.DataFrame(columns)


@given(frames(), st.sampled_from([",", ";", "\t"]), st.sampled_from([".csv", ".parquet"]))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_random_tables_survive_a_file(tmp_path_factory, frame, separator, ending):
    anchor = pd.Series([index % 2 + 0.5 for index in range(len(frame))])
    table = table_from_frame(frame.assign(anchor=anchor))
    schema = Schema(table.schema.columns, Dialect(separator, "," if separator == ";" else "."))
    path = tmp_path_factory.mktemp("random") / f"table{ending}"
    write(path, schema, table.frame)
    again = read_table(path, schema=schema)
    pd.testing.assert_frame_equal(again.frame, table.frame)


# How values are written


def words(path) -> list[str]:
    return path.read_text().splitlines()[1:]


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        (Column("x", "number", "Int64"), pd.array([39, None], "Int64"), ["39", '""']),
        (Column("x", "number", "Int64", missing="NA"), pd.array([39, None], "Int64"), ["39", "NA"]),
        (Column("x", "number", "float64", decimals=2), [0.1 + 0.2, 5.0], ["0.3", "5"]),
        (Column("x", "number", "float64", decimals=2, places=2), [0.3, -5.0], ["0.30", "-5.00"]),
        (Column("x", "number", "float64", decimals=1, places=1), [-0.04, 1e3], ["0.0", "1000.0"]),
        (Column("x", "number", "float64", places=1), [1 / 3, 5.0], ["0.3333333333333333", "5.0"]),
        (Column("x", "number", "float64", decimals=2), [1e300, 0.5], ["1e+300", "0.5"]),
        (Column("x", "boolean", "bool", words=("ja", "nein")), [True, False], ["ja", "nein"]),
        (Column("x", "category", "category"), pd.Categorical(["a b", 'c"']), ["a b", '"c"""']),
        (Column("x", "category", "category"), pd.Categorical([2, 1]), ["2", "1"]),
        (Column("x", "datetime", "datetime64[us]", format="%-d.%-m.%Y"),
         pd.to_datetime(["2020-02-01", "2020-12-31"]), ["1.2.2020", "31.12.2020"]),
        (Column("x", "datetime", "datetime64[us]"), pd.to_datetime(["2020-02-01", None]),
         ["2020-02-01", '""']),
    ],
)  # fmt: skip
def test_words(tmp_path, column, values, expected):
    write(tmp_path / "t.csv", Schema((column,)), pd.DataFrame({"x": values}))
    assert words(tmp_path / "t.csv") == expected


def test_columns_stand_in_the_order_of_the_schema(tmp_path):
    schema = Schema((Column("b", "number", "int64"), Column("a", "number", "int64")))
    write(tmp_path / "t.csv", schema, pd.DataFrame({"a": [1], "b": [2]}))
    assert (tmp_path / "t.csv").read_text() == "b,a\n2,1\n"


def test_without_parts_there_is_a_header(tmp_path):
    schema = Schema((Column("b", "number", "int64"), Column("a", "category", "str")))
    write(tmp_path / "t.csv", schema)
    write(tmp_path / "t.parquet", schema)
    assert (tmp_path / "t.csv").read_text() == "b,a\n"
    assert pq.read_table(tmp_path / "t.parquet").column_names == ["b", "a"]


def test_parquet_has_a_row_group_for_each_part_and_keeps_dtypes(tmp_path):
    frame = pd.DataFrame(
        {
            "n": pd.array([1, None] * 5, "Int64"),
            "g": pd.Categorical(["x", "y"] * 5),
            "t": [None] * 5 + ["a"] * 5,
        }
    ).astype({"t": "str"})
    table = table_from_frame(frame.assign(x=np.arange(10) / 4))
    path = tmp_path / "t.parquet"
    write(path, table.schema, table.frame[:5], table.frame[5:])
    assert pq.ParquetFile(path).num_row_groups == 2
    pd.testing.assert_frame_equal(pd.read_parquet(path), table.frame)


def test_the_same_rows_make_the_same_bytes(tmp_path):
    table = load_embedded("anes96")
    for name in ("a.csv.gz", "b.csv.gz"):
        write(tmp_path / name, table.schema, table.frame)
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()
    assert gzip.decompress((tmp_path / "a.csv.gz").read_bytes()).count(b"\n") == 945


# What cannot be written

SCHEMA = Schema((Column("a", "number", "int64"),))
FRAME = pd.DataFrame({"a": [1, 2]})


@pytest.mark.parametrize("name", ["t.xlsx", "t", "t.parquet.gz", "t.gz", "t.csv.zip"])
def test_unknown_endings(tmp_path, name):
    wrong = "is not known" if "." in name else "the name has no ending"
    with pytest.raises(DataError, match=rf"{wrong}; use \.csv, \.tsv, \.csv\.gz or \.parquet"):
        TableWriter(tmp_path / name, SCHEMA)
    assert not list(tmp_path.iterdir())


class FullDisk:
    """Stands for a file on a disk that is full."""

    def __init__(self, file):
        self.file = file
        self.closed = False

    def write(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    def close(self):
        self.file.close()
        self.closed = True


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".csv.gz"])
def test_a_full_disk_leaves_nothing_behind_and_the_old_file_as_it_was(tmp_path, ending):
    path = tmp_path / f"t{ending}"
    path.write_bytes(b"old")
    writer = TableWriter(path, SCHEMA, overwrite=True)

    def write_on_a_full_disk():
        with writer:
            writer._file._stream = FullDisk(writer._file._stream)
            writer.opened = [FullDisk(file) for file in writer.opened]
            writer.write(FRAME)

    with pytest.raises(DataError, match=r"t\S+: the disk is full; make room"):
        write_on_a_full_disk()
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == b"old"


def test_a_full_disk_at_the_end(tmp_path, monkeypatch):
    def refuse(source, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(DataError, match="the disk is full"):
        write(tmp_path / "t.csv", SCHEMA, FRAME)
    assert not list(tmp_path.iterdir())


def test_an_interrupted_block_leaves_nothing_behind(tmp_path):
    def interrupt():
        yield FRAME
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_all(tmp_path / "t.csv", SCHEMA, interrupt())
    assert not list(tmp_path.iterdir())


def test_paths_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match="a part of this path is a file"):
        write(tmp_path / "file" / "t.csv", SCHEMA, FRAME)
    (tmp_path / "t.csv").mkdir()
    with pytest.raises(DataError, match="this is a folder"):
        write(tmp_path / "t.csv", SCHEMA, FRAME)

    def refuse(*arguments, **options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(DataError, match="there is no right to write here"):
        write(tmp_path / "other.csv", SCHEMA, FRAME)


def test_a_table_is_plain_data():
    table = load_embedded("anes96")
    assert isinstance(table, Table)
    assert Schema.from_dict(table.schema.to_dict()) == table.schema
