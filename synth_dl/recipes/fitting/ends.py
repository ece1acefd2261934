"""A fitted family as a recipe has it: ends of the support that no few rows give away.

Where a support ends at the data, the best likelihood puts the end at the outermost row. It is
moved to where the family has the `min_count`-th row from the end, and from there to a round number
nearby. An end well beyond the data follows from all rows, and stays.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.stats

from synth_dl.recipes.fitting.catalogue import FAMILIES
from synth_dl.recipes.fitting.discrete import fit_discrete
from synth_dl.recipes.fitting.goodness import cdf
from synth_dl.recipes.fitting.likelihood import Fit
from synth_dl.recipes.fitting.observed import Observed, Vector
from synth_dl.recipes.fitting.quantiles import roundest

TO_TOP = {"randint", "zipfian", "boltzmann", "betabinom"}
# A family that is cut off at two ends, as the family that is cut.
CUT = {"truncnorm": "norm", "truncexpon": "expon", "truncweibull_min": "weibull_min",
       "truncpareto": "pareto"}  # fmt: skip
_SUPPORT = {family.name: family.support for family in FAMILIES}
DIGITS, MOST_DIGITS = 6, 17
TOUCHING = 0.1  # of the spread: so near to the outermost row an end may be no more than its copy
# Levels of the data at which the distribution function may change by so little.
PLACES, UNCHANGED = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98), 1e-4


def recipe_entry(fit: Fit, observed: Observed, rows: Vector, min_count: int) -> dict[str, Any]:
    """The family with its parameters in the words of a recipe.

    Args:
        fit: the family.
        observed: what it was fitted to.
        rows: [N] the same row by row, in order.
        min_count: rows that an end rests on.
    """
    if fit.family in CUT:
        return _cut_off(fit, observed, rows, min_count)
    fit = guarded(fit, observed, rows, min_count)
    digits = _digits_of(fit, observed)
    entry: dict[str, Any] = {"distribution": fit.family}
    for name, value in fit.parameters.items():
        if value != {"loc": 0.0, "scale": 1.0}.get(name):
            entry[name] = short(value, digits)
    return entry


def short(value: float, digits: int = DIGITS) -> float | int:
    """A number in so many digits; whole parameters stay whole."""
    return value if isinstance(value, int) else float(f"{value:.{digits}g}")


def short_together(values: Sequence[float]) -> list[float | int]:
    """Numbers in six digits, or in more where the first ones are the same in all of them."""
    size, width = max(map(abs, values)), max(values) - min(values)
    shared = int(np.log10(size / width)) if width > 0 else 0
    return [short(value, min(DIGITS + shared, MOST_DIGITS)) for value in values]


def _digits_of(fit: Fit, observed: Observed) -> int:
    """Digits of the parameters that leave the distribution as it is, six at least.

    Far from 0 the first ones say nothing: of times in seconds six leave hours open.
    """
    places = observed.quantiles(PLACES)
    exact = cdf(fit, places)
    for digits in range(DIGITS, MOST_DIGITS):
        told = {name: short(value, digits) for name, value in fit.parameters.items()}
        if np.abs(cdf(replace(fit, parameters=told), places) - exact).max() < UNCHANGED:
            return digits
    return MOST_DIGITS


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
        return replace(fit, parameters=found)
    reach = np.inf if fit.form == "edge" else TOUCHING * observed.spread
    bottom, top = (found["loc"] + found["scale"] * place for place in (begin, end))
    moved_low = observed.values[0] - bottom < reach
    moved_high = top - observed.values[-1] < reach
    if support == "positive" and moved_low:
        middle = float(distribution.ppf(0.5, *shapes))
        median = found["loc"] + found["scale"] * middle
        found["loc"] = _near(low - found["scale"] * first, low)
        found["scale"] = (median - found["loc"]) / middle
    elif fit.form == "scaled" and moved_high:
        found["scale"] = _near(high / last, high)
    elif support != "positive" and fit.form != "scaled":
        scale = (high - low) / (last - first)
        loc = low - scale * first
        bottom = _near(loc + scale * begin, low) if moved_low else bottom
        top = _near(loc + scale * end, high) if moved_high else top
        found["scale"] = (top - bottom) / (end - begin)
        found["loc"] = bottom - begin * found["scale"]
    # Where floats have no number between the rows, no end can be moved.
    return replace(fit, parameters=found) if found["scale"] > 0 else fit


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


def _cut_off(fit: Fit, observed: Observed, rows: Vector, min_count: int) -> dict[str, Any]:
    count = len(rows)
    rank = min(min_count, max(1, count // 4))
    low, high = float(rows[rank - 1]), float(rows[count - rank])
    second = min(2 * rank, count // 2)
    bottom = _near(2 * low - float(rows[second - 1]), low)
    top = _near(2 * high - float(rows[count - second]), high)
    found, digits = fit.parameters, _digits_of(fit, observed)
    bottom, top = short_together([bottom, top])
    names = ["c"] if fit.family == "truncweibull_min" else []
    names = ["b"] if fit.family == "truncpareto" else names
    entry: dict[str, Any] = {"distribution": CUT[fit.family]}
    for name in [*names, "loc", "scale"]:
        if found[name] != {"loc": 0.0, "scale": 1.0}.get(name):
            entry[name] = short(found[name], digits)
    if fit.family in ("truncexpon", "truncpareto"):
        entry["loc" if fit.family == "truncexpon" else "scale"] = bottom
    return {**entry, "between": [bottom, top]}
