"""Densities and shares of families are those of scipy's public functions."""

import numpy as np
import pytest

from synth_dl.recipes.fitting.catalogue import FAMILIES, Family
from synth_dl.recipes.fitting.forms import search_of
from synth_dl.recipes.fitting.likelihood import (
    log_densities,
    log_likelihoods,
    shares_above,
    shares_below,
)
from synth_dl.recipes.fitting.observed import Observed

FORMS = [(family, form) for family in FAMILIES for form in family.forms]


@pytest.mark.parametrize(("family", "form"), FORMS, ids=lambda part: getattr(part, "name", part))
def test_densities_and_shares_are_those_of_scipy(family: Family, form: str) -> None:
    rows = np.random.default_rng(0).uniform(0.02, 0.75, 50)
    search = search_of(family, form, Observed.of(rows)) or search_of(
        family, form, Observed.of(-rows)
    )
    assert search is not None
    parameters = search.parameters(search.starts[:6])
    values = np.array([-40.0, -1.0, -0.4, 1e-9, 0.3, 0.5, 0.9, 1.0, 2.0, 40.0])
    columns = {name: column[:, None] for name, column in parameters.items()}
    for ours, theirs in (
        (log_densities, family.distribution.logpdf),
        (shares_below, family.distribution.cdf),
        (shares_above, family.distribution.sf),
    ):
        with np.errstate(all="ignore"):
            found, expected = ours(family, parameters, values), theirs(values, **columns)
        # At the very end of a support a density may be 0, endless or none.
        usable = np.isfinite(expected)
        assert not np.isfinite(found[~usable]).any()
        np.testing.assert_allclose(found[usable], expected[usable], rtol=1e-9, atol=1e-12)


def test_parameters_that_scipy_does_not_take_are_as_unlikely_as_can_be() -> None:
    gamma = next(each for each in FAMILIES if each.name == "gamma")
    shapes, scales = np.array([-1.0, 2.0, 2.0]), np.array([1.0, -1.0, 1.0])
    parameters = {"a": shapes, "loc": np.zeros(3), "scale": scales}
    for step in (None, 0.1):
        observed = Observed(np.array([0.5, 0.7]), np.ones(2), step)
        negative, below, right = log_likelihoods(gamma, parameters, observed)
        assert negative == below < -500 < right
