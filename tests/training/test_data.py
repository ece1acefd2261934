"""Data modules are Lightning's: a plain trainer learns from them what a run learns."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from torch import Tensor

import synth_dl
from synth_dl.configuration.compose import compose
from synth_dl.errors import ConfigError, DataError

SMALL: dict[str, dict[str, Any]] = {
    "Autoregressive": {"context": 8, "width": 8},
    "VAE": {"width": 16},
    "GAN": {"width": 16},
}


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    kind = random.choice(["a", "b", "c"], 400, p=[0.6, 0.3, 0.1])
    size = random.normal(np.where(kind == "a", 0.0, 5.0), 1.0).round(2)
    frame = pd.DataFrame({"kind": kind, "size": size, "on": random.random(400) < 0.4})
    frame.to_csv(tmp_path / "t.csv", index=False)
    return tmp_path / "t.csv"


def trainer(folder: Path, **more: Any) -> pl.Trainer:
    options = {"max_epochs": 4, "accelerator": "cpu", "logger": False,
               "enable_checkpointing": False, "enable_progress_bar": False,
               "enable_model_summary": False, "default_root_dir": folder}  # fmt: skip
    return pl.Trainer(**(options | more))


@pytest.mark.parametrize("family", list(SMALL))
def test_plain_lightning_trains_each_family(family: str, csv: Path, tmp_path: Path) -> None:
    data = synth_dl.TableData(csv)
    data.setup()
    model = getattr(synth_dl.models, family).for_data(data, network=SMALL[family])
    before = {name: value.clone() for name, value in model.state_dict().items()}
    trainer(tmp_path).fit(model, data)
    assert model.steps == 4 * len(data.train_dataloader())
    assert any(not torch.equal(before[name], value) for name, value in model.state_dict().items())
    drawn = synth_dl.Synthesizer(model, data.codec).sample(200)
    assert set(drawn["kind"]) <= {"a", "b", "c"}
    # Starting at the marginals and the last touch make them right after a few steps already.
    assert abs((drawn["kind"] == "a").mean() - 0.6) < 0.15


def test_images_go_the_same_way(tmp_path: Path) -> None:
    data = synth_dl.ImageData("digits", levels=2, batch_size=100, seed=1)
    data.setup()
    assert len(data.spec) == 65
    model = synth_dl.models.Autoregressive.for_data(data, network={"channels": 8, "members": 1})
    trainer(tmp_path, max_epochs=1).fit(model, data)
    drawn = synth_dl.ImageSynthesizer(model, data.codec).sample(3)
    assert drawn.pixels.shape == (3, 8, 8, 1)


def test_a_model_that_was_trained_so_is_kept_and_loaded(csv: Path, tmp_path: Path) -> None:
    data = synth_dl.TableData(csv)
    model = synth_dl.models.Autoregressive.for_data(data, network=SMALL["Autoregressive"])
    trainer(tmp_path, max_epochs=1).fit(model, data)
    synth = synth_dl.Synthesizer(model, data.codec)
    synth.save(tmp_path / "model")
    again = synth_dl.load(tmp_path / "model")
    pd.testing.assert_frame_equal(again.sample(20, seed=3), synth.sample(20, seed=3))


def test_first_weights_are_those_of_a_run(csv: Path) -> None:
    data = synth_dl.TableData(csv, seed=5)
    first = synth_dl.models.VAE.for_data(data)
    second = synth_dl.models.VAE.for_data(data)
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name])
    other = synth_dl.models.VAE.for_data(synth_dl.TableData(csv, seed=6))
    assert any(not torch.equal(value, other.state_dict()[name])
               for name, value in first.state_dict().items() if value.ndim == 2)  # fmt: skip


def test_an_epoch_is_a_pass_in_another_order(csv: Path) -> None:
    data = synth_dl.TableData(csv, batch_size=50)
    data.setup()
    batches = list(data.train_dataloader())
    assert len(batches) == len(data.train_dataloader()) == 360 // 50
    seen = torch.cat(batches)
    assert seen.shape == (350, len(data.spec))
    data.trainer = type("T", (), {"current_epoch": 1, "global_rank": 0, "world_size": 1})()  # type: ignore[assignment]
    later = torch.cat(list(data.train_dataloader()))
    assert not torch.equal(seen, later)

    def rows(codes: Tensor) -> list[Any]:
        return sorted(map(tuple, codes.tolist()))

    everything = rows(data.training.long())
    assert len(set(rows(seen)) - set(everything)) == 0
    assert sum(len(part) for part in data.val_dataloader()) == 40


def test_parts_are_fixed_by_the_seed(csv: Path) -> None:
    first, second, other = (synth_dl.TableData(csv, holdout=0.25, seed=s) for s in (0, 0, 1))
    for data in (first, second, other):
        data.setup()
    assert first.holdout is not None
    assert len(first.holdout) == 100
    assert len(first.training) + len(first.validation_codes) == first.rows == 300
    assert torch.equal(first.training, second.training)
    pd.testing.assert_frame_equal(first.holdout, second.holdout)
    assert not first.holdout.equals(other.holdout)


def test_everything_that_holds_a_table_is_taken(csv: Path) -> None:
    whole = synth_dl.TableData(str(csv))
    frame = synth_dl.TableData(pd.read_csv(csv))
    embedded = synth_dl.TableData("anes96")
    for data in (whole, frame, embedded):
        data.setup()
    assert torch.equal(whole.training, frame.training)
    assert embedded.target == "vote"
    assert list(whole.codec.schema.names) == ["kind", "size", "on"]


@pytest.mark.parametrize("name", ["anes96", "randhie", "digits", "patches"])
def test_a_config_makes_the_module(name: str) -> None:
    config = compose("train", [f"data={name}"])
    data = instantiate(config.data, seed=3)
    assert isinstance(data, synth_dl.ImageData if name in ("digits", "patches")
                      else synth_dl.TableData)  # fmt: skip
    data.read()
    assert data.rows > 300
    assert data.seed == 3


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"batch_size": 0}, ConfigError, "batch_size=0"),
        ({"min_count": 0}, ConfigError, "min_count"),
        ({"target": "nothing"}, ConfigError, "there is no such column"),
        ({"holdout": 2.0}, ConfigError, "a share between 0 and 1"),
        ({"holdout": "nowhere.csv"}, DataError, "no such file"),
        ({"validation": 1.5}, ConfigError, "validation=1.5"),
    ],
)
def test_options_that_make_no_sense(
    csv: Path, options: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        synth_dl.TableData(csv, **options).setup()


def test_a_batch_larger_than_the_table_and_a_trainer_without_end(csv: Path, tmp_path: Path) -> None:
    data = synth_dl.TableData(csv, batch_size=1000)
    data.setup()
    with pytest.raises(ConfigError, match="there are 360 training records"):
        data.train_dataloader()
    data = synth_dl.TableData(csv)
    model = synth_dl.models.Autoregressive.for_data(data, network=SMALL["Autoregressive"])
    with pytest.raises(ConfigError, match="give the trainer max_epochs or max_steps"):
        trainer(tmp_path, max_epochs=-1).fit(model, data)
    with pytest.raises(ConfigError, match="nothing"):
        synth_dl.models.VAE.for_data(data, nothing=3)


def test_what_does_nothing_for_an_array_is_refused() -> None:
    pixels = np.random.default_rng(0).integers(0, 4, (40, 4, 4))
    for option in ({"size": 2}, {"classes": False}, {"binarise": "threshold"}, {"holdout": 0.2}):
        with pytest.raises(ConfigError, match=f"{next(iter(option))} is for images from a file"):
            synth_dl.ImageData(pixels, **option)
    data = synth_dl.ImageData(pixels, validation=0.25)
    data.setup()
    assert (len(data.training), len(data.validation_codes)) == (30, 10)


def test_options_that_are_given_go_before_those_of_the_family() -> None:
    data = synth_dl.ImageData("digits")
    model = synth_dl.models.VAE.for_data(
        data, latent=3, network={"channels": 8}, likelihood={"mixtures": 2}
    )
    assert model.groups is not None
    found = {name: dict(entry) for name, entry in model.groups.items()}
    assert found["model"]["latent"] == 3
    assert found["network"]["channels"] == 8
    assert found["network"]["hidden"] == 256  # as the family takes it
    assert found["likelihood"]["mixtures"] == 2
