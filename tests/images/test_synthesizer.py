"""From images to images: the Python API draws, completes, scores and predicts."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import logsumexp
from sklearn.datasets import load_digits

import synth_dl
from synth_dl import cli
from synth_dl.checks.__main__ import main
from synth_dl.errors import ConfigError, DataError, SynthError
from synth_dl.images.conditions.masks import known_mask
from synth_dl.images.image_set import ImageSet
from synth_dl.images.synthesizer import ImageSynthesizer

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def digits() -> Any:
    return load_digits()


@pytest.fixture(scope="module")
def drawer(digits: Any) -> ImageSynthesizer:
    """A model of 600 digits, trained for a few steps."""
    sizes = {"network__channels": 8, "network__blocks": 2, "network__hidden": 16}
    images, labels = digits.images[:600], digits.target[:600]
    return synth_dl.fit(images, labels, progress=False, trainer__steps=30, **sizes)


def assert_same(found: ImageSet, wanted: ImageSet) -> None:
    np.testing.assert_array_equal(found.pixels, wanted.pixels)
    np.testing.assert_array_equal(found.labels, wanted.labels)
    assert (found.levels, found.classes) == (wanted.levels, wanted.classes)


def test_a_few_steps_reach_the_marginals_of_the_pixels(
    digits: Any, drawer: ImageSynthesizer
) -> None:
    pixels = digits.images[:, :, :, None].astype(int)
    counts = np.stack([(pixels[:540] == level).mean((0, 3)) for level in range(17)], -1)
    smooth = (counts * 540 + 0.5) / (540 + 8.5)
    held = pixels[600:700, :, :, 0]
    nats = np.log(np.take_along_axis(smooth[None].repeat(100, 0), held[..., None], 3)).mean()
    assert 0 < drawer.bits_a_dimension(pixels[600:700]) < 0.1 - nats / np.log(2)


def test_the_same_seed_gives_the_same_images_in_whatever_parts(drawer: ImageSynthesizer) -> None:
    whole = drawer.sample(12, seed=4)
    assert whole.shape == (8, 8, 1)
    assert whole.pixels.dtype == np.uint8
    assert (whole.levels, whole.classes) == (17, tuple("0123456789"))
    assert whole.pixels.max() <= 16
    assert_same(drawer.sample(12, seed=4), whole)
    assert_same(drawer.sample(12, seed=4, rows=(3, 7)), whole.take(slice(3, 7)))
    assert_same(drawer.sample(5, seed=4), whole.take(slice(0, 5)))
    assert not np.array_equal(drawer.sample(12, seed=5).pixels, whole.pixels)


def test_parts_across_chunks_are_those_of_the_whole(drawer: ImageSynthesizer) -> None:
    whole = drawer.sample(300, seed=2)
    assert drawer.sampler_used == "cached"
    assert_same(drawer.sample(300, seed=2, rows=(250, 262)), whole.take(slice(250, 262)))


def test_every_sampler_draws_the_same_in_float64(
    drawer: ImageSynthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synth_dl.images.synthesizer.IMAGE_CHUNK", 16)  # all of it is drawn
    precise = ImageSynthesizer(deepcopy(drawer.model).double(), drawer.codec, facts=drawer.facts)
    whole = precise.sample(3, seed=1, sampler="cached")
    for sampler in ("naive", "fixed_point", "auto"):
        assert_same(precise.sample(3, seed=1, sampler=sampler), whole)


def test_one_class_only(drawer: ImageSynthesizer) -> None:
    sevens = drawer.sample(20, where={"label": 7}, seed=3)
    assert sevens.labels is not None
    assert set(sevens.labels) == {7}
    assert_same(drawer.sample(20, where={"label": "7"}, seed=3), sevens)
    others = drawer.sample(200, seed=3)
    assert others.labels is not None
    assert len(set(others.labels)) > 5
    assert int(drawer.facts["rows"]) == 540


def test_some_classes_only_by_their_shares(digits: Any, drawer: ImageSynthesizer) -> None:
    found = drawer.sample(400, where={"label": {3, 5}}, seed=3)
    probability = drawer.probability_of_where
    assert drawer.effective_sample_size is None
    every = drawer.sample(400, seed=4)
    assert found.labels is not None
    assert every.labels is not None
    counts, among = (np.bincount(each, minlength=10) for each in (found.labels, every.labels))
    assert counts.sum() == counts[[3, 5]].sum()
    assert counts[3] / 400 == pytest.approx(among[3] / among[[3, 5]].sum(), abs=0.15)
    assert probability == pytest.approx(among[[3, 5]].sum() / 400, abs=0.08)
    assert_same(drawer.sample(400, where={"label": [3, 5]}, seed=3, rows=(250, 300)),
                found.take(slice(250, 300)))  # fmt: skip
    others = drawer.sample(200, where={"label": synth_dl.Not({3, 5})}, seed=3)
    assert others.labels is not None
    assert set(others.labels) == set(range(10)) - {3, 5}
    for side in ("top", "left"):  # exactly, and by particles
        given = digits.images[600:630]
        mask = known_mask(side, 8, 8)
        full = drawer.sample(given=given, mask=mask, where={"label": {3, 5}}, particles=8)
        np.testing.assert_array_equal(full.pixels[:, mask, 0], given[:, mask])
        assert full.labels is not None
        assert set(full.labels) <= {3, 5}


@pytest.mark.parametrize("side", ["top", "left"])
def test_known_pixels_come_back_and_the_rest_is_drawn(
    digits: Any, drawer: ImageSynthesizer, side: str
) -> None:
    given = digits.images[600:606]
    mask = known_mask(side, 8, 8)
    found = drawer.sample(given=given, mask=mask, seed=1, particles=8)
    np.testing.assert_array_equal(found.pixels[:, mask, 0], given[:, mask])
    assert not np.array_equal(found.pixels[:, ~mask, 0], given[:, ~mask])
    again = drawer.sample(given=given, mask=mask, seed=1, particles=8, rows=(2, 5))
    assert_same(again, found.take(slice(2, 5)))
    if side == "top":
        assert drawer.sampler_used == "cached"
        assert drawer.effective_sample_size is None
    else:
        assert drawer.sampler_used == "particles"
        size = drawer.effective_sample_size
        assert size is not None
        assert size["particles"] == 8
        assert 1 <= size["least"] <= size["mean"] <= 8
    fixed = drawer.sample(given=given, mask=mask, where={"label": 3}, particles=8)
    assert fixed.labels is not None
    assert set(fixed.labels) == {3}


@pytest.mark.parametrize("text", ["top", "left:3", "box:2,2,3,4"])
def test_a_mask_may_be_the_text_that_the_command_takes(
    digits: Any, drawer: ImageSynthesizer, text: str
) -> None:
    given = digits.images[600:603]
    found = drawer.sample(given=given, mask=text, seed=1, particles=4)
    assert_same(found, drawer.sample(given=given, mask=known_mask(text, 8, 8), seed=1, particles=4))


def test_a_class_that_is_known_is_kept_when_images_are_completed(drawer: ImageSynthesizer) -> None:
    given = drawer.sample(10, seed=8)
    for side in ("top", "right"):
        found = drawer.sample(given=given, mask=known_mask(side, 8, 8), seed=2, particles=4)
        np.testing.assert_array_equal(found.labels, given.labels)


def test_scores_and_predictions_agree(digits: Any, drawer: ImageSynthesizer) -> None:
    images = digits.images[600:605]
    joint = np.stack([drawer.log_prob(images, np.full(5, label)) for label in range(10)], 1)
    np.testing.assert_allclose(drawer.log_prob(images), logsumexp(joint, axis=1), rtol=1e-6)
    found = drawer.predict_proba(images)
    assert list(found.columns) == list("0123456789")
    expected = np.exp(joint - joint.max(1, keepdims=True))
    expected /= expected.sum(1, keepdims=True)
    np.testing.assert_allclose(found.to_numpy(), expected, atol=1e-3)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    bits = -drawer.log_prob(images).mean() / (64 * np.log(2))
    assert drawer.bits_a_dimension(images) == pytest.approx(bits)


def test_a_saved_model_draws_the_same(
    tmp_path: Path, digits: Any, drawer: ImageSynthesizer
) -> None:
    drawer.save(tmp_path / "model")
    again = synth_dl.load(tmp_path / "model")
    assert isinstance(again, ImageSynthesizer)
    assert again.facts == drawer.facts
    assert_same(again.sample(6, seed=9), drawer.sample(6, seed=9))
    images = digits.images[:20]
    np.testing.assert_array_equal(again.log_prob(images), drawer.log_prob(images))
    assert main([f"artifact={tmp_path / 'model'}"]) == 0


def test_images_without_classes_in_colour() -> None:
    images = np.random.default_rng(0).integers(0, 5, (40, 4, 3, 3))
    sizes = {"network__channels": 8, "network__blocks": 1, "network__hidden": 8}
    plain = synth_dl.fit(images, progress=False, trainer__steps=3, **sizes)
    drawn = plain.sample(4)
    assert drawn.pixels.shape == (4, 4, 3, 3)
    assert (drawn.levels, drawn.labels, drawn.classes) == (5, None, ())
    assert plain.log_prob(images[:3]).shape == (3,)
    with pytest.raises(ConfigError, match="nothing to predict"):
        plain.predict_proba(images)
    with pytest.raises(ConfigError, match="without classes"):
        plain.sample(3, where={"label": 1})
    with pytest.raises(DataError, match="without classes; leave the labels out"):
        plain.log_prob(images[:2], np.array([1, 2]))


TOP = known_mask("top", 8, 8)
ZEROS = np.zeros((2, 8, 8), int)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"n": 0}, "n=0: it must be a whole number from 1 on"),
        ({"n": 5, "rows": (3, 9)}, "within 0:5"),
        ({"n": 5, "seed": 1.5}, "seed=1.5"),
        ({"n": 5, "sampler": "fast"}, "sampler=fast"),
        ({"n": 5, "where": {"label": "x"}}, "no such class"),
        ({"n": 5, "where": {"colour": "x"}}, "colour"),
        ({"given": ZEROS}, "go together"),
        ({"mask": TOP}, "go together"),
        ({"given": ZEROS, "mask": TOP, "n": 3}, "2 images are given"),
        ({"given": ZEROS, "mask": TOP.T, "particles": 0}, "particles=0: it must be a whole"),
        ({"given": ZEROS, "mask": "left", "particles": 2.5}, "particles=2.5: it must be a whole"),
        ({"given": ZEROS, "mask": "middle"}, "mask=middle: give top, bottom, left or right"),
        ({"given": ZEROS, "mask": "top:8"}, "nothing to draw"),
        ({"given": ZEROS, "mask": True}, "of shape one value, and the images are 8×8"),
        ({"given": ZEROS[:0], "mask": TOP}, "given= has no images; give at least one"),
        ({"given": {"age": [3]}, "mask": TOP}, "are no images: dict"),
        ({"given": pd.DataFrame(ZEROS[0]), "mask": TOP}, r"\(8, 8\) are not clearly"),
        ({"given": "known.npz", "mask": TOP}, "are no images: str"),
        ({"given": np.array(3), "mask": TOP}, "are no images: ndarray"),
        ({"given": [], "mask": TOP}, "given= has no images"),
        ({"given": ZEROS, "mask": TOP[:, :7]}, "8×7, and the images are 8×8"),
        ({"given": ZEROS[:, :7], "mask": TOP}, "images are 7×8×1"),
        ({"given": ZEROS + 17, "mask": TOP}, "outside 0 to 16"),
        ({"given": ZEROS - 1, "mask": TOP}, "outside 0 to 16"),
        ({"given": ZEROS + 1.5, "mask": TOP}, "no whole levels"),
        (
            {"given": ImageSet(ZEROS[..., None].astype(np.uint8), 2), "mask": TOP},
            "have 2 levels, and the model's have 17",
        ),
    ],
)
def test_samples_that_make_no_sense(
    drawer: ImageSynthesizer, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SynthError, match=sentence):
        drawer.sample(**options)


def test_scores_that_make_no_sense(drawer: ImageSynthesizer) -> None:
    with pytest.raises(DataError, match="2 images and 3 labels"):
        drawer.log_prob(ZEROS, np.array([1, 2, 3]))
    with pytest.raises(DataError, match="no class '11'"):
        drawer.log_prob(ZEROS, np.array([1, 11]))
    with pytest.raises(DataError, match="outside 0 to 16"):
        drawer.predict_proba(ZEROS + 20)


SOME = np.random.default_rng(3).integers(0, 3, (20, 2, 2)).astype(np.uint8)
SOME[0, 0, 0] = 2
SIDES = np.arange(20) % 2 == 0


@pytest.mark.parametrize("model", ["autoregressive", "vae", "gan"])
@pytest.mark.parametrize(
    ("images", "options", "sentence"),
    [
        (np.zeros((20, 8)), {}, "the table: no usable column .* only '0' .constant."),
        (np.zeros((20, 8)), {"levels": 2}, r"for images, \[N, H, W\].*rows, columns\] is one"),
        (np.full((20, 2, 2), 1.5), {}, "no whole levels"),
        (np.zeros((3, 2, 2)), {}, "at least 10"),
        (np.zeros((0, 2, 2)), {}, "0 images were given, and at least 10"),
        (np.zeros((20, 0, 2)), {}, "of shape"),
        (np.array(3.0), {}, "type ndarray are neither a table nor images; give a DataFrame"),
        ((image for image in SOME), {}, "type generator are neither a table nor images; give a D"),
        (SOME, {"labels": np.where(SIDES, np.nan, 1)}, "10 of 20 labels are missing.*leave those"),
        (SOME, {"labels": ["a", None] * 10}, "10 of 20 labels are missing.*give no labels"),
        (SOME, {"labels": ["a", float("nan")] * 10}, "10 of 20 labels are missing"),
        (SOME, {"labels": np.array(["a", 1] * 10, object)}, "as numbers, or all as texts"),
        (SOME, {"labels": np.full(20, 7)}, "of one class, '7'.*in Python leave the labels out"),
        (ImageSet(SOME[..., None], 3, np.zeros(20, int), ("u", "v")), {}, "of one class, 'u'"),
        (np.zeros((20, 2, 2), int), {}, "all the same"),
        (SOME[:1].repeat(20, 0), {"labels": SIDES}, "training images are all the same at 3 levels"),
        (np.zeros((20, 2, 2)), {"labels": [1, 2]}, "are 2, of shape .2., for 20 images"),
        (np.full((20, 2, 2), 9), {"levels": 4}, "outside 0 to 3"),
        (np.zeros((20, 2, 2)), {"schema": "schema.yaml"}, "schema is for tables"),
    ],
)
def test_training_images_that_make_no_sense(
    model: str, images: np.ndarray | ImageSet, options: dict[str, Any], sentence: str,
    tmp_path: Path,
) -> None:  # fmt: skip
    with pytest.raises(SynthError, match=sentence):
        synth_dl.fit(images, model=model, progress=False, run_dir=tmp_path / "run", **options)
    assert list(tmp_path.iterdir()) == []


def test_a_model_of_a_table_is_asked_for_images(
    tmp_path: Path,
    artifact: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez("known.npz", images=ZEROS.astype(np.uint8))
    assert cli.sample([f"artifact={artifact}", "given=known.npz", "mask=top"]) == 2
    said = capsys.readouterr().err
    assert said == "error: mask is for models of images; leave it out\n"
    assert [path.name for path in tmp_path.iterdir()] == ["known.npz"]
