"""Lightning's ways with a model and its data: loaders, tests, checkpoints, loggers."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import CSVLogger
from torch.utils.data import DataLoader, TensorDataset

from synth_dl.cli import train
from synth_dl.errors import ConfigError
from synth_dl.models.autoregressive import Autoregressive
from synth_dl.models.gan import GAN
from synth_dl.models.gradient import GradientModel
from synth_dl.models.vae import VAE
from synth_dl.tables.data import TableData

SMALL: dict[type[GradientModel], dict[str, Any]] = {
    Autoregressive: {"network": {"width": 16, "context": 16}},
    VAE: {"network": {"width": 16}, "latent": 2, "prior": "normal", "learning_rate": 0.02},
    GAN: {"network": {"width": 16}, "noise": 4},
}


@pytest.fixture(scope="module")
def data() -> TableData:
    rng = np.random.default_rng(0)
    x = rng.normal(size=600).round(2)
    frame = pd.DataFrame({"x": x, "y": np.where(x > 0, "up", "down")})
    made = TableData(frame, holdout=0.2)
    made.read()
    return made


@pytest.fixture
def options(tmp_path: Path) -> dict[str, Any]:
    """Of a quiet trainer."""
    return {
        "accelerator": "cpu", "default_root_dir": tmp_path, "enable_progress_bar": False,
        "enable_model_summary": False, "logger": False,
    }  # fmt: skip


@pytest.fixture
def table(data: TableData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The rows of `data` as a file in the present folder, in the words of a command."""
    monkeypatch.chdir(tmp_path)
    data.table.frame.to_csv("table.csv", index=False)
    return ["data=csv", "data.path=table.csv"]


def nats(model: GradientModel, data: TableData) -> float:
    with torch.no_grad():
        return float(-model.eval().log_prob(data.validation_codes.long()).sum(1).mean())


@pytest.mark.filterwarnings("ignore:You defined a `validation_step`")
@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("family", [Autoregressive, VAE])
def test_a_loader_of_codes_is_learnt_from(
    family: Any, wrapped: bool, data: TableData, options: dict[str, Any]
) -> None:
    model = family.for_data(data, **SMALL[family])
    before = nats(model, data)
    model.train()
    records: Any = TensorDataset(data.training) if wrapped else data.training
    order = torch.Generator().manual_seed(0)
    loader = DataLoader(records, batch_size=32, shuffle=True, generator=order)
    pl.Trainer(max_epochs=8, **options).fit(model, loader)
    assert nats(model, data) < before - 0.3


@pytest.mark.filterwarnings("ignore:You defined a `validation_step`")
def test_a_loader_of_something_else_is_refused(data: TableData, options: dict[str, Any]) -> None:
    model = VAE.for_data(data, **SMALL[VAE])
    for batch in (torch.zeros(64, 99), [torch.zeros(64, 2), torch.zeros(64)]):
        with pytest.raises(ConfigError, match="take those of a data module such as TableData"):
            pl.Trainer(max_epochs=1, **options).fit(model, DataLoader([batch], batch_size=None))  # type: ignore[arg-type]


@pytest.mark.parametrize("family", SMALL)
def test_checkpoints_tests_and_validations(
    family: Any, data: TableData, options: dict[str, Any], tmp_path: Path
) -> None:
    model = family.for_data(data, **SMALL[family])
    trainer = pl.Trainer(max_epochs=1, **options)
    trainer.fit(model, data)
    trainer.save_checkpoint(tmp_path / "model.ckpt")
    again = family.load_from_checkpoint(tmp_path / "model.ckpt")
    assert type(again) is family
    for name, value in model.state_dict().items():
        assert torch.equal(value, again.state_dict()[name])
    name = model.monitor.partition("/")[0]
    tested = trainer.test(again, data, verbose=False)[0]
    watched = trainer.validate(again, data, verbose=False)[0]
    assert np.isfinite(tested[f"{name}/test"])
    assert watched[f"{name}/validation"] != tested[f"{name}/test"]
    assert GradientModel.load_from_checkpoint(tmp_path / "model.ckpt").groups == model.groups
    other = VAE if family is not VAE else GAN
    with pytest.raises(ConfigError, match=f"this is of {family.__name__}"):
        other.load_from_checkpoint(tmp_path / "model.ckpt")


def test_checkpoints_of_a_run_and_other_files(table: list[str]) -> None:
    words = [*table, "run_dir=run", "trainer.steps=20", "assess=false"]
    small = ["network.width=16", "model.latent=2", "model.prior=normal"]
    assert train(["model=vae", *small, *words]) == 0
    found = VAE.load_from_checkpoint("run/checkpoints/best.ckpt", free_bits=0.5)
    assert (found.latent, found.free_bits) == (2, 0.5)
    with pytest.raises(ConfigError, match="check the path"):
        VAE.load_from_checkpoint("nothing.ckpt")
    with pytest.raises(ConfigError, match="this is no checkpoint"):
        VAE.load_from_checkpoint("table.csv")


def test_without_a_holdout_validation_records_are_tested_and_it_is_said(
    data: TableData, options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    plain = TableData(data.table.frame)
    model = VAE.for_data(plain, **SMALL[VAE])
    tested = pl.Trainer(**options).test(model, plain, verbose=False)[0]
    watched = pl.Trainer(**options).validate(model, plain, verbose=False)[0]
    assert tested["nats/test"] == pytest.approx(watched["nats/validation"])
    assert "give holdout=0.2" in caplog.text


def test_every_logger_of_a_run_gets_the_figures(table: list[str]) -> None:
    words = [*table, "trainer.steps=20", "network.width=16"]
    assert train([*words, "logger=csv", "run_dir=run"]) == 0
    log = pd.read_csv("run/lightning_logs/metrics.csv")
    assert {"nats/validation", "assessment/shape_error"} <= set(log)
    assert "model.any_order: 0.3" in Path("run/lightning_logs/hparams.yaml").read_text()
    both = [f"+logger.more._target_={CSVLogger.__module__}.CSVLogger", "logger=null"]
    both += ["+logger.board._target_=pytorch_lightning.loggers.TensorBoardLogger"]
    assert train([*words, *both, "run_dir=both"]) == 0
    assert list(Path("both").glob("lightning_logs/*/metrics.csv"))
    assert list(Path("both").glob("lightning_logs/*/events*"))


def test_hparams_show_whatever_differs(table: list[str]) -> None:
    """As TensorBoard itself gathers the rows of several runs."""
    words = [*table, "trainer.steps=10", "network.width=8"]
    words += ["model=vae", "model.prior=normal", "model.latent=1", "callbacks.pictures=0"]
    assert train([*words, "run_dir=runs/a"]) == 0
    other = ["model.free_bits=0.3", "model.partial=0", "trainer.validation=0.2"]
    assert train([*words, *other, "callbacks.average.decay=0.5", "run_dir=runs/b"]) == 0
    assert {"model.free_bits", "model.partial", "trainer.validation",
            "callbacks.average.decay"} <= differing(Path("runs"))  # fmt: skip


def differing(folder: Path) -> set[str]:
    from tensorboard import context
    from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
    from tensorboard.plugins import base_plugin
    from tensorboard.plugins.hparams import backend_context

    events = plugin_event_multiplexer.EventMultiplexer().AddRunsFromDirectory(str(folder))
    events.Reload()
    provider = data_provider.MultiplexerDataProvider(events, str(folder))
    backend = backend_context.Context(base_plugin.TBContext(data_provider=provider))
    request = context.RequestContext()
    known = backend.hparams_metadata(request, "")
    experiment = backend.experiment_from_metadata(request, "", True, known, None)
    assert any("assessment/" in info.name.tag for info in experiment.metric_infos)
    return {info.name for info in experiment.hparam_infos if info.differs}
