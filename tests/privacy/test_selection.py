"""What is measured: all columns, the strongest ties, and no more than the budget pays for."""

import numpy as np
import pytest
from measured_model import fit, marginal_of

from synth_dl.privacy.ledger import Budget
from synth_dl.privacy.marginals import Marginal, exact_marginal
from synth_dl.privacy.selection import (
    candidates,
    drowned,
    lack,
    measure_adaptively,
    measure_singles,
    pairs_worth_measuring,
    rows_of,
)

SIZES, NAMES = (4, 4, 3, 3, 2), ("a", "b", "c", "d", "t")


def table(rows: int = 4000) -> np.ndarray:
    """`b` is mostly `a`, `t` says whether `c` and `d` are equal, and nothing else is tied."""
    random = np.random.default_rng(0)
    a, c, d = (random.integers(0, size, rows) for size in (4, 3, 3))
    b = np.where(random.random(rows) < 0.9, a, random.integers(0, 4, rows))
    t = np.where(random.random(rows) < 0.95, c == d, random.random(rows) < 0.5)
    return np.stack([a, b, c, d, t.astype(np.int64)], axis=1)


def measure(codes: np.ndarray, budget: Budget, target: int | None = None) -> list[tuple[int, ...]]:
    singles = measure_singles(codes, SIZES, NAMES, budget, 0.2 * budget.rho)
    found = measure_adaptively(
        codes, SIZES, NAMES, singles, budget, choosing=0.1 * budget.rho,
        measuring=0.6 * budget.rho, fit=fit, marginal_of=marginal_of, target=target,
    )  # fmt: skip
    assert found.rows == pytest.approx(len(codes), abs=300)
    for each in found.marginals:
        error = each.counts - exact_marginal(codes, SIZES, each.columns).counts
        assert np.abs(error).max() < 6 * each.sigma
        assert each.sigma > 0
    return [each.columns for each in found.marginals]


def test_the_strongest_tie_is_found_first_and_the_budget_is_kept() -> None:
    budget = Budget(1.0, 1e-5)
    found = measure(table(), budget)
    assert found[:5] == [(0,), (1,), (2,), (3,), (4,)]
    assert found[5] == (0, 1)
    assert len(found) < 5 + 10
    assert 0.85 * budget.rho < budget.ledger.spent <= 0.9 * budget.rho
    assert budget.ledger.entries[0].what == "counts of a"


def test_a_tie_of_three_is_found_where_the_noise_is_small() -> None:
    found = measure(table(), Budget(3.0, 1e-5), target=4)
    assert (2, 3, 4) in found


def test_all_is_measured_without_a_choice_where_all_is_wanted() -> None:
    budget = Budget(20.0, 1e-5)
    found = measure(table(), budget)
    assert len(found) == 5 + 10
    assert {entry.mechanism for entry in budget.ledger.entries} == {"discrete Gaussian"}
    assert budget.ledger.spent == pytest.approx(0.9 * budget.rho)


def test_one_row_moves_a_score_by_one_at_most_whatever_the_model_says() -> None:
    random = np.random.default_rng(1)
    for _ in range(50):
        exact, shares = random.integers(0, 50, (7, 5)).astype(float), random.random((7, 5))
        more = exact.copy()
        more[tuple(random.integers(0, (7, 5)))] += 1
        scores = [lack(counts, shares, 731.3, 4.7) for counts in (exact, more)]
        assert abs(scores[1] - scores[0]) <= 1


def test_rows_with_unknown_codes_are_left_out_of_their_counts() -> None:
    codes = table()
    codes[:2000, 1] = -1
    found = measure_singles(codes, SIZES, NAMES, Budget(5.0, 1e-5), 0.1)
    assert found[1].counts.sum() == pytest.approx(2000, abs=100)
    assert found[0].counts.sum() == pytest.approx(4000, abs=100)


def test_a_table_of_one_column_has_nothing_to_choose() -> None:
    budget = Budget(1.0, 1e-5)
    codes = table()[:, :1]
    singles = measure_singles(codes, SIZES[:1], NAMES[:1], budget, 0.01)
    found = measure_adaptively(
        codes, SIZES[:1], NAMES[:1], singles, budget, choosing=0.001, measuring=0.01, fit=fit,
        marginal_of=marginal_of,
    )  # fmt: skip
    assert [each.columns for each in found.marginals] == [(0,)]


def test_large_combinations_are_left_out_and_triples_have_the_target() -> None:
    sizes = (5, 6, 20_000, 2)
    assert candidates(sizes, None) == [(0, 1), (0, 3), (1, 3)]
    assert candidates(sizes, 3, 60) == [(0, 1), (0, 3), (1, 3), (0, 1, 3)]
    assert candidates(sizes, 3, 59) == [(0, 1), (0, 3), (1, 3)]


def test_more_rows_and_a_larger_budget_let_more_pairs_stand() -> None:
    assert pairs_worth_measuring(32_561, 0.03056, 15) == 30
    assert pairs_worth_measuring(32_561, 1.783, 15) > 105
    assert pairs_worth_measuring(100, 0.03056, 15) == 7
    assert drowned(1000, 0.03)
    assert not drowned(10_000, 0.03)


def test_the_number_of_rows_is_that_of_the_surer_counts() -> None:
    sure, unsure = (
        Marginal((0,), np.array([60.0, 40.0]), 1.0), Marginal((1,), np.array([500.0]), 100.0)
    )  # fmt: skip
    assert rows_of([sure, unsure]) == pytest.approx(100, abs=1)
