"""A budget is never exceeded, and its ledger comes back as it was written."""

import json

import numpy as np
import pytest

from synth_dl.privacy.ledger import Budget, Entry, Ledger, OverspentError


def entry(rho: float, delta: float = 0.0) -> Entry:
    return Entry("a count", "discrete Gaussian", rho, delta, "test", {"sigma": 2.0, "cells": 3})


def test_spending_all_of_it_is_allowed_and_no_more() -> None:
    budget = Budget(1.0, 1e-5)
    for _ in range(10):
        budget.spend(entry(budget.rho / 10 * (1 - 1e-12)))
    assert budget.ledger.spent <= budget.rho
    with pytest.raises(OverspentError, match="is left"):
        budget.spend(entry(1e-6))
    assert len(budget.ledger.entries) == 10
    assert budget.ledger.spent_epsilon == pytest.approx(1.0, rel=1e-6)
    assert budget.left == pytest.approx(0, abs=1e-10)


def test_delta_that_was_not_set_apart_is_not_spent() -> None:
    with pytest.raises(OverspentError):
        Budget(1.0, 1e-5).spend(entry(0.001, 1e-9))
    budget = Budget(1.0, 1e-5, set_apart=0.1)
    budget.spend(entry(0.001, 1e-6))
    with pytest.raises(OverspentError):
        budget.spend(entry(0.001, 1e-9))
    assert budget.rho < Budget(1.0, 1e-5).rho


@pytest.mark.parametrize("rho", [-0.1, np.nan, np.inf])
def test_a_loss_that_is_none_is_refused(rho: float) -> None:
    budget = Budget(1.0, 1e-5)
    with pytest.raises(OverspentError):
        budget.spend(entry(rho))
    assert budget.ledger.entries == ()


def test_a_ledger_comes_back_from_json() -> None:
    budget = Budget(2.0, 1e-5, unit="patient", most=3, set_apart=0.1)
    budget.spend(entry(0.01, 1e-7))
    budget.declare("age: 0 to 120")
    stored = json.loads(json.dumps(budget.ledger.to_dict()))
    assert Ledger.from_dict(stored) == budget.ledger


@pytest.mark.parametrize(
    "change",
    [{"rho": -1.0}, {"most": 0}, {"extra": 1}, {"entries": [{}]}, {"declared": ["x" * 10**5]},
     {"rho": 1e-9}, {"rho": float("nan")}, {"delta": 2.0}],
    ids=str,
)  # fmt: skip
def test_a_ledger_that_no_budget_wrote_is_refused(change: dict) -> None:
    budget = Budget(1.0, 1e-5)
    budget.spend(entry(0.01))
    with pytest.raises(ValueError, match=r".+"):
        Ledger.from_dict({**budget.ledger.to_dict(), **change})


def test_the_usual_delta_follows_the_rows() -> None:
    assert Budget.of_rows(1.0, 1000).ledger.delta == 1e-5
    assert Budget.of_rows(1.0, 1000, 1e-7).ledger.delta == 1e-7
