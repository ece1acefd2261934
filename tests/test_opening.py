"""Files from strangers: only regular ones are opened, and none fills the memory."""

import bz2
import gzip
import json
import lzma
import os
import socket
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fuzzing import bounded

from synth_dl import opening
from synth_dl.cli import evaluate
from synth_dl.errors import ConfigError, DataError
from synth_dl.images.reading.exports import read_export
from synth_dl.images.reading.mnist import HASHES
from synth_dl.images.reading.sources import load_images
from synth_dl.sampling.where import read_where
from synth_dl.tables.reading.table import read_table
from synth_dl.tables.schema import Schema

READERS: dict[str, Callable[[Path], Any]] = {
    "table": read_table,
    "schema": Schema.load,
    "where": lambda path: read_where(path, ["x"]),
    "npz": lambda path: load_images({"source": "npz", "path": str(path)}, 0),
    "export": lambda path: read_export(path.rename(path.with_suffix(".npz"))),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("pipe", "is a pipe"),
        ("socket", "is a socket"),
        ("/dev/zero", "is a device"),
        ("/proc/cpuinfo", "the system makes up"),
    ],
)
def test_only_regular_files_are_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: str, kind: str, said: str
) -> None:
    path = tmp_path / "file"
    monkeypatch.chdir(tmp_path)  # a socket's name must be short
    with socket.socket(socket.AF_UNIX) as held:
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "socket":
            held.bind("file")
        else:
            path.symlink_to(kind)
        with bounded(), pytest.raises(DataError, match=said) as caught:
            READERS[reader](path)
    assert "\n" not in str(caught.value)


def test_a_folder_and_a_name_that_none_has(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="this is a folder; name a file"):
        opening.open_regular(tmp_path)
    with pytest.raises(DataError, match="no file has such a name"):
        opening.open_regular("a\0b")


def zipped(content: bytes) -> bytes:
    """An archive of one file."""
    held = pa.BufferOutputStream()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[arg-type]
        archive.writestr("table.csv", content)
    return held.getvalue().to_pybytes()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": lambda content: pa.Codec("zstd").compress(content, asbytes=True),
    "zip": zipped,
}


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files may unpack to 1 MiB, or ten times their size."""
    monkeypatch.setattr(opening, "FREE", 1 << 20)
    monkeypatch.setattr(opening, "RATIO", 10)


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.usefixtures("little")
def test_packed_tables_are_counted_as_they_unpack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packer: str
) -> None:
    path = tmp_path / "table.csv"
    rows = b"a,b\n" + b"1,2\n3,4\n" * 200_000
    path.write_bytes(PACKERS[packer](rows))
    with pytest.raises(DataError, match=r"unpacks to more than 1 MiB.*SYNTH_DL_UNPACKED_GIB=8"):
        read_table(path)
    monkeypatch.setenv(opening.SETTING, "1")
    assert len(read_table(path).frame) == 400_000
    monkeypatch.setenv(opening.SETTING, "much")
    with pytest.raises(ConfigError, match="must be a whole number of GiB"):
        read_table(path)


def test_four_mebibytes_of_four_gibibytes(tmp_path: Path) -> None:
    path = tmp_path / "table.csv.gz"
    path.write_bytes(gzip.compress(b"1," * (1 << 25), 9) * 64)
    assert path.stat().st_size < 8 << 20
    with bounded(), pytest.raises(DataError, match="unpacks to more than"):
        read_table(path)


@pytest.mark.usefixtures("little")
def test_images_that_unpack_to_too_much(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "images.npz", images=np.zeros((100, 200, 200), np.uint8))
    header = bytes((0, 0, 8, 3)) + np.array([4000, 28, 28], ">u4").tobytes()
    for name in HASHES:
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(header + bytes(4000 * 28 * 28)))
    png = pa.array([bytes(10_000)]).take(pa.array(np.zeros(500, np.int32)))
    pq.write_table(pa.table({"image": png}), tmp_path / "images.parquet")
    for read in (
        lambda: load_images({"source": "npz", "path": str(tmp_path / "images.npz")}, 0),
        lambda: read_export(tmp_path / "images.npz"),
        lambda: read_export(tmp_path / "images.parquet"),
        lambda: load_images({"source": "mnist", "root": str(tmp_path)}, 0),
    ):
        with pytest.raises(DataError, match="unpacks to more than 1 MiB"):
            read()


@pytest.mark.parametrize("kind", ["text", "dictionary", "numbers", "constant"])
def test_parquet_files_that_hold_little_and_say_much(tmp_path: Path, kind: str) -> None:
    path, places = tmp_path / "table.parquet", pa.array(np.zeros(100_000, np.int32))
    column = {
        "text": lambda: pa.array(["x" * 3000]).take(places),
        "dictionary": lambda: pa.DictionaryArray.from_arrays(places, pa.array(["x" * 10**6])),
        "numbers": lambda: pa.array(np.zeros(1 << 26, np.int64)),
        "constant": lambda: pa.DictionaryArray.from_arrays(places, pa.array([bytes(10**6)])),
    }[kind]()
    pq.write_table(pa.table({"x": column}), path, store_schema=False, row_group_size=1 << 26)
    assert path.stat().st_size < 1 << 20
    with bounded(), pytest.raises(DataError, match="unpacks to more than 256 MiB"):
        read_table(path)


def test_lists_in_parquet_are_refused_before_they_are_read(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [[1], [2, 3]], "y": [1, 2]}), tmp_path / "table.parquet")
    with pytest.raises(DataError, match="column 'x' holds lists or records"):
        read_table(tmp_path / "table.parquet")


LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}, *{old}, *{old}]\n"
    for old, new in zip("abcdefghijklmnop", "bcdefghijklmnopq", strict=True)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LAUGHS, "line 2 refers to another entry; write it out"),
        ("[" * 100_000, "lies too deep in others"),
        ("a: " * 5000, "not valid YAML"),
        ("{" * 100_000, "lies too deep in others"),
        ("- " * 100_000, "lies too deep in others"),
        ("x: 1\n" * (1 << 21), "it has more than 8 MiB"),
        ("x: \x00", "not valid YAML"),
        (b"\xff\xfe\xff", "no text in UTF-8"),
    ],
)
def test_yaml_from_a_stranger(tmp_path: Path, text: str | bytes, said: str) -> None:
    path = tmp_path / "file.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    for read in (Schema.load, lambda path: read_where(path, ["x"])):
        with bounded(), pytest.raises(DataError, match=said):
            read(path)


RUNS: dict[str, Any] = {
    "nothing": {},
    "a list": [],
    "deep": "[" * 100_000,
    "a number for a file": {"train": 5},
    "a list for a file": {"train": "a.csv", "holdout": ["b"]},
    "images without data": {"kind": "images", "seed": 0},
    "images of a list": {"kind": "images", "data": [1], "seed": 0},
    "an endless seed": '{"kind": "images", "data": {}, "seed": 1e999}',
    "a list for digests": {"kind": "images", "data": {}, "seed": 0, "split": [1]},
    "half a pair": '{"train": "\\ud800"}',
}


@pytest.mark.parametrize("state", RUNS)
def test_a_broken_run_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], state: str
) -> None:
    written = RUNS[state] if isinstance(RUNS[state], str) else json.dumps(RUNS[state])
    (tmp_path / "run.json").write_text(written, encoding="utf-8")
    assert evaluate([f"run={tmp_path}"]) == 2
    said = capsys.readouterr().err
    assert "is damaged: train again, or give" in said
    assert said.count("\n") == 1
