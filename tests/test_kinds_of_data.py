"""What `fit` takes: tables of every kind, files and images, and a sentence for the rest."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import synth_dl
from synth_dl.errors import DataError
from synth_dl.tables.evaluation import evaluate

OPTIONS = {"progress": False, "network__width": 8, "trainer__steps": 3}
FRAME = pd.DataFrame(
    {"n": np.arange(60) % 7, "x": np.linspace(0, 1, 60) ** 2, "word": ["a", "b", "c"] * 20}
)
POLARS = pl.from_pandas(FRAME).with_columns(
    day=pl.date_range(pl.date(2020, 1, 1), pl.date(2020, 2, 29), eager=True),
    price=pl.Series([k % 9 for k in range(60)]).cast(pl.Decimal(10, 2)),
    small=pl.Series([k % 5 for k in range(60)], dtype=pl.UInt8),
    level=pl.Series(["low", "high"] * 30, dtype=pl.Enum(["low", "middle", "high"])),
    group=pl.Series(["u", None, "v"] * 20, dtype=pl.Categorical),
    clock=pl.time_range(interval="20m", closed="left", eager=True).head(60),
    span=pl.Series([k % 9 for k in range(60)]).cast(pl.Duration("ms")),
)


def test_polars_in_polars_out():
    for data in (POLARS, POLARS.lazy()):
        synth = synth_dl.fit(data, **OPTIONS)
        drawn = synth.sample(80)
        assert isinstance(drawn, pl.DataFrame)
        assert drawn.schema == POLARS.schema
        assert drawn.shape == (80, POLARS.width)
    known = POLARS.select("word", "n").head(20)
    assert synth.sample(given=known).select("word", "n").equals(known)
    assert isinstance(synth.impute(POLARS.head(9)), pl.DataFrame)
    assert synth.log_prob(POLARS).shape == (60,)
    assert synth.predict_proba(POLARS, "word").shape == (60, 3)
    report = evaluate(POLARS, drawn, schema=synth.codec.schema)
    assert report.metrics[0].synthetic is not None


def test_arrow_in_arrow_out(tmp_path):
    table = POLARS.drop("level").to_arrow()
    synth = synth_dl.fit(table, **OPTIONS)
    drawn = synth.sample(80)
    assert isinstance(drawn, pa.Table)
    assert drawn.schema.equals(table.schema)
    assert isinstance(synth.impute(table.slice(0, 9)), pa.Table)
    synth.save(tmp_path / "model")
    again = synth_dl.load(tmp_path / "model").sample(80)
    assert isinstance(again, pd.DataFrame)
    assert evaluate(table, again, schema=synth.codec.schema).metrics[0].synthetic is not None


def structured() -> np.ndarray:
    return np.array(list(FRAME.itertuples(index=False)), [("n", "i4"), ("x", "f8"), ("word", "U1")])


TABLES: dict[str, tuple[Any, list[Any]]] = {
    "dict": (FRAME.to_dict("list"), ["n", "x", "word"]),
    "dict of arrays": ({name: FRAME[name].to_numpy() for name in FRAME}, ["n", "x", "word"]),
    "list of dicts": (FRAME.to_dict("records"), ["n", "x", "word"]),
    "array": (FRAME[["n", "x"]].to_numpy(), [0, 1]),
    "structured": (structured(), ["n", "x", "word"]),
    "series": (FRAME["n"], ["n"]),
}


@pytest.mark.parametrize("name", TABLES)
def test_plain_tables_give_frames_of_pandas(name):
    data, columns = TABLES[name]
    synth = synth_dl.fit(data, **OPTIONS)
    drawn = synth.sample(30)
    assert isinstance(drawn, pd.DataFrame)
    assert list(drawn.columns) == columns
    assert synth.log_prob(data).shape == (60,)
    tables = synth_dl.TableData(data)
    tables.setup()
    assert len(tables.table.frame) == 60
    assert evaluate(data, drawn, schema=synth.codec.schema).metrics[0].synthetic is not None


@pytest.mark.parametrize("kind", [str, Path])
@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_files_of_tables(tmp_path, kind, ending):
    path = tmp_path / f"table{ending}"
    FRAME.to_csv(path, index=False) if ending == ".csv" else FRAME.to_parquet(path)
    synth = synth_dl.fit(kind(path), run_dir=tmp_path / "run", **OPTIONS)
    assert list(synth.sample(5).columns) == ["n", "x", "word"]


def test_files_and_arrays_of_images(tmp_path):
    images = np.random.default_rng(0).integers(0, 2, (40, 6, 6))
    np.savez(tmp_path / "images.npz", images=images.astype("uint8"), labels=np.arange(40) % 2)
    options = {"progress": False, "trainer__steps": 1, "model": "vae", "model__prior": "normal"}
    for data in (images, images.tolist(), tmp_path / "images.npz"):
        assert synth_dl.fit(data, **options).codec.kind == "images"


@pytest.mark.parametrize(
    "data",
    [42, None, object(), {1, 2}, b"table", iter([1]), np.arange(5), np.array(5), [], [[1, 2]]],
)
def test_what_is_neither_is_refused(data):
    with pytest.raises(DataError, match=r"neither a table nor images; give a DataFrame of pandas"):
        synth_dl.fit(data, **OPTIONS)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"a": [1, 2], "b": [1]}, "the table cannot be read"),
        ("nowhere.csv", "nowhere.csv"),
        (POLARS.with_columns(x=pl.Series([[1], [2]] * 30)), "column 'x' holds lists or records"),
    ],
)
def test_tables_that_cannot_be_read(data, sentence):
    with pytest.raises(DataError, match=sentence):
        synth_dl.fit(data, **OPTIONS)


def test_rows_given_are_checked():
    synth = synth_dl.fit(FRAME, **OPTIONS)
    for given, sentence in (
        (5, "given= is of type int; give a DataFrame of pandas or polars, an Arrow table"),
        ([], "given= is of type list"),
        (pd.DataFrame(index=range(3)), "given= has no columns"),
        (FRAME[:0], "given= has no rows"),
    ):
        with pytest.raises(DataError, match=sentence):
            synth.sample(given=given)
    known = [{"word": "a"}, {"word": "c", "n": 3}]
    drawn = synth.sample(given=known)
    assert drawn.word.tolist() == ["a", "c"]
    assert drawn.n[1] == 3
