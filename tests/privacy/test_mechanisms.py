"""Each mechanism against its law, and what it pays."""

import re
import sys

import numpy as np
import pytest
from scipy import stats

from synth_dl.errors import ConfigError
from synth_dl.privacy import mechanisms
from synth_dl.privacy.accounting import gaussian_rho
from synth_dl.privacy.ledger import Budget, OverspentError
from synth_dl.privacy.mechanisms import check_installed, noisy_best, noisy_counts, noisy_names


def budget(**options) -> Budget:
    return Budget(10.0, 1e-4, **options)


def test_noise_on_counts_is_normal_and_as_large_as_it_is_said() -> None:
    own = budget()
    counts = np.full((100, 60), 1000)
    found, sigma = noisy_counts(counts, own, 0.005, "a table")
    assert found.shape == counts.shape
    assert found.dtype == np.int64
    assert sigma == pytest.approx(10, rel=1e-6)
    noise = (found - counts).ravel()
    # Of 6,000 draws: five standard errors each.
    assert abs(noise.mean()) < 5 * sigma / np.sqrt(noise.size)
    assert noise.std() == pytest.approx(sigma, rel=5 / np.sqrt(2 * noise.size))
    assert stats.kstest(noise + np.random.default_rng(0).random(noise.size) - 0.5, "norm",
                        (0, sigma)).pvalue > 1e-5  # fmt: skip
    assert own.ledger.spent == pytest.approx(gaussian_rho(sigma))
    assert own.ledger.spent <= 0.005


def test_more_rows_of_a_person_need_more_noise() -> None:
    own = budget(most=4)
    _, sigma = noisy_counts(np.zeros(3, np.int64), own, 0.005, "a table")
    assert sigma == pytest.approx(40, rel=1e-6)
    assert own.ledger.spent == pytest.approx(0.005)


def test_choices_follow_the_exponential_mechanism() -> None:
    own, many = budget(), Budget(50.0, 1e-5)
    scores, rho, draws = np.array([0.0, 5.0, 10.0]), 0.01, 1000
    seen = np.bincount(
        [noisy_best(scores, 1, many, rho, "a pair")[0] for _ in range(draws)], minlength=3
    )
    # The probability of each is in proportion to exp(epsilon * score / 2), rho = epsilon**2 / 8.
    expected = np.exp(np.sqrt(8 * rho) * scores / 2)
    expected *= draws / expected.sum()
    assert stats.chisquare(seen, expected).pvalue > 1e-5
    noisy_best(scores, 2, own, rho, "two pairs")
    assert own.ledger.spent == pytest.approx(rho)


def test_choices_are_different_ones_and_sure_where_it_is_clear() -> None:
    scores = np.array([0.0, 1e5, 3e5, 2e5])
    assert noisy_best(scores, 3, budget(), 0.1, "pairs") == [2, 3, 1]


def test_scores_that_rounding_may_move_are_refused() -> None:
    with pytest.raises(ValueError, match="grain"):
        noisy_best(np.array([0.1]), 1, budget(), 0.1, "pairs")


def test_a_category_of_one_person_is_not_named() -> None:
    own = budget(set_apart=0.1)
    names = {"usual": 500, "rare": 1, **{f"unique {place}": 1 for place in range(50)}}
    found = noisy_names(names, own, 0.02, 1e-6, "a column")
    assert set(found) == {"usual"}
    assert found["usual"] == pytest.approx(500, abs=60)
    entry = own.ledger.entries[0]
    assert entry.delta <= 1e-6
    assert entry.rho <= 0.02
    # By the law of the noise: one that a person alone holds passes with a chance of delta.
    parameters = entry.parameters
    assert stats.norm.sf(parameters["threshold"] - 1, scale=parameters["sigma"]) <= 1e-6


def test_the_threshold_grows_with_the_rows_of_a_person() -> None:
    small, large = budget(set_apart=0.1), budget(set_apart=0.1, most=5)
    for own in (small, large):
        noisy_names({"a": 10}, own, 0.02, 1e-6, "a column")
    first, second = (own.ledger.entries[0].parameters["threshold"] for own in (small, large))
    assert second > 5 * first
    assert large.ledger.spent_delta <= 1e-6


def test_nothing_is_drawn_where_the_budget_does_not_reach() -> None:
    own = Budget(0.1, 1e-5, set_apart=0.1)
    for ask in (
        lambda: noisy_counts(np.zeros(3, np.int64), own, 1.0, "counts"),
        lambda: noisy_best(np.zeros(3), 1, own, 1.0, "a choice"),
        lambda: noisy_names({"a": 1}, own, 1.0, 1e-7, "names"),
        lambda: noisy_names({"a": 1}, own, 1e-5, 1e-3, "names"),
    ):
        with pytest.raises(OverspentError):
            ask()
    assert own.ledger.entries == ()


def test_without_opendp_a_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    mechanisms._library.cache_clear()
    monkeypatch.setitem(sys.modules, "opendp", None)
    monkeypatch.setitem(sys.modules, "opendp.prelude", None)
    with pytest.raises(ConfigError, match=re.escape("pip install 'synth_dl[private]'")):
        check_installed()
