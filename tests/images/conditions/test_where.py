"""A fixed class by its name, and the command that writes and completes images."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from image_exports import CODEC, some, tree, write
from numpy.typing import NDArray

from synth_dl.errors import ConfigError, DataError
from synth_dl.images import sampling as command
from synth_dl.images.codec import ImageCodec
from synth_dl.images.conditions.where import class_indices, classes_of
from synth_dl.images.image_set import ImageSet
from synth_dl.images.reading.exports import read_export
from synth_dl.sampling.balance import ClassCounts
from synth_dl.sampling.conditions import Not
from synth_dl.sampling.origin import artifact_hash

DIGITS = ImageCodec(2, 2, 1, 2, tuple(str(digit) for digit in range(10)))


# Classes


def test_a_fixed_class(tmp_path: Path) -> None:
    file = tmp_path / "where.yaml"
    file.write_text("label: 3\n")
    assert classes_of([], DIGITS) == ()
    assert classes_of(["label=7"], DIGITS) == (7,)
    assert classes_of([], DIGITS, file) == (3,)
    assert classes_of(["label=0"], DIGITS, file) == (0,)
    assert class_indices({"label": 7}, DIGITS) == class_indices({"label": "7"}, DIGITS) == (7,)


def test_several_classes(tmp_path: Path) -> None:
    file = tmp_path / "where.yaml"
    file.write_text("label: {5, 3}\n")
    for found in (
        classes_of(["label={3,5}"], DIGITS),
        classes_of(["label=[5,3]"], DIGITS),
        classes_of([], DIGITS, file),
        class_indices({"label": {3, 5}}, DIGITS),
        class_indices({"label": ["3", "5"]}, DIGITS),
    ):
        assert found == (3, 5)
    others = (0, 1, 2, 4, 6, 7, 8, 9)
    assert classes_of(["label!={3,5}"], DIGITS) == others
    assert class_indices({"label": Not({3, 5})}, DIGITS) == others
    assert classes_of(["label={3,5,7}", "label!=5"], DIGITS) == (3, 7)


@pytest.mark.parametrize(
    ("items", "sentence"),
    [
        (["label={3,11}"], "where.label=11: no such class"),
        (["label={3,5}", "label!={3,5}"], "no class meets .* probability is 0"),
        (["label!=3", "label!={0,1,2,4,5,6,7,8,9}"], "no class meets"),
        (["label>3"], r"write a range.*'where.label=\[3,null\]'"),
        (["label=[3,null]"], "classes have no order.*give a set"),
        (["label={}"], "a set without values"),
    ],
)
def test_classes_that_exclude_each_other(items: list[str], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        classes_of(items, DIGITS)


@pytest.mark.parametrize(
    ("items", "codec", "sentence"),
    [
        (["label=11"], DIGITS, r"no such class was seen in training.*'0', '1', .*'9'"),
        (["label="], CODEC, None),
        (["size=1"], DIGITS, "no column"),
        (["label=1"], ImageCodec(2, 2, 1, 2), "without classes"),
    ],
)
def test_classes_that_are_not_there(
    items: list[str], codec: ImageCodec, sentence: str | None
) -> None:
    if sentence is None:
        assert classes_of(items, codec) == (2,)  # the class whose name is empty
        return
    with pytest.raises(ConfigError, match=sentence.replace("no column", "only a 'label'")):
        class_indices(dict([items[0].split("=")]), codec)
    with pytest.raises((ConfigError, DataError), match=sentence):
        classes_of(items, codec)


# The command


class Drawer:
    """Draws the number of each image as its pixels."""

    codec = DIGITS
    facts = {"rows": 600}  # noqa: RUF012
    sampler_used = "naive"
    effective_sample_size: dict[str, Any] | None = None
    probability_of_where: float | None = None

    def stream(
        self, start: int, stop: int, seed: int, *, classes: tuple[int, ...], given: ImageSet | None,
        mask: NDArray[np.bool_] | None, counts: ClassCounts | None, sampler: str, particles: int,
    ) -> Any:  # fmt: skip
        if given is not None:
            self.effective_sample_size = {"mean": 41.23, "least": 9.8, "particles": particles}
        for first in range(start, stop, 256):
            numbers = np.arange(first, min(first + 256, stop))
            bits = (numbers[:, None] >> np.arange(4)) & 1
            pixels = bits.reshape(-1, 2, 2, 1).astype(np.uint8)
            yield ImageSet(pixels, 2, np.resize(classes or (0,), len(bits)), DIGITS.classes)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with an artifact beside it."""
    artifact = tmp_path / "model"
    artifact.mkdir()
    (artifact / "weights.safetensors").write_bytes(b"ab")
    (artifact / "model.json").write_bytes(b"c")
    monkeypatch.setattr(command.ImageSynthesizer, "load", lambda path, trust: Drawer())
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


def options(**more: Any) -> SimpleNamespace:
    names = ("n", "out", "rows", "batch_size", "where", "given", "mask", "trust", "keep",
             "synthesize", "balance", "top_up", "real")  # fmt: skip
    usual = {
        "artifact": "../model",
        "seed": 4,
        "sampler": "auto",
        "particles": 64,
        "overwrite": False,
    }
    return SimpleNamespace(**(dict.fromkeys(names) | usual | more))


def test_the_command_writes_images(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(options()) == Path("synthetic.npz")
    said = capsys.readouterr().out
    assert said == "600 images in synthetic.npz, contact sheet in synthetic.png\n"
    whole = read_export("synthetic.npz")
    command.run(options(n=600, rows="100:500", out="part.parquet", batch_size=256), ["label=5"])
    part = read_export("part.parquet")
    np.testing.assert_array_equal(part.pixels, whole.pixels[100:500])
    assert part.labels is not None
    assert set(part.labels) == {5}
    with pq.ParquetFile("part.parquet") as file:
        assert file.num_row_groups == 2
    manifest = json.loads(Path("part.parquet.json").read_text())
    assert manifest.pop("files")["part.parquet"]["records"] == 400
    assert manifest.pop("date")
    assert manifest.pop("digital_source_type").endswith("/trainedAlgorithmicMedia")
    assert manifest.pop("versions").keys() == {"synth_dl", "torch", "numpy", "pillow", "python"}
    assert manifest == {
        "written_by": "synth_dl", "synthetic": True, "mode": "full", "real_columns": [],
        "privacy": "no formal guarantee",
        "kind": "images", "artifact": {"path": "../model", "sha256": artifact_hash("../model")},
        "seed": 4, "n": 600, "rows": [100, 500], "where": {"label": "5"}, "given": None,
        "mask": None, "balance": None, "chunk": 256, "sampler": "naive",
        "effective_sample_size": None,
        "images": 400, "height": 2, "width": 2, "channels": 1, "levels": 2,
        "classes": list(DIGITS.classes),
    }  # fmt: skip
    command.run(options(n=10, out="two.npz"), ["label={3,5}"])
    assert json.loads(Path("two.npz.json").read_text())["where"] == {"label": ["3", "5"]}
    command.run(options(n=300, rows="299:300", out="one"))
    assert (Path("one") / "0" / "000299.png").exists()


def test_the_command_completes_images(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write("known.npz", DIGITS, some(DIGITS, 5))
    command.run(options(given="known.npz", mask="bottom", out="full"))
    assert capsys.readouterr().out == (
        "5 images in full, contact sheet in full/contact-sheet.png\n"
        "effective sample size: 41.2 of 64 particles on average, 9.8 at least\n"
    )
    manifest = json.loads(Path("full/manifest.json").read_text())
    assert manifest["mask"] == {"text": "bottom", "known": 2, "rows": ["..", "##"]}
    assert manifest["mode"] == "partial"
    assert manifest["given"]["images"] == manifest["n"] == 5
    assert manifest["effective_sample_size"]["particles"] == 64
    command.run(options(given="known.npz", mask="top", n=2, out="two.npz"))
    assert len(read_export("two.npz")) == 2


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"out": "images.csv"}, "images go to .npz, .parquet or a folder"),
        ({"mask": "top"}, "mask without given"),
        ({"given": "known.npz"}, "given without mask"),
        ({"given": "known.npz", "mask": "top", "n": 9}, "has 5 images"),
        ({"given": "known.npz", "mask": "top", "out": "known.npz"}, "this is read from"),
        ({"given": "known.npz", "mask": "no"}, "give top"),
        ({"n": 0}, "n=0"),
        ({"n": 5, "rows": "3:9"}, "within 0:5"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"sampler": "fast"}, "sampler=fast: known are auto, cached"),
        ({"particles": 0}, "particles=0"),
        ({"seed": "x"}, "seed=x"),
    ],
)
def test_options_that_make_no_sense(folder: Path, more: dict[str, Any], sentence: str) -> None:
    write("known.npz", DIGITS, some(DIGITS, 5))
    before = tree(folder)
    with pytest.raises((ConfigError, DataError), match=sentence):
        command.run(options(**more))
    assert tree(folder) == before
