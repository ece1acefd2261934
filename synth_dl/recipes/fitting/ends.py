"""A fitted family as a recipe has it: ends of the support that no few rows give away.

Where a support ends at the data, the best likelihood puts the end at the outermost row. It is
moved to where the family has the `min_count`-th row from the end, and from there to a round number
nearby.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import scipy.stats

from synth_dl.recipes.fitting.catalogue import FAMILIES
from synth_dl.recipes.fitting.discrete import fit_discrete
from synth_dl.recipes.fitting.likelihood import Fit
from synth_dl.recipes.fitting.observed import Observed, Vector
from synth_dl.recipes.fitting.quantiles import roundest

TO_TOP = {"randint", "zipfian", "boltzmann", "betabinom"}
# A family that is cut off at two ends, as the family that is cut.
CUT = {"truncnorm": "norm", "truncexpon": "expon", "truncweibull_min": "weibull_min",
       "truncpareto": "pareto"}  # fmt: skip
_SUPPORT = {family.name: family.support for family in FAMILIES}
DIGITS = 6


def recipe_entry(fit: Fit, observed: Observed, rows: Vector, min_count: int) -> dict[str, Any]:
    """The family with its parameters in the words of a recipe.

    Args:
        fit: the family.
        observed: what it was fitted to.
        rows: [N] the same row by row, in order.
        min_count: rows that an end rests on.
    """
    if fit.family in CUT:
        return _cut_off(fit, rows, min_count)
    fit = guarded(fit, observed, rows, min_count)
    entry: dict[str, Any] = {"distribution": fit.family}
    for name, value in fit.parameters.items():
        if value != {"loc": 0.0, "scale": 1.0}.get(name):
            entry[name] = short(value)
    return entry


def short(value: float) -> float | int:
    """A number in six digits; whole parameters stay whole."""
    return value if isinstance(value, int) else float(f"{value:.{DIGITS}g}")


def guarded(fit: Fit, observed: Observed, rows: Vector, min_count: int) -> Fit:
    """The fit with ends of its support that at least `min_count` rows share."""
    count = len(rows)
    rank = min(min_count, max(1, count // 4))
    low, high = float(rows[rank - 1]), float(rows[count - rank])
    if fit.form == "discrete":
        return _guarded_top(fit, observed, low, high)
    support = _SUPPORT[fit.family]
    if not (fit.form == "edge" or (support == "unit" and fit.form in ("free", "scaled"))
            or (support == "positive" and fit.form == "free")):  # fmt: skip
        return fit
    distribution = getattr(scipy.stats, fit.family)
    found = dict(fit.parameters)
    level = rank / (count + 1)
    if fit.family == "loguniform":
        step = np.log(high / low) * level / (1 - 2 * level)
        found["a"] = _near(low * np.exp(-step), low)
        found["b"] = _near(high * np.exp(step), high)
        return replace(fit, parameters=found)
    shapes = [found[name] for name in found if name not in ("loc", "scale")]
    first, last = (float(q) for q in distribution.ppf([level, 1 - level], *shapes))
    begin, end = distribution.support(*shapes)
    if fit.family == "pareto":
        found["scale"] = _near(low / first, low)
    elif support == "positive":
        found["loc"] = _near(low - found["scale"] * first, low)
    elif fit.form == "scaled":
        found["scale"] = _near(high / last, high)
    else:
        scale = (high - low) / (last - first)
        loc = low - scale * first
        bottom, top = _near(loc + scale * begin, low), _near(loc + scale * end, high)
        found["scale"] = (top - bottom) / (end - begin)
        found["loc"] = bottom - begin * found["scale"]
    return replace(fit, parameters=found)


def _near(end: float, row: float) -> float:
    """A round number near an end, well outside of the row that it rests on."""
    far = end + (end - row)
    near = end - 0.7 * (end - row)
    return roundest(min(far, near), max(far, near))


def _guarded_top(fit: Fit, observed: Observed, low: float, high: float) -> Fit:
    if fit.family not in TO_TOP:
        return fit
    values = np.clip(observed.values, np.round(low), np.round(high))
    distinct, place = np.unique(values, return_inverse=True)
    counts: Vector = np.bincount(place, observed.counts).astype(np.float64)
    again = fit_discrete(Observed(distinct, counts, observed.step), (fit.family,))
    return again[0] if again else fit


def _cut_off(fit: Fit, rows: Vector, min_count: int) -> dict[str, Any]:
    count = len(rows)
    rank = min(min_count, max(1, count // 4))
    low, high = float(rows[rank - 1]), float(rows[count - rank])
    second = min(2 * rank, count // 2)
    bottom = _near(2 * low - float(rows[second - 1]), low)
    top = _near(2 * high - float(rows[count - second]), high)
    found = fit.parameters
    names = ["c"] if fit.family == "truncweibull_min" else []
    names = ["b"] if fit.family == "truncpareto" else names
    entry: dict[str, Any] = {"distribution": CUT[fit.family]}
    for name in [*names, "loc", "scale"]:
        if found[name] != {"loc": 0.0, "scale": 1.0}.get(name):
            entry[name] = short(found[name])
    if fit.family in ("truncexpon", "truncpareto"):
        entry["loc" if fit.family == "truncexpon" else "scale"] = short(bottom)
    return {**entry, "between": [short(bottom), short(top)]}
