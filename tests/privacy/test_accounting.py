"""Losses against published values, and that conversions never promise too much."""

import math

import numpy as np
import pytest

from synth_dl.privacy.accounting import (
    default_delta,
    delta_of,
    epsilon_of,
    gaussian_rho,
    gaussian_sigma,
    rho_of,
    selection_rho,
    selection_scale,
)


@pytest.mark.parametrize(
    ("epsilon", "rho"), [(1, 0.03056), (3, 0.2242), (10, 1.783)], ids=lambda value: str(value)
)
def test_the_worth_of_a_budget_is_the_published_one(epsilon: float, rho: float) -> None:
    assert rho_of(epsilon, 1e-5) == pytest.approx(rho, rel=5e-4)


@pytest.mark.parametrize("epsilon", [0.1, 1, 3, 10, 40])
@pytest.mark.parametrize("delta", [1e-9, 1e-5])
def test_there_and_back_is_the_same_and_never_more(epsilon: float, delta: float) -> None:
    rho = rho_of(epsilon, delta)
    assert delta_of(rho, epsilon) <= delta
    assert delta_of(rho * 1.001, epsilon) > delta
    assert epsilon_of(rho, delta) == pytest.approx(epsilon, rel=1e-6)


def test_the_conversion_is_better_than_the_simple_one() -> None:
    for rho in (0.001, 0.03, 0.5, 5):
        assert epsilon_of(rho, 1e-6) < rho + 2 * math.sqrt(rho * math.log(1e6))


def test_more_is_worth_more() -> None:
    steps = np.linspace(0.1, 20, 40)
    assert (np.diff([rho_of(epsilon, 1e-5) for epsilon in steps]) > 0).all()
    assert (np.diff([epsilon_of(rho, 1e-5) for rho in steps]) > 0).all()
    assert (np.diff([delta_of(0.1, epsilon) for epsilon in steps]) <= 0).all()
    assert rho_of(1, 1e-7) < rho_of(1, 1e-5)
    assert epsilon_of(0.0, 1e-5) == 0


def test_noise_and_its_loss_are_inverse() -> None:
    assert gaussian_rho(10.0) == pytest.approx(1 / 200)
    assert gaussian_rho(gaussian_sigma(0.02, 3), 3) == pytest.approx(0.02)
    # Gumbel noise of this scale is the exponential mechanism with epsilon = 2 / scale.
    assert selection_rho(2 / selection_scale(0.01)) == pytest.approx(0.01)


@pytest.mark.parametrize("epsilon", [0, -1, math.nan, math.inf])
def test_a_budget_that_is_none_is_refused(epsilon: float) -> None:
    with pytest.raises(ValueError, match="must be a positive number"):
        rho_of(epsilon, 1e-5)


def test_a_delta_that_is_none_is_refused() -> None:
    for delta in (0.0, 1.0, -1e-5, math.nan):
        with pytest.raises(ValueError, match="between"):
            rho_of(1, delta)


def test_delta_is_far_below_a_row_and_tells_little_of_their_number() -> None:
    for rows in (1, 100, 10_001, 32_561, 10**6):
        assert default_delta(rows) <= min(1e-5, 1 / (10 * rows))
    assert default_delta(100) == 1e-5
    assert default_delta(32_561) == default_delta(32_562) == 1 / 327_680
