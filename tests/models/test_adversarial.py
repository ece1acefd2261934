"""Losses and penalties of a discriminator, and the distance that tells of divergence."""

import math

import pytest
import torch

from synth_dl.models.adversarial import LOSSES, between, energy_distance, squared_gradient
from synth_dl.noise import generator_for

torch.set_num_threads(1)


def test_the_losses_prefer_scores_that_tell_real_from_generated() -> None:
    high, low = torch.full((8,), 2.0), torch.full((8,), -2.0)
    for loss in LOSSES.values():
        assert loss.discriminator(high, low) < loss.discriminator(low, high)
        assert loss.generator(low, high) < loss.generator(high, low)
    assert LOSSES["wasserstein"].discriminator(high, low).item() == -4
    found = LOSSES["relativistic"].discriminator(high, low).item()
    assert found == pytest.approx(math.log1p(math.exp(-4)), rel=1e-5)
    found = LOSSES["non_saturating"].discriminator(high, low).item()
    assert found == pytest.approx(2 * math.log1p(math.exp(-2)), rel=1e-5)


def test_the_penalty_of_a_linear_discriminator_is_its_squared_weight() -> None:
    weight = torch.tensor([1.0, -2.0, 0.5], requires_grad=True)
    records = torch.randn(7, 3, generator=generator_for(1), requires_grad=True)
    nothing = torch.zeros(7, 3, dtype=torch.bool)
    found = squared_gradient(records @ weight + 3, records, nothing)
    torch.testing.assert_close(found, torch.full((7,), 5.25))
    (slope,) = torch.autograd.grad(found.mean(), weight)  # it must be learnt from
    torch.testing.assert_close(slope, 2 * weight.detach())


def test_the_penalty_leaves_out_what_is_given() -> None:
    weight = torch.tensor([1.0, -2.0, 0.5])
    records = torch.zeros(2, 3, requires_grad=True)
    given = torch.tensor([[False, True, False], [True, True, True]])
    found = squared_gradient(records @ weight, records, given)
    torch.testing.assert_close(found, torch.tensor([1.25, 0.0]))


def test_records_between_two_lie_on_the_line() -> None:
    real, fake = torch.zeros(5, 2), torch.ones(5, 2)
    uniform = torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0])
    found = between(real, fake, uniform)
    torch.testing.assert_close(found, (1 - uniform)[:, None].expand(5, 2))
    assert found.requires_grad


def test_the_energy_distance_is_zero_for_one_distribution_and_grows_with_the_difference() -> None:
    draw = torch.randn(3, 1500, 2, generator=generator_for(2))
    same = energy_distance(draw[0], draw[1]).item()
    near = energy_distance(draw[0], draw[1] + 0.5).item()
    far = energy_distance(draw[0], draw[1] + 2).item()
    assert abs(same) < 0.01
    assert 0.05 < near < far
