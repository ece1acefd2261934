"""Images with exact counts of classes, and what is missing beside real ones."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import synth_dl
from synth_dl.cli import sample
from synth_dl.errors import ConfigError, DataError
from synth_dl.images.image_set import ImageSet
from synth_dl.images.reading.exports import read_export

NAMES = ("ash", "birch", "oak")


@pytest.fixture(scope="module")
def synth() -> synth_dl.ImageSynthesizer:
    """A model of 3 × 3 images of three classes, the later of which are brighter."""
    rng = np.random.default_rng(4)
    labels = rng.choice(3, 400, p=[0.7, 0.2, 0.1])
    pixels = rng.random((400, 3, 3)) < np.array([0.1, 0.5, 0.9])[labels][:, None, None]
    return synth_dl.fit(
        pixels.astype(int), np.array(NAMES)[labels], model="chow_liu", progress=False, levels=2
    )


@pytest.fixture(scope="module")
def artifact(synth: synth_dl.ImageSynthesizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "trees"
    synth.save(folder)
    return folder


def counts(images: ImageSet) -> list[int]:
    """Images of each class."""
    assert images.labels is not None
    return np.bincount(images.labels, minlength=len(images.classes)).tolist()


def test_classes_have_exact_counts(synth: synth_dl.ImageSynthesizer) -> None:
    drawn = synth.sample(601, balance="label", seed=1)
    assert counts(drawn) == [201, 200, 200]
    shares = {"label": {"oak": 0.25, "ash": "3/4"}}
    assert counts(synth.sample(100, balance=shares)) == [75, 0, 25]
    part = synth.sample(601, balance="label", seed=1, rows=(250, 530))
    assert (part.pixels == drawn.pixels[250:530]).all()
    assert drawn.labels is not None
    bright = drawn.pixels.mean((1, 2, 3))
    for place, name in enumerate(NAMES):  # as the model draws this class alone
        alone = synth.sample(400, where={"label": name}).pixels.mean()
        assert bright[drawn.labels == place].mean() == pytest.approx(alone, abs=0.06)


def test_missing_images_are_drawn_beside_real_ones(synth: synth_dl.ImageSynthesizer) -> None:
    real = synth.sample(100, seed=2)
    drawn = synth.sample(top_up="label", real=real)
    together = np.add(counts(real), counts(drawn))
    assert set(together) == {max(counts(real))}
    assert counts(synth.sample(top_up="label", real=np.array(["oak"] * 4 + ["ash"]))) == [3, 4, 0]
    assert len(synth.sample(top_up="label", real=["ash", "birch", "oak"])) == 0


def test_the_command_draws_them_and_keeps_the_counts(
    artifact: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words, allow = [f"artifact={artifact}", "seed=3"], "allow_synthetic=true"
    assert sample([*words, "n=50", "balance.label={ash: 0.9, oak: 0.1}", "out=some.npz"]) == 0
    assert counts(read_export("some.npz")) == [45, 0, 5]
    assert capsys.readouterr().out.splitlines()[1:] == [
        "label  rows", "ash      45", "birch     0", "oak       5"
    ]  # fmt: skip
    assert sample([*words, "top_up=label", "real=some.npz", "out=more.npz", allow]) == 0
    assert counts(read_export("more.npz")) == [0, 45, 40]
    said = capsys.readouterr().out.splitlines()
    assert said[1].split() == ["label", "real", "drawn", "together"]
    assert said[4].split() == ["oak", "5", "40", "45"]
    kept = json.loads(Path("more.npz.json").read_text(encoding="utf-8"))["balance"]
    assert kept == {"of": "label", "drawn": {"ash": 0, "birch": 45, "oak": 40},
                    "real": {"ash": 45, "birch": 0, "oak": 5}}  # fmt: skip
    assert sample([*words, "n=9", "balance=label", "out=even.npz"]) == 0
    assert sample([*words, "top_up=label", "real=even.npz", "out=none.npz", allow]) == 0
    assert "nothing is missing, so no file is written" in capsys.readouterr().out
    assert not Path("none.npz").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["balance=lable"], "balance names 'lable', which is no column: did you mean 'label'?"),
        (["balance.label={oak: 1/2, aash: 1/2}"], "balance.label=aash: no such class"),
        (["balance.label={oak: 0.5, ash: 0.4}"], "the shares sum to 0.9 and not to 1"),
        (["balance=label", "where.label=oak"], "where fixes the class"),
        (["balance=label", "given=real.npz", "mask=top"], "balance and given exclude each other"),
        (["balance=label", "n=0"], "n=0"),
        (["top_up=label"], "top_up without real"),
        (["top_up=label", "real=nowhere.npz"], "nowhere.npz"),
        (["top_up=label", "real=real.npz"], "real.npz: its class 'fir' is none that the model"),
        (["top_up=label", "real=bare.npz"], "bare.npz: its images have no classes"),
        (["top_up=label={oak: 1}", "real=real.npz"], "it takes no shares"),
        (["top_up=label", "real=real.npz", "n=4"], "top_up and n exclude each other"),
        (["keep=label"], "keep is for models of tables"),
    ],
)
def test_what_makes_no_sense_is_one_sentence_and_leaves_no_file(
    artifact: Path, refused: Callable[..., str], words: list[str], sentence: str
) -> None:
    pixels = np.zeros((2, 3, 3), np.uint8)
    np.savez("real.npz", images=pixels, labels=np.array(["fir", "oak"]))
    np.savez("bare.npz", images=pixels)
    assert sentence in refused(f"artifact={artifact}", *words)


def test_images_without_classes_have_nothing_to_balance() -> None:
    pixels: Any = np.random.default_rng(0).integers(0, 2, (60, 3, 3))
    synth = synth_dl.fit(pixels, model="chow_liu", progress=False, levels=2)
    with pytest.raises(ConfigError, match="trained on images without any"):
        synth.sample(3, balance="label")
    with pytest.raises((ConfigError, DataError), match="trained on images without any"):
        synth.sample(top_up="label", real=["a"])
