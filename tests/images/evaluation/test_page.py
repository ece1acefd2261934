"""What the page of a report shows of images, and how it behaves in a browser."""

import base64
import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import EVERYWHERE, browse, faults
from PIL import Image
from sklearn.datasets import load_digits

from synth_dl.errors import ConfigError
from synth_dl.images.evaluation import Report, evaluate_images
from synth_dl.images.evaluation.charts import image_charts, tile
from synth_dl.images.image_set import ImageSet
from synth_dl.images.reports import COMPLETED, WAYS, completions
from synth_dl.metrics.page.page import report_page
from synth_dl.metrics.page.verdict import verdict_of


class Repeating:
    """A model that completes images by what they were."""

    def sample(self, *, given: ImageSet, mask: str, seed: int) -> ImageSet:
        assert mask == "top"
        return given


@pytest.fixture(scope="module")
def digits() -> list[ImageSet]:
    """Training, holdout and synthetic digits, the last ones with 50 copies of training digits."""
    pixels, labels = load_digits(return_X_y=True)
    whole = ImageSet(
        pixels.reshape(-1, 8, 8, 1).astype(np.uint8), 17, labels.astype(np.int64),
        tuple("0123456789"),
    )  # fmt: skip
    order = np.random.default_rng(0).permutation(len(whole))
    copied = np.concatenate([order[:50], order[400:550]])
    return [whole.take(each) for each in (order[:200], order[200:400], copied)]


@pytest.fixture(scope="module")
def report(digits: list[ImageSet], short_classifiers_of_runs: None) -> Report:
    train, holdout, made = digits
    found = evaluate_images(train, made, holdout=holdout)
    drawn = completions(Repeating(), holdout, 0)
    return replace(found, charts={**found.charts, "completions": drawn})


def pixels_of(png: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(png))))


def test_exposed_images_stand_beside_those_that_they_repeat(report: Report) -> None:
    shown = report.charts["neighbours"]["shown"]
    exposed = shown[: report.charts["neighbours"]["exposed"]]
    for each in exposed:
        assert each["training"]["distance"] == 0.0
        assert each["training"]["png"] == each["synthetic"]["png"]
        assert each["holdout"]["distance"] > 5
    assert report.charts["neighbours"]["searched"] == {"training": 200, "holdout": 200}
    assert verdict_of(report).copies
    assert "Repeats training images" in report_page(report)
    assert report.facts["privacy"]["exact_copies"]["found"] == 50


def test_distances_are_those_of_a_pixel_in_percent_of_the_range() -> None:
    black = ImageSet(np.zeros((12, 4, 4, 1), np.uint8), 5)
    grey = replace(black, pixels=black.pixels + 2)
    shown = image_charts(black, grey, None)["neighbours"]["shown"]
    assert {each["training"]["distance"] for each in shown} == {50.0}
    assert all(set(each) == {"synthetic", "training"} for each in shown)


def test_class_balance_is_drawn_and_the_worst_classes_are_named(digits: list[ImageSet]) -> None:
    train, holdout, made = digits
    assert made.labels is not None
    charts = image_charts(train, replace(made, labels=np.minimum(made.labels, 4)), holdout)
    classes = charts["classes"]
    assert classes["labels"] == list("0123456789")
    assert sum(classes["real"]) == pytest.approx(1)
    assert classes["synthetic"][5:] == [0.0] * 5
    assert classes["error"] > 40 > classes["holdout"]
    whole = Report("", "", (), {}, 0, 0.0, (), {}, charts=charts, records="images")
    assert verdict_of(whole).classes[0][0] == "4"


def test_completions_stand_beside_the_image_that_was_completed(report: Report) -> None:
    rows = report.charts["completions"]
    assert [len(row) for row in rows] == [1 + WAYS] * COMPLETED
    assert all(len(set(row)) == 1 for row in rows)

    class Other:
        def sample(self, **options: Any) -> ImageSet:
            raise ConfigError("this model completes no images")

    images = ImageSet(np.zeros((9, 4, 4, 1), np.uint8), 5)
    assert completions(Other(), images, 0) is None


def test_levels_are_spread_and_large_images_made_small() -> None:
    assert pixels_of(tile(np.array([[[0], [16]]], np.uint8), 17)).tolist() == [[0, 255]]
    large = np.full((300, 100, 3), 7, np.uint8)
    small = pixels_of(tile(large, 256))
    assert small.shape == (48, 16, 3)
    assert (small == 7).all()


def test_a_page_of_large_images_is_small() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (30, 200, 200, 3)).astype(np.uint8)
    images = ImageSet(noise, 256)
    charts = image_charts(images, images, images)
    charts["completions"] = completions(Repeating(), images, 0)
    page = report_page(Report("", "", (), {}, 0, 0.0, (), {}, charts=charts, records="images"))
    assert len(page.encode()) < 3_000_000


def test_the_page_of_images_in_a_browser(report: Report, tmp_path: Path) -> None:
    page = report_page(report)
    assert len(page.encode()) < 3_000_000
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", page)
    for name in ("precision", "recall", "density", "coverage"):
        assert f'href="#about-{name}"' in page
    script = """
found.broken = all("img").filter((each) => !each.naturalWidth || !each.alt).length;
found.parts = all("h3[id]").map((each) => each.id);
found.images = all("img").length;
"""
    found = browse(page, EVERYWHERE + script, tmp_path)
    assert faults(found) == {}, found
    assert found["broken"] == 0
    assert found["parts"] == ["classes", "samples", "neighbours", "completions"]
    assert found["images"] == 3 + 12 * 3 + COMPLETED * (1 + WAYS)


def test_the_caution_speaks_of_images_too(report: Report) -> None:
    assert not re.search(r"\b(rows?|tables?)\b", report.to_dict()["caution"])
