"""What a family cannot use ends in one sentence and status 2, and what it can use works."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

import synth_dl
from synth_dl.cli import sample, train
from synth_dl.training.batches import Batches

torch.set_num_threads(1)

FAMILIES = {
    "autoregressive": ["network.context=16", "network.width=16"],
    "vae": ["network.width=16", "model.latent=2", "model.prior=normal"],
    "gan": ["network.width=16", "model.noise=4"],
}
QUICK = ["trainer.steps=20", "logger=null", "callbacks.pictures=0", "assess=false"]


def rows(count: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame({"x": rng.normal(size=count), "kind": rng.choice(["u", "v"], count)})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a table and images beside it."""
    data = tmp_path / "data"
    data.mkdir()
    rows().to_csv(data / "table.csv", index=False)
    pixels = np.random.default_rng(1).integers(0, 3, (200, 5, 4)).astype(np.uint8)
    np.savez(data / "images.npz", images=pixels, labels=np.arange(200) % 2, levels=3)
    np.savez(data / "one.npz", images=pixels, labels=np.full(200, 7), levels=3)
    np.savez(data / "same.npz", images=pixels[:1].repeat(200, 0), labels=np.arange(200) % 2)
    np.savez(data / "dark.npz", images=pixels, levels=256)
    np.savez(data / "none.npz", images=pixels[:0], levels=3)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return data


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """The one sentence of a failed command."""

    def sentence() -> str:
        captured = capsys.readouterr()
        assert captured.err.startswith("error: ")
        assert captured.err.count("\n") == 1
        return captured.err.removeprefix("error: ").strip()

    return sentence


# What makes no sense


@pytest.mark.parametrize(
    ("kind", "words", "sentence"),
    [
        ("table", ["model=vae", "model.latent=0"], "model.latent=0: it must be a whole number"),
        ("table", ["model=vae", "model.latent=-3"], "model.latent=-3: it must be a whole number"),
        ("table", ["model=vae", "model.latent=1.5"], "whole number"),
        ("table", ["model=vae", "model.latent=many"], "whole number"),
        ("table", ["model=vae", "model.prior=foo"], "model.prior=foo: choose auto, normal"),
        ("table", ["model=vae", "network=conditionals"], "network=dense"),
        ("table", ["model=vae", "likelihood=relaxed"], "likelihood=categorical"),
        (
            "table",
            ["model=vae", "model.noise=3"],
            "'model.noise' is an option of model=gan and not",
        ),
        ("table", ["model=gan", "model.noise=0"], "model.noise=0: it must be a whole number"),
        ("table", ["model=gan", "model.noise=2.5"], "model.noise=2.5 does not give a whole number"),
        ("table", ["model=gan", "model.loss=foo"], "model.loss=foo: choose relativistic"),
        ("table", ["model=gan", "model.conditions=[nosuch]"], "'nosuch'"),
        ("table", ["model=gan", "model.conditions=nosuch"], "these can: x, kind"),
        ("table", ["model=gan", "network=conditionals"], "network=dense"),
        ("table", ["model=gan", "likelihood=categorical"], "likelihood=relaxed"),
        ("table", ["model=vae", "network=convolutional"], "for images; leave network= out"),
        ("table", ["model=gan", "network=convolutional"], "for images; leave network= out"),
        ("table", ["model=autoregressive", "network=dense"], "network"),
        ("table", ["model=autoregressive", "network=convolutional"], "network"),
        ("table", ["model=autoregressive", "likelihood=relaxed"], "likelihood"),
        ("table", ["model=diffusion"], "model=autoregressive|chow_liu|copula|"),
        ("table", ["model=vae", "model.partial=2"], "model.partial=2: it must be a number from 0"),
        ("table", ["model=vae", "model.free_bits=-1"], "it must be a number from 0 on"),
        ("table", ["model=vae", "model.learning_rate=0"], "it must be a number above 0"),
        ("table", ["model=vae", "model.learning_rate=abc"], "it must be a number above 0"),
        ("table", ["model=vae", "model.weight_decay=-1"], "it must be a number from 0 on"),
        ("table", ["model=vae", "network.width=0"], "network.width=0: it must be a whole number"),
        ("table", ["model=vae", "network.dropout=1"], "it must be a number from 0 to below 1"),
        ("table", ["model=gan", "model.gamma=-1"], "model.gamma=-1: it must be a number from 0 on"),
        ("table", ["model=gan", "model.gamma=nan"], "it must be a number from 0 on"),
        ("table", ["model=gan", "model.given_share=5"], "it must be a number from 0 to 1"),
        ("table", ["model=gan", "model.rare=-1"], "it must be a number from 0 to 1"),
        ("table", ["model=gan", "model.augmentation=true"], "model.augmentation is for images"),
        ("table", ["model=gan", "network.blocks=-1"], "it must be a whole number from 0 on"),
        ("table", ["model=autoregressive", "model.any_order=2"], "it must be a number from 0 to 1"),
        (
            "table",
            ["model=autoregressive", "model.learning_rate=-1"],
            "it must be a number above 0",
        ),
        ("table", ["model=autoregressive", "network.context=0"], "a whole number from 1 on"),
        ("images", ["model=vae", "model.class_first=maybe"], "it must be true or false"),
        ("images", ["model=vae", "network.hidden=0"], "a whole number from 1 on"),
        ("images", ["model=gan", "model.augmentation=perhaps"], "it must be true or false"),
        ("images", ["model=autoregressive", "network.columns=0"], "a whole number from 1 on"),
        ("table", ["trainer.batch_size=271"], "there are 270 training records; give at most"),
        ("table", ["model=vae", "trainer.batch_size=271"], "there are 270 training records"),
        ("images", ["model=gan", "trainer.batch_size=100000"], "training records; give at most"),
        ("images", ["model=autoregressive", "network=dense"], "network"),
        ("images", ["model=autoregressive", "network=convolutional"], "network"),
        ("images", ["model=autoregressive", "likelihood=relaxed"], "likelihood"),
        ("images", ["model=vae", "network=pixelcnn"], "network=convolutional"),
        ("images", ["model=gan", "network=pixelcnn"], "network=convolutional"),
        ("images", ["model=gan", "model.conditions=[size]"], "these can: label"),
        ("images", ["model=gan", "likelihood=logistic_mixture"], "likelihood=relaxed"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_does_not_go_together_is_one_sentence_and_leaves_nothing(
    kind: str, words: list[str], sentence: str, folder: Path, said: Callable[[], str]
) -> None:
    data = ["data=csv", f"data.path={folder}/table.csv"]
    if kind == "images":
        data = ["data=npz", f"data.path={folder}/images.npz"]
    assert train([*data, *words, *QUICK, "run_dir=run"]) == 2
    message = said()
    assert sentence in message
    assert "Traceback" not in message
    assert "arguments are other ones" not in message
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("kind", ["table", "images"])
def test_a_gan_has_no_known_pixels_and_no_probabilities_by_the_commands(
    kind: str, folder: Path, said: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["data=csv", f"data.path={folder}/table.csv"]
    if kind == "images":
        data = ["data=npz", f"data.path={folder}/images.npz"]
    assert train([*data, "model=gan", *FAMILIES["gan"], *QUICK, "run_dir=run"]) == 0
    capsys.readouterr()
    if kind == "table":
        words = ["artifact=run/artifact", f"given={folder}/table.csv", "out=fake.csv"]
        assert sample(words) == 0
        assert len(pd.read_csv("fake.csv")) == 300
        return
    words = ["artifact=run/artifact", f"given={folder}/images.npz", "mask=left", "out=fake.npz"]
    assert sample(words) == 2
    assert "a GAN cannot complete images" in said()
    assert not Path("fake.npz").exists()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("name", "words", "sentence"),
    [
        ("one", [], "all images are of one class, '7', so there is no class to learn: give "
         "data.classes=false, or in Python leave the labels out"),
        ("same", [], "training images are all the same at 3 levels of a pixel, so there is nothing "
         "to learn; give images that differ"),
        ("dark", ["data.levels=2"], "are all the same at 2 levels"),
        ("none", [], "none.npz: the images of shape (0, 5, 4) are empty; give at least one"),
    ],
)  # fmt: skip
def test_images_of_which_nothing_can_be_learnt_leave_nothing(
    family: str, name: str, words: list[str], sentence: str, folder: Path,
    said: Callable[[], str],
) -> None:  # fmt: skip
    data = ["data=npz", f"data.path={folder}/{name}.npz", *words]
    assert train([*data, f"model={family}", *QUICK, "run_dir=run"]) == 2
    assert sentence in said()
    assert list(Path().iterdir()) == []


# What is unusual and works


@pytest.mark.parametrize("family", FAMILIES)
def test_images_of_one_class_are_learnt_without_it(
    family: str, folder: Path, said: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["data=npz", f"data.path={folder}/one.npz", f"model={family}", *QUICK[1:]]
    words += ["trainer.steps=3", *(["model.prior=normal"] if family == "vae" else [])]
    assert train([*words, "data.classes=false", "run_dir=run"]) == 0
    drawn = synth_dl.load("run/artifact").sample(10, seed=1)
    assert drawn.shape == (5, 4, 1)
    assert drawn.classes == ()
    assert sample(["artifact=run/artifact", "n=5", "out=fake.npz"]) == 0
    assert np.load("fake.npz")["images"].shape == (5, 5, 4)
    capsys.readouterr()
    assert sample(["artifact=run/artifact", "n=5", "where.label=7", "out=other.npz"]) == 2
    assert "without classes" in said()


STRANGE: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "a constant column": lambda frame: frame.assign(land="here"),
    "a constant number": lambda frame: frame.assign(zero=0.0),
    "an empty column": lambda frame: frame.assign(nothing=np.nan),
    "one column": lambda frame: frame[["x"]],
    "one category": lambda frame: frame[["kind"]],
    "an identifier": lambda frame: frame.assign(key=[f"K-{k:05d}" for k in range(len(frame))]),
    "mostly missing": lambda frame: frame.assign(x=frame["x"].mask(frame.index > 20)),
    "few rows": lambda frame: frame.head(15),
}


@pytest.mark.parametrize("table", STRANGE)
@pytest.mark.parametrize("family", FAMILIES)
def test_strange_tables(family: str, table: str, tmp_path: Path) -> None:
    frame = STRANGE[table](rows())
    options: dict[str, Any] = {
        key.replace(".", "__"): value
        for key, value in (word.split("=") for word in FAMILIES[family])
    }
    synth = synth_dl.fit(frame, model=family, progress=False, trainer__steps=10, **options)
    synth.save(tmp_path / "model")
    drawn = synth_dl.load(tmp_path / "model").sample(40, seed=1)
    assert list(drawn.columns) == list(frame.columns)
    assert list(synth.sample(40, seed=1).dtypes) == list(frame.dtypes)
    for name in frame:
        # An artifact cannot tell whole floats from whole numbers, as one hole makes these of those.
        known = frame[name].dropna()
        whole = frame[name].dtype == float and len(known) and (known % 1 == 0).all()
        assert drawn[name].dtype in ((np.int64, np.float64) if whole else (frame[name].dtype,))
    for name in frame:
        if frame[name].nunique(dropna=False) == 1:
            assert drawn[name].nunique(dropna=False) == 1
    column = str(frame.columns[-1])
    fixed = synth.sample(20, where={column: frame[column].iloc[0]}, seed=2)
    first = frame[column].iloc[0]
    assert fixed[column].isna().all() if pd.isna(first) else (fixed[column] == first).all()


# Resuming


@pytest.mark.parametrize(("first", "then"), [("autoregressive", "vae"), ("vae", "gan")])
def test_a_run_is_not_resumed_as_another_family(
    first: str, then: str, folder: Path, said: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    data = ["data=csv", f"data.path={folder}/table.csv", *QUICK, "run_dir=run"]
    plain = Batches.__iter__

    def iterate(self: Batches) -> Iterator[Tensor]:
        for place, batch in enumerate(plain(self), self.first):
            if place == 12:
                os.kill(os.getpid(), signal.SIGINT)
            yield batch

    own = [*data, f"model={first}", *FAMILIES[first]]
    with monkeypatch.context() as patch:
        patch.setattr(Batches, "__iter__", iterate)
        with pytest.raises(SystemExit, match="130"):
            train(own)
    before = Path("run/plan.json").read_bytes()
    capsys.readouterr()
    assert train([*data, f"model={then}", *FAMILIES[then], "resume=true"]) == 2
    message = said()
    assert "the interrupted run had other model options" in message
    assert "resume it with the same command" in message
    assert Path("run/plan.json").read_bytes() == before
    assert train([*own, "resume=true"]) == 0
