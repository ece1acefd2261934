"""Damaged and foreign exports of images are refused in a sentence."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from image_exports import CODEC, OUTS, some, write
from PIL import Image

from synth_dl.errors import DataError
from synth_dl.images.codec import ImageCodec
from synth_dl.images.reading.exports import read_export
from synth_dl.images.reading.files import read_png
from synth_dl.images.writing.png import to_png

IMAGES = np.zeros((3, 2, 2), np.uint8)


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"pixels": IMAGES}, "no array 'images'"),
        ({"images": np.zeros((3, 2))}, r"shape \(3, 2\)"),
        ({"images": np.zeros((3, 2, 2, 2), np.uint8)}, r"shape \(3, 2, 2, 2\)"),
        ({"images": np.zeros((0, 2, 2), np.uint8)}, r"shape \(0, 2, 2\)"),
        ({"images": IMAGES + 1.5}, "no whole levels"),
        ({"images": IMAGES + 4, "levels": 4}, "hold 4, outside 0 to 3"),
        ({"images": IMAGES, "levels": 1}, "'levels' is 1"),
        ({"images": IMAGES, "levels": [4, 4]}, "'levels' is"),
        ({"images": IMAGES, "labels": [0, 1]}, "are 2, of shape .2., for 3 images"),
        ({"images": IMAGES, "labels": [0, 1, 2], "classes": ["a", "b"]}, "places in 'classes'"),
        ({"images": np.array([None] * 3)}, "Python objects, not plain arrays"),
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
    assert read_export(tmp_path / "a.npz").classes == ("0", "1", "255")
    np.savez(tmp_path / "a.npz", images=IMAGES, labels=np.array([0, 2**62, 1]))
    assert read_export(tmp_path / "a.npz").classes == ("0", "1", str(2**62))


@pytest.mark.parametrize("out", OUTS[:2])
def test_damaged_files(tmp_path: Path, out: str) -> None:
    path = tmp_path / out
    with pytest.raises(DataError, match="there is no such file"):
        read_export(path)
    write(path, CODEC, some(CODEC, 50))
    content = path.read_bytes()
    for damaged in (b"", b"PK", content[: len(content) // 2], content[:9] + b"\0" * 200):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"is damaged; (save|write)"):
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
    with pytest.raises(DataError, match=r"000001.png: this image cannot be read"):
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
    with pytest.raises(DataError, match=r"row 0 of .*: this image cannot be read"):
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
    assert read_png(tmp_path / "palette.png", "it").shape == (3, 2, 1)
    Image.new("1", (2, 3), 1).save(tmp_path / "bits.png")
    assert (read_png(tmp_path / "bits.png", "it") == 255).all()
