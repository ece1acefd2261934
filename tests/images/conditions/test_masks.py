"""Masks say which pixels are known, and given images are checked against the model."""

from pathlib import Path

import numpy as np
import pytest
from image_exports import CODEC, OUTS, assert_same, paint, some, write

from synth_dl.errors import ConfigError, DataError
from synth_dl.images.codec import ImageCodec
from synth_dl.images.conditions.masks import known_mask, read_given


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
