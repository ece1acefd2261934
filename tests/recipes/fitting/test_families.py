"""Families of scipy.stats: all are tried, likelihoods are at their best, the right one is found."""

from typing import Any

import numpy as np
import pytest
import scipy.stats

from synth_dl.recipes.fitting.catalogue import EXCLUDED, FAMILIES
from synth_dl.recipes.fitting.discrete import DISCRETE, fit_discrete
from synth_dl.recipes.fitting.families import rank_families
from synth_dl.recipes.fitting.likelihood import Fit, fit_form
from synth_dl.recipes.fitting.observed import Observed

BY_NAME = {family.name: family for family in FAMILIES}


def drawn(name: str, rows: int = 1000, seed: int = 0, **parameters: float) -> Observed:
    generator = np.random.default_rng(seed)
    values = getattr(scipy.stats, name).rvs(size=rows, random_state=generator, **parameters)
    return Observed.of(values, 1.0 if values.dtype.kind == "i" else None)


def best_form(name: str, observed: Observed) -> Fit:
    if name in DISCRETE:
        return fit_discrete(observed, (name,))[0]
    fits = [fit_form(BY_NAME[name], form, observed) for form in BY_NAME[name].forms]
    return min((fit for fit in fits if fit is not None), key=lambda fit: fit.bic)


def test_every_family_of_scipy_is_tried_or_left_out_with_a_reason() -> None:
    kinds = scipy.stats.rv_continuous, scipy.stats.rv_discrete
    known = {name for name, value in vars(scipy.stats).items() if isinstance(value, kinds)}
    tried = {*BY_NAME, *DISCRETE}
    assert tried | set(EXCLUDED) == known
    assert not tried & set(EXCLUDED)


def test_shapes_are_named_as_scipy_names_them() -> None:
    for family in FAMILIES:
        names = (family.distribution.shapes or "").replace(" ", "").split(",")
        assert [shape.name for shape in family.shapes] == [
            name for name in names if name in {shape.name for shape in family.shapes}
        ], family.name


@pytest.mark.parametrize(
    ("name", "parameters", "closed"),
    [
        ("norm", {"loc": 10, "scale": 3}, lambda x: {"loc": x.mean(), "scale": x.std()}),
        ("expon", {"scale": 5}, lambda x: {"scale": x.mean()}),
        ("lognorm", {"s": 0.6, "scale": 3e4}, lambda x: {"s": np.log(x).std(),
                                                         "scale": np.exp(np.log(x).mean())}),
        ("laplace", {"loc": 2, "scale": 3}, lambda x: {"loc": np.median(x)}),
        ("rayleigh", {"scale": 4}, lambda x: {"scale": np.sqrt((x**2).mean() / 2)}),
        ("halfnorm", {"scale": 4}, lambda x: {"scale": np.sqrt((x**2).mean())}),
        ("uniform", {"loc": 3, "scale": 7}, lambda x: {"loc": x.min(), "scale": np.ptp(x)}),
        ("pareto", {"b": 2.5, "scale": 10}, lambda x: {"b": 1 / np.log(x / x.min()).mean()}),
        ("poisson", {"mu": 4}, lambda x: {"mu": x.mean()}),
        ("geom", {"p": 0.3}, lambda x: {"p": 1 / x.mean()}),
    ],
)  # fmt: skip
def test_fits_agree_with_closed_forms(name: str, parameters: dict[str, float], closed: Any) -> None:
    observed = drawn(name, **parameters)
    rows = np.repeat(observed.values, observed.counts.astype(int))
    fit = best_form(name, observed)
    for key, value in closed(rows).items():
        assert fit.parameters[key] == pytest.approx(value, rel=2e-3), key


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("gamma", {"a": 2.5, "scale": 3}),
        ("weibull_min", {"c": 1.7, "scale": 4}),
        ("invgauss", {"mu": 0.8, "scale": 5}),
        ("lomax", {"c": 3, "scale": 10}),
    ],
)
def test_fits_are_as_likely_as_those_of_scipy(name: str, parameters: dict[str, float]) -> None:
    observed = drawn(name, **parameters)
    distribution = getattr(scipy.stats, name)
    rows = np.repeat(observed.values, observed.counts.astype(int))
    theirs = distribution.logpdf(rows, *distribution.fit(rows, floc=0)).sum()
    ours = fit_form(BY_NAME[name], "scaled", observed)
    assert ours is not None
    assert ours.log_likelihood > theirs - 0.01


@pytest.mark.parametrize("name", ["norm", "gumbel_r", "t", "genextreme", "skewnorm", "logistic"])
def test_fits_with_a_location_are_as_likely_as_those_of_scipy(name: str) -> None:
    shapes = {"t": {"df": 5}, "genextreme": {"c": 0.1}, "skewnorm": {"a": 3}}.get(name, {})
    observed = drawn(name, loc=100, scale=7, **shapes)
    distribution = getattr(scipy.stats, name)
    rows = np.repeat(observed.values, observed.counts.astype(int))
    theirs = distribution.logpdf(rows, *distribution.fit(rows)).sum()
    ours = fit_form(BY_NAME[name], "free", observed)
    assert ours is not None
    assert ours.log_likelihood > theirs - 0.1


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("norm", {"loc": 10, "scale": 3}),
        ("lognorm", {"s": 0.9, "scale": 30000}),
        ("beta", {"a": 2, "b": 5}),
        ("uniform", {"loc": 3, "scale": 7}),
        ("chi2", {"df": 6}),
        ("expon", {"loc": 100, "scale": 5}),
        ("poisson", {"mu": 4}),
        ("nbinom", {"n": 2, "p": 0.2}),
        ("zipf", {"a": 2.2}),
        ("randint", {"low": 1, "high": 13}),
    ],
)
def test_the_right_family_is_among_the_first_two(name: str, parameters: dict[str, float]) -> None:
    ranking = rank_families(drawn(name, rows=3000, **parameters))
    assert name in [fit.family for fit in ranking[:2]]


@pytest.mark.parametrize("name", ["norm", "laplace", "gumbel_r", "uniform"])
def test_families_are_found_however_far_from_zero_the_numbers_lie(name: str) -> None:
    for place in (1e6, 1.7e9):
        ranking = rank_families(drawn(name, rows=3000, loc=place, scale=3))
        assert name in [fit.family for fit in ranking[:2]], place


def test_rounded_numbers_are_compared_by_the_probability_of_their_cells() -> None:
    rows = np.random.default_rng(0).gamma(2.0, 1.5, 3000).round()
    ranking = rank_families(Observed.of(rows, 1.0))
    assert "gamma" in [fit.family for fit in ranking[:2]]
    gamma = next(fit for fit in ranking if fit.family == "gamma")
    assert gamma.parameters["a"] == pytest.approx(2.0, rel=0.15)


def test_a_location_off_zero_is_named_only_where_the_data_say_so() -> None:
    near = rank_families(drawn("gamma", a=3, scale=2))
    far = rank_families(drawn("expon", loc=100, scale=5))
    assert near[0].parameters["loc"] == 0
    assert next(fit for fit in far if fit.family == "expon").parameters["loc"] == pytest.approx(
        100, abs=0.1
    )


def test_parameters_at_their_standard_value_are_not_counted() -> None:
    observed = drawn("chi2", df=6)
    assert best_form("chi2", observed).free == 1
    assert rank_families(observed)[0].family == "chi2"


def test_a_single_value_has_no_family() -> None:
    assert rank_families(Observed.of(np.full(100, 3.0), 1.0)) == []
