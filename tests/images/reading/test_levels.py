"""Fewer levels and other sizes of images."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_sources import all_pixels, load

from synth_dl.images.reading.levels import cut_levels, draw_levels, reduce_levels, resize

RANDOM = np.random.default_rng(0)


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
