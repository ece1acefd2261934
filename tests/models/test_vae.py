"""The variational autoencoder: a bound that is one, and draws that follow the model."""

import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
import torch
from allowed_codes import all_but
from dependent_table import dependent, fit
from scipy.stats import chisquare
from torch import Tensor

import synth_dl
from synth_dl.errors import ConfigError
from synth_dl.models.class_first import ClassFirst
from synth_dl.models.vae import VAE
from synth_dl.noise import generator_for
from synth_dl.spec import Spec, Variable

torch.set_num_threads(1)

LEVELS = (3, 2, 4)


@pytest.fixture(scope="module", params=[False, True], ids=["all at once", "class first"])
def synth(request: pytest.FixtureRequest) -> synth_dl.Synthesizer:
    """A model of one latent variable, small enough to integrate over it."""
    first = request.param
    return fit(dependent(), model__latent=1, model__prior="normal", model__class_first=first)


@pytest.fixture(scope="module")
def vae(synth: synth_dl.Synthesizer) -> VAE:
    model = synth.model.eval()
    assert isinstance(model, VAE)
    assert model.spec.levels == LEVELS
    return model


def every_record() -> Tensor:
    return torch.tensor(list(product(*map(range, LEVELS))))


@torch.no_grad()
def exact(vae: VAE, codes: Tensor) -> Tensor:
    """[B] log p(known codes), integrated over one latent variable by a grid, and over a class."""
    step = 0.01
    z = torch.arange(-8, 8, step)[:, None]
    prior = torch.distributions.Normal(0.0, 1.0).log_prob(z[:, 0])
    classes = range(vae.leading.levels)
    decoded = [
        vae.parameters_of(vae.decode(z, one_hot(vae, each, len(z)))) for each in classes or [0]
    ]
    shares = vae.leading.shares.tolist()
    found = []
    for record in codes:
        terms = []
        for each, parameters in enumerate(decoded):
            if classes and record[0] not in (-1, each):
                continue
            held = record.expand(len(z), -1)
            nats = vae.likelihood.log_prob(vae.parameters_of.given(parameters, held), held)
            nats = nats[:, 1:].sum(1) + math.log(shares[each]) if classes else nats.sum(1)
            terms.append((nats + prior).double().logsumexp(0) + math.log(step))
        found.append(torch.stack(terms).logsumexp(0))
    return torch.stack(found)


def one_hot(vae: VAE, place: int, rows: int) -> Tensor:
    """[rows, levels] one class, as the decoder gets it; [rows, 0] where none is drawn first."""
    return (torch.arange(vae.leading.levels) == place).float().expand(rows, -1)


def partly_known(codes: Tensor) -> Tensor:
    """The same records with every combination of unknown codes, none and all among them."""
    masks = torch.tensor(list(product([False, True], repeat=len(LEVELS))))
    return torch.cat([torch.where(mask, -1, codes) for mask in masks])


# The bound


def test_probabilities_of_all_records_sum_to_one(vae: VAE) -> None:
    assert exact(vae, every_record()).exp().sum().item() == pytest.approx(1, abs=1e-3)
    found = vae.bound(every_record(), 4000)[0].double().exp().sum().item()
    assert found == pytest.approx(1, abs=0.02)


def test_the_bound_of_many_draws_is_the_integral_over_the_hidden_number(vae: VAE) -> None:
    codes = every_record()
    found, error = vae.bound(codes, 8000)
    wanted = exact(vae, codes)
    assert ((found - wanted).abs() < 5 * error + 2e-3).all()
    assert error.mean() < 0.03
    assert wanted.std() > 0.5


def test_the_bound_of_a_partly_known_record_is_that_of_its_known_part(vae: VAE) -> None:
    codes = partly_known(every_record()[::5])
    found, error = vae.bound(codes, 8000)
    assert ((found - exact(vae, codes)).abs() < 5 * error + 2e-3).all()
    assert (codes < 0).all(1).any()  # of nothing the bound is 0
    assert exact(vae, nothing(1)).item() == pytest.approx(0, abs=1e-3)


def test_the_bound_rises_with_the_number_of_draws(
    vae: VAE, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = every_record()
    means: dict[int, list[float]] = {1: [], 8: [], 64: []}
    for seed in range(150):  # all records share their draws, so these must change
        monkeypatch.setattr("synth_dl.models.weighing.BOUND_SEED", seed)
        for k, found in means.items():
            found.append(float(vae.bound(codes, k)[0].double().mean()))
    one, few, many = (float(np.mean(found)) for found in means.values())
    error = float(np.std(means[1]) / math.sqrt(150))
    wanted = float(exact(vae, codes).mean())
    assert one < few - 3 * error
    assert few < many
    assert many < wanted + 2e-3
    assert wanted - many < (wanted - one) / 8


def test_the_standard_error_falls_with_the_root_of_the_number_of_draws(vae: VAE) -> None:
    codes = every_record()
    few, many = (float(vae.bound(codes, k)[1].mean()) for k in (250, 4000))
    assert few / many == pytest.approx(4, rel=0.3)
    assert vae.bound(codes, 1)[1].isnan().all()


def test_a_figure_does_not_depend_on_the_other_records(vae: VAE) -> None:
    codes = every_record()
    together = vae.log_prob(codes)[:, 0]
    alone = torch.cat([vae.log_prob(record[None])[:, 0] for record in codes])
    torch.testing.assert_close(together, alone)


def test_parts_bound_the_memory_and_change_no_figure(
    vae: VAE, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = partly_known(every_record())
    wanted = vae.bound(codes, 100)[0]
    size = vae.parameters_of.layout.size
    monkeypatch.setattr("synth_dl.models.weighing.NUMBERS", 100 * size + 1)  # a hundred draws
    assert len(codes) > 1
    torch.testing.assert_close(vae.bound(codes, 100)[0], wanted)


def test_many_records_at_once_are_as_each_is_by_itself(
    vae: VAE, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = partly_known(every_record())
    monkeypatch.setattr("synth_dl.models.weighing.NUMBERS", 50 * vae.parameters_of.layout.size)
    times = 2 + 50 // len(few)
    many = few.repeat(times, 1)
    for codes in (few, many[:0]):
        assert vae.bound(codes, 4)[0].shape == (len(codes),)
    torch.testing.assert_close(vae.bound(many, 4)[0], vae.bound(few, 4)[0].repeat(times))
    shares = vae.conditional(few, 0)
    torch.testing.assert_close(vae.conditional(many, 0), shares.repeat(times, 1))
    generator = torch.Generator().manual_seed(0)
    uniform = torch.rand(len(many), 2, vae.noise_size, generator=generator)
    resampling = torch.rand(len(many), len(vae.spec) + 1, generator=generator)
    together, _ = vae.complete(many, uniform, resampling)
    last = slice(-len(few), None)
    alone, _ = vae.complete(many[last], uniform[last], resampling[last])
    assert (together[last] == alone).all()


def test_more_draws_may_be_asked_for(synth: synth_dl.Synthesizer) -> None:
    frame = dependent().head(40)
    model = synth.model
    codes = torch.from_numpy(synth.codec.encode(frame).astype(np.int64))
    wanted = model.bound(codes, 300)[0]  # type: ignore[operator]
    found = torch.from_numpy(synth.log_prob(frame, importance=300)).float()
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-4)
    assert (synth.log_prob(frame) != synth.log_prob(frame, importance=2)).all()
    for wrong in (0, -1, True):
        with pytest.raises(ConfigError, match="whole number from 1 on"):
            synth.log_prob(frame, importance=wrong)


# What follows from it


def test_a_conditional_agrees_with_the_enumeration_of_complete_records(vae: VAE) -> None:
    codes = every_record()[::3]
    for variable, levels in enumerate(LEVELS):
        known = codes.clone()
        known[:, variable] = -1
        found = vae.conditional(known, variable)
        torch.testing.assert_close(found.sum(1), torch.ones(len(codes)))
        filled = []
        for level in range(levels):
            known[:, variable] = level
            filled.append(exact(vae, known))
        wanted = torch.stack(filled, 1).softmax(1)
        assert (found - wanted).abs().max() < 0.1
        assert (found - wanted).abs().mean() < 0.02
        assert wanted.std(0).max() > 0.1  # what is known matters


def test_predicted_probabilities_follow_the_table(synth: synth_dl.Synthesizer) -> None:
    frame = pd.DataFrame({"a": ["x", "z"], "c": ["2", "1"]})
    found = synth.predict_proba(frame, "b")
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    assert found["yes"][0] > 0.8
    assert found["yes"][1] < 0.3


def nothing(rows: int) -> Tensor:
    return torch.full((rows, len(LEVELS)), -1)


def test_records_are_as_frequent_as_the_integral_says(vae: VAE) -> None:
    rows, records = 20_000, every_record()
    drawn = vae.sample(nothing(rows), torch.rand(rows, vae.noise_size, generator=generator_for(3)))
    place = (drawn[:, 0] * LEVELS[1] + drawn[:, 1]) * LEVELS[2] + drawn[:, 2]
    expected = exact(vae, records).exp().numpy()
    counts = np.bincount(place, minlength=len(records))
    assert chisquare(counts, expected / expected.sum() * rows).pvalue > 1e-4


def test_codes_are_drawn_by_the_decoder_and_are_no_means(vae: VAE) -> None:
    rows = 5000
    uniform = torch.rand(rows, vae.noise_size, generator=generator_for(4))
    latent = vae.noise_size - len(LEVELS)
    uniform[:, :latent] = uniform[0, :latent]  # one hidden number for all
    given = nothing(rows)
    given[:, : vae.leading.count] = 1
    drawn = vae.sample(given, uniform)
    z = torch.special.ndtri(uniform[:1, :1].double()).float()
    with torch.no_grad():
        parameters = vae.parameters_of(vae.decode(z, one_hot(vae, 1, 1)))
    for variable, levels in list(enumerate(LEVELS))[vae.leading.count :]:
        shares = vae.likelihood.of(variable).shares(parameters[variable])[0].numpy()
        counts = np.bincount(drawn[:, variable], minlength=levels)
        assert (counts > 0).sum() > 1
        assert chisquare(counts, shares / shares.sum() * rows).pvalue > 1e-4


def test_a_class_is_given_directly_and_other_columns_by_their_weights(
    synth: synth_dl.Synthesizer, vae: VAE
) -> None:
    for known in ({"a": "y"}, {"b": "no"}, {"a": "z", "c": "1"}):
        direct = vae.leading.count == 1 and list(known) == ["a"]
        rows = 3000 if direct else 1500
        drawn = synth.sample(rows, where=known, seed=5)
        assert (synth.effective_sample_size is None) == direct
        codes = torch.from_numpy(synth.codec.encode(drawn.head(1)).astype(np.int64))
        for variable, name in enumerate("abc"):
            if name in known:
                assert (drawn[name] == known[name]).all()
                continue
            held = torch.where(torch.tensor([each in known for each in "abc"]), codes, -1)
            options = held.repeat(LEVELS[variable], 1)
            options[:, variable] = torch.arange(LEVELS[variable])
            wanted = exact(vae, options).softmax(0).numpy()
            names = sorted(dependent()[name].unique())
            counts = drawn[name].value_counts().reindex(names, fill_value=0)
            if direct:
                assert chisquare(counts, wanted / wanted.sum() * rows).pvalue > 1e-4
            np.testing.assert_allclose(counts / rows, wanted, atol=0.08)  # 64 weighted draws


def test_a_class_drawn_first_has_the_shares_of_the_training_rows(
    synth: synth_dl.Synthesizer, vae: VAE
) -> None:
    assert vae.leading.shares.numel() == (LEVELS[0] if vae.leading.count else 0)
    wanted = dependent()["a"].value_counts(normalize=True).sort_index().to_numpy()
    drawn = synth.sample(20_000, seed=2)["a"].value_counts().sort_index().to_numpy()
    np.testing.assert_allclose(drawn / 20_000, wanted, atol=0.06)
    if not vae.leading.count:
        return
    np.testing.assert_allclose(vae.leading.shares, wanted, atol=0.03)  # less validation rows
    assert vae.leading.shares.sum().item() == pytest.approx(1)
    shares = vae.leading.shares.double().numpy()
    assert chisquare(drawn, shares / shares.sum() * 20_000).pvalue > 1e-4


def test_a_banned_code_is_not_drawn_with_a_class_first_or_not(vae: VAE) -> None:
    rows, others = 400, all_but(vae.spec, {0: 0, 1: 1})
    noise = torch.rand(rows, vae.noise_size, generator=generator_for(6))
    drawn = vae.sample(nothing(rows), noise, others)
    assert set(drawn[:, 0].tolist()) == {1, 2}
    assert set(drawn[:, 1].tolist()) == {0}
    given = nothing(rows)
    given[:, 2] = 0
    noise = torch.rand(rows, 8, vae.noise_size, generator=generator_for(7))
    completed, sizes = vae.complete(given, noise, torch.rand(rows, 4), others)
    assert set(completed[:, 0].tolist()) == {1, 2}
    assert (completed[:, 1:] == 0).all()
    assert sizes.isfinite().all()


def test_no_records_have_no_likelihoods_and_no_shares(vae: VAE) -> None:
    empty = nothing(0)
    assert [len(each) for each in vae.bound(empty)] == [0, 0]
    for variable, levels in enumerate(LEVELS):
        assert vae.conditional(empty, variable).shape == (0, levels)


def test_a_class_that_no_training_record_has_is_rare_and_not_impossible() -> None:
    leading = ClassFirst(Spec((Variable("a", 3, 0), Variable("b", 2, 1)), ("a", "b")), True)
    codes = torch.tensor([[0, 1], [1, 0], [0, 0], [0, -1]])
    leading.fit(codes)
    torch.testing.assert_close(leading.shares, torch.tensor([3.5, 1.5, 0.5]) / 5.5)
    assert leading.nats(torch.tensor([[2, 0], [-1, 0]])).isfinite().all()
    leading.fit(torch.full((4, 2), -1))
    torch.testing.assert_close(leading.shares, torch.full((3,), 1 / 3))


def test_a_class_that_cannot_lead_is_refused() -> None:
    numbers = pd.DataFrame({"n": np.random.default_rng(0).normal(size=200), "k": ["u", "v"] * 100})
    with pytest.raises(ConfigError, match="records that begin with a category"):
        fit(numbers, model__class_first=True)
