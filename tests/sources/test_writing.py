"""Parts of a sample to files: whole or not at all, and readable however they were cut."""

import json
import resource
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from synth_dl.errors import DataError
from synth_dl.sources.source import ALONE, Part
from synth_dl.sources.writing import Place, SampleWriter


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(out: str, *parts: pd.DataFrame | dict[str, pd.DataFrame], ending: str | None = None):
    with SampleWriter(Place.of(out, ending), {"seed": 0}) as writer:
        for part in parts:
            writer.write(Part(part if isinstance(part, dict) else {ALONE: part}))


def moments(*texts: str) -> pd.DataFrame:
    times = pd.to_datetime(list(texts), format="ISO8601")
    return pd.DataFrame({"t": times, "x": range(len(texts))})


def test_times_that_come_late_are_not_cut_off() -> None:
    """Each part has the finest format so far: neither a midnight nor a fraction stands alone."""
    parts = [
        moments("2020-01-01", "2020-01-02"),
        moments("2020-01-03 10:00:00", "2020-01-04 11:30:00.25"),
        moments("2020-01-05", "2020-01-06"),
    ]
    write("t.csv", *parts)
    lines = Path("t.csv").read_text(encoding="utf-8").splitlines()
    assert lines[1] == "2020-01-01,0"
    assert lines[4] == "2020-01-04 11:30:00.250,1"
    assert lines[5] == "2020-01-05 00:00:00.000,0"
    read = pd.to_datetime(pd.read_csv("t.csv")["t"], format="ISO8601")
    assert list(read) == list(pd.concat(parts)["t"])


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_table_is_the_same_however_it_is_cut(ending: str) -> None:
    generator = np.random.default_rng(0)
    n = 1000
    frame = pd.DataFrame(
        {
            "f": generator.normal(size=n),
            "m": pd.Series(generator.integers(9, size=n)).astype("Int64").mask(
                generator.random(n) < 0.2),
            "b": generator.random(n) < 0.5,
            "o": pd.Categorical.from_codes(generator.integers(-1, 3, n), list("abc"), ordered=True),
            "s": generator.choice(["x, y", 'q"', "", "NA"], n),
            "d": pd.Timestamp("2020-01-01") + pd.to_timedelta(generator.integers(99, size=n), "h"),
        }
    )  # fmt: skip
    write(f"whole.{ending}", frame)
    write(f"cut.{ending}", frame[:1], frame[1:400], frame[400:])
    if ending == "csv":
        assert Path("whole.csv").read_bytes() == Path("cut.csv").read_bytes()
        return
    whole, cut = (pd.read_parquet(f"{name}.parquet") for name in ("whole", "cut"))
    pd.testing.assert_frame_equal(whole, cut)
    pd.testing.assert_frame_equal(whole, frame)
    assert pq.ParquetFile("cut.parquet").num_row_groups == 3


def test_a_table_whose_first_rows_come_late() -> None:
    linked = {"a": pd.DataFrame({"x": [1]}), "b": pd.DataFrame({"y": []}), "c": moments()}
    later = {"a": pd.DataFrame({"x": [2]}), "b": pd.DataFrame({"y": ["text"]}), "c": moments()}
    write("both", linked, later, ending="parquet")
    assert list(pd.read_parquet("both/b.parquet")["y"]) == ["text"]
    assert list(pd.read_parquet("both/c.parquet").columns) == ["t", "x"]
    counts = json.loads(Path("both/manifest.json").read_text(encoding="utf-8"))["tables"]
    assert counts == {"a.parquet": 2, "b.parquet": 1, "c.parquet": 0}


def test_other_types_in_a_later_part_are_named() -> None:
    with pytest.raises(DataError, match=r"t.parquet: a later part holds values of another type"):
        write("t.parquet", pd.DataFrame({"x": [1, 2]}), pd.DataFrame({"x": ["a", "b"]}))
    with pytest.raises(DataError, match=r"t.parquet: a later part holds values of another type"):
        write("t.parquet", pd.DataFrame({"x": [1, 2]}), pd.DataFrame({"x": [1.5, 2.5]}))
    assert not list(Path().iterdir())


@pytest.mark.parametrize("out", ["t.csv", "t.parquet", "new/folder"])
def test_a_full_disk_leaves_nothing_behind(out: str) -> None:
    frame = pd.DataFrame({"x": np.random.default_rng(0).normal(size=50_000)})
    part = {"a": frame, "b": frame} if out == "new/folder" else {ALONE: frame}
    plain = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, plain[1]))  # bytes of a file
    try:
        with pytest.raises(DataError, match=rf"^{out}: "):
            write(out, part)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, plain)
    assert not list(Path().iterdir())


def test_an_interrupted_block_leaves_the_old_files() -> None:
    write("t.csv", moments("2020-01-01"))
    before = {path.name: path.read_bytes() for path in Path().iterdir()}

    def interrupted() -> None:
        with SampleWriter(Place.of("t.csv", None), {}, overwrite=True) as writer:
            writer.write(Part({ALONE: moments("2021-01-01")}))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert {path.name: path.read_bytes() for path in Path().iterdir()} == before
