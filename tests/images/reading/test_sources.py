"""Images that come with the package, and the options of all sources."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from image_sources import all_pixels, load, parts

from synth_dl.errors import ConfigError
from synth_dl.images.reading.sources import READERS, load_images

ROOT = Path(__file__).resolve().parents[3]


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
    assert config["_target_"] == "synth_dl.images.data.ImageData"
    assert config["source"] == source


@pytest.mark.parametrize("source", ["digits", "patches"])
def test_configs_of_embedded_images_can_be_loaded(source):
    config = yaml.safe_load((ROOT / "configs" / "data" / f"{source}.yaml").read_text("utf-8"))
    assert len(load_images(config, 0).train) >= 100


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
