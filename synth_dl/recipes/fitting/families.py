"""Which family of scipy.stats fits a number best, by the Bayesian information criterion.

All families are fitted to a few hundred points that stand for all rows; those that come near the
best one are fitted again to the rows themselves, or to some thousand points where there are more.
Parameters that stand at their standard value (location 0, scale 1) are not estimated and cost
nothing. Of families that fit about equally well the better known one is named first.
"""

from dataclasses import replace

import numpy as np

from synth_dl.recipes.fitting.catalogue import FAMILIES, Family
from synth_dl.recipes.fitting.discrete import fit_discrete
from synth_dl.recipes.fitting.likelihood import Fit, fit_form
from synth_dl.recipes.fitting.observed import Observed

# What BIC a family pays for being little known (fame 0, 1, 2): a prior odds of 1 : 4.5 : 20. A
# difference below 6 is no strong evidence (Kass and Raftery 1995, section 3.2), and a hundred
# families that nobody asked for would win by chance too often.
PRIOR = (6.0, 3.0, 0.0)
# "Very strong": so much better must a location be than 0 for a family above zero.
VERY_STRONG = 10.0
NEAR = 20.0  # from the best on few points; what is farther off is not fitted again
FINALISTS = 10
MANY = 4096  # points of the second fit; where more values differ, each is a mean of neighbours
_BY_NAME = {family.name: family for family in FAMILIES}


def rank_families(observed: Observed) -> list[Fit]:
    """Families with their best form, best first.

    Args:
        observed: the data; integers (step 1) are tried with discrete families too.

    Returns:
        The finalists, by BIC and a little by fame; empty for fewer than two values.
    """
    if len(observed.values) < 2:
        return []
    few = observed.compressed()
    screened = [
        fit
        for family in FAMILIES
        for form in family.forms
        if (fit := fit_form(family, form, few)) is not None
    ]
    discrete = fit_discrete(observed)
    many = observed.compressed(MANY)
    finalists = _near_best(screened, discrete, observed)
    return _in_order([*(_again(fit, many) for fit in finalists), *discrete])


def _again(fit: Fit, observed: Observed) -> Fit:
    found = fit_form(_BY_NAME[fit.family], fit.form, observed, fit.searched)
    return found or replace(fit, log_likelihood=-np.inf)


def _near_best(screened: list[Fit], discrete: list[Fit], observed: Observed) -> list[Fit]:
    if not screened:
        return []
    best = min(fit.bic for fit in [*screened, *discrete])
    near = NEAR + 0.002 * observed.total
    ordered = _by_bic([fit for fit in screened if fit.bic <= best + near])
    kept: dict[str, list[Fit]] = {}
    for fit in ordered:
        kept.setdefault(fit.family, []).append(fit)
    return [fit for fits in list(kept.values())[:FINALISTS] for fit in fits]


def _in_order(fits: list[Fit]) -> list[Fit]:
    """One fit a family, by BIC; a location off 0 must be worth it, and little fame costs."""
    fits = [fit for fit in fits if np.isfinite(fit.bic)]
    fixed = {fit.family: fit.bic for fit in reversed(_by_bic(fits)) if not _moved(fit)}
    worth = [f for f in fits if not _moved(f) or f.bic < fixed.get(f.family, np.inf) - VERY_STRONG]
    best: dict[str, Fit] = {}
    for fit in _by_bic(worth):
        best.setdefault(fit.family, fit)
    return sorted(best.values(), key=lambda fit: fit.bic + PRIOR[fit.fame])


def _by_bic(fits: list[Fit]) -> list[Fit]:
    return sorted(fits, key=lambda fit: fit.bic)


def _moved(fit: Fit) -> bool:
    family: Family | None = _BY_NAME.get(fit.family)
    return fit.form == "free" and family is not None and family.support == "positive"
