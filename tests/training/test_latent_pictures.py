"""Pictures of a training: those of latents, which only some families have, and when they come."""

import copy
import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor

import synth_dl
from synth_dl.cli import train
from synth_dl.images.pictures import ImagePictures
from synth_dl.models.latents import interpolate, kl_of, reconstruct
from synth_dl.noise import generator_for
from synth_dl.training.callbacks.pictures import Pictures
from synth_dl.training.latent_pictures import kl_figure

torch.set_num_threads(1)
LATENT_TABLES = {"kl_per_dimension"}
LATENT_IMAGES = LATENT_TABLES | {"reconstructions", "interpolations"}
SMALL = ("network=dense", "network.width=16", "trainer.steps=20", "assess=false")
VAE = ("model=vae", "model.prior=normal")


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """200 images that are all black or all white, but for a few pixels."""
    rng = np.random.default_rng(0)
    white = rng.random((200, 1, 1)) < 0.5
    return (rng.random((200, 4, 4)) < np.where(white, 0.99, 0.01)).astype(int)


@pytest.fixture(scope="module")
def model(images: np.ndarray) -> Any:
    """A VAE that has learned which is which."""
    return synth_dl.fit(
        images, model="vae", progress=False, trainer__steps=300, network="dense",
        network__width=32, network__dropout=0.0, model__latent=3, model__prior="normal",
        model__partial=0.0,
    ).model  # fmt: skip


@pytest.fixture
def codes(images: np.ndarray) -> Tensor:
    return torch.from_numpy(images[:40].reshape(40, -1))


def pictures_of(run: Path) -> dict[str, list[int]]:
    """The steps of each picture of a run."""
    events = EventAccumulator(str(run / "tensorboard"), size_guidance={"images": 0})
    events.Reload()
    tags: Any = events.Tags()
    return {tag: [image.step for image in events.Images(tag)] for tag in tags["images"]}


def test_reconstructions_are_drawn_near_their_images(model: Any, codes: Tensor) -> None:
    drawn = reconstruct(model, codes, generator_for(0))
    assert drawn.shape == codes.shape
    assert set(drawn.unique().tolist()) == {0, 1}
    assert ((drawn.float().mean(1) > 0.5) == (codes.float().mean(1) > 0.5)).all()
    assert (drawn == reconstruct(model, codes, generator_for(0))).all()
    assert (drawn != reconstruct(model, codes, generator_for(1))).any()


def test_interpolations_lead_from_one_image_to_the_other(model: Any) -> None:
    black, white = torch.zeros(2, 16, dtype=torch.long), torch.ones(2, 16, dtype=torch.long)
    drawn = interpolate(model, black, white, 6, generator_for(0))
    assert drawn.shape == (2, 6, 16)
    shares = drawn.float().mean(2)
    assert (shares[:, 0] < 0.2).all()
    assert (shares[:, -1] > 0.8).all()
    there = interpolate(model, black, black, 6, generator_for(0))
    assert (there == there[:, :1]).all()  # one place, one noise, one image


def test_kl_of_is_the_mean_over_records_and_tells_what_is_shared(model: Any, codes: Tensor) -> None:
    nats, shared = kl_of(model, codes)
    means, log_scales = model.encode(model.relaxed.seen(codes))
    posterior = torch.distributions.Normal(means, log_scales.exp())
    wanted = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0, 1))
    torch.testing.assert_close(nats, wanted.mean(0).detach())
    moments = means.mean(0), (log_scales.exp().square().mean(0) + means.var(0, correction=0)).sqrt()
    told = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(*moments))
    torch.testing.assert_close(nats - shared, told.mean(0).detach())
    one = kl_of(model, codes[:1])
    torch.testing.assert_close(one[0], one[1])  # nothing differs within one record


def test_the_longest_bar_stands_first() -> None:
    figure = kl_figure(np.array([0.5, 2.0, 1.0]), np.array([0.5, 0.25, 0.0]))
    panel = figure.axes[0]
    told, shared = ([bar.get_height() for bar in bars.patches] for bars in panel.containers)
    assert [told, shared] == [[1.75, 1.0, 0.0], [0.25, 0.0, 0.5]]
    assert [label.get_text() for label in panel.get_xticklabels()] == ["1", "2", "0"]
    many = kl_figure(np.ones(200), np.zeros(200)).axes[0]
    assert len(many.get_xticks()) < 20


@pytest.mark.parametrize(
    ("family", "wanted"),
    [
        ([*VAE, *SMALL], {"samples", "completions"} | LATENT_IMAGES),
        (["model=gan", *SMALL], {"samples"}),
        ([*SMALL[2:], "network.channels=8", "network.hidden=16"], {"samples", "completions"}),
    ],
    ids=["vae", "gan", "autoregressive"],
)
def test_a_short_run_of_images_has_the_pictures_of_its_family(
    family: list[str], wanted: set[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        assert train(["data=digits", f"run_dir={tmp_path / 'run'}", *family]) == 0
    assert caplog.records == []
    assert pictures_of(tmp_path / "run") == {name: [10, 20] for name in wanted}


@pytest.mark.parametrize(
    ("family", "wanted"), [(VAE, LATENT_TABLES), (("model=gan",), set())], ids=["vae", "gan"]
)
def test_a_short_run_of_a_table_has_the_pictures_of_its_family(
    family: tuple[str, ...], wanted: set[str], tmp_path: Path
) -> None:
    run, table = tmp_path / "run", tmp_path / "table.csv"
    table.write_text("a,b\n" + "1,x\n2,y\n3,y\n" * 40, encoding="utf-8")
    words = ["data=csv", f"data.path={table}", f"run_dir={run}"]
    assert train([*words, *family, *SMALL]) == 0
    assert set(pictures_of(run)) == {"marginals"} | wanted


def test_pictures_are_of_the_weights_that_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, Tensor]] = []

    def weights(task: ImagePictures, model: Any, codes: Tensor) -> None:
        assert not model.training
        seen.append(copy.deepcopy(model.decoder.state_dict()))

    monkeypatch.setattr(ImagePictures, "_samples", weights)
    run = tmp_path / "run"
    assert train(["data=digits", *VAE, f"run_dir={run}", *SMALL]) == 0
    kept = synth_dl.load(run / "artifact").model
    averaged = kept.decoder.state_dict()
    assert [all((each[name] == averaged[name]).all() for name in averaged) for each in seen] == [
        False, True,
    ]  # fmt: skip
    last = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    current = last["current_model_state"]
    assert any((current[f"decoder.{name}"] != averaged[name]).any() for name in averaged)


@pytest.mark.parametrize(
    ("rounds", "times", "drawn"),
    [(10, 2, [5, 10]), (7, 2, [3, 7]), (2, 10, [1, 2]), (1, 2, [1]), (10, 3, [2, 6, 10])],
)
def test_the_last_picture_comes_at_the_end(rounds: int, times: int, drawn: list[int]) -> None:
    seen: list[str] = []
    board = SimpleNamespace(add_figure=lambda name, *_: seen.append(name))
    codes = torch.zeros(3, 2, dtype=torch.int16)
    trainer: Any = SimpleNamespace(
        max_epochs=rounds, is_global_zero=True, sanity_checking=False,
        loggers=[SimpleNamespace(experiment=board)],
        datamodule=SimpleNamespace(validation_codes=codes),
    )  # fmt: skip
    model = SimpleNamespace(device="cpu", done=0)
    pictures: dict[str, Any] = {
        "shown": lambda model, codes: str(codes.dtype),
        "broken": lambda model, codes: 1 / 0,
        "absent": lambda model, codes: None,
    }
    rounds_drawn = []
    for trainer.current_epoch in range(rounds):
        before = len(seen)
        Pictures(pictures, times).on_validation_epoch_end(trainer, model)
        rounds_drawn += [trainer.current_epoch + 1] * (len(seen) - before)
    assert rounds_drawn == drawn
    assert set(seen) == {"shown"}


def test_only_some_families_have_latents(model: Any, synth: synth_dl.Synthesizer) -> None:
    assert model.latent > 0
    assert synth.model.latent == 0
