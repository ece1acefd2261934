"""What every family keeps to, of tables and of images; a further family is one more row here."""

import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from pandas.testing import assert_frame_equal
from torch import Tensor

import synth_dl
from synth_dl.cli import evaluate, sample, train
from synth_dl.sampling.drawing import CHUNK, IMAGE_CHUNK
from synth_dl.training.batches import Batches

# First in the queue of one process, which then trains each model once for all of these tests.
pytestmark = pytest.mark.slow

torch.set_num_threads(1)

# Small forms of each family, by the kind of data.
FAMILIES: dict[str, dict[str, dict[str, Any]]] = {
    "autoregressive": {
        "table": {"network.context": 16, "network.width": 16},
        "images": {"network.channels": 8, "network.blocks": 1, "network.hidden": 8},
    },
    "vae": {
        "table": {"network.width": 32, "model.latent": 4, "model.prior": "mixture"},
        "images": {
            "network": "convolutional",
            "network.channels": 8,
            "network.hidden": 16,
            "model.prior": "mixture",
        },
    },
    "gan": {
        "table": {"network.width": 32, "model.noise": 8},
        "images": {"network": "dense", "network.width": 32, "model.noise": 8},
    },
    "chow_liu": {"table": {}, "images": {}},
    "copula": {"table": {}},
    "mixture": {"table": {}, "images": {}},
    "trees": {"table": {}},
}
AT_ONCE = {"chow_liu", "copula", "mixture", "trees"}  # families that are fitted without steps
KINDS = {"table": CHUNK, "images": IMAGE_CHUNK}
PAIRS = [(family, kind) for family, kinds in FAMILIES.items() for kind in kinds]
STEPS, ROWS = 24, 300
ROOT = Path(__file__).resolve().parents[1]


def table() -> pd.DataFrame:
    """Rows with a rank, a spike, few values, missing cells and categories that follow from them."""
    rng = np.random.default_rng(3)
    size = rng.normal(50, 12, ROWS)
    frame = pd.DataFrame(
        {
            "size": np.where(rng.random(ROWS) < 0.2, 0.0, size),
            "steps": rng.integers(0, 90, ROWS),
            "kind": np.where(size > 50, "large", "small"),
            "grade": rng.choice(["a", "b", "c"], ROWS, p=[0.7, 0.2, 0.1]),
        }
    )
    frame["grade"] = frame["grade"].mask(rng.random(ROWS) < 0.1)
    return frame


def images() -> tuple[np.ndarray, np.ndarray]:
    """[N, 6, 5] images of three levels, and whether each is bright above or below."""
    rng = np.random.default_rng(4)
    labels = rng.choice(["above", "below"], ROWS)
    rows = np.arange(6)[:, None] < 3
    bright = np.where((labels == "above")[:, None, None], rows, ~rows)
    return (rng.random((ROWS, 6, 5)) < 0.4).astype(int) + bright, labels


@dataclass(frozen=True)
class Trained:
    """A model of one family and one kind of data, and the folder it is saved in."""

    family: str
    kind: str
    synth: Any
    folder: Path

    @property
    def chunk(self) -> int:
        return KINDS[self.kind]


def options(family: str, kind: str, steps: int = STEPS) -> dict[str, Any]:
    """Those of a small and short training."""
    return FAMILIES[family][kind] | ({} if family in AT_ONCE else {"trainer.steps": steps})


def fit(family: str, kind: str, seed: int = 0) -> Any:
    """A short training."""
    data = (table(),) if kind == "table" else images()
    sizes = {key.replace(".", "__"): value for key, value in options(family, kind).items()}
    return synth_dl.fit(*data, model=family, seed=seed, progress=False, **sizes)


@pytest.fixture(scope="module", params=PAIRS, ids="-".join)
def trained(request: pytest.FixtureRequest, models: Callable[[str, str], Trained]) -> Trained:
    """Each pair, one after another."""
    return models(*request.param)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Trained]:
    """Trains a pair at the first call."""
    found: dict[tuple[str, str], Trained] = {}
    folder = tmp_path_factory.mktemp("families")

    def of(family: str, kind: str) -> Trained:
        if (family, kind) not in found:
            synth, place = fit(family, kind), folder / f"{family}-{kind}"
            synth.save(place)
            found[family, kind] = Trained(family, kind, synth, place)
        return found[family, kind]

    return of


def assert_same(found: Any, wanted: Any) -> None:
    """That two samples are equal, be they tables or images."""
    assert type(found) is type(wanted)
    if isinstance(found, pd.DataFrame):
        assert_frame_equal(found, wanted)
        return
    np.testing.assert_array_equal(found.pixels, wanted.pixels)
    np.testing.assert_array_equal(found.labels, wanted.labels)
    assert (found.levels, found.classes) == (wanted.levels, wanted.classes)


def part(drawn: Any, first: int, last: int) -> Any:
    """Records `first` to `last` of a sample."""
    if isinstance(drawn, pd.DataFrame):
        return drawn.iloc[first:last].reset_index(drop=True)
    return drawn.take(slice(first, last))


def differ(one: Any, other: Any) -> bool:
    try:
        assert_same(one, other)
    except AssertionError:
        return True
    return False


def weights(folder: Path) -> bytes:
    return (folder / "weights.safetensors").read_bytes()


# Three lines of Python


def test_a_model_is_saved_loaded_and_sampled(trained: Trained) -> None:
    again = synth_dl.load(trained.folder)
    drawn = again.sample(ROWS, seed=2)
    assert_same(drawn, trained.synth.sample(ROWS, seed=2))
    assert len(drawn) == ROWS
    if trained.kind == "table":
        frame = table()
        assert list(drawn.dtypes) == list(frame.dtypes)
        assert set(drawn["kind"]) <= set(frame["kind"])
        assert drawn["size"].between(frame["size"].min(), frame["size"].max()).all()
        return
    assert drawn.shape == (6, 5, 1)
    assert drawn.pixels.max() <= 2
    assert set(drawn.classes) == {"above", "below"}


# Same seed, same rows


def test_the_same_seed_gives_the_same_rows(trained: Trained) -> None:
    synth = trained.synth
    assert_same(synth.sample(60, seed=5), synth.sample(60, seed=5))
    assert differ(synth.sample(60, seed=5), synth.sample(60, seed=6))


def test_a_part_of_a_sample_is_that_part_of_the_whole(trained: Trained) -> None:
    rows = trained.chunk + 60
    whole = trained.synth.sample(rows, seed=1)
    for first, last in pairwise([0, 1, 40, trained.chunk - 3, trained.chunk, rows]):
        found = trained.synth.sample(rows, seed=1, rows=(first, last))
        assert_same(found, part(whole, first, last))
    across = trained.chunk - 5, trained.chunk + 5
    assert_same(trained.synth.sample(rows, seed=1, rows=across), part(whole, *across))
    assert_same(trained.synth.sample(10, seed=1), part(whole, 0, 10))


@pytest.fixture(scope="module")
def elsewhere(
    models: Callable[[str, str], Trained], tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], Any]:
    """Samples of all pairs that another process draws from their artifacts."""
    out = tmp_path_factory.mktemp("elsewhere") / "drawn.pickle"
    folders = {pair: str(models(*pair).folder) for pair in PAIRS}
    program = (
        "import pickle, sys, torch, synth_dl; torch.set_num_threads(1)\n"
        "folders = pickle.loads(bytes.fromhex(sys.argv[1]))\n"
        "drawn = {k: synth_dl.load(v).sample(70, seed=9) for k, v in folders.items()}\n"
        "pickle.dump(drawn, open(sys.argv[2], 'wb'))"
    )
    command = [sys.executable, "-c", program, pickle.dumps(folders).hex(), str(out)]
    subprocess.run(command, check=True, cwd=out.parent, env={**os.environ, "PYTHONPATH": str(ROOT)})
    return pickle.loads(out.read_bytes())


def test_a_new_process_draws_the_same_rows(
    trained: Trained, elsewhere: dict[tuple[str, str], Any]
) -> None:
    found = elsewhere[trained.family, trained.kind]
    assert_same(found, trained.synth.sample(70, seed=9))


# Same seed, same weights


def test_training_twice_with_one_seed_gives_the_same_weights(
    trained: Trained, tmp_path: Path
) -> None:
    for seed in (0, 1):
        fit(trained.family, trained.kind, seed).save(tmp_path / str(seed))
    assert weights(tmp_path / "0") == weights(trained.folder)
    assert weights(tmp_path / "1") != weights(trained.folder)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Words that name the data, by their kind."""
    folder = tmp_path_factory.mktemp("data")
    table().to_csv(folder / "table.csv", index=False)
    pixels, labels = images()
    np.savez(folder / "images.npz", images=pixels.astype(np.uint8), labels=labels, levels=3)
    return {
        "table": ["data=csv", f"data.path={folder / 'table.csv'}", "data.holdout=0.25"],
        "images": ["data=npz", f"data.path={folder / 'images.npz'}"],
    }


def command(family: str, kind: str, files: dict[str, list[str]]) -> list[str]:
    words = [f"{key}={value}" for key, value in options(family, kind).items()]
    return [*files[kind], f"model={family}", *words]


@pytest.mark.parametrize(("family", "kind"), [pair for pair in PAIRS if pair[0] not in AT_ONCE])
def test_an_interrupted_run_resumes_to_the_same_bits(
    family: str, kind: str, files: dict[str, list[str]], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    words = [*command(family, kind, files), "logger=null", "callbacks.pictures=0", "assess=false"]
    assert train([*words, f"run_dir={tmp_path / 'whole'}"]) == 0
    plain, step = Batches.__iter__, STEPS // 2 + 5

    def iterate(self: Batches) -> Iterator[Tensor]:
        for place, batch in enumerate(plain(self), self.first):
            if place == step:
                os.kill(os.getpid(), signal.SIGTERM)
            yield batch

    cut = tmp_path / "cut"
    with monkeypatch.context() as patch:
        patch.setattr(Batches, "__iter__", iterate)
        with pytest.raises(SystemExit, match="130"):
            train([*words, f"run_dir={cut}"])
    assert synth_dl.load(cut / "artifact").facts["steps"] == step + 1
    assert len(synth_dl.load(cut / "artifact").sample(5)) == 5
    assert train([*words, f"run_dir={cut}", "resume=true"]) == 0
    assert weights(cut / "artifact") == weights(tmp_path / "whole" / "artifact")
    assert synth_dl.load(cut / "artifact").facts["steps"] == STEPS


@pytest.mark.parametrize("family", [family for family, kind in PAIRS if kind == "images"])
def test_images_without_classes(family: str) -> None:
    chosen = options(family, "images", steps=10)
    sizes = {key.replace(".", "__"): value for key, value in chosen.items()}
    synth = synth_dl.fit(images()[0], model=family, progress=False, **sizes)
    drawn = synth.sample(20, seed=1)
    assert drawn.shape == (6, 5, 1)
    assert drawn.labels is None


# The commands


@pytest.mark.parametrize(("family", "kind"), PAIRS)
def test_the_commands_train_sample_and_evaluate(
    family: str, kind: str, files: dict[str, list[str]], tmp_path: Path, short_classifiers: None,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert train([*command(family, kind, files), "run_dir=run", "callbacks.pictures=1"]) == 0
    fake = "fake.csv" if kind == "table" else "fake.npz"
    assert sample(["artifact=run/artifact", "n=80", f"out={fake}", "seed=1"]) == 0
    if kind == "table":
        assert len(pd.read_csv(fake)) == 80
    else:
        assert np.load(fake)["images"].shape == (80, 6, 5)
    assert evaluate(["run=run", f"synthetic={fake}", "out=report"]) == 0
    assert capsys.readouterr().err == ""
    figures = json.loads(Path("report/metrics.json").read_text())["metrics"]
    found = [figure["synthetic"] for figure in figures.values()]
    assert any(value is not None and np.isfinite(value) for value in found)
    assert kind == "images" or 0 < figures["shape_error"]["synthetic"] < 50
    assert "Traceback" not in Path("run/train.log").read_text()


@pytest.mark.parametrize("network", ["dense", "convolutional"])
@pytest.mark.parametrize("family", ["vae", "gan"])
def test_every_network_of_images_has_default_sizes(family: str, network: str) -> None:
    pixels, labels = images()
    synth = synth_dl.fit(
        pixels[:60], labels[:60], model=family, network=network, progress=False, trainer__steps=2
    )
    assert len(synth.sample(5)) == 5
