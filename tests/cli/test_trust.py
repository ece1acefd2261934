"""Classes of a package of the user's own, by `_target_`: for who says that they are trusted."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import synth_dl
from synth_dl.checks.__main__ import main as checks
from synth_dl.cli import evaluate, sample, train
from synth_dl.errors import ArtifactError, ConfigError

SOURCE = '''
from collections import Counter

import pytorch_lightning as pl

from synth_dl.likelihoods.categorical import Categorical
from synth_dl.models.autoregressive import Autoregressive
from synth_dl.models.vae import VAE
from synth_dl.networks.dense import Dense


class Mine(VAE):
    """A VAE with an option of its own."""

    def __init__(self, network, likelihood, colour="red", **options):
        super().__init__(network, likelihood, **options)
        self.colour = colour


class Exact(Autoregressive):
    pass


class Wide(Dense):
    pass


class Plain(Categorical):
    pass


class Note(pl.Callback):
    def __init__(self, path):
        self.path = path

    def on_train_end(self, trainer, pl_module):
        with open(self.path, "w") as file:
            file.write(type(pl_module).__name__)
'''
CONFIGS = {
    "model/mine": "defaults: [vae]\n_target_: ownpackage.models.Mine\ncolour: blue\n",
    "network/wide": "defaults: [dense]\n_target_: ownpackage.models.Wide\n",
    "likelihood/plain": "_target_: ownpackage.models.Plain\n",
    "callbacks/note": "note:\n  _target_: ownpackage.models.Note\n  path: note.txt\n",
}
OWN = ["--config-dir=mine", "model=mine", "network=wide", "likelihood=plain", "callbacks=note",
       "data=csv", "data.path=table.csv", "data.name=t", "trainer.steps=20", "network.width=16",
       "model.latent=2", "model.prior=normal", "logger=null", "assess=false"]  # fmt: skip
TRUST = "trust=ownpackage"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a package, configs that name its classes, and a run of its model."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "ownpackage").mkdir()
    (folder / "ownpackage" / "__init__.py").touch()
    (folder / "ownpackage" / "models.py").write_text(SOURCE, encoding="utf-8")
    (folder / "ownpackage" / "broken.py").write_text("1 / 0\n", encoding="utf-8")
    for name, text in CONFIGS.items():
        (folder / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "mine" / f"{name}.yaml").write_text(text, encoding="utf-8")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=200), "kind": rng.choice(["u", "v"], 200)})
    frame.to_csv(folder / "table.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert train([*OWN, TRUST, "run_dir=run"]) == 0
        exact = ["model._target_=ownpackage.models.Exact", *OWN[5:10], "network.context=16"]
        assert train([*exact, *OWN[12:], TRUST, "run_dir=exact"]) == 0
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "ownpackage"]:
        del sys.modules[name]


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it to work in."""
    work = Path(shutil.copytree(made, tmp_path / "work"))
    monkeypatch.chdir(work)
    return work


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """The one sentence of a failed command."""

    def sentence() -> str:
        error = capsys.readouterr().err
        assert error.startswith("error: ")
        assert error.count("\n") == 1
        return error

    return sentence


def test_all_parts_may_be_of_the_package(folder: Path) -> None:
    model = synth_dl.load("run", trust="ownpackage").model
    assert type(model).__name__ == "Mine"
    assert type(model.likelihood).__name__ == "Plain"
    assert model.colour == "blue"
    assert (folder / "note.txt").read_text(encoding="utf-8") == "Mine"
    assert str(folder) not in sys.path


@pytest.mark.parametrize(
    ("words", "target"),
    [
        (OWN[:2], "ownpackage.models.Mine"),
        (["--config-dir=mine", "model=vae", "network=wide"], "ownpackage.models.Wide"),
        (["--config-dir=mine", "likelihood=plain"], "ownpackage.models.Plain"),
        (["--config-dir=mine", "callbacks=note"], "ownpackage.models.Note"),
        (["-m", "--config-dir=mine", "model=vae,mine"], "ownpackage.models.Mine"),
    ],
)
def test_without_the_switch_it_is_refused_before_any_data_are_read(
    words: list[str], target: str, folder: Path, said: Callable[[], str]
) -> None:
    assert train([*words, "run_dir=new"]) == 2
    sentence = said()
    assert target in sentence
    assert "if you know its code, add trust=ownpackage" in sentence
    assert not Path("new").exists()
    assert train([*words, "run_dir=new", "trust=another"]) == 2
    assert "add trust=ownpackage" in said()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["+callbacks.x._target_=pathlib.Path.write_text"], "callbacks.x: it names the class"),
        (["callbacks.average.decay={_target_: os.system}"], "callbacks.average.decay: it names"),
        (["+callbacks.x._target_=synth_dl.experiment.train"], "is no class of a trusted package"),
        (["logger._target_=subprocess.Popen"], "logger: it names the class 'subprocess.Popen'"),
        (["model._target_=ownpackage.models.Nothing", TRUST], "there is no class 'ownpackage."),
        (["model._target_=ownpackage.nothing.Nothing", TRUST], "lies in the present folder"),
        (["model._target_=ownpackage.broken.Model", TRUST], "(ZeroDivisionError: division by"),
        (["model._target_=ownpackage.models.Counter", TRUST], "is no class of a trusted package"),
        (["model._target_=ownpackage.models.Wide", TRUST], "Wide is no model"),
    ],
)
def test_what_is_never_built(
    words: list[str], sentence: str, folder: Path, said: Callable[[], str]
) -> None:
    plain = ["data=csv", "data.path=table.csv", "run_dir=new", "trainer.steps=20"]
    assert train([*plain, *words]) == 2
    assert sentence in said()
    assert not Path("new").exists()


def test_an_artifact_of_it_is_loaded_for_who_trusts_it_only(
    folder: Path, said: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ArtifactError, match="if you know its code, add trust=ownpackage"):
        synth_dl.load("run")
    with pytest.raises(ConfigError, match="name a package"):
        synth_dl.load("run", trust="own package")
    assert len(synth_dl.load("run", trust=["other", "ownpackage"]).sample(5)) == 5
    artifact = "artifact=run/artifact"
    commands: list[tuple[Callable[[list[str]], int], list[str]]] = [
        (sample, [artifact, "n=5"]),
        (evaluate, ["run=run"]),
        (checks, ["artifact=exact"]),
    ]
    for command, words in commands:
        capsys.readouterr()
        assert command(words) == 2
        assert "add trust=ownpackage" in said()
        assert command([*words, TRUST]) == 0
    assert len(pd.read_csv("synthetic.csv")) == 5
    for words in ([TRUST], [artifact, "seed=1"], [artifact, artifact]):
        assert checks(words) == 2


def test_in_python(folder: Path, tmp_path: Path) -> None:
    frame = pd.read_csv("table.csv")
    options = {"trainer__steps": 20, "network__width": 16, "model__prior": "normal"}
    with pytest.raises(ConfigError, match="add trust=ownpackage"):
        synth_dl.fit(frame, model="mine", config_dir="mine", progress=False, **options)
    synth = synth_dl.fit(
        frame, model="mine", config_dir="mine", trust="ownpackage", progress=False, **options
    )
    synth.save(tmp_path / "model")
    again = synth_dl.load(tmp_path / "model", trust="ownpackage")
    pd.testing.assert_frame_equal(again.sample(20, seed=1), synth.sample(20, seed=1))
