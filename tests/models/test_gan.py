"""The generative adversarial network: its losses, its marginals, and what it does when it fails."""

import logging
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from allowed_codes import all_but
from torch import Tensor

import synth_dl
from synth_dl.errors import ConfigError
from synth_dl.likelihoods.relaxed import Relaxed
from synth_dl.metrics.marginals import shape_errors
from synth_dl.models.adversarial import LOSSES
from synth_dl.models.augmenting import augment
from synth_dl.models.class_first import ClassFirst
from synth_dl.models.conditioning import Conditioning
from synth_dl.models.gan import GAN
from synth_dl.networks.dense import Dense
from synth_dl.noise import generator_for
from synth_dl.spec import Layout, Spec, Variable
from synth_dl.tables.evaluation.encoding import encode_tables

torch.set_num_threads(1)


SMALL = {"network__width": 32, "model__noise": 8, "progress": False}


SPEC = Spec((Variable("a", 4, 0), Variable("b", 3, 1)), ("a", "b"))


def skewed(rows: int = 2000) -> pd.DataFrame:
    """Columns with rare categories, spikes, missing cells and long tails."""
    rng = np.random.default_rng(6)
    amount = np.where(rng.random(rows) < 0.3, 0.0, rng.lognormal(3, 1, rows))
    frame = pd.DataFrame(
        {
            "word": rng.choice(list("pqrs"), rows, p=[0.7, 0.2, 0.08, 0.02]),
            "amount": amount,
            "age": rng.integers(18, 70, rows),
            "gaps": pd.Series(rng.normal(size=rows)).mask(rng.random(rows) < 0.4),
        }
    )
    frame["word"] = frame["word"].mask(rng.random(rows) < 0.05)
    return frame


def fit(frame: pd.DataFrame, **options: Any) -> synth_dl.Synthesizer:
    return synth_dl.fit(frame, model="gan", **(SMALL | {"trainer__steps": 60} | options))


@pytest.fixture(scope="module")
def synth() -> synth_dl.Synthesizer:
    """A model of `skewed`, hardly trained."""
    return fit(skewed())


def codes_of(shares: list[list[float]], rows: int) -> Tensor:
    rng = np.random.default_rng(1)
    columns = [rng.choice(len(each), rows, p=each) for each in shares]
    return torch.from_numpy(np.stack(columns, 1))


# Rare values


def test_what_a_row_was_chosen_by_is_given() -> None:
    codes = codes_of([[0.97, 0.01, 0.01, 0.01], [0.98, 0.01, 0.01]], 3000)
    conditioning = Conditioning(Relaxed(SPEC), "all", ClassFirst(SPEC, False))
    conditioning.fit(codes, rare=True)
    batch = torch.zeros(1000, 2, dtype=torch.long)
    chosen, known = conditioning.choose(batch, 0.5, 0.3, generator_for(3))
    exchanged = (chosen != 0).any(1)
    assert exchanged[:300].float().mean() > 0.4
    assert not exchanged[300:].any()
    assert known[:300].any(1).all()
    assert not known[500:].any()
    # A rare category that is not given came along with one that is.
    assert (known[:300] & (chosen[:300] > 0)).any(1).float().mean() > 0.4


def test_nothing_is_given_where_no_column_may_be() -> None:
    conditioning = Conditioning(Relaxed(SPEC), "none", ClassFirst(SPEC, False))
    codes = codes_of([[0.25] * 4, [1 / 3] * 3], 200)
    conditioning.fit(codes, rare=True)
    chosen, known = conditioning.choose(codes, 0.5, 0.3, generator_for(3))
    assert torch.equal(chosen, codes)
    assert not known.any()


def test_a_class_drawn_first_is_always_given_and_drawn_by_its_share() -> None:
    codes = codes_of([[0.5, 0.3, 0.15, 0.05], [1 / 3] * 3], 3000)
    conditioning = Conditioning(Relaxed(SPEC), "none", ClassFirst(SPEC, True))
    conditioning.fit(codes, rare=True)
    chosen, known = conditioning.choose(codes, 0.5, 0.3, generator_for(3))
    assert torch.equal(chosen, codes)
    assert known.all(0).tolist() == [True, False]
    given = torch.full((6000, 2), -1)
    given[:1000, 0] = 2
    filled = conditioning.with_class(given, torch.rand(6000, 2, generator=generator_for(4)))
    assert (filled[:1000, 0] == 2).all()
    assert (filled[:, 1] == -1).all()
    found = torch.bincount(filled[1000:, 0], minlength=4) / 5000
    wanted = torch.bincount(codes[:, 0], minlength=4) / 3000
    assert (found - wanted).abs().max() < 0.03
    others = all_but(conditioning.spec, {0: 0})
    filled = conditioning.with_class(given, torch.rand(6000, 2, generator=generator_for(4)), others)
    assert set(filled[1000:, 0].tolist()) == {1, 2, 3}


def test_a_class_drawn_first_is_emphasised_and_nothing_else_is() -> None:
    relaxed = Relaxed(SPEC)
    codes = torch.tensor([[2, 1], [0, 2]])
    vectors = relaxed.lift(relaxed.features(codes))
    found = Conditioning(relaxed, "all", ClassFirst(SPEC, True)).emphasised(vectors)
    torch.testing.assert_close(found[:, :4], 2 * vectors[:, :4])
    assert torch.equal(found[:, 4:], vectors[:, 4:])
    plain = Conditioning(relaxed, "all", ClassFirst(SPEC, False)).emphasised(vectors)
    assert torch.equal(plain, vectors)


# Marginals


def test_marginals_are_those_of_the_training_rows_after_a_short_training(
    synth: synth_dl.Synthesizer,
) -> None:
    frame = skewed()
    drawn = synth.sample(4000, seed=1)
    tables = encode_tables({"real": frame, "drawn": drawn}, synth.codec.schema)
    errors = shape_errors(tables["real"], tables["drawn"])
    assert set(errors) == set(frame)
    assert max(errors.values()) < 5
    for name in frame:
        missing = frame[name].isna().mean(), drawn[name].isna().mean()
        assert missing[1] == pytest.approx(missing[0], abs=0.03)
    assert (drawn["amount"] == 0).mean() == pytest.approx(0.3, abs=0.04)
    assert (drawn["word"] == "s").sum() > 20


# Each record alone


def test_a_record_does_not_depend_on_the_others_of_its_batch(synth: synth_dl.Synthesizer) -> None:
    model: Any = synth.model.eval()
    uniform = torch.rand(64, model.noise_size, generator=generator_for(4))
    given = torch.full((64, len(model.spec)), -1)
    given[::2, 0] = 1
    together = model.sample(given, uniform)
    order = torch.randperm(64, generator=generator_for(5))
    assert torch.equal(model.sample(given[order], uniform[order]), together[order])
    alone = torch.cat([model.sample(given[k : k + 1], uniform[k : k + 1]) for k in range(64)])
    # Sums of another order differ in the last bits, which seldom turn a code.
    assert (alone == together).all(1).float().mean() > 0.9
    assert (together[::2, 0] == 1).all()


# Losses


@pytest.mark.parametrize("loss", LOSSES)
def test_a_step_of_every_loss_changes_both_networks_and_stays_finite(loss: str) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = GAN(Dense(width=12, blocks=1), Relaxed(SPEC), noise=3, loss=loss)
    codes = codes_of([[0.4, 0.3, 0.2, 0.1], [0.5, 0.3, 0.2]], 64)
    model.initialise(codes)
    model.log_dict = lambda *_, **__: None  # type: ignore[method-assign]
    before = {key: value.clone() for key, value in model.named_parameters()}
    optimizers = model.configure_optimizers()
    for _ in range(3):
        model.learn(codes, optimizers)
    moved = {key for key, value in model.named_parameters() if not torch.equal(value, before[key])}
    assert all(value.isfinite().all() for value in model.state_dict().values())
    for part in ("generator", "discriminator"):
        assert any(key.startswith(part) for key in moved)
    assert model.divergence.at is None


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_trains_a_table(loss: str) -> None:
    model = fit(skewed(300), model__loss=loss, trainer__steps=20)
    assert "diverged at step" not in model.facts
    assert len(model.sample(30)) == 30


# Augmentation


def test_images_are_shifted_and_cut_and_other_numbers_stay() -> None:
    layout = Layout(3, 2, 8, 6)
    vectors = torch.rand(200, layout.size, generator=generator_for(1)).requires_grad_(True)
    found = augment(vectors, layout, 1.0, generator_for(2))
    assert found.shape == vectors.shape
    assert torch.equal(found[:, :3], vectors[:, :3])
    assert (found[:, 3:] != vectors[:, 3:]).any(1).float().mean() > 0.9
    (slope,) = torch.autograd.grad((found**2).sum(), vectors)
    assert slope.isfinite().all()
    assert (slope[:, 3:] != 0).float().mean() > 0.4
    assert torch.equal(augment(vectors, layout, 1.0, generator_for(2)), found)
    table = Layout(5)
    plain = torch.rand(4, 5)
    assert torch.equal(augment(plain, table, 1.0, generator_for(2)), plain)


# Failure


class Oracle(torch.nn.Module):
    """A discriminator that remembers the real records."""

    def __init__(self, real: Tensor) -> None:
        super().__init__()
        self.real, self.weight = real, torch.nn.Parameter(torch.ones(()))

    def forward(self, vectors: Tensor) -> Tensor:
        known = (vectors[:, None, : self.real.shape[1]] - self.real).abs().sum(2) < 1e-6
        return known.any(1, keepdim=True) * self.weight + 0 * vectors.sum(1, keepdim=True)


@pytest.mark.parametrize("given_share", [0.0, 0.5])
def test_a_discriminator_that_tells_every_pair_apart_ends_the_training(
    given_share: float, caplog: pytest.LogCaptureFixture
) -> None:
    codes = torch.zeros(64, 2, dtype=torch.long)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = GAN(Dense(width=12, blocks=1), Relaxed(SPEC), noise=3, given_share=given_share)
    model.initialise(codes)
    model.marginals.start[[0, 4]] = -99.0  # whatever is made is something else
    model.discriminator = Oracle(model.relaxed.features(codes[:1]))
    model.log_dict = lambda *_, **__: None  # type: ignore[method-assign]
    optimizers = [torch.optim.SGD(each.parameters(), 0.0)
                  for each in (model.discriminator, model.generator)]  # fmt: skip
    checkpoint: dict[str, Any] = {}
    for step in range(100):
        assert not model.ended, step
        model.learn(codes, optimizers)
        if step == 50:  # as after a resume
            model.on_save_checkpoint(checkpoint)
            model.divergence.won = 0
            model.on_load_checkpoint(checkpoint)
    assert model.ended
    assert "tells all generated records from real ones" in caplog.text


def test_a_gan_that_diverges_says_so_and_keeps_the_weights_before(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = GAN.training_step

    def poisoned(self: GAN, codes: Tensor, batch_index: int) -> None:
        if self.done == 35:
            with torch.no_grad():
                next(self.discriminator.parameters()).fill_(math.nan)
        plain(self, codes, batch_index)

    monkeypatch.setattr(GAN, "training_step", poisoned)
    with caplog.at_level(logging.WARNING):
        model = fit(skewed(300))
    assert "the GAN diverged at step 35" in caplog.text
    assert "model.learning_rate" in caplog.text
    assert "the weights of the last good round are kept" in caplog.text
    assert model.facts["diverged at step"] == 35
    assert all(value.isfinite().all() for value in model.model.state_dict().values())
    drawn = model.sample(200)
    assert drawn["age"].between(18, 70).all()
    assert drawn["word"].nunique() > 2


def test_a_gan_that_diverges_at_once_is_refused_and_says_why(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with (
        caplog.at_level(logging.WARNING),
        pytest.raises(ConfigError, match=r"try a smaller model\.learning_rate"),
    ):
        fit(skewed(300), model__learning_rate=1e9)
    assert "diverged" in caplog.text
    assert "are kept" not in caplog.text  # as there are none


def test_probabilities_of_a_gan_are_refused(synth: synth_dl.Synthesizer) -> None:
    frame = skewed().head(5)
    for ask in (
        lambda: synth.log_prob(frame),
        lambda: synth.log_prob(frame, importance=5),
        lambda: synth.predict_proba(frame, "word"),
    ):
        with pytest.raises(ConfigError, match="GAN") as refused:
            ask()
        assert "take model=autoregressive" in str(refused.value)
        assert "\n" not in str(refused.value)


def test_calibration_changes_no_image(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.random.default_rng(0).integers(0, 3, (120, 4, 4))
    options = {"model": "gan", "network__width": 16, "progress": False, "trainer__steps": 20}
    for labels in (None, np.arange(120) % 2):
        model = synth_dl.fit(pixels, labels, **options).model
        assert not model.calibration
        before = {key: value.clone() for key, value in model.state_dict().items()}
        codes = torch.zeros(8, len(model.spec), dtype=torch.long)
        model.calibrate(codes, codes)
        assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


def test_a_given_coarse_code_has_fine_codes_that_exist() -> None:
    spec = Spec(
        (Variable("a", 3, 0), Variable("a fine", 5, 0, parent=0, children=(5, 1, 1))), ("a",)
    )
    relaxed = Relaxed(spec)
    vectors = relaxed.features(torch.tensor([[0, 4], [1, 0], [0, 3]]))
    assert relaxed.harden(vectors).tolist() == [[0, 4], [1, 0], [0, 3]]
    given = torch.tensor([[2, -1], [0, -1], [-1, 1]])
    assert relaxed.harden(vectors, given).tolist() == [[2, 0], [0, 0], [0, 1]]


def test_the_first_steps_of_a_short_training_are_small_where_numbers_have_ranks() -> None:
    """A rank that is thrown to its end has no gradient to come back by: all modes but one go."""
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(400, 2)), columns=["x", "y"])
    rates: list[float] = []
    plain = GAN.log_dict

    def keep(self: GAN, logs: Any, *args: Any, **options: Any) -> None:
        rates.append(logs["learning_rate"])
        plain(self, logs, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GAN, "log_dict", keep)
        synth = fit(frame, trainer__steps=200, network__width=32)
    assert max(rates[:8]) < 0.15 * max(rates)
    assert max(rates) > 0.9e-3
    uniform = torch.rand(500, synth.model.noise_size, generator=generator_for(0))
    drawn = synth.model.sample(torch.full((500, len(synth.model.spec)), -1), uniform)
    assert all(len(code.unique()) > 5 for code in drawn.T)
