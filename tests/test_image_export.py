"""Exported images come back as they were, whole or not at all; masks, given images and classes."""

import errno
import json
import os
import resource
import signal
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from synth_dl.codecs.image import ImageCodec
from synth_dl.data.images.image_set import ImageSet
from synth_dl.errors import ConfigError, DataError
from synth_dl.sampling.images import command, sinks
from synth_dl.sampling.images.contact_sheet import contact_sheet
from synth_dl.sampling.images.export import ImageWriter, read_export
from synth_dl.sampling.images.kinds import class_folder, class_name
from synth_dl.sampling.images.manifest import artifact_hash
from synth_dl.sampling.images.masks import known_mask, read_given
from synth_dl.sampling.images.png import read_png, rescale, spread, to_png
from synth_dl.sampling.images.where import class_index, class_of

OUTS = ["images.npz", "images.parquet", "images"]
CODEC = ImageCodec(4, 5, 1, 16, ("a", "b/c", ""))


def some(codec: ImageCodec, count: int, seed: int = 0) -> ImageSet:
    """Random images."""
    rng = np.random.default_rng(seed)
    shape = (count, codec.height, codec.width, codec.channels)
    pixels = rng.integers(0, codec.levels, shape).astype(np.uint8)
    labels = rng.integers(0, len(codec.classes), count) if codec.classes else None
    return ImageSet(pixels, codec.levels, labels, codec.classes)


def write(out: Path | str, codec: ImageCodec, *parts: ImageSet, **more: Any) -> None:
    with ImageWriter(out, codec, {"seed": 3}, **more) as writer:
        for part in parts:
            writer.write(part)


def assert_same(found: ImageSet, wanted: ImageSet) -> None:
    assert found.levels == wanted.levels
    assert found.pixels.dtype == np.uint8
    np.testing.assert_array_equal(found.pixels, wanted.pixels)
    if wanted.labels is None:
        assert found.labels is None
    else:
        assert found.labels is not None
        assert found.labels.dtype == np.int64
        np.testing.assert_array_equal(found.labels, wanted.labels)
    assert found.classes == wanted.classes


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
        "kind": "images", "seed": 9, "rows": [0, 130], "sampler": "naive", "images": 130,
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


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


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
        write(tmp_path / out, CODEC, some(CODEC, 2))
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
        ("full", "full: this folder holds files already; name a new folder"),
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


# Damaged exports


IMAGES = np.zeros((3, 2, 2), np.uint8)


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"pixels": IMAGES}, "no array 'images'"),
        ({"images": np.zeros((3, 2))}, r"shape \(3, 2\)"),
        ({"images": np.zeros((3, 2, 2, 2), np.uint8)}, r"shape \(3, 2, 2, 2\)"),
        ({"images": np.zeros((0, 2, 2), np.uint8)}, r"shape \(0, 2, 2\)"),
        ({"images": IMAGES + 0.5}, "whole levels from 0 to 255"),
        ({"images": IMAGES + 4, "levels": 4}, "whole levels from 0 to 3"),
        ({"images": IMAGES, "levels": 1}, "'levels' is 1"),
        ({"images": IMAGES, "levels": [4, 4]}, "'levels' is"),
        ({"images": IMAGES, "labels": [0, 1]}, "each of the 3"),
        ({"images": IMAGES, "labels": [0, 1, 2], "classes": ["a", "b"]}, "places in 'classes'"),
        ({"images": np.array([None] * 3)}, "is damaged"),
    ],
)
def test_archives_that_cannot_be_used(tmp_path: Path, arrays: dict, sentence: str) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, **{name: np.array(value) for name, value in arrays.items()})
    with pytest.raises(DataError, match=sentence):
        read_export(path)


def test_labels_without_names(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=IMAGES, labels=np.array([0, 2, 1]))
    assert read_export(tmp_path / "a.npz").classes == ("0", "1", "2")
    np.savez(tmp_path / "a.npz", images=IMAGES, labels=np.array([0, 255, 1], np.uint8))
    assert len(read_export(tmp_path / "a.npz").classes) == 256
    np.savez(tmp_path / "a.npz", images=IMAGES, labels=np.array([0, 2**62, 1]))
    with pytest.raises(DataError, match="places in 'classes'"):
        read_export(tmp_path / "a.npz")


@pytest.mark.parametrize("out", OUTS[:2])
def test_damaged_files(tmp_path: Path, out: str) -> None:
    path = tmp_path / out
    with pytest.raises(DataError, match="there is no such file"):
        read_export(path)
    write(path, CODEC, some(CODEC, 50))
    content = path.read_bytes()
    for damaged in (b"", b"PK", content[: len(content) // 2], content[:9] + b"\0" * 200):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match="is damaged; export it again"):
            read_export(path)
    with pytest.raises(DataError, match=r"images come from \.npz, \.parquet or a folder"):
        read_export(path.with_name(f"{out}.json"))


def test_damaged_folders(tmp_path: Path) -> None:
    codec = ImageCodec(2, 3, 1, 16)
    folder = tmp_path / "images"
    write(folder, codec, some(codec, 3))
    (folder / "000001.png").rename(tmp_path / "x.png")
    with pytest.raises(DataError, match="of 3 images in its manifest, 2 are there"):
        read_export(folder)
    (folder / "000001.png").write_bytes(to_png(np.zeros((4, 4, 1), np.uint8)))
    with pytest.raises(DataError, match=r"000001.png: it has 4 x 4 pixels, and .*000000.png has"):
        read_export(folder)
    (folder / "000001.png").write_bytes((tmp_path / "x.png").read_bytes()[:50])
    with pytest.raises(DataError, match=r"000001.png: it is no PNG file or is damaged"):
        read_export(folder)
    (folder / "manifest.json").write_text("{")
    with pytest.raises(DataError, match=r"manifest.json: the manifest is damaged"):
        read_export(folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="it holds no PNG"):
        read_export(tmp_path / "empty")


def test_damaged_parquet_content(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"x": [1]}), path)
    with pytest.raises(DataError, match="no column 'image'"):
        read_export(path)
    pq.write_table(pa.table({"image": [b"xx"]}), path)
    with pytest.raises(DataError, match=r"row 0 of .*: it is no PNG"):
        read_export(path)
    pq.write_table(pa.table({"image": ["xx"]}), path)
    with pytest.raises(DataError, match="a PNG in each row"):
        read_export(path)
    png = to_png(np.zeros((2, 2, 1), np.uint8))
    pq.write_table(pa.table({"image": [png, png], "label": ["a", None]}), path)
    with pytest.raises(DataError, match="no class None"):
        read_export(path)


def test_pngs_that_have_no_levels(tmp_path: Path) -> None:
    for name, picture, sentence in [
        ("deep", Image.new("I;16", (2, 2)), "16 bits"),
        ("clear", Image.new("RGBA", (2, 2), (1, 2, 3, 4)), "transparent"),
    ]:
        picture.save(tmp_path / f"{name}.png")
        with pytest.raises(DataError, match=sentence):
            read_png(tmp_path / f"{name}.png", name)
    Image.new("P", (2, 3)).save(tmp_path / "palette.png")
    assert read_png(tmp_path / "palette.png", "it").shape == (3, 2, 3)
    Image.new("1", (2, 3), 1).save(tmp_path / "bits.png")
    assert (read_png(tmp_path / "bits.png", "it") == 255).all()


# Masks and given images


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("top", "### ... ..."),
        ("bottom", "... ... ###"),
        ("left", "#.. #.. #.."),
        ("right", "..# ..# ..#"),
        ("top:2", "### ### ..."),
        ("bottom:2", "... ### ###"),
        ("left:2", "##. ##. ##."),
        ("right:1", "..# ..# ..#"),
        ("box:0,1,2,2", "#.. #.. ###"),
    ],
)
def test_masks(text: str, rows: str) -> None:
    known = known_mask(text, 3, 3)
    assert known.dtype == np.bool_
    assert ["".join("#" if pixel else "." for pixel in row) for row in known] == rows.split()


def test_masks_that_are_not_square() -> None:
    assert known_mask("top", 4, 3).sum(1).tolist() == [3, 3, 0, 0]
    assert known_mask("right:1", 2, 5).sum(0).tolist() == [0, 0, 0, 0, 2]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("middle", "give top, bottom"),
        ("", "give top, bottom"),
        ("top:", "give top, bottom"),
        ("top:-1", "give top, bottom"),
        ("mask.jpg", "give top, bottom"),
        ("box:1,2,3", "give top, bottom"),
        ("top:0", "nothing known"),
        ("top:9", "nothing to draw"),
        ("left:3", "nothing to draw"),
        ("box:0,0,3,3", "nothing known"),
        ("box:2,2,2,1", "reaches beyond"),
        ("box:0,0,0,1", "no pixel"),
    ],
)
def test_masks_that_make_no_sense(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        known_mask(text, 3, 3)


def paint(path: Path, *rows: list[int]) -> None:
    path.write_bytes(to_png(np.array(rows, np.uint8)[:, :, None]))


def test_painted_masks(tmp_path: Path) -> None:
    path = tmp_path / "mask.png"
    paint(path, [255, 0, 0], [255, 255, 0])
    assert known_mask(str(path), 2, 3).tolist() == [[True, False, False], [True, True, False]]
    with pytest.raises(DataError, match="a mask of another shape, 2 x 3 pixels, than the images"):
        known_mask(str(path), 3, 3)
    paint(path, [255, 0, 100])
    with pytest.raises(DataError, match="only white"):
        known_mask(str(path), 1, 3)
    paint(path, [255, 255])
    with pytest.raises(ConfigError, match="nothing to draw"):
        known_mask(str(path), 1, 2)
    with pytest.raises(DataError, match="there is no such file"):
        known_mask(str(tmp_path / "no.png"), 1, 2)


@pytest.mark.parametrize("out", OUTS)
def test_given_images(tmp_path: Path, out: str) -> None:
    images = some(CODEC, 6)
    write(tmp_path / out, CODEC, images)
    assert_same(read_given(tmp_path / out, CODEC), images)
    assert images.labels is not None
    turned = ImageCodec(4, 5, 1, 16, CODEC.classes[::-1])
    found = read_given(tmp_path / out, turned)
    assert found.labels is not None
    np.testing.assert_array_equal(found.labels, 2 - images.labels)
    assert read_given(tmp_path / out, ImageCodec(4, 5, 1, 16)).labels is None
    with pytest.raises(DataError, match="4 x 5 pixels in grey, and those of the model are 4 x 6"):
        read_given(tmp_path / out, ImageCodec(4, 6, 1, 16, CODEC.classes))
    assert read_given(tmp_path / out, ImageCodec(4, 5, 1, 16, ("a", "z"))).labels is None


def test_given_images_of_other_levels(tmp_path: Path) -> None:
    codec = ImageCodec(1, 3, 1, 3)
    np.savez(tmp_path / "a.npz", images=np.array([[[0, 1, 2]]]))
    found = read_given(tmp_path / "a.npz", codec)
    assert (found.levels, found.pixels.ravel().tolist()) == (3, [0, 1, 2])
    np.savez(tmp_path / "a.npz", images=np.array([[[0, 1, 1]]]), levels=2)
    assert read_given(tmp_path / "a.npz", codec).pixels.ravel().tolist() == [0, 2, 2]
    np.savez(tmp_path / "a.npz", images=np.array([[[0, 1, 1]]]), levels=4)
    with pytest.raises(DataError, match="have 4 levels, and those of the model 3"):
        read_given(tmp_path / "a.npz", codec)
    paint(tmp_path / "one.png", [0, 130, 250])
    assert read_given(tmp_path / "one.png", codec).pixels.ravel().tolist() == [0, 1, 2]
    paint(tmp_path / "two.png", [0, 120, 136])
    bits = ImageCodec(1, 3, 1, 2)
    assert read_given(tmp_path / "two.png", bits).pixels.ravel().tolist() == [0, 0, 1]
    colour = ImageCodec(1, 3, 3, 3)
    assert read_given(tmp_path / "one.png", colour).pixels[0, 0].tolist() == [
        [x] * 3 for x in range(3)
    ]


# Classes


DIGITS = ImageCodec(2, 2, 1, 2, tuple(str(digit) for digit in range(10)))


def test_a_fixed_class(tmp_path: Path) -> None:
    file = tmp_path / "where.yaml"
    file.write_text("label: 3\n")
    assert class_of([], DIGITS) is None
    assert class_of(["label=7"], DIGITS) == 7
    assert class_of([], DIGITS, file) == 3
    assert class_of(["label=0"], DIGITS, file) == 0
    assert class_index({"label": 7}, DIGITS) == class_index({"label": "7"}, DIGITS) == 7


@pytest.mark.parametrize(
    ("items", "codec", "sentence"),
    [
        (["label=11"], DIGITS, r"no such class was seen in training.*'0', '1', .*'9'"),
        (["label="], CODEC, None),
        (["size=1"], DIGITS, "no column"),
        (["label=1"], ImageCodec(2, 2, 1, 2), "without classes"),
    ],
)
def test_classes_that_are_not_there(
    items: list[str], codec: ImageCodec, sentence: str | None
) -> None:
    if sentence is None:
        assert class_of(items, codec) == 2  # the class whose name is empty
        return
    with pytest.raises(ConfigError, match=sentence.replace("no column", "only a 'label'")):
        class_index(dict([items[0].split("=")]), codec)
    with pytest.raises(ConfigError, match=sentence):
        class_of(items, codec)


# The command


class Drawer:
    """Draws the number of each image as its pixels."""

    codec = DIGITS
    facts = {"rows": 600}  # noqa: RUF012
    sampler_used = "naive"
    effective_sample_size: dict[str, Any] | None = None

    def stream(
        self, start: int, stop: int, seed: int, *, label: int | None, given: ImageSet | None,
        mask: NDArray[np.bool_] | None, sampler: str, particles: int,
    ) -> Any:  # fmt: skip
        if given is not None:
            self.effective_sample_size = {"mean": 41.23, "least": 9.8, "particles": particles}
        for first in range(start, stop, 256):
            numbers = np.arange(first, min(first + 256, stop))
            bits = (numbers[:, None] >> np.arange(4)) & 1
            pixels = bits.reshape(-1, 2, 2, 1).astype(np.uint8)
            yield ImageSet(pixels, 2, np.full(len(bits), label or 0), DIGITS.classes)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with an artifact beside it."""
    artifact = tmp_path / "model"
    artifact.mkdir()
    (artifact / "weights.safetensors").write_bytes(b"ab")
    (artifact / "model.json").write_bytes(b"c")
    monkeypatch.setattr(command, "load", lambda path: Drawer())
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


def options(**more: Any) -> SimpleNamespace:
    names = ("n", "out", "rows", "batch_size", "where", "given", "mask")
    usual = {"artifact": "../model", "seed": 4, "sampler": "auto", "particles": 64}
    return SimpleNamespace(**(dict.fromkeys(names) | usual | more))


def test_the_command_writes_images(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(options()) == Path("synthetic.npz")
    said = capsys.readouterr().out
    assert said == "600 images in synthetic.npz, contact sheet in synthetic.png\n"
    whole = read_export("synthetic.npz")
    command.run(options(n=600, rows="100:500", out="part.parquet", batch_size=256), ["label=5"])
    part = read_export("part.parquet")
    np.testing.assert_array_equal(part.pixels, whole.pixels[100:500])
    assert part.labels is not None
    assert set(part.labels) == {5}
    with pq.ParquetFile("part.parquet") as file:
        assert file.num_row_groups == 2
    manifest = json.loads(Path("part.parquet.json").read_text())
    assert manifest.pop("versions").keys() == {"synth_dl", "torch", "numpy", "pillow", "python"}
    assert manifest == {
        "kind": "images", "artifact": {"path": "../model", "sha256": artifact_hash("../model")},
        "seed": 4, "n": 600, "rows": [100, 500], "where": {"label": "5"}, "given": None,
        "mask": None, "chunk": 256, "sampler": "naive", "effective_sample_size": None,
        "images": 400, "height": 2, "width": 2, "channels": 1, "levels": 2,
        "classes": list(DIGITS.classes),
    }  # fmt: skip
    command.run(options(n=300, rows="299:300", out="one"))
    assert (Path("one") / "0" / "000299.png").exists()


def test_the_command_completes_images(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write("known.npz", DIGITS, some(DIGITS, 5))
    command.run(options(given="known.npz", mask="bottom", out="full"))
    assert capsys.readouterr().out == (
        "5 images in full, contact sheet in full/contact-sheet.png\n"
        "effective sample size: 41.2 of 64 particles on average, 9.8 at least\n"
    )
    manifest = json.loads(Path("full/manifest.json").read_text())
    assert manifest["mask"] == {"text": "bottom", "known": 2, "rows": ["..", "##"]}
    assert manifest["given"]["images"] == manifest["n"] == 5
    assert manifest["effective_sample_size"]["particles"] == 64
    command.run(options(given="known.npz", mask="top", n=2, out="two.npz"))
    assert len(read_export("two.npz")) == 2


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"out": "images.csv"}, "images go to .npz, .parquet or a folder"),
        ({"mask": "top"}, "mask without given"),
        ({"given": "known.npz"}, "given without mask"),
        ({"given": "known.npz", "mask": "top", "n": 9}, "has 5 images"),
        ({"given": "known.npz", "mask": "top", "out": "known.npz"}, "would replace a file"),
        ({"given": "known.npz", "mask": "no"}, "give top"),
        ({"n": 0}, "n=0"),
        ({"n": 5, "rows": "3:9"}, "within 0:5"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"sampler": "fast"}, "sampler=fast: known are auto, cached"),
        ({"particles": 0}, "particles=0"),
        ({"seed": "x"}, "seed=x"),
    ],
)
def test_options_that_make_no_sense(folder: Path, more: dict[str, Any], sentence: str) -> None:
    write("known.npz", DIGITS, some(DIGITS, 5))
    before = tree(folder)
    with pytest.raises(ConfigError, match=sentence):
        command.run(options(**more))
    assert tree(folder) == before
