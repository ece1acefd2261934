"""The audit against its published reach, honest mechanisms, and some that keep no promise."""

import numpy as np
import pytest

from synth_dl.privacy.accounting import rho_of
from synth_dl.privacy.audit import Audit, audited, canary_scores, epsilon_bound, shared_scores
from synth_dl.privacy.ledger import Budget
from synth_dl.privacy.marginals import Marginal, exact_marginal
from synth_dl.privacy.mechanisms import noisy_counts

CANARIES, EPSILON, DELTA = 1000, 1.0, 1e-6


@pytest.mark.parametrize(
    ("guesses", "right", "bound"),
    [(100, 100, 3.49), (1000, 1000, 5.81), (1000, 800, 1.25), (1000, 700, 0.73), (1000, 500, 0)],
)
def test_the_bound_is_the_published_one(guesses: int, right: int, bound: float) -> None:
    assert epsilon_bound(1000, guesses, right, 0.0) == pytest.approx(bound, abs=0.01)


def test_delta_and_doubt_lower_the_bound() -> None:
    plain = epsilon_bound(1000, 200, 180, 0.0)
    assert 0 < epsilon_bound(1000, 200, 180, 1e-4) < plain
    assert epsilon_bound(1000, 200, 180, 0.0, 0.999) < plain
    assert epsilon_bound(1000, 0, 0, 0.0) == 0


def run(rho: float, seed: int, leak: bool = False) -> Audit:
    """Counts of a table in which each canary has a cell of its own, for so much rho."""
    random = np.random.default_rng(seed)
    canaries = np.stack([np.arange(CANARIES), np.zeros(CANARIES, np.int64)], axis=1)
    rows = np.stack([random.integers(0, CANARIES, 3000), random.integers(0, 2, 3000)], axis=1)
    included = random.random(CANARIES) < 0.5
    sizes, columns = (CANARIES, 2), [(0,), (0, 1)]
    others = [exact_marginal(rows, sizes, each) for each in columns]
    released = []
    for each in columns:
        counts = exact_marginal(np.concatenate([rows, canaries[included]]), sizes, each).counts
        noisy, sigma = noisy_counts(
            counts.astype(np.int64), Budget(100.0, DELTA), rho / len(columns), "cells"
        )
        # Noise that is drawn and written down, and not added.
        released.append(Marginal(each, counts if leak else noisy.astype(np.float64), sigma))
    return audited(canary_scores(canaries, others, released), included, 200, DELTA)


def test_an_honest_mechanism_keeps_its_promise() -> None:
    for epsilon in (EPSILON, 6.0):
        bounds = [run(rho_of(epsilon, DELTA), seed).epsilon for seed in range(10)]
        assert max(bounds) <= epsilon
    # With a large budget the audit sees much of it.
    assert np.median(bounds) > 0.15 * epsilon


def test_a_quarter_of_the_noise_is_found_and_so_is_none_at_all() -> None:
    rho = rho_of(EPSILON, DELTA)
    # One run may miss it.
    assert max(run(16 * rho, seed).epsilon for seed in range(5)) > EPSILON
    leaking = run(rho, 0, leak=True)
    assert leaking.right == leaking.guesses == 200
    assert leaking.epsilon > 3 * EPSILON


def test_canaries_of_unknown_codes_are_scored_by_what_is_known() -> None:
    exact = Marginal((0,), np.array([5.0, 5.0]), 0.0)
    noisy = Marginal((0,), np.array([5.0, 9.0]), 2.0)
    scores = canary_scores(np.array([[0], [1], [-1]]), [exact], [noisy])
    assert scores.tolist() == [0, 1, 0]


def test_canaries_that_share_cells_are_told_apart_by_the_others() -> None:
    random = np.random.default_rng(0)
    canaries, sizes = random.integers(0, 12, (300, 4)), (12, 12, 12, 12)
    canaries[:5, 0] = -1
    included, pairs = random.random(300) < 0.5, [(0, 1), (0, 2), (1, 3), (2, 3)]
    rows = random.integers(0, 12, (500, 4))
    others = [exact_marginal(rows, sizes, pair) for pair in pairs]
    together = np.concatenate([rows, np.repeat(canaries[included], 2, axis=0)])
    released = []
    for pair in pairs:
        counts = exact_marginal(together, sizes, pair).counts
        released.append(Marginal(pair, counts + random.normal(0, 0.5, counts.shape), 0.5))
    told = [audited(scores, included, 200, 0.0).right for scores in (
        canary_scores(canaries, others, released), shared_scores(canaries, others, released, 2),
    )]  # fmt: skip
    assert told[1] >= 190
    assert told[0] < told[1]


def test_canaries_alone_in_their_cells_are_ranked_as_ever() -> None:
    exact = Marginal((0,), np.array([5.0, 5.0, 5.0]), 0.0)
    noisy = Marginal((0,), np.array([6.0, 5.0, 9.0]), 2.0)
    found = shared_scores(np.array([[0], [1], [2], [-1]]), [exact], [noisy])
    assert np.argsort(found).tolist() == [1, 3, 0, 2]
    assert found[3] == 0
