"""Files that would fill the memory, hang, or run code are refused before they can."""

import gzip
import io
import os
import shutil
import struct
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fuzzing import bounded
from image_sources import all_pixels, load
from PIL import Image

from synth_dl import opening
from synth_dl.errors import DataError
from synth_dl.images.reading import files
from synth_dl.images.reading.exports import read_export
from synth_dl.images.reading.mnist import HASHES
from synth_dl.images.writing.png import to_png


def header(shape: tuple[int, ...], dtype: str = "|u1") -> bytes:
    held = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        held, {"descr": dtype, "fortran_order": False, "shape": shape}
    )
    return held.getvalue()


def packed(path: Path, name: str, start: bytes, zeros: int) -> None:
    """A zip with one member that ends in so many zeros."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file, file.open(name, "w") as member:
        member.write(start)
        for _ in range(zeros >> 20):
            member.write(bytes(1 << 20))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bombs of 8 MiB count, so that tests need none of GiB."""
    monkeypatch.setattr(opening, "FREE", 2**22)
    monkeypatch.setattr(files, "FREE", 2**22)


def test_archives_that_unpack_to_far_more(
    tmp_path: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.npz"
    packed(path, "images.npy", header((8192, 32, 32)), 2**23)
    with (
        bounded(),
        pytest.raises(DataError, match=r"unpacks to.*SYNTH_DL_UNPACKED_GIB=8"),
    ):
        load("npz", path=str(path))
    with pytest.raises(DataError, match="fill the memory"):
        read_export(path)
    with monkeypatch.context() as patch:
        patch.setenv("SYNTH_DL_UNPACKED_GIB", "1")
        assert len(all_pixels(load("npz", path=str(path)))) == 8192
    np.savez(path, images=np.zeros((8192, 32, 32), np.uint8))  # uncompressed, so nothing grows
    assert len(read_export(path)) == 8192


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ((10**12, 28, 28), "|u1"),
        ((2**62, 2**62), "|u1"),
        ((20, -4, -4), "|u1"),
        ((10**12,), "<U0"),
        ((20, 4, 4), "<f8"),
    ],
)
def test_arrays_that_promise_other_bytes(
    tmp_path: Path, shape: tuple[int, ...], dtype: str
) -> None:
    packed(tmp_path / "a.npz", "images.npy", header(shape, dtype) + bytes(320), 0)
    with bounded(), pytest.raises(DataError, match="damaged"):
        load("npz", path=str(tmp_path / "a.npz"))


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple:
            return os.mkdir, (str(tmp_path / "made"),)

    np.savez(tmp_path / "a.npz", images=np.array([Bomb()] * 20))
    with pytest.raises(DataError, match="Python objects, not plain arrays"):
        load("npz", path=str(tmp_path / "a.npz"))
    assert not (tmp_path / "made").exists()


def test_idx_files_that_unpack_to_far_more(tmp_path: Path, small: None) -> None:
    for name in HASHES:
        shape = (2**23, 1, 1) if "images" in name else (2**23,)
        head = struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape)
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(head + bytes(2**23)))
    with bounded(), pytest.raises(DataError, match="unpacks to more than"):
        load("mnist", root=str(tmp_path))


@pytest.mark.parametrize("kind", ["png", "webp", "gif"])
def test_pictures_of_one_colour_that_are_huge(
    tmp_path: Path, small: None, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("L", (1500, 1500)).save(tmp_path / f"0.{kind}")
    for index in range(1, 14):
        shutil.copy(tmp_path / f"0.{kind}", tmp_path / f"{index}.{kind}")
    with bounded(), pytest.raises(DataError, match=rf"\.{kind}: it unpacks to more than"):
        load("image_folder", root=str(tmp_path), size=8)
    monkeypatch.setenv("SYNTH_DL_UNPACKED_GIB", "1")
    found = load("image_folder", root=str(tmp_path), size=8)
    assert found.train.shape == (8, 8, 1 if kind != "webp" else 3)


def test_parquet_files_of_one_image_many_times(tmp_path: Path, small: None) -> None:
    png = to_png(np.zeros((999, 999, 1), np.uint8))
    pq.write_table(pa.table({"image": [png] * 300}), tmp_path / "a.parquet")
    with bounded(), pytest.raises(DataError, match="unpacks to more than"):
        read_export(tmp_path / "a.parquet")


def test_pipes_and_devices_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.npz")
    (tmp_path / "zero.npz").symlink_to("/dev/zero")
    for name in ("pipe.npz", "zero.npz"):
        with bounded():
            with pytest.raises(DataError, match=r"this is a (pipe|device); name a file"):
                load("npz", path=str(tmp_path / name))
            with pytest.raises(DataError, match=r"this is a (pipe|device); name a file"):
                read_export(tmp_path / name)
    os.mkfifo(tmp_path / "pipe.png")
    with bounded(), pytest.raises(DataError, match="no images"):
        load("image_folder", root=str(tmp_path))
    with bounded(), pytest.raises(DataError, match=r"this is a (pipe|device); name a file"):
        read_export(tmp_path)


def test_links_that_lead_back(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for index in range(14):
        Image.new("L", (4, 4), index).save(folder / f"{index}.png")
    (folder / "again").symlink_to(folder)
    with pytest.raises(DataError, match="leads back"):
        load("image_folder", root=str(folder))
    (folder / "again").unlink()
    (folder / "none").symlink_to(folder / "none")
    assert len(all_pixels(load("image_folder", root=str(folder)))) == 14
