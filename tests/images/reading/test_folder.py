"""Folders of image files: classes, sizes, colours and damage."""

from pathlib import Path

import numpy as np
import pytest
from image_exports import some, write
from image_sources import all_pixels, load, parts
from PIL import Image

from synth_dl.errors import ConfigError, DataError
from synth_dl.images.codec import ImageCodec

RANDOM = np.random.default_rng(0)


def save(path: Path, pixels: np.ndarray | Image.Image, **options) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(path, **options)


@pytest.fixture
def folder(tmp_path):
    """20 grey files of 8 x 8 pixels, each of one level."""
    for index in range(20):
        save(tmp_path / "images" / f"{index:02}.png", np.full((8, 8), index, np.uint8))
    return tmp_path / "images"


def one(folder: Path, image: Image.Image, name: str = "zz.png", **options) -> np.ndarray:
    """How an image comes out of a folder, beside grey ones."""
    save(folder / name, image, **options)
    pixels = all_pixels(load("image_folder", root=str(folder)))
    (found,) = [image for image in pixels if np.ptp(image) > 0]
    return found


def test_a_folder_is_divided_by_the_seed(folder):
    sources = load("image_folder", root=str(folder))
    assert [len(part) for part in parts(sources)] == [15, 2, 3]
    assert sources.train.labels is None
    assert sources.train.shape == (8, 8, 1)
    assert sorted(all_pixels(sources)[:, 0, 0, 0].tolist()) == list(range(20))
    assert load("image_folder", root=str(folder)).split == sources.split
    assert load("image_folder", root=str(folder), seed=1).split["sha256"] != sources.split["sha256"]


def test_subfolders_are_classes(tmp_path):
    for index in range(14):
        save(tmp_path / "b" / f"{index}.jpg", np.full((4, 4, 3), 200, np.uint8))
    save(tmp_path / "a" / "deep" / "one.PNG", np.full((4, 4), 100, np.uint8))
    (tmp_path / "empty").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "x.png").write_bytes(b"")
    (tmp_path / "b" / "._1.png").write_bytes(b"")
    (tmp_path / "b" / "list.txt").write_text("")
    sources = load("image_folder", root=str(tmp_path))
    assert sources.train.classes == sources.holdout.classes == ("a", "b")
    assert sources.train.shape == (4, 4, 3)
    assert any("1 files that are no images" in note for note in sources.notes)
    for part in parts(sources):
        assert part.labels is not None
        assert part.labels.tolist() == (part.pixels[:, 0, 0, 0] > 150).astype(int).tolist()


def test_a_single_class_is_refused_unless_classes_are_left_out(folder):
    with pytest.raises(DataError, match=r"one class, 'images'.*: give data\.classes=false"):
        load("image_folder", root=str(folder.parent))
    sources = load("image_folder", root=str(folder.parent), classes=False)
    assert (sources.train.labels, sources.train.classes) == (None, ())


def test_files_beside_classes(folder):
    save(folder / "class" / "x.png", np.zeros((8, 8), np.uint8))
    with pytest.raises(DataError, match=r"00\.png lies beside"):
        load("image_folder", root=str(folder))
    assert len(all_pixels(load("image_folder", root=str(folder), classes=False))) == 21


def test_folders_without_images(tmp_path):
    (tmp_path / "readme.txt").write_text("none")
    with pytest.raises(DataError, match="no images"):
        load("image_folder", root=str(tmp_path))
    with pytest.raises(DataError, match="no such folder"):
        load("image_folder", root=str(tmp_path / "absent"))
    with pytest.raises(ConfigError, match=r"data\.root=DIR"):
        load("image_folder")


def test_too_few_images(tmp_path):
    for index in range(11):
        save(tmp_path / f"{index}.png", np.zeros((4, 4), np.uint8))
        with pytest.raises(DataError, match="at least 10"):
            load("image_folder", root=str(tmp_path))
    save(tmp_path / "11.png", np.zeros((4, 4), np.uint8))
    few = load("image_folder", root=str(tmp_path), validation=0.01, holdout=0.01)
    assert [len(part) for part in parts(few)] == [10, 1, 1]


def test_mixed_sizes(folder):
    save(folder / "wide.png", np.zeros((8, 12), np.uint8))
    with pytest.raises(DataError, match=r"wide\.png.*12 x 8.*00\.png is 8 x 8.*data\.size=32"):
        load("image_folder", root=str(folder))
    sources = load("image_folder", root=str(folder), size=4)
    assert sources.train.shape == (4, 4, 1)
    assert any("central square" in note for note in sources.notes)
    squeezed = load("image_folder", root=str(folder), size=4, crop=None)
    assert not any("central square" in note for note in squeezed.notes)


def test_images_that_are_too_large(folder):
    for file in folder.iterdir():
        save(file, np.zeros((1, 1025), np.uint8))
    with pytest.raises(DataError, match="at most 1024"):
        load("image_folder", root=str(folder))


@pytest.mark.parametrize("name", ["cut.png", "cut.jpg", "cut.webp", "cut.gif", "cut.bmp"])
def test_damaged_files(folder, name):
    save(folder / name, RANDOM.integers(0, 256, (8, 8, 3), np.uint8))
    content = (folder / name).read_bytes()
    for length in (0, 10, len(content) // 2):
        (folder / name).write_bytes(content[:length])
        with pytest.raises(DataError, match=f"{name}: this image cannot be read"):
            load("image_folder", root=str(folder))


@pytest.mark.parametrize("limit", [40, 20])
def test_images_that_would_fill_the_memory(folder, monkeypatch, limit):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(DataError, match=r"00\.png.*fill the memory"):
        load("image_folder", root=str(folder))


def test_transparent_pixels_become_white(folder):
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[:4] = [255, 0, 0, 255]
    pixels[4] = [0, 0, 0, 128]
    read = one(folder, Image.fromarray(pixels))
    assert read[0, 0].tolist() == [255, 0, 0]
    assert read[4, 0].tolist() == [127, 127, 127]
    assert read[7, 7].tolist() == [255, 255, 255]


def test_grey_with_transparency_stays_grey(folder):
    pixels = np.zeros((8, 8, 2), np.uint8)
    pixels[0] = [100, 255]
    read = one(folder, Image.fromarray(pixels))
    assert read.shape == (8, 8, 1)
    assert read[:2, 0, 0].tolist() == [100, 255]


def test_palettes(folder):
    image = Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).convert("P")
    image.putpalette([value for grey in range(256) for value in (255 - grey,) * 3])
    read = one(folder, image)
    assert read.shape == (8, 8, 1)
    assert read[0, :3, 0].tolist() == [255, 254, 253]
    image.putpalette([value for _ in range(256) for value in (0, 100, 200)])
    assert one(folder, image)[0, 0].tolist() == [0, 100, 200]
    assert one(folder, image, transparency=0)[0, :2].tolist() == [[255] * 3, [0, 100, 200]]


def test_bits_and_deep_grey(folder):
    read = one(folder, Image.fromarray(np.eye(8) > 0))
    assert read[0, :2, 0].tolist() == [255, 0]
    deep = np.array([0, 128, 129, 257, 32768, 65278, 65535, 1], np.uint16)
    read = one(folder, Image.fromarray(np.tile(deep, (8, 1))))
    assert read[0, :, 0].tolist() == [0, 0, 1, 1, 128, 254, 255, 0]


def test_orientation_of_a_camera(folder):
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[0] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    read = one(folder, Image.fromarray(pixels), exif=exif)
    assert read[:, -1].min() == 255
    assert read[:, :-1].max() == 0


def test_the_first_frame_of_an_animation(folder):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ((9, 0, 0), (0, 9, 0))]
    read = one(folder, frames[0], "zz.gif", save_all=True, append_images=frames[1:])
    assert read[0, 0].tolist() == [9, 0, 0]


def test_forced_colours(folder):
    assert load("image_folder", root=str(folder), colour="rgb").train.shape == (8, 8, 3)
    save(folder / "red.png", np.full((8, 8, 3), [255, 0, 0], np.uint8))
    assert load("image_folder", root=str(folder)).train.shape == (8, 8, 3)
    grey = load("image_folder", root=str(folder), colour="grey")
    assert grey.train.shape == (8, 8, 1)
    assert all_pixels(grey).max() == 76


def scattered(root: Path, *folders: str, count: int = 6) -> None:
    """Some images in each folder."""
    for place, folder in enumerate(folders):
        for index in range(count):
            grey = 20 * place + index
            save(root / folder / f"{index}.png", np.full((4, 4), grey + 40, np.uint8))


@pytest.mark.parametrize(
    ("folders", "sizes", "classes"),
    [
        (("train/a", "train/b", "test/a", "val/b"), [12, 6, 6], ("a", "b")),
        (("a/train", "b/Train", "a/test", "b/test"), [11, 1, 12], ("a", "b")),
        (("data/train/a", "data/train/b", "data/test/b"), [11, 1, 6], ("a", "b")),
        (("train", "training", "test"), [11, 1, 6], ()),
        (("data/a", "data/b", "data/c"), [13, 2, 3], ("a", "b", "c")),
    ],
)
def test_folders_of_parts_divide_the_images(tmp_path, folders, sizes, classes):
    scattered(tmp_path, *folders)
    (tmp_path / "empty" / "nested").mkdir(parents=True)
    for name in (".DS_Store", "Thumbs.db", "desktop.ini"):
        (tmp_path / name).write_bytes(b"x")
    sources = load("image_folder", root=str(tmp_path))
    assert [len(part) for part in parts(sources)] == sizes
    assert sources.train.classes == classes
    said = " ".join(sources.notes)
    assert ("divide the images; data.splits=false" in said) == any(
        "rain" in each for each in folders
    )
    assert "left out (.db, .ini)" in said or "left out (.ini, .db)" in said


def test_folders_of_parts_may_be_classes(tmp_path):
    scattered(tmp_path, "train", "test", count=8)
    assert load("image_folder", root=str(tmp_path), splits=False).train.classes == ("test", "train")
    (tmp_path / "train").rename(tmp_path / "val")
    with pytest.raises(DataError, match=r"none is for training.*data\.splits=false"):
        load("image_folder", root=str(tmp_path))


@pytest.mark.parametrize("ending", ["png", "tiff"])
@pytest.mark.parametrize(("top", "bits"), [(4095, 12), (65535, 16)])
def test_deep_grey_is_not_black(tmp_path, ending, top, bits):
    for index in range(14):
        pixels = np.linspace(0, top, 16).astype(np.uint16).reshape(4, 4)
        save(tmp_path / f"{index}.{ending}", np.roll(pixels, index))
    sources = load("image_folder", root=str(tmp_path))
    assert np.unique(all_pixels(sources)).tolist() == list(range(0, 256, 17))
    assert any(f"as {bits} bits" in note for note in sources.notes)
    declared = load("image_folder", root=str(tmp_path), value_range=[0, 65535])
    assert all_pixels(declared).max() == (255 if bits == 16 else 16)


def test_what_is_not_shown_by_pixels_is_said(folder):
    said = " ".join(load("image_folder", root=str(folder)).notes)
    assert "no pixel is brighter than 19 of 255" in said
    assert load("image_folder", root=str(folder), value_range=[0, 19]).train.levels == 20
    clear = Image.new("LA", (8, 8), (200, 0))
    save(folder / "clear.png", clear)
    frames = [Image.new("RGB", (8, 8), colour) for colour in ((9, 0, 0), (0, 9, 0))]
    for name in ("moving.gif", "moving.webp", "moving.png", "pages.tiff"):
        save(folder / name, frames[0], save_all=True, append_images=frames[1:])
    sources = load("image_folder", root=str(folder))
    said = " ".join(sources.notes)
    assert "1 files have transparent pixels, which became white; data.background=black" in said
    assert "4 files hold several frames or pages" in said
    black = load("image_folder", root=str(folder), background="black")
    assert all_pixels(sources).max() == 255
    assert all_pixels(black).max() == 19


def test_colours_of_printers(folder):
    read = one(
        folder, Image.new("RGB", (8, 8), (200, 10, 10)).convert("CMYK"), "zz.jpg", quality=95
    )
    assert np.abs(read.mean((0, 1)) - [200, 10, 10]).max() < 6 if read.ndim else True


def test_an_exported_folder_keeps_the_names_of_its_classes(tmp_path):
    codec = ImageCodec(4, 4, 1, 256, ("a/b", "%2F", "ü"))
    write(tmp_path / "out", codec, some(codec, 60))
    assert load("image_folder", root=str(tmp_path / "out")).train.classes == ("%2F", "a/b", "ü")
