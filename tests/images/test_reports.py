"""Evaluation of images by files, run folders and models, on scikit-learn's digits."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synth_dl.cli import evaluate
from synth_dl.errors import ConfigError, DataError
from synth_dl.images import reports
from synth_dl.images.codec import ImageCodec
from synth_dl.images.image_set import ImageSet
from synth_dl.images.reading.sources import load_images
from synth_dl.images.reports import report_on_images
from synth_dl.images.writing.export import ImageWriter
from synth_dl.runs.reading import ImageRun, read_image_run

DATA = {"source": "digits", "classes": False}


class UniformModel:
    """Every image is as likely as any other."""

    likelihood_kind = "exact"

    def __init__(self, levels: int) -> None:
        self.codec = ImageCodec(8, 8, 1, levels)

    def log_prob(self, images: ImageSet) -> np.ndarray:
        return np.full(len(images), -64 * math.log(self.codec.levels))

    def sample(
        self, n: int = 0, *, seed: int, given: ImageSet | None = None, mask: str | None = None
    ) -> ImageSet:
        if given is not None:
            raise ConfigError("this model completes no images")
        pixels = np.random.default_rng(seed).integers(0, self.codec.levels, (n, 8, 8, 1))
        return ImageSet(pixels.astype(np.uint8), self.codec.levels)


def figures(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "metrics.json").read_text(encoding="utf-8"))


def test_a_model_in_a_run_folder_is_scored_and_drawn_from(
    tmp_path: Path, short_classifiers: None, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(reports, "_load", lambda path, trust: UniformModel(2))
    data = {**DATA, "levels": 2, "binarise": "dynamic"}
    state = {"kind": "images", "data": data, "seed": 5}
    (tmp_path / "run.json").write_text(json.dumps(state), encoding="utf-8")
    assert read_image_run(tmp_path) == ImageRun(tmp_path / "artifact", data, 5, None)
    assert evaluate([f"run={tmp_path}", "seed=1"]) == 0
    out = tmp_path / "report"
    found = figures(out)
    assert found["images"] == {
        "train": 1000,
        "validation": 350,
        "holdout": 447,
        "synthetic": 1000,
    }
    assert found["metrics"]["likelihood_holdout_bits"]["synthetic"] == pytest.approx(1)
    nats = found["metrics"]["likelihood_validation_nats"]
    assert nats["synthetic"] == pytest.approx(64 * math.log(2))
    assert any("1,000 images were drawn" in note for note in found["notes"])
    assert any("training images" in note and "drawn once" in note for note in found["notes"])
    assert (out / "samples.png").is_file()
    shown = " ".join(capsys.readouterr().out.split())
    assert "Fréchet distance" in shown
    assert f"TensorBoard has no figures of it, as {tmp_path} keeps no logs" in shown


def test_a_file_of_images_is_compared(tmp_path: Path, short_classifiers: None) -> None:
    sources = load_images({"source": "digits"}, 0)
    codec = ImageCodec(8, 8, 1, 17, sources.train.classes)
    chosen = np.flatnonzero(np.isin(sources.holdout.labels, (3, 8)))
    made = sources.holdout.take(chosen)
    with ImageWriter(tmp_path / "made.npz", codec, {"seed": 0}) as writer:
        writer.write(made)
    words = [f"synthetic={tmp_path / 'made.npz'}", f"out={tmp_path / 'report'}"]
    assert evaluate(["data=digits", *words]) == 0
    found = figures(tmp_path / "report")
    assert found["images"]["synthetic"] == len(chosen)
    # Two of ten classes cover the real images badly, though each image is real.
    precision, coverage = (found["metrics"][name] for name in ("precision", "coverage"))
    assert precision["synthetic"] > precision["holdout"] - 15
    assert coverage["synthetic"] < 0.5 * coverage["holdout"]
    assert not any(name.startswith("likelihood") for name in found["metrics"])


def test_labels_of_a_file_are_told_by_the_names_of_its_classes(tmp_path: Path) -> None:
    from synth_dl.images.reports import _named_alike

    train = load_images({"source": "digits"}, 0).train
    made = replace(train, labels=np.arange(1000, dtype=np.int64) % 2, classes=("7", "3"))
    alike = _named_alike(made, train)
    assert alike.classes == train.classes
    assert alike.labels is not None
    assert alike.labels[:2].tolist() == [7, 3]
    foreign = replace(made, classes=("7", "x"))
    assert _named_alike(foreign, train) is foreign


def test_images_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    codec = ImageCodec(6, 6, 1, 17)
    with ImageWriter(tmp_path / "made.npz", codec, {}) as writer:
        writer.write(ImageSet(np.zeros((20, 6, 6, 1), np.uint8), 17))
    with pytest.raises(DataError, match=r"synthetic images are 6×6×1 .* training 8×8×1"):
        report_on_images(DATA, split_seed=0, synthetic=str(tmp_path / "made.npz"))


def test_what_is_missing_is_said(
    tmp_path: Path, artifact: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*words: str) -> str:
        assert evaluate(words) == 2
        return capsys.readouterr().err

    assert "give run=FOLDER or real=FILE" in said()
    assert "synthetic=FILE, or artifact=FOLDER" in said("data=digits")
    run = f"run={tmp_path}"
    assert "has no run.json" in said(run)
    assert "has no run.json" in said(run, "data=digits")
    for text, words in (
        ('{"train": "train.csv"}', "no run of images"),
        ('{"kind": "images"}', "damaged"),
        ("[]", "damaged"),
        ("{", "damaged"),
    ):
        (tmp_path / "run.json").write_text(text, encoding="utf-8")
        assert words in said(run, "data=digits")
    (tmp_path / "run.json").write_text('{"kind": "images"}', encoding="utf-8")
    assert "give data=NAME" in said(run)
    assert "no model of images" in said("data=digits", f"artifact={artifact}")
