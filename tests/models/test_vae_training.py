"""The variational autoencoder as it is trained: priors, collapse, and images."""

import logging
import math

import numpy as np
import pandas as pd
import pytest
import torch
from dependent_table import dependent, fit

import synth_dl
from synth_dl.priors.choice import PRIORS

torch.set_num_threads(1)

# Priors


def test_the_best_prior_on_validation_rows_is_taken() -> None:
    model = fit(dependent(300), model__latent=2, trainer__steps=60, model__prior="auto")
    rates = {
        name: model.facts[f"rate with prior {name}, validation nats"] for name in PRIORS
    }  # fmt: skip
    assert model.facts["prior"] == min(rates, key=rates.__getitem__)
    assert len(set(rates.values())) == len(PRIORS)
    assert len(model.sample(20)) == 20


@pytest.mark.parametrize("name", PRIORS)
def test_a_prior_that_was_asked_for_is_taken(name: str) -> None:
    model = fit(dependent(200), model__latent=2, trainer__steps=20, model__prior=name)
    assert model.facts["prior"] == name
    assert sum(fact.startswith("rate with prior") for fact in model.facts) == 1
    assert np.isfinite(model.log_prob(dependent(200))).all()
    assert model.sample(200, seed=1)["a"].nunique() > 1


# Collapse


def test_a_collapse_is_told_in_words(caplog: pytest.LogCaptureFixture) -> None:
    rng = np.random.default_rng(0)
    noise, labels = rng.integers(0, 2, (150, 5, 4)), rng.integers(0, 2, 150)
    sizes = {"network__channels": 8, "network__hidden": 16, "model__prior": "normal"}
    with caplog.at_level(logging.WARNING):
        synth_dl.fit(noise, labels, model="vae", progress=False, trainer__steps=60, **sizes)
    assert "the posterior collapsed" in caplog.text
    assert "model.free_bits" in caplog.text
    assert "\n" not in caplog.records[-1].message


def test_no_collapse_is_told_of_where_columns_depend(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        fit(dependent(), model__latent=1, model__prior="normal")
    assert caplog.records == []


def test_free_bits_keep_hidden_numbers_in_use(caplog: pytest.LogCaptureFixture) -> None:
    rng = np.random.default_rng(0)
    noise = pd.DataFrame({name: rng.choice(["u", "v"], 400) for name in "abc"})
    with caplog.at_level(logging.WARNING):
        fit(noise, model__latent=3, model__prior="normal", model__free_bits=0.5)
    assert "collapsed" not in caplog.text


# Images


@pytest.mark.parametrize("levels", [2, 64])
def test_images_of_few_and_of_many_levels(levels: int) -> None:
    rng = np.random.default_rng(1)
    labels = rng.choice(["dark", "light"], 150)
    light = (labels == "light")[:, None, None]
    pixels = np.where(rng.random((150, 5, 4)) < 0.9, light, ~light) * (levels - 1)
    model = synth_dl.fit(
        pixels, labels, model="vae", progress=False, levels=levels, trainer__steps=150,
        network__channels=16, network__hidden=32, network__dropout=0.0, model__latent=2,
        model__prior="mixture",
    )  # fmt: skip
    nats = model.log_prob(pixels[:50])
    assert np.isfinite(nats).all()
    assert (nats < 0).all()
    assert model.bits_a_dimension(pixels) < 1.05 * math.log2(levels)
    shares = model.predict_proba(pixels[:50])
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    assert (shares.idxmax(axis=1).to_numpy() == labels[:50]).mean() > 0.9
    drawn = model.sample(100, seed=1)
    bright = drawn.pixels.mean((1, 2, 3)) / (levels - 1)
    light = drawn.labels == drawn.classes.index("light")
    assert bright[light].mean() > bright[~light].mean() + 0.3
