"""What arrays, tensors and lists of images are taken for, and when the user is asked."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

import synth_dl
from synth_dl.errors import DataError
from synth_dl.images.image_set import ImageSet
from synth_dl.images.reading.labels import read_labels
from synth_dl.images.reading.pixels import Declared, read_pixels

BYTES = np.random.default_rng(0).integers(0, 256, (12, 6, 5, 3), np.uint8)
BYTES[0, 0, 0] = 0, 255, 128
GREY = BYTES[..., :1]
BITS = (GREY > 99).astype(np.uint8)
DEEP = np.arange(12 * 30).reshape(12, 6, 5).astype(np.uint16) * 11  # up to 3,949


@pytest.mark.parametrize(
    ("images", "wanted", "levels", "said"),
    [
        (BYTES, BYTES, 256, ""),
        (GREY[..., 0], GREY, 256, ""),
        (BYTES.transpose(0, 3, 1, 2), BYTES, 256, "channels first"),
        (GREY.transpose(0, 3, 1, 2), GREY, 256, "channels first"),
        (torch.from_numpy(BYTES.transpose(0, 3, 1, 2).copy()), BYTES, 256, "channels first"),
        (torch.from_numpy(BYTES).float().div(255).requires_grad_(), BYTES, 256, ""),
        (torch.from_numpy(BITS).to(torch.bfloat16), BITS, 2, ""),
        (BYTES / np.float32(255), BYTES, 256, ""),
        (BYTES / 127.5 - 1, BYTES, 256, "taken as of -1 to 1"),
        (BYTES.astype(np.float64), BYTES, 256, ""),
        (np.float32(BYTES) * np.float32(0.999), np.round(BYTES * 0.999), 256, "were rounded"),
        (BITS.astype(np.int64), BITS, 2, ""),
        (BITS.astype(np.float16), BITS, 2, ""),
        (BITS > 0, BITS, 2, ""),
        (GREY // 16, GREY // 16, 16, "pixels have 16 levels"),
        (np.asfortranarray(BYTES.astype(">i4")), BYTES, 256, ""),
        (DEEP, np.round(DEEP[..., None] * 255.0 / 4095), 256, "as 12 bits"),
        (DEEP * 16, np.round(DEEP[..., None] * 16 * 255.0 / 65535), 256, "as 16 bits"),
        (list(BYTES), BYTES, 256, ""),
        (pd.Series(list(BYTES)), BYTES, 256, ""),
        ([torch.from_numpy(each) for each in BYTES], BYTES, 256, ""),
        ([Image.fromarray(each) for each in BYTES], BYTES, 256, ""),
        ([Image.fromarray(each[..., 0]) for each in GREY], GREY, 256, ""),
    ],
)
def test_what_is_sure_is_recognised_and_said(
    images: Any, wanted: np.ndarray, levels: int, said: str
) -> None:
    pixels, found, notes = read_pixels(images, Declared())
    np.testing.assert_array_equal(pixels, wanted)
    assert (pixels.dtype, found, pixels.flags.c_contiguous) == (np.uint8, levels, True)
    assert said in " ".join(notes)
    assert bool(said) == bool(notes)


@pytest.mark.parametrize(
    ("images", "cure", "declared", "wanted"),
    [
        (BYTES[:, :3], "channels=first or last", {"channels": "last"}, BYTES[:, :3]),
        (BYTES[:, :1], "channels=first or last", {"channels": "last"}, BYTES[:, :1]),
        (
            BYTES[:, :3],
            "channels=first or last",
            {"channels": "first"},
            BYTES[:, :3].transpose(0, 2, 3, 1),
        ),
        (DEEP.astype(int), r"hold 3949.*value_range=\[0, 3949\]", {"value_range": (0, 3949)}, None),
        (
            DEEP.astype(int) - 1024,
            r"hold -1024.*value_range=\[-1024, 2925\]",
            {"value_range": (-1024, 3071)},
            np.round(DEEP[..., None] * 255.0 / 4095),
        ),
        ((BYTES - 120.5) / 60, r"no whole levels.*value_range=\[", {"value_range": (-3, 3)}, None),
        (BYTES / 255 - 0.4, r"value_range=\[-0.4, 0.6\]", {"value_range": (-0.4, 0.6)}, BYTES),
        (DEEP, None, {"value_range": (0, 65535)}, np.round(DEEP[..., None] / 257)),
        (GREY // 16, None, {"value_range": (0, 255)}, GREY // 16),
        (255 - GREY, None, {"value_range": (255, 0)}, GREY),
    ],
)
def test_what_is_not_sure_can_be_declared(
    images: Any, cure: str | None, declared: dict, wanted: np.ndarray | None
) -> None:
    if cure:
        with pytest.raises(DataError, match=cure):
            read_pixels(images, Declared())
    pixels, levels, _ = read_pixels(images, Declared(**declared))
    assert levels == 256
    if wanted is not None:
        np.testing.assert_array_equal(pixels, wanted)


@pytest.mark.parametrize(
    ("images", "cure"),
    [
        (GREY.reshape(12, -1)[:, :25], r"reshape\(-1, 5, 5\)"),
        (np.zeros((28, 28, 100)), r"numpy.moveaxis\(images, -1, 0\).*channels=last"),
        (np.zeros((32, 32, 3, 100)), r"numpy.moveaxis\(images, -1, 0\)"),
        (np.zeros((12, 8, 8, 4)), r"images\[..., :3\]"),
        (np.full((12, 4, 4), np.nan), "missing or infinite"),
        (np.full((12, 4, 4), np.inf), "missing or infinite"),
        (np.ma.masked_less(GREY, 9), "masked values"),
        (np.array([None] * 12), "are no images"),
        ({"a": GREY}, "are no images: dict"),
        ([GREY[0], GREY[1], GREY[2, :4]], "number 0 is 6 x 5 and number 2 is 4 x 5; bring all"),
        ([Image.new("L", (8, 8)), Image.new("L", (8, 9))], r"number 1 is 9 x 8.*image.resize"),
        ([GREY[0], GREY[1] / 255], "differ in their types"),
        (BYTES.astype("M8[s]"), "datetime64"),
    ],
)
def test_what_is_no_image_is_refused_with_a_cure(images: Any, cure: str) -> None:
    with pytest.raises(DataError, match=cure):
        read_pixels(images, Declared())


def test_what_is_declared_must_hold() -> None:
    with pytest.raises(DataError, match=r"from 0 to 255, beyond value_range=\[0, 100\]"):
        read_pixels(BYTES, Declared(value_range=(0, 100)))
    with pytest.raises(DataError, match="give channels=last"):
        read_pixels(BYTES, Declared(channels="first"))
    with pytest.raises(DataError, match="hold the floats 0 and 1"):
        read_pixels(BITS / 1.0, Declared(levels=16))


@pytest.mark.parametrize(
    ("labels", "codes", "classes"),
    [
        ([1, 0, 7, 1], [1, 0, 2, 1], ("0", "1", "7")),
        (np.array([[1.0], [0.0], [7.0], [1.0]]), [1, 0, 2, 1], ("0", "1", "7")),
        (torch.tensor([1, 0, 7, 1]), [1, 0, 2, 1], ("0", "1", "7")),
        ([torch.tensor(1), torch.tensor(0), 7, 1], [1, 0, 2, 1], ("0", "1", "7")),
        (np.eye(3)[[1, 0, 2, 1]].astype(int), [1, 0, 2, 1], ("0", "1", "2")),
        (np.eye(3, dtype=np.float32)[[1, 0, 2, 1]], [1, 0, 2, 1], ("0", "1", "2")),
        (pd.Series(["b", "a", "c", "b"], dtype="category"), [1, 0, 2, 1], ("a", "b", "c")),
        (np.array(["ü", "a", "ü", "a"]).astype("U"), [1, 0, 1, 0], ("a", "ü")),
        (np.array([b"\xc3\xbc", b"a", b"a", b"a"]), [1, 0, 0, 0], ("a", "ü")),
        ([True, False, True, True], [1, 0, 1, 1], ("False", "True")),
    ],
)
def test_labels_of_any_form(labels: Any, codes: list[int], classes: tuple[str, ...]) -> None:
    found, names = read_labels(labels, None, 4, "the labels")
    assert (found.tolist(), names) == (codes, classes)


@pytest.mark.parametrize(
    ("labels", "cure"),
    [
        ([1, 2, 3], "are 3, of shape .3., for 4 images"),
        ([0.5, 1, 2, 3], "hold 0.5; save whole numbers or text"),
        ([1, None, 2, 3], "1 of 4 labels are missing"),
        (["a", "\ud800", "b", "c"], "rename it"),
        (["a", "a\0", "b", "c"], "rename it"),
        (["a", 1, 2, 3], "as numbers, or all as texts"),
        (np.zeros((4, 3)), "are 4, of shape .4, 3., for 4 images"),
        (np.zeros(4, "M8[s]"), "hold datetime64"),
    ],
)
def test_labels_that_are_none(labels: Any, cure: str) -> None:
    with pytest.raises(DataError, match=cure):
        read_labels(labels, None, 4, "the labels")


def test_labels_are_places_in_names_that_are_given() -> None:
    codes, names = read_labels(np.array([1, 0, 1, 0]), ["z", "a"], 4, "the labels")
    assert (codes.tolist(), names) == ([1, 0, 1, 0], ("z", "a"))
    for classes in (["z"], ["z", "z"], [["z", "a"], ["b", "c"]]):
        with pytest.raises(DataError, match="classes"):
            read_labels(np.array([1, 0, 1, 0]), classes, 4, "the labels")


@pytest.mark.parametrize(
    "change",
    [
        {"pixels": BYTES.astype(int)},
        {"pixels": BYTES[0]},
        {"levels": 100},
        {"levels": 257},
        {"labels": np.zeros(11, int), "classes": ("a",)},
        {"labels": np.ones(12, int), "classes": ("a",)},
        {"labels": np.zeros(12), "classes": ("a",)},
    ],
)
def test_a_set_of_images_holds_what_it_says(change: dict) -> None:
    with pytest.raises(DataError):
        ImageSet(**{"pixels": BYTES, "levels": 256, **change})


SIZES = {"network__channels": 8, "network__blocks": 1, "network__hidden": 8}


@pytest.mark.parametrize(
    "form",
    [
        lambda pixels: torch.from_numpy(pixels).permute(0, 3, 1, 2),
        lambda pixels: torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255,
        lambda pixels: pixels / 127.5 - 1,
        lambda pixels: [Image.fromarray(each) for each in pixels],
    ],
)
def test_images_are_learnt_and_scored_in_the_form_they_come_in(
    form: Callable[[np.ndarray], Any],
) -> None:
    learn = {"progress": False, "trainer__steps": 3, **SIZES}
    plain = synth_dl.fit(BYTES[:, :4, :4], **learn)
    other = synth_dl.fit(form(BYTES[:, :4, :4]), **learn)
    assert other.codec == plain.codec
    found = other.log_prob(form(BYTES[:, :4, :4]))
    np.testing.assert_array_equal(found, plain.log_prob(BYTES[:, :4, :4]))
