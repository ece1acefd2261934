"""Mixtures of logistics: their masses, draws by inversion, and extreme parameters."""

from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import logistic
from torch import Tensor

import synth_dl
from synth_dl.checks.models import image_spec
from synth_dl.errors import ConfigError
from synth_dl.likelihoods.logistic import LOG_SCALES, LogisticMixture
from synth_dl.noise import generator_for
from synth_dl.spec import Spec

torch.set_num_threads(1)


def mixture(levels: int, count: int = 3) -> LogisticMixture:
    return LogisticMixture(image_spec(1, 1, 1, levels), count)


def masses(likelihood: LogisticMixture, parameters: Tensor) -> Tensor:
    """[N, levels] nats of every level for [N, P]."""
    every = torch.arange(likelihood.levels).expand(len(parameters), -1)
    return likelihood.nats(parameters[:, None].expand(-1, likelihood.levels, -1), every)


@pytest.mark.parametrize("levels", [2, 3, 17, 256])
def test_a_mixture_has_the_mass_of_intervals_of_logistics(levels: int) -> None:
    parameters = torch.randn(20, 9, generator=generator_for(8), dtype=torch.float64)
    parameters[:, 6:] -= 1
    weights, means, log_scales = (part.numpy() for part in parameters.split(3, 1))
    shares = np.exp(weights) / np.exp(weights).sum(1, keepdims=True)
    inner = (np.arange(levels - 1) + 0.5) * 2 / (levels - 1) - 1
    edges = np.concatenate([[-np.inf], inner, [np.inf]])[:, None, None]
    below = (shares * logistic.cdf(edges, means, np.exp(log_scales))).sum(2).T
    found = masses(mixture(levels), parameters).exp().numpy()
    # The edges of 256 levels are close to each other, and the likelihood has them in float32.
    np.testing.assert_allclose(found, np.diff(below), rtol=1e-9, atol=1e-12)


def test_draws_by_inversion_have_the_probabilities_of_the_mixture() -> None:
    likelihood = mixture(17)
    for seed in range(4):
        parameters = torch.randn(1, 9, generator=generator_for(9, seed))
        parameters[:, 6:] -= 1.5
        expected = masses(likelihood, parameters.double())[0].exp()
        # Evenly spread numbers meet every probability to one of them.
        even = (torch.arange(10_000) + 0.5) / 10_000
        drawn = likelihood.sample(parameters.expand(10_000, -1), even)
        assert (drawn.diff() >= 0).all()
        shares = torch.bincount(drawn, minlength=17) / 10_000
        torch.testing.assert_close(shares.double(), expected, atol=2e-4, rtol=0)


def test_extreme_mixtures_are_finite_and_sum_to_one() -> None:
    sizes = torch.tensor([-50.0, -3.0, 0.0, 1.0, 50.0])
    scales = torch.tensor([-1000.0, LOG_SCALES[0], 0.0, 10.0])
    parameters = torch.cartesian_prod(torch.tensor([-40.0, 40.0]), sizes, scales)
    parameters = torch.stack([parameters, parameters.flip(0), parameters.roll(5, 0)], 2).flatten(1)
    for levels, dtype in product((2, 3, 256), (torch.float32, torch.float64)):
        likelihood, held = mixture(levels), parameters.to(dtype, copy=True).requires_grad_()
        nats = masses(likelihood, held)
        nats.sum().backward()
        assert nats.isfinite().all()
        assert held.grad is not None
        assert held.grad.isfinite().all()
        sums = nats.detach().double().exp().sum(1)
        torch.testing.assert_close(sums, torch.ones_like(sums), atol=1e-6, rtol=0)
        edge = torch.tensor([0.0, 0.5, 1 - 2**-24])
        drawn = likelihood.sample(parameters[:, None].expand(-1, 3, -1), edge.expand(40, -1))
        assert ((drawn >= 0) & (drawn < levels)).all()


def test_a_mixture_starts_with_means_at_even_distances() -> None:
    likelihood = LogisticMixture(image_spec(1, 1, 1, 256, classes=3), 5)
    assert likelihood.outputs == (3, 15)
    start = likelihood.start(torch.ones(256))
    torch.testing.assert_close(start[5:10], torch.linspace(-1, 1, 5))
    torch.testing.assert_close(
        likelihood.of(0).start(torch.ones(3)).softmax(0), torch.full((3,), 1 / 3)
    )
    with pytest.raises(ConfigError, match="for images"):
        LogisticMixture(Spec((), ()))


@pytest.mark.parametrize(
    ("family", "levels", "classes"),
    [
        ("autoregressive", 40, 30),  # as many classes as a pixel has parameters
        ("autoregressive", 40, 40),  # as many classes as levels
        ("vae", 9, 9),
        ("vae", 17, 9),
    ],
)
def test_a_class_is_no_pixel_whatever_its_size(family: str, levels: int, classes: int) -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(20 * classes) % classes
    pixels = rng.integers(0, levels, (len(labels), 3, 3))
    small: dict[str, Any] = {"network__channels": 8, "network__hidden": 8}
    small |= {"network__blocks": 1, "progress": False, "trainer__steps": 20}
    if family == "vae":
        small |= {"model__latent": 2, "model__prior": "normal", "model__class_first": False}
    synth = synth_dl.fit(pixels, labels, model=family, **small)
    drawn = synth.sample(200, seed=1)
    assert drawn.labels is not None
    assert len(np.unique(drawn.labels)) > classes / 2
    assert len(np.unique(drawn.pixels)) > levels / 2
    shares = synth.predict_proba(pixels[:4])
    assert shares.shape == (4, classes)
    np.testing.assert_allclose(shares.to_numpy().sum(1), 1, rtol=1e-5)
    assert np.isfinite(synth.log_prob(pixels[:4], labels[:4])).all()
