"""Images in a file of NumPy: layouts, levels, labels and damage."""

import numpy as np
import pytest
from image_sources import all_pixels, load, parts

from synth_dl.errors import ConfigError, DataError
from synth_dl.images.reading.labels import read_labels
from synth_dl.images.reading.sources import ImageSources

RANDOM = np.random.default_rng(0)


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
        ({"images": GOOD, "labels": np.zeros(19, int)}, r"are 19, of shape \[19\], for 20 images"),
        ({"images": GOOD, "labels": np.full(20, 0.5)}, "hold 0.5; save whole numbers or text"),
        ({"images": GOOD, "labels": np.array([None] * 20)}, "Python objects, not plain arrays"),
        ({"images": GOOD, "levels": 1}, "from 2 to 256"),
        ({"images": GOOD, "levels": [2, 2]}, "from 2 to 256"),
        ({"images": GOOD + 4, "levels": 4}, "hold 4, outside 0 to 3"),
        ({"images": GOOD.astype(int) + 256}, "hold 256, outside 0 to 255"),
        ({"images": GOOD.astype(int) - 1}, "hold -1, outside"),
        ({"images": GOOD * np.nan}, "missing or infinite"),
        (
            {"images": GOOD + 1.5},
            "no whole levels .* data.value_range=",
        ),
        (
            {"images": GOOD - 0.5},
            "no whole levels .* data.value_range=",
        ),
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


@pytest.mark.parametrize("names", [("x", "y"), ("X", "y"), ("arr_0", "arr_1"), ("data", "target")])
def test_names_that_other_tools_give(npz, names):
    images = RANDOM.integers(0, 256, (20, 4, 4), np.uint8)
    sources = npz(**{names[0]: images, names[1]: np.arange(20) % 2})
    assert sources.train.classes == ("0", "1")
    assert f"the array '{names[0]}' as the images, '{names[1]}' as the labels" in sources.notes[-1]


@pytest.mark.parametrize("form", ["x_{}/y_{}", "{}_images/{}_labels"])
def test_parts_that_a_file_has_are_kept(npz, form):
    sizes = {"train": 20, "test": 4} | ({"val": 3} if "images" in form else {})
    arrays = {}
    for place, (part, count) in enumerate(sizes.items()):
        image, label = (name.format(part) for name in form.split("/"))
        arrays[image] = np.arange(count * 9).reshape(count, 3, 3).astype(np.uint8) + place
        arrays[label] = (np.arange(count) % 2)[:, None]
    sources = npz(**arrays)
    assert len(sources.holdout) == 4
    assert len(sources.validation) == (3 if "val" in sizes else 2)
    assert "holdout as the images are divided" in sources.split["rule"]
    name = next(name for name in arrays if "test" in name)
    np.testing.assert_array_equal(sources.holdout.pixels[..., 0], arrays[name])


def test_what_an_array_does_not_show_is_declared(npz):
    images = RANDOM.integers(0, 4096, (20, 4, 3, 3)).astype(np.int32)
    with pytest.raises(DataError, match=r"data\.channels=last, |data\.value_range="):
        npz(images=images)
    sources = npz({"value_range": [0, 4095]}, images=images)
    assert sources.train.levels == 256
    with pytest.raises(ConfigError, match=r"such as \[0, 255\]"):
        npz({"value_range": [3]}, images=images)
    with pytest.raises(DataError, match="'images' holds Python objects"):
        npz(images=np.array([images[0], images[1, :2]], object))
    with pytest.raises(DataError, match=r"of shape \(\)"):
        npz(images=np.float64(3))


@pytest.mark.filterwarnings("error")
def test_infinite_labels_are_refused_without_a_warning() -> None:
    with pytest.raises(DataError, match="the labels hold inf; save whole numbers or text"):
        read_labels(np.array([0.0, 1.0, np.inf]), None, 3, "the labels")
