"""MNIST and other IDX files: read, checked and fetched."""

import functools
import gzip
import os
import struct
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from image_sources import load, parts

from synth_dl.errors import DataError
from synth_dl.images.reading import mnist

ROOT = Path(__file__).resolve().parents[3]
REAL = Path(os.environ.get("SYNTH_DL_DATA", ROOT.parent / "shared" / "data")) / "mnist"
RANDOM = np.random.default_rng(0)


def write_idx(path: Path, array: np.ndarray, shape: tuple[int, ...] | None = None) -> None:
    shape = shape or array.shape
    content = struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape) + array.tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


@pytest.fixture
def idx(tmp_path):
    """A folder of 24 training and 5 test images of 6 x 6 pixels."""
    folder = tmp_path / "idx"
    folder.mkdir()
    write_idx(
        folder / "train-images-idx3-ubyte.gz", np.arange(864).astype(np.uint8).reshape(24, 6, 6)
    )
    write_idx(folder / "train-labels-idx1-ubyte", (np.arange(24) % 3).astype(np.uint8))
    write_idx(folder / "t10k-images.idx3-ubyte", RANDOM.integers(0, 256, (5, 6, 6), np.uint8))
    write_idx(folder / "t10k-labels.idx1-ubyte.gz", np.array([0, 1, 9, 1, 0], np.uint8))
    return folder


def test_idx_files_compressed_or_not(idx):
    sources = load("mnist", root=str(idx))
    assert [len(part) for part in parts(sources)] == [22, 2, 5]
    assert sources.train.levels == 256
    assert sources.train.pixels[1, 0, :, 0].tolist() == [36, 37, 38, 39, 40, 41]
    assert sources.validation.pixels[-1, 5, 5, 0] == 863 % 256
    assert sources.train.classes == ("0", "1", "2", "9")
    assert sources.holdout.labels is not None
    assert sources.holdout.labels.tolist() == [0, 1, 3, 1, 0]


def test_files_that_are_cut_off(idx):
    for name in ("train-labels-idx1-ubyte", "t10k-labels.idx1-ubyte.gz"):
        content = (idx / name).read_bytes()
        (idx / name).write_bytes(content[:-5])
        with pytest.raises(DataError, match=f"{name}.*cut off"):
            load("mnist", root=str(idx))
        (idx / name).write_bytes(content)
    assert len(load("mnist", root=str(idx)).holdout) == 5


@pytest.mark.parametrize("shape", [(23, 6, 6), (25, 6, 6), (2**32 - 1,) * 3, (24, 0, 6)])
def test_idx_headers_that_lie(idx, shape):
    write_idx(idx / "train-images-idx3-ubyte.gz", np.zeros((24, 6, 6), np.uint8), shape)
    with pytest.raises(DataError, match="header promises"):
        load("mnist", root=str(idx))


@pytest.mark.parametrize("content", [b"", b"\x00\x00\x08\x03\x00", b"\x89PNG" * 9, b"\x1f\x8b\x08"])
def test_files_that_are_no_idx(idx, content):
    (idx / "train-labels-idx1-ubyte").write_bytes(content)
    with pytest.raises(DataError, match="train-labels-idx1-ubyte"):
        load("mnist", root=str(idx))


def test_idx_files_that_do_not_belong_together(idx):
    write_idx(idx / "train-labels-idx1-ubyte", np.zeros(23, np.uint8))
    with pytest.raises(DataError, match=r"shape \(23,\) for images of shape \(24, 6, 6\)"):
        load("mnist", root=str(idx))
    write_idx(idx / "train-labels-idx1-ubyte", np.zeros(24, np.uint8))
    write_idx(idx / "t10k-images.idx3-ubyte", np.zeros((5, 6, 7), np.uint8))
    with pytest.raises(DataError, match="another size"):
        load("mnist", root=str(idx))


def test_files_of_ones_own_are_not_completed_by_those_of_mnist(idx):
    (idx / "t10k-images.idx3-ubyte").unlink()
    with pytest.raises(DataError, match="t10k-images-idx3-ubyte is missing"):
        load("mnist", root=str(idx))


def test_without_a_network(tmp_path, monkeypatch):
    monkeypatch.setattr(mnist, "ADDRESS", "http://127.0.0.1:9/")
    with pytest.raises(DataError, match=r"data\.root=DIR"):
        load("mnist", root=str(tmp_path / "absent"))


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def test_absent_files_are_fetched_and_checked(idx, tmp_path, monkeypatch):
    import pooch

    store = tmp_path / "store"
    store.mkdir()
    for name in mnist.HASHES:
        array = np.zeros((20, 4, 4) if "images" in name else 20, np.uint8)
        write_idx(store / f"{name}.gz", array)
    hashes = {name: pooch.file_hash(str(store / f"{name}.gz")) for name in mnist.HASHES}
    handler = functools.partial(QuietHandler, directory=str(store))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(mnist, "ADDRESS", f"http://127.0.0.1:{server.server_port}/")
        with pytest.raises(DataError, match="could not be fetched"):
            load("mnist", root=str(tmp_path / "wrong"))
        monkeypatch.setattr(mnist, "HASHES", hashes)
        sources = load("mnist", root=str(tmp_path / "right"), classes=False)
        (tmp_path / "right" / "t10k-labels-idx1-ubyte.gz").unlink()
        assert load("mnist", root=str(tmp_path / "right"), classes=False).split == sources.split
        server.shutdown()
    assert [len(part) for part in parts(sources)] == [19, 1, 20]


@pytest.mark.skipif(not REAL.is_dir(), reason="MNIST is not here")
def test_the_real_mnist():
    sources = load("mnist", root=str(REAL), size=14, levels=2, binarise="threshold")
    assert [len(part) for part in parts(sources)] == [55_000, 5_000, 10_000]
    assert sources.train.shape == (14, 14, 1)
    assert sources.train.labels is not None
    assert sources.train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert 0.1 < sources.holdout.pixels.mean() < 0.2


@pytest.mark.parametrize(
    ("code", "dtype", "top"), [(9, "i1", 120), (11, ">i2", 255), (13, ">f4", 1), (14, ">f8", 1)]
)
def test_idx_files_of_other_numbers(idx, code, dtype, top):
    for name in ("train-images-idx3-ubyte.gz", "t10k-images.idx3-ubyte"):
        (idx / name).unlink()
        count = 24 if "train" in name else 5
        values = np.linspace(0, top, count * 36).astype(dtype)
        header = struct.pack(">BBBB3I", 0, 0, code, 3, count, 6, 6)
        (idx / name.removesuffix(".gz")).write_bytes(header + values.tobytes())
    sources = load("mnist", root=str(idx))
    assert sources.train.levels == 256
    assert sources.validation.pixels.max() == (255 if top == 1 else top)
