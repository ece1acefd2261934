"""Images are read as their owner would see them, and what cannot be read is said in a sentence."""

import functools
import gzip
import os
import struct
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from synth_dl.data.images import mnist
from synth_dl.data.images.image_set import ImageSet
from synth_dl.data.images.levels import cut_levels, draw_levels, reduce_levels, resize
from synth_dl.data.images.sources import READERS, ImageSources, load_images
from synth_dl.errors import ConfigError, DataError

ROOT = Path(__file__).resolve().parents[1]
REAL = Path(os.environ.get("SYNTH_DL_DATA", ROOT.parent / "shared" / "data")) / "mnist"
RANDOM = np.random.default_rng(0)


def load(source: str, seed: int = 0, **options) -> ImageSources:
    return load_images({"kind": "images", "name": None, "source": source, **options}, seed)


def parts(sources: ImageSources) -> list[ImageSet]:
    return [sources.train, sources.validation, sources.holdout]


def all_pixels(sources: ImageSources) -> np.ndarray:
    return np.concatenate([part.pixels for part in parts(sources)])


# Digits, and options of all sources


def test_digits_are_divided_in_file_order():
    sources = load("digits")
    assert [len(part) for part in parts(sources)] == [1000, 350, 447]
    assert sources.train.shape == (8, 8, 1)
    assert sources.train.levels == 17
    assert all_pixels(sources).max() == 16
    assert sources.train.classes == tuple("0123456789")
    assert sources.train.labels is not None
    assert sources.train.labels[:10].tolist() == list(range(10))
    assert not sources.dynamic
    assert sources.split["sizes"] == {"train": 1000, "validation": 350, "holdout": 447}
    assert sources.split["sha256"] == load("digits", seed=5).split["sha256"]
    assert sources.split["sha256"]["holdout"].startswith("026c7c543024")
    assert "447" in sources.notes[0]


def test_classes_can_be_left_out():
    sources = load("digits", classes=False)
    assert sources.train.labels is None
    assert sources.train.classes == ()


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"levels": 1}, "levels=1"),
        ({"levels": 257}, "256"),
        ({"levels": 4.5}, "whole"),
        ({"levels": True}, "whole"),
        ({"levels": 18}, "have 17 levels"),
        ({"binarise": "threshold"}, "data.levels=2"),
        ({"binarise": "dynamic", "levels": 4}, "data.levels=2"),
        ({"binarise": "often", "levels": 2}, "threshold"),
        ({"size": 1}, "1024"),
        ({"size": 1025}, "1024"),
        ({"size": "8"}, "1024"),
        ({"colour": "green"}, "rgb"),
        ({"crop": "left"}, "center"),
        ({"classes": "no"}, "true or false"),
        ({"validation": 0}, "share"),
        ({"holdout": 0.6, "validation": 0.4}, "below 1"),
        ({"source": "cifar"}, "image_folder"),
    ],
)
def test_options_that_make_no_sense(options, word):
    with pytest.raises(ConfigError, match=word):
        load(**{"source": "digits", **options})


@pytest.mark.parametrize("source", READERS)
def test_every_source_has_a_config(source):
    config = yaml.safe_load((ROOT / "configs" / "data" / f"{source}.yaml").read_text("utf-8"))
    assert config["kind"] == "images"
    assert config["source"] == source


@pytest.mark.parametrize("source", ["digits", "patches"])
def test_configs_of_embedded_images_can_be_loaded(source):
    config = yaml.safe_load((ROOT / "configs" / "data" / f"{source}.yaml").read_text("utf-8"))
    assert len(load_images(config, 0).train) >= 100


# Levels


@given(st.integers(2, 256), st.integers(2, 256))
def test_reduced_levels_cover_all_new_ones_in_order(one, other):
    old, new = max(one, other), min(one, other)
    reduced = reduce_levels(np.arange(old, dtype=np.uint8), old, new)
    assert (np.diff(reduced.astype(int)) >= 0).all()
    assert np.array_equal(np.unique(reduced), np.arange(new))
    assert np.ptp(np.bincount(reduced)) <= 1


@given(st.integers(2, 256))
def test_a_threshold_is_half_of_the_top_level(levels):
    pixels = np.arange(levels, dtype=np.uint8)
    assert np.array_equal(cut_levels(pixels, levels), pixels >= (levels - 1) / 2)


@pytest.mark.parametrize("levels", [2, 17, 256])
def test_drawn_levels_have_the_grey_level_as_their_mean(levels):
    grey = np.arange(levels, dtype=np.uint8)
    pixels = np.repeat(grey[None], 5000, axis=0)
    means = draw_levels(pixels, levels, np.random.default_rng(1)).mean(axis=0)
    assert means[0] == 0
    assert means[-1] == 1
    assert np.abs(means - grey / (levels - 1)).max() < 0.04


def test_stochastic_images_are_drawn_once_by_the_seed():
    sources = load("digits", levels=2, binarise="stochastic")
    assert sources.train.levels == 2
    assert sources.split == load("digits", levels=2, binarise="stochastic").split
    other = load("digits", levels=2, binarise="stochastic", seed=1)
    assert sources.split["sha256"]["train"] != other.split["sha256"]["train"]
    assert not sources.dynamic
    expected = load("digits").train.pixels.mean() / 16
    assert sources.train.pixels.mean() == pytest.approx(expected, abs=0.01)


def test_dynamic_images_keep_their_grey_levels_for_training_only():
    sources = load("digits", levels=2, binarise="dynamic")
    assert sources.dynamic
    assert sources.train.levels == 17
    assert sources.train.pixels.max() == 16
    stochastic = load("digits", levels=2, binarise="stochastic")
    for name in ("validation", "holdout"):
        assert getattr(sources, name).levels == 2
        assert sources.split["sha256"][name] == stochastic.split["sha256"][name]


def test_evenly_reduced_and_cut_levels():
    assert load("digits", levels=4).train.levels == 4
    assert set(np.unique(all_pixels(load("digits", levels=4)))) == set(range(4))
    cut = load("digits", levels=2, binarise="threshold")
    assert np.array_equal(cut.train.pixels, load("digits").train.pixels >= 8)


# Sizes


def test_whole_blocks_are_averaged_and_rounded():
    rows = [[0, 1, 5, 5], [1, 0, 5, 6], [0, 0, 16, 16], [0, 1, 16, 16]]
    pixels = np.array(rows, np.uint8)[None, :, :, None]
    assert resize(pixels, 17, 2)[0, :, :, 0].tolist() == [[1, 5], [0, 16]]


@pytest.mark.parametrize("size", [3, 5, 12])
def test_other_sizes_stay_within_the_levels(size):
    pixels = RANDOM.integers(0, 2, (4, 9, 6, 3)).astype(np.uint8)
    for crop in (True, False):
        resized = resize(pixels, 2, size, crop=crop)
        assert resized.shape == (4, size, size, 3)
        assert resized.max() == 1


def test_a_plain_image_stays_plain_at_any_size():
    pixels = np.full((1, 10, 7, 1), 13, np.uint8)
    for size in (2, 3, 5, 7, 11):
        assert np.unique(resize(pixels, 17, size)).tolist() == [13]


def test_the_central_square_is_kept():
    pixels = np.zeros((1, 4, 8, 1), np.uint8)
    pixels[:, :, 2:6] = 9
    assert np.unique(resize(pixels, 17, 2)).tolist() == [9]
    assert np.unique(resize(pixels, 17, 4, crop=False)).tolist() == [0, 9]


def test_size_and_colour_of_a_source():
    sources = load("digits", size=4, colour="rgb")
    assert sources.train.shape == (4, 4, 3)
    assert len(sources.notes) == 2
    assert "each image was brought to 4 x 4" in sources.notes[1]


# MNIST and other IDX files


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
    with pytest.raises(DataError, match="23 labels for the 24 images"):
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
        sources = load("mnist", root=str(tmp_path / "right"))
        (tmp_path / "right" / "t10k-labels-idx1-ubyte.gz").unlink()
        assert load("mnist", root=str(tmp_path / "right")).split == sources.split
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


# Folders of image files


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


def test_a_single_class_is_left_out(folder):
    sources = load("image_folder", root=str(folder.parent))
    assert sources.train.labels is None
    assert any("'images'" in note for note in sources.notes)


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


# Files of NumPy


@pytest.fixture
def npz(tmp_path):
    """Writes arrays and loads them as images."""

    def npz(options=None, **arrays) -> ImageSources:
        path = tmp_path / "images.npz"
        np.savez_compressed(path, **arrays)
        return load("npz", path=str(path), **(options or {}))

    return npz


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((20, 5, 4), (5, 4, 1)),
        ((20, 5, 4, 1), (5, 4, 1)),
        ((20, 5, 4, 3), (5, 4, 3)),
        ((20, 1, 5, 4), (5, 4, 1)),
        ((20, 3, 5, 4), (5, 4, 3)),
    ],
)
def test_layouts(npz, shape, expected):
    images = RANDOM.integers(0, 256, shape, np.uint8)
    images[0] = 255
    sources = npz(images=images)
    assert sources.train.shape == expected
    assert sources.train.levels == 256
    assert all_pixels(sources).sum() == images.sum(dtype=np.int64)
    if shape == (20, 3, 5, 4):
        wanted = {image.transpose(1, 2, 0).tobytes() for image in images}
        assert {image.tobytes() for image in all_pixels(sources)} == wanted


@pytest.mark.parametrize(
    ("top", "dtype", "expected"),
    [(1, "bool", 2), (1, "int64", 2), (16, "int32", 17), (31, "u2", 32), (32, "uint8", 256)],
)
def test_levels_without_a_word_about_them(npz, top, dtype, expected):
    images = np.zeros((20, 4, 4), int)
    images[:, 0, 0] = top
    sources = npz(images=images.astype(dtype))
    assert sources.train.levels == expected
    assert all_pixels(sources).max() == top


def test_levels_that_are_given(npz):
    images = np.ones((20, 4, 4), np.uint8)
    assert npz(images=images, levels=5).train.levels == 5
    half = npz(images=images / 2, levels=5)
    assert np.unique(all_pixels(half)).tolist() == [2]
    assert np.unique(all_pixels(npz(images=images * np.float32(0.5)))).tolist() == [128]


def test_labels_of_an_export_keep_their_names(npz):
    images, labels = np.ones((20, 4, 4), np.uint8), np.arange(20) % 2
    sources = npz(images=images, labels=labels, classes=np.array(["cat", "dog"]))
    assert sources.train.classes == ("cat", "dog")
    with pytest.raises(DataError, match="leave 'classes' out"):
        npz(images=images, labels=labels + 1, classes=np.array(["cat", "dog"]))


def test_labels_of_numbers_and_words(npz):
    images = np.arange(20, dtype=np.uint8)[:, None, None] + np.zeros((1, 4, 4), np.uint8)
    sources = npz(images=images, labels=np.arange(20) % 11)
    assert sources.train.classes == tuple(str(value) for value in range(11))
    for part in parts(sources):
        assert part.labels is not None
        assert np.array_equal(part.labels, part.pixels[:, 0, 0, 0] % 11)
    words = np.array(["b", "a"])[np.arange(20) % 2]
    assert npz(images=images, labels=words).train.classes == ("a", "b")
    assert npz(images=images, labels=words.astype("S")).train.classes == ("a", "b")


GOOD = np.zeros((20, 4, 4), np.uint8)


@pytest.mark.parametrize(
    ("arrays", "word"),
    [
        ({"pixels": GOOD}, "no array 'images'"),
        ({"images": GOOD, "labels": np.zeros(19, int)}, r"shape \[19\].*20 images"),
        ({"images": GOOD, "labels": np.zeros(20)}, "whole numbers or text"),
        ({"images": GOOD, "labels": np.array([None] * 20)}, "plain arrays"),
        ({"images": GOOD, "levels": 1}, "from 2 to 256"),
        ({"images": GOOD, "levels": [2, 2]}, "from 2 to 256"),
        ({"images": GOOD + 4, "levels": 4}, "holds 4, but with 4 levels"),
        ({"images": GOOD.astype(int) + 256}, "holds 256"),
        ({"images": GOOD.astype(int) - 1}, "holds -1"),
        ({"images": GOOD * np.nan}, "missing or not between"),
        ({"images": GOOD + 1.5}, "missing or not between"),
        ({"images": GOOD - 0.5}, "missing or not between"),
        ({"images": GOOD.astype(complex)}, "complex128"),
        ({"images": GOOD[:0]}, "empty"),
        ({"images": GOOD[0]}, "not clearly"),
        ({"images": np.zeros((20, 3, 9, 3), np.uint8)}, "not clearly"),
        ({"images": np.zeros((20, 4, 4, 4), np.uint8)}, "not clearly"),
        ({"images": np.zeros((20, 1, 1025), np.uint8)}, "at most 1024"),
        ({"images": GOOD[:11]}, "at least 10"),
    ],
)
def test_arrays_that_are_no_images(npz, arrays, word):
    with pytest.raises(DataError, match=word) as caught:
        npz(**arrays)
    assert "images.npz" in str(caught.value)


def test_files_that_are_no_npz(tmp_path):
    path = tmp_path / "images.npz"
    np.savez(path, images=GOOD)
    content = path.read_bytes()
    for damaged in (
        b"",
        b"PK\x03\x04",
        content[: len(content) // 2],
        content[:200] + content[260:],
    ):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"images\.npz"):
            load("npz", path=str(path))
    with path.open("wb") as file:
        np.save(file, GOOD)
    with pytest.raises(DataError, match=r"numpy\.savez"):
        load("npz", path=str(path))
    with pytest.raises(DataError, match="no such file"):
        load("npz", path=str(tmp_path / "absent.npz"))
    with pytest.raises(ConfigError, match=r"data\.path=FILE"):
        load("npz")


# Patches


def test_patches_of_two_photographs():
    sources = load("patches")
    assert [len(part) for part in parts(sources)] == [390, 52, 78]
    assert sources.train.shape == (16, 16, 3)
    assert sources.train.classes == ("china", "flower")
    assert load("patches", seed=3).split["sha256"] == sources.split["sha256"]
    assert load("patches", size=8, colour="grey", levels=16).train.shape == (8, 8, 1)


def test_no_pixel_of_a_photograph_is_in_two_parts(monkeypatch):
    places = np.arange(427 * 640).reshape(427, 640)
    coded = np.stack([places // 65536, places // 256 % 256, places % 256], -1).astype(np.uint8)
    monkeypatch.setattr("sklearn.datasets.load_sample_image", lambda name: coded)
    sources = load("patches", reduce=1)
    found = []
    for part in parts(sources):
        assert part.labels is not None
        pixels = part.pixels[part.labels == 0].reshape(-1, 3).astype(int)
        found.append(pixels @ [65536, 256, 1])
    together = np.concatenate(found)
    assert len(np.unique(together)) == len(together) == 26 * 40 * 256


def test_patches_that_are_too_large():
    with pytest.raises(ConfigError, match="too few"):
        load("patches", size=200)
