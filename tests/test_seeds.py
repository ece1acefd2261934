"""A seed decides a fit alone: not what ran before, nor what runs beside it."""

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import synth_dl
from synth_dl.noise import DrawingFrom, generator_for

FITS = [(model, seed) for model in ("autoregressive", "vae", "gan") for seed in range(2)]


def weights(fit: tuple[str, int]) -> list[float]:
    model, seed = fit
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"x": generator.normal(size=200).round(2), "y": ["a", "b"] * 100})
    options = {"network__width": 8, "network__blocks": 1, "trainer__steps": 6}
    if model == "autoregressive":
        options = {"network__width": 8, "trainer__steps": 6}
    synth = synth_dl.fit(frame, model=model, seed=seed, progress=False, **options)
    return torch.cat([value.flatten().double() for value in synth.model.state_dict().values()])


@pytest.mark.slow
def test_fits_side_by_side_equal_fits_alone():
    alone = [weights(fit) for fit in FITS]
    with ThreadPoolExecutor(4) as pool:
        beside = list(pool.map(weights, FITS))
    for fit, one, other in zip(FITS, alone, beside, strict=True):
        assert torch.equal(one, other), fit


def test_a_fit_neither_asks_nor_changes_the_global_generators():
    states = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        np.random.seed(seed)
        random.seed(seed)
        before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
        states.append(weights(FITS[0]))
        assert torch.equal(before[0], torch.get_rng_state())
        assert np.array_equal(before[1], np.random.get_state()[1])
        assert before[2] == random.getstate()
    assert torch.equal(*states)


LAYERS = {
    "linear": lambda: nn.Linear(5, 5).weight,
    "convolution": lambda: nn.Conv2d(2, 3, 3).bias,
    "embedding": lambda: nn.Embedding(4, 5).weight,
    "recurrent": lambda: nn.LSTM(3, 4).weight_ih_l0,
    "attention": lambda: nn.TransformerEncoderLayer(8, 2).self_attn.in_proj_weight,
    "orthogonal": lambda: nn.init.orthogonal_(torch.empty(3, 3)),
    "truncated": lambda: nn.init.trunc_normal_(torch.empty(3)),
    "permutation": lambda: torch.randperm(5),
    "like": lambda: torch.randn_like(torch.ones(3)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers_begin_as_after_a_global_seed(name):
    torch.manual_seed(generator_for(3).initial_seed())
    expected = LAYERS[name]()
    before = torch.get_rng_state()
    with DrawingFrom(generator_for(3)):
        found = LAYERS[name]()
    assert torch.equal(found, expected)
    assert torch.equal(torch.get_rng_state(), before)
