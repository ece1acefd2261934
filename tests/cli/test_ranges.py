"""Every option with a range is refused outside of it, in one sentence, wherever it is given."""

import inspect
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from synth_dl.building import Classes
from synth_dl.cli import train
from synth_dl.configuration.folders import config_folder
from synth_dl.errors import ConfigError
from synth_dl.errors.options import check, checked
from synth_dl.models.vae import VAE
from synth_dl.networks.dense import Dense
from synth_dl.training.callbacks.averaging import MovingAverage
from synth_dl.training.callbacks.stopping import EarlyStop
from synth_dl.training.settings import RANGES

GROUPS = ("callbacks", "data", "likelihood", "model", "network")
KINDS = (int, float, bool)


def entries(name: str, value: Any) -> list[tuple[str, dict[str, Any]]]:
    """All `_target_` entries of a config, by the names of their options."""
    if not isinstance(value, dict):
        return []
    inner = [found for key, each in value.items() for found in entries(f"{name}.{key}", each)]
    return [*([(name, value)] if value.get("_target_") else []), *inner]


def has_range(kind: Any) -> bool:
    """Whether a type, or one of a union, is declared with a range."""
    return bool(getattr(kind, "__metadata__", ())) or any(map(has_range, get_args(kind)))


def cases() -> list[tuple[str, str, str]]:
    """Group, choice and option of every number and switch in the packed configs."""
    found = []
    for group in GROUPS:
        for file in sorted((config_folder() / group).glob("*.yaml")):
            config = yaml.safe_load(file.read_text(encoding="utf-8"))
            for name, entry in entries(group, config):
                target = Classes(("synth_dl",)).find(entry["_target_"])
                parameters = inspect.signature(target).parameters
                for option in entry.keys() & parameters.keys():
                    argument = parameters[option]
                    if isinstance(argument.default, KINDS) or has_range(argument.annotation):
                        found.append((f"{group}={file.stem}", f"{name}.{option}", file.stem))
    return sorted(found)


@pytest.mark.parametrize(("choice", "option"), [case[:2] for case in cases()])
def test_numbers_and_switches_out_of_range(
    choice: str, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for value in ("-1", "word", "[1]"):
        assert train([choice, f"{option}={value}", "--cfg", "job"]) == 2, value
        said = capsys.readouterr().err
        assert option in said
        assert said.count("\n") == 1


@pytest.mark.parametrize("name", RANGES)
def test_options_of_the_trainer(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for value in ("-2", "word", "[1]", "{a: 1}"):
        assert train([f"trainer.{name}={value}", "--cfg", "job"]) == 2, value
        assert f"trainer.{name}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("make", "option"),
    [
        (lambda: Dense(width=0), "network.width=0"),
        (lambda: Dense(width=10**9), "network.width=1000000000"),
        (lambda: Dense(dropout=1), "network.dropout=1"),
        (lambda: VAE(None, None, latent=True), "model.latent=True"),
        (lambda: VAE(None, None, prior="best"), "model.prior=best: choose auto, normal"),  # type: ignore[arg-type]
        (lambda: VAE(None, None, clip=float("nan")), "model.clip=nan"),
        (lambda: MovingAverage(2), "callbacks.average.decay=2"),
        (lambda: EarlyStop(patience=-1), "callbacks.early_stop.patience=-1"),
    ],
)
def test_constructors_refuse_it_too(make: Any, option: str) -> None:
    with pytest.raises(ConfigError, match=option):
        make()


def test_a_number_of_numpy_is_one() -> None:
    import numpy as np

    assert Dense(width=np.int64(8), dropout=np.float32(0.5)).width == 8
    with pytest.raises(ConfigError, match="a whole number"):
        Dense(width=np.float64(8))  # type: ignore[arg-type]


def test_the_signature_stays() -> None:
    @checked("group")
    def init(self: Any, first: int, second: bool = True) -> None:
        """Words."""

    assert list(inspect.signature(init).parameters) == ["self", "first", "second"]
    with pytest.raises(TypeError, match="missing"):
        init(None)  # type: ignore[call-arg]
    check("anything", object(), Path | None)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["+trainer.epoch=5"], "did you mean 'trainer.epochs'?"),
        (["+data.foo=1"], "unknown option 'data.foo'"),
        (["data=digits", "+data.foo=1"], "unknown option 'data.foo'"),
        (["+model.spec=1"], "unknown option 'model.spec'"),
        (["+nonsense.foo=1"], "unknown option 'nonsense.foo'"),
        (["+seed.foo=1"], "unknown option 'seed.foo'"),
        (["+experiment.foo=1"], "unknown option 'experiment.foo'"),
        (["~seed"], "~seed: this option cannot be left out"),
        (["~trainer.validation"], "cannot be left out"),
        (["network.members=0"], "network.members=0: it must be a whole number from 1 on"),
        (["+callbacks.x=3"], "callbacks.x=3: it names no class"),
        (["seed=${oc.env:NO_SUCH_NAME}"], "'NO_SUCH_NAME' not found"),
        (["data=csv", "data.path="], "'data.path' has no value: add data.path="),
        (["data.target="], "'data.target' has no value: add data.target="),
        (["rule="], "'rule' has no value: add rule='start <= end'"),
    ],
)
def test_an_option_is_used_or_refused(
    words: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    missing = "data.path=" in words  # which a printed config may leave open
    for more in ([], *([] if missing else [["--cfg", "job"]])):
        assert train([*words, *more]) == 2
        said = capsys.readouterr().err
        assert sentence in said
        assert said.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_plus_before_an_option_that_is_there_sets_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["+trainer.devices=2", "+trainer.strategy=ddp", "++trainer.fast_dev_run=true"]
    assert train([*words, "+trainer.gradient_clip_val=1", "--cfg", "job"]) == 0
    config = yaml.safe_load(capsys.readouterr().out)["trainer"]
    assert (config["devices"], config["strategy"]) == (2, "ddp")
    assert (config["fast_dev_run"], config["gradient_clip_val"]) == (True, 1)
