"""Exported images come back as they were, whole or not at all."""

import errno
import json
import os
import resource
import signal
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from image_exports import CODEC, OUTS, assert_same, some, tree, write
from PIL import Image

from synth_dl.errors import ConfigError, DataError
from synth_dl.images.codec import ImageCodec
from synth_dl.images.image_set import ImageSet
from synth_dl.images.reading.exports import read_export
from synth_dl.images.reading.files import read_png
from synth_dl.images.writing import sinks
from synth_dl.images.writing.contact_sheet import contact_sheet
from synth_dl.images.writing.export import ImageWriter
from synth_dl.images.writing.places import class_folder, class_name
from synth_dl.images.writing.png import rescale, spread, to_png

# There and back


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=6).filter(
    lambda name: not name.endswith("\0")
)


@given(
    st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3]), st.integers(2, 256),
    st.lists(NAMES, unique_by=str.casefold, max_size=3), st.integers(1, 5), st.integers(0, 999_998),
    st.sampled_from(OUTS),
)  # fmt: skip
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_was_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, height: int, width: int, channels: int, levels: int,
    classes: list[str], count: int, first: int, out: str,
) -> None:  # fmt: skip
    codec = ImageCodec(height, width, channels, levels, tuple(classes))
    images = some(codec, count, levels)
    path = tmp_path_factory.mktemp("random") / out
    write(path, codec, images.take(slice(0, 2)), images.take(slice(2, None)), first=first)
    assert_same(read_export(path), images)


def test_every_number_of_levels_survives_a_png() -> None:
    for levels in range(2, 257):
        pixels = np.arange(levels, dtype=np.uint8).reshape(1, -1, 1)
        bright = spread(pixels, levels)
        assert (bright[0, 0, 0], bright[0, -1, 0]) == (0, 255)
        found = read_png(BytesIO(to_png(bright)), "it")
        np.testing.assert_array_equal(rescale(found, 256, levels), pixels)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "%2F", "ö ö", "manifest.json", "\n"])
def test_class_names_as_folders(name: str) -> None:
    folder = class_folder(name)
    assert folder not in ("", ".", "..", "manifest.json")
    assert "/" not in folder
    assert class_name(folder) == name


def test_the_arrays_of_an_archive(tmp_path: Path) -> None:
    images = some(CODEC, 7)
    write(tmp_path / "a.npz", CODEC, images)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as archive:
        assert set(archive.files) == {"images", "levels", "seed", "labels", "classes"}
        assert archive["images"].shape == (7, 4, 5)
        assert (archive["images"].dtype, archive["labels"].dtype) == (np.uint8, np.int64)
        assert (int(archive["levels"]), int(archive["seed"])) == (16, 3)
        assert archive["classes"].tolist() == ["a", "b/c", ""]
    write(tmp_path / "b.npz", CODEC, images.take(slice(0, 4)), images.take(slice(4, 7)))
    assert (tmp_path / "b.npz").read_bytes() == (tmp_path / "a.npz").read_bytes()
    colour = ImageCodec(2, 2, 3, 256)
    write(tmp_path / "c.npz", colour, some(colour, 2))
    with np.load(tmp_path / "c.npz", allow_pickle=False) as archive:
        assert archive["images"].shape == (2, 2, 2, 3)
        assert "labels" not in archive.files


def test_the_columns_of_a_parquet_file(tmp_path: Path) -> None:
    images = some(CODEC, 5)
    write(tmp_path / "a.parquet", CODEC, images.take(slice(0, 3)), images.take(slice(3, 5)))
    with pq.ParquetFile(tmp_path / "a.parquet") as file:
        assert file.num_row_groups == 2
        assert file.schema_arrow.names == ["image", "label"]
        manifest = json.loads(file.metadata.metadata[b"synth_dl"])
        row = file.read().to_pylist()[4]
    assert manifest == json.loads((tmp_path / "a.parquet.json").read_text())
    assert images.labels is not None
    assert row["label"] == CODEC.classes[images.labels[4]]
    with Image.open(BytesIO(row["image"])) as picture:
        assert (picture.mode, picture.size) == ("L", (5, 4))
        assert (np.asarray(picture) == images.pixels[4, :, :, 0] * 17).all()


def test_the_files_of_a_folder(tmp_path: Path) -> None:
    codec = ImageCodec(3, 3, 1, 2, ("x", "y"))
    images = ImageSet(np.ones((3, 3, 3, 1), np.uint8), 2, np.array([1, 0, 1]), ("x", "y"))
    write(f"{tmp_path / 'deep' / 'images.v2'}/", codec, images, first=999_998)
    folder = tmp_path / "deep" / "images.v2"
    found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.*"))
    assert found == ["contact-sheet.png", "manifest.json", "x/999999.png", "y/1000000.png",
                     "y/999998.png"]  # fmt: skip
    assert_same(read_export(folder), images)
    assert (read_png(folder / "x" / "999999.png", "it") == 255).all()


def test_pngs_without_a_manifest_have_256_levels(tmp_path: Path) -> None:
    for name, value in (("10", 9), ("9", 200)):
        (tmp_path / f"{name}.png").write_bytes(to_png(np.full((2, 2, 1), value, np.uint8)))
    found = read_export(tmp_path)
    assert found.levels == 256
    assert found.pixels[:, 0, 0, 0].tolist() == [200, 9]
    for name in ("cat", "dog"):
        (tmp_path / "more" / name).mkdir(parents=True)
        (tmp_path / "more" / name / f"{name}.png").write_bytes(to_png(np.zeros((2, 2, 3), "uint8")))
    found = read_export(tmp_path / "more")
    assert found.labels is not None
    assert (found.classes, found.labels.tolist(), found.shape) == (
        ("cat", "dog"),
        [0, 1],
        (2, 2, 3),
    )


@pytest.mark.parametrize(
    ("out", "names"),
    [
        ("d.npz", ["d.npz", "d.npz.json", "d.png"]),
        ("d.parquet", ["d.parquet", "d.parquet.json", "d.png"]),
        ("d", ["d"]),
    ],
)
def test_manifest_and_contact_sheet(tmp_path: Path, out: str, names: list[str]) -> None:
    codec = ImageCodec(8, 8, 1, 4, ("0", "1"))
    with ImageWriter(tmp_path / out, codec, {"seed": 9, "rows": [0, 130]}) as writer:
        writer.write(some(codec, 60))
        writer.write(some(codec, 70))
        writer.manifest["sampler"] = "naive"
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert json.loads(writer.places.manifest.read_text()) == {
        "written_by": "synth_dl", "kind": "images", "seed": 9, "rows": [0, 130],
        "sampler": "naive", "images": 130,
        "height": 8, "width": 8, "channels": 1, "levels": 4, "classes": ["0", "1"],
    }  # fmt: skip
    sheet = read_png(writer.places.sheet, "it")
    assert sheet.shape == (10 * 82 + 2, 10 * 82 + 2, 1)
    first = spread(some(codec, 60).pixels[0], 4)
    np.testing.assert_array_equal(sheet[2:82:10, 2:82:10], first)


@pytest.mark.parametrize("shape", [(0, 3, 3, 1), (1, 1, 1, 3), (7, 400, 2, 1), (100, 28, 28, 3)])
def test_sheets_of_any_size(shape: tuple[int, ...]) -> None:
    sheet = contact_sheet(np.zeros(shape, np.uint8))
    assert sheet.shape[2] == shape[3]
    assert max(sheet.shape) < 1000


# Whole or not at all


@pytest.mark.parametrize("out", OUTS)
@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_an_exception_leaves_nothing(
    tmp_path: Path, out: str, failure: type[BaseException]
) -> None:
    def interrupted() -> None:
        with ImageWriter(tmp_path / out, CODEC, {}) as writer:
            writer.write(some(CODEC, 3))
            raise failure

    with pytest.raises(failure):
        interrupted()
    assert tree(tmp_path) == set()


@pytest.mark.parametrize("out", OUTS)
def test_a_full_disk_while_writing(
    tmp_path: Path, out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    old = b"old"
    if out != "images":
        (tmp_path / out).write_bytes(old)
    for name in ("NpzSink", "ParquetSink", "FolderSink"):
        monkeypatch.setattr(getattr(sinks, name), "write", full)
    with pytest.raises(DataError, match=r"images.*: the disk is full; make room"):
        write(tmp_path / out, CODEC, some(CODEC, 2), overwrite=True)
    assert tree(tmp_path) == (set() if out == "images" else {out})
    assert out == "images" or (tmp_path / out).read_bytes() == old


@pytest.mark.parametrize("out", OUTS)
@pytest.mark.parametrize("limit", [0, 150, 20_000])
def test_a_disk_that_takes_no_more(tmp_path: Path, out: str, limit: int) -> None:
    codec = ImageCodec(64, 64, 3, 256)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        with pytest.raises(DataError, match=r"images.*: .*; choose another place"):
            write(tmp_path / out, codec, some(codec, 6))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert tree(tmp_path) == set()


def test_a_move_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.replace

    def replace(source: Path, target: Path) -> None:
        if target.name == "images.npz":
            raise OSError(errno.EACCES, "Permission denied")
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(DataError, match="no right to write here"):
        write(tmp_path / "images.npz", CODEC, some(CODEC, 2))
    assert tree(tmp_path) == set()


def test_places_that_are_taken(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "d.png").mkdir()
    for name, sentence in [
        ("full", "full: this folder holds files already; add overwrite=true"),
        ("file", "file: this is a file"),
        ("file/inside", "a part of this path is a file"),
        ("d.npz", "d.png: this is a folder"),
    ]:
        with pytest.raises(DataError, match=sentence):
            write(tmp_path / name, CODEC, some(CODEC, 2))
    write(tmp_path / "empty", CODEC, some(CODEC, 2))
    assert len(read_export(tmp_path / "empty")) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"full", "file", "empty", "d.png"}


@pytest.mark.parametrize("out", ["a.csv", "a.npz.gz", "b/images.jpg", "images.v2"])
def test_other_endings(out: str) -> None:
    with pytest.raises(ConfigError, match=r"images go to .npz, .parquet or a folder"):
        ImageWriter(out, CODEC, {})
    with pytest.raises(ConfigError, match="name a new folder"):
        ImageWriter(".", CODEC, {})


def test_images_of_another_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="differ"):
        write(tmp_path / "a.npz", CODEC, some(ImageCodec(4, 5, 1, 16), 2))
    assert tree(tmp_path) == set()
