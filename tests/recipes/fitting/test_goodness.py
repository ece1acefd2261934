"""Goodness of fit: p-values are even under the truth and small under another family."""

import numpy as np
import pytest
import scipy.stats

from synth_dl.recipes.fitting.catalogue import FAMILIES
from synth_dl.recipes.fitting.discrete import fit_discrete
from synth_dl.recipes.fitting.goodness import anderson_darling, goodness_of_fit
from synth_dl.recipes.fitting.likelihood import Fit, fit_form
from synth_dl.recipes.fitting.observed import Observed, Vector

BY_NAME = {family.name: family for family in FAMILIES}


def p_value(rows: Vector, name: str, form: str, step: float | None = None, seed: int = 0) -> float:
    observed = Observed.of(rows, step)
    fit = fit_form(BY_NAME[name], form, observed)
    assert fit is not None
    return goodness_of_fit(fit, observed, seed).p_value


def test_p_values_are_even_under_the_truth() -> None:
    generator = np.random.default_rng(1)
    found = [p_value(generator.normal(3, 2, 200), "norm", "free", seed=seed) for seed in range(60)]
    assert scipy.stats.kstest(found, "uniform").pvalue > 0.01


def test_p_values_of_rounded_numbers_are_even_too() -> None:
    generator = np.random.default_rng(2)
    found = [
        p_value(generator.exponential(2, 300).round(), "expon", "scaled", 1.0, seed)
        for seed in range(40)
    ]
    assert scipy.stats.kstest(found, "uniform").pvalue > 0.01


@pytest.mark.parametrize(
    ("rows", "name", "form"),
    [
        (np.random.default_rng(0).exponential(1, 1000), "norm", "free"),
        (np.random.default_rng(0).lognormal(0, 1, 1000), "gamma", "scaled"),
        (np.random.default_rng(0).standard_t(3, 1000), "norm", "free"),
    ],
)
def test_a_wrong_family_is_rejected(rows: Vector, name: str, form: str) -> None:
    assert p_value(rows, name, form) <= 0.01


def test_data_that_are_far_off_need_few_replicates_and_others_many() -> None:
    generator = np.random.default_rng(0)
    norm = BY_NAME["norm"]
    for rows, few in ((generator.exponential(1, 1000), True), (generator.normal(size=999), False)):
        observed = Observed.of(rows)
        fit = fit_form(norm, "free", observed)
        assert fit is not None
        found = goodness_of_fit(fit, observed)
        assert (found.replicates < 25 and found.p_value == 0.01) == few
        assert (found.p_value > 0.01) != few


def test_discrete_families_are_tested_too() -> None:
    generator = np.random.default_rng(0)
    right = Observed.of(generator.poisson(3, 2000), 1.0)
    wrong = Observed.of(generator.negative_binomial(1, 0.25, 2000), 1.0)
    assert goodness_of_fit(fit_discrete(right, ("poisson",))[0], right).p_value > 0.01
    assert goodness_of_fit(fit_discrete(wrong, ("poisson",))[0], wrong).p_value <= 0.01


def test_the_distance_is_near_that_of_anderson_and_darling() -> None:
    rows = np.sort(np.random.default_rng(0).normal(size=500))
    standard = Fit("norm", "standard", {"loc": 0.0, "scale": 1.0}, 0, 0.0, 500.0)
    levels, ranks = scipy.stats.norm.cdf(rows), np.arange(1, 501)
    pairs = (2 * ranks - 1) * (np.log(levels) + np.log1p(-levels[::-1]))
    textbook = -500 - pairs.sum() / 500
    assert anderson_darling(standard, Observed.of(rows)) == pytest.approx(textbook, abs=0.2)
