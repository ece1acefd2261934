"""Goodness of fit by parametric bootstrap: does a family fit at all?

A test after fitting that knows nothing of the fitting never rejects. So rows are drawn from the
fitted family, rounded as the data are, the family is fitted to them anew, and their distance from
their own fit is held against that of the data (Stute, Gonzáles Manteiga, Presedo Quindimil 1993).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.stats
from scipy.stats import rv_continuous

from synth_dl.recipes.fitting.catalogue import FAMILIES
from synth_dl.recipes.fitting.discrete import fit_discrete
from synth_dl.recipes.fitting.forms import SLOW_CDF
from synth_dl.recipes.fitting.likelihood import Fit, fit_form, log_likelihoods
from synth_dl.recipes.fitting.observed import Observed, Vector

ROWS = 5000  # of the data at most, and of each replicate
REPLICATES = 199
# After so many replicates as far off as the data the p-value is known well enough (Besag and
# Clifford 1991), and after so many without one it is small enough.
ENOUGH, NONE_OF = 10, 99
# After so few, where the data lie so many standard deviations above them on the scale of logarithms
# (on which distances are about normal), the others would change nothing.
FEW, BEYOND = 19, 5.0
_POINTS = 128  # that stand for the rows of a replicate in its fit
_FAMILIES = {family.name: family for family in FAMILIES}


@dataclass(frozen=True)
class Goodness:
    """Result of the test.

    Attributes:
        p_value: how often replicates are as far from their own fit as the data from theirs; 0.01
            where the data are so far off that it is smaller.
        replicates: how many were drawn.
        rows: of the data that it rests on.
    """

    p_value: float
    replicates: int
    rows: int


def goodness_of_fit(fit: Fit, observed: Observed, seed: int = 0, rows: int = ROWS) -> Goodness:
    """Test a fitted family on at most `rows` rows of the data.

    Args:
        fit: the fit to all rows.
        observed: the data.
        seed: of the choice of rows and of the replicates.
        rows: of the data at most.
    """
    generator = np.random.default_rng(seed)
    some = observed.subsample(rows, generator)
    own = _refit(fit, some)
    distance = anderson_darling(own, some)
    found: list[float] = []
    far = 0
    while len(found) < REPLICATES and far < ENOUGH and (far or len(found) < NONE_OF):
        replicate = _replicate(own, some, generator)
        found.append(anderson_darling(_refit(own, replicate), replicate))
        far += found[-1] >= distance
        if len(found) == FEW and _beyond(distance, found):
            return Goodness(1 / (NONE_OF + 1), FEW, round(some.total))
    p_value = far / len(found) if far >= ENOUGH else (far + 1) / (len(found) + 1)
    return Goodness(p_value, len(found), round(some.total))


def _beyond(distance: float, others: list[float]) -> bool:
    logs = np.log(np.maximum(others, 1e-300))
    return float(np.log(max(distance, 1e-300))) > logs.mean() + BEYOND * logs.std(ddof=1)


def anderson_darling(fit: Fit, observed: Observed) -> float:
    """The Anderson-Darling distance of data from a family, over the distinct values.

    It weighs the tails more than the middle; that of rounded data looks at the ends of their cells.
    """
    least = 0.5 / observed.total  # where a support ends at a row, its level would be 0
    levels = cdf(fit, observed.values + (observed.step or 0.0) / 2)
    upper = np.clip(levels, least, 1 - least)
    ranks = np.cumsum(observed.counts) - (0.0 if observed.step else 0.5)
    weights = observed.counts * (ranks / observed.total - upper) ** 2 / (upper * (1 - upper))
    return float(weights[: None if observed.step is None else -1].sum())


def cdf(fit: Fit, values: Vector) -> Vector:
    """Distribution function of a fitted family; through a table where scipy would integrate."""
    distribution = _distribution(fit)
    with np.errstate(all="ignore"):
        if fit.family not in SLOW_CDF:
            return np.asarray(distribution.cdf(values, **fit.parameters))
        grid, shares = _table(fit)
        return np.interp(values, grid, shares)


def draw(fit: Fit, rows: int, generator: np.random.Generator) -> Vector:
    """[rows] values of a fitted family; through a table where scipy would search."""
    distribution = _distribution(fit)
    searched = isinstance(distribution, rv_continuous) and (
        type(distribution)._rvs is rv_continuous._rvs
        and type(distribution)._ppf is rv_continuous._ppf
    )
    if searched:
        grid, shares = _table(fit)
        return np.interp(generator.random(rows), shares, grid)
    with np.errstate(all="ignore"):
        drawn = distribution.rvs(size=rows, random_state=generator, **fit.parameters)
    return np.asarray(drawn, np.float64)


def _distribution(fit: Fit) -> Any:
    return getattr(scipy.stats, fit.family)


def _table(fit: Fit) -> tuple[Vector, Vector]:
    """Values and their levels: the density summed up over a grid that is fine in the middle."""
    distribution = _distribution(fit)
    first, last = distribution.support(**fit.parameters)
    standard = np.sinh(np.linspace(-9, 9, 8001))
    grid = fit.parameters["loc"] + fit.parameters["scale"] * standard
    grid = np.unique(np.clip(grid, first, last))
    with np.errstate(all="ignore"):
        density = np.nan_to_num(distribution.pdf(grid, **fit.parameters), posinf=0.0)
    steps = np.diff(grid) * (density[1:] + density[:-1]) / 2
    shares = np.concatenate([[0.0], np.cumsum(steps)])
    return grid, shares / shares[-1]


def _replicate(fit: Fit, observed: Observed, generator: np.random.Generator) -> Observed:
    values = draw(fit, round(observed.total), generator)
    values = values[np.isfinite(values)]
    if observed.step is not None and fit.form != "discrete":
        origin = observed.values[0]
        values = origin + np.round((values - origin) / observed.step) * observed.step
    distinct, counts = np.unique(values, return_counts=True)
    return Observed(distinct, counts.astype(np.float64), observed.step)


def _refit(fit: Fit, observed: Observed) -> Fit:
    if fit.form == "discrete":
        return next(iter(fit_discrete(observed, (fit.family,))), fit)
    family, few = _FAMILIES[fit.family], observed.compressed(_POINTS)
    found = fit_form(family, fit.form, few, fit.searched)
    # A fit that went astray must not make rows look far from the family.
    known = {name: np.array([value]) for name, value in fit.parameters.items()}
    if found is None or found.log_likelihood < log_likelihoods(family, known, few)[0] * few.total:
        return fit
    return found
