"""A column of numbers as an entry of a recipe: spikes, rounding, and the family of the rest."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from synth_dl.recipes.fitting.discrete import fit_discrete, log_likelihood
from synth_dl.recipes.fitting.ends import recipe_entry, short, short_together
from synth_dl.recipes.fitting.families import rank_families
from synth_dl.recipes.fitting.goodness import Goodness, cdf, goodness_of_fit
from synth_dl.recipes.fitting.lattice import Spike, decimals_of, find_spikes, without
from synth_dl.recipes.fitting.likelihood import Fit
from synth_dl.recipes.fitting.observed import Observed, Vector
from synth_dl.recipes.fitting.quantiles import smoothed_quantiles, sorted_rows

COUNTS = ("poisson", "nbinom", "binom", "geom")
EXPECTATIONS = 15
REJECTED = 0.01  # p-value at which no family fits
MOST_VALUES = 128  # that are listed with weights where no family fits
LISTED = 0.98  # share of the rows that they must hold
OFTEN, APART = 5, 8  # rows a value, and cells a value, that make numbers labels
LIST_NOTE = "values with weights"
TAIL = 0.005  # share of the rows at either end that does not count for it


@dataclass(frozen=True)
class NumberFit:
    """What was found in a column of numbers.

    Attributes:
        entry: of the recipe, without missing cells.
        note: in words.
        ranking: families by merit, best first.
        goodness: the test of the best one, if there is one.
        spikes: values with rows of their own.
        values: [N] the present numbers, for pictures.
        accepted: whether the best family stands in the entry.
    """

    entry: dict[str, Any]
    note: str
    ranking: tuple[Fit, ...] = ()
    goodness: Goodness | None = None
    spikes: tuple[Spike, ...] = ()
    values: Vector = field(default_factory=lambda: np.zeros(0), repr=False, compare=False)
    accepted: bool = False


def fit_number(values: Vector, min_count: int = 10, seed: int = 0) -> NumberFit:
    """Describe numbers.

    Args:
        values: [N] finite numbers.
        min_count: rows that share whatever is told of the column.
        seed: of choices of rows and of the bootstrap.
    """
    if len(values) < min_count:
        return NumberFit({"values": [0]}, f"fewer than {min_count} rows; nothing is told of them")
    distinct, counts = np.unique(values, return_counts=True)
    decimals = decimals_of(distinct)
    step = None if decimals is None else 10.0**-decimals
    whole = Observed.counted(distinct, counts.astype(np.float64), step)
    if len(distinct) < 3:
        return NumberFit(*_listed(whole, min_count), values=values)
    if step is not None and _sparse(whole, step) and _few(whole, min_count):
        return NumberFit(*_listed(whole, min_count), values=values)
    spikes = find_spikes(whole, step, min_count)
    spikes = [_counted(whole, spike) if spike.at_end else spike for spike in spikes]
    rest = without(whole, spikes)
    # Fewer rows than that in the rest are told as part of the spikes.
    if rest.total < 2 * min_count or len(rest.values) < 3:
        return NumberFit(*_listed(whole, min_count), spikes=tuple(spikes), values=values)
    ranking, spikes, rest = _ranked(whole, spikes, rest)
    goodness = goodness_of_fit(ranking[0], rest, seed) if ranking else None
    # A list with no more parameters says the same without a law.
    short_list = len(distinct) - 1 <= len(spikes) + (ranking[0].free if ranking else 0)
    accepted = goodness is not None and goodness.p_value > REJECTED and not short_list
    rows = sorted_rows(rest, rest.step)
    spiked = {_key(s.value, decimals): short(s.rows / whole.total)
              for s in sorted(spikes, key=lambda spike: spike.value)}  # fmt: skip
    if accepted:
        entry = recipe_entry(ranking[0], rest, rows, min_count)
        if ranking[0].form != "discrete":
            entry |= _sign(ranking[0], whole) if "between" not in entry else {}
            entry |= {} if decimals is None else {"decimals": decimals}
        entry |= {"spikes": spiked} if spiked else {}
    elif _few(whole, min_count) or short_list:
        entry, _ = _listed(whole, min_count)
    else:
        quantiles = smoothed_quantiles(sorted_rows(rest, step), min_count)
        entry = {"quantiles": short_together(quantiles.tolist())}
        entry |= {} if decimals is None else {"decimals": decimals}
        entry |= {"spikes": spiked} if spiked else {}
    note = _note(ranking, goodness, accepted, len(spikes)) if not short_list else LIST_NOTE
    return NumberFit(entry, note, tuple(ranking), goodness, tuple(spikes), values, accepted)


def _counted(whole: Observed, spike: Spike) -> Spike:
    """A spike at the end of counts, with the rows that the best family of counts does not explain.

    What the family lets expect there is put in its place until it no longer changes (expectation
    maximisation of a zero-inflated family).
    """
    rows = float(whole.counts[np.searchsorted(whole.values, spike.value)])
    for _ in range(EXPECTATIONS):
        rest = without(whole, [spike])
        fits = fit_discrete(rest, COUNTS)
        if not fits:
            return spike
        best = min(fits, key=lambda fit: fit.bic)
        share = _mass(best, Observed(np.array([spike.value]), np.ones(1), whole.step))
        others = rest.total - (rows - spike.rows)
        level = min(others * share / max(1 - share, 1e-9), rows)
        if abs(rows - level - spike.rows) < 0.5:
            break
        spike = replace(spike, rows=rows - level)
    return spike


def _ranked(
    whole: Observed, spikes: list[Spike], rest: Observed
) -> tuple[list[Fit], list[Spike], Observed]:
    """The ranking, with a spike at an end only where it is better than a steep family."""
    ranking = rank_families(rest)
    inner = [spike for spike in spikes if not spike.at_end]
    if len(inner) == len(spikes) or not ranking:
        return ranking, spikes, rest
    plain = without(whole, inner)
    other = rank_families(plain)
    if other and other[0].bic < _spiked_bic(ranking[0], rest, plain):
        return other, inner, plain
    return ranking, spikes, rest


def _spiked_bic(fit: Fit, rest: Observed, plain: Observed) -> float:
    """BIC of a family with spikes of its own, on the rows that it shares with one without."""
    taken = plain.counts.copy()
    taken[np.searchsorted(plain.values, rest.values)] -= rest.counts
    share = rest.total / plain.total
    some = Observed(rest.values, rest.counts, rest.step)
    value = some.total * np.log(share) + fit.log_likelihood
    for place in np.flatnonzero(taken > 0.5):
        point = Observed(plain.values[[place]], np.ones(1), plain.step)
        below = share * _mass(fit, point)
        extra = taken[place] / plain.total + below
        rows = plain.counts[place]
        level = rows - taken[place]
        value += rows * np.log(extra)
        value -= level * np.log(below) if level > 0 and below > 0 else 0.0
    return -2 * value + (fit.free + int((taken > 0.5).sum())) * np.log(plain.total)


def _mass(fit: Fit, point: Observed) -> float:
    if fit.form == "discrete":
        return float(np.exp(log_likelihood(fit.family, fit.parameters, point)))
    half = (point.step or 0.0) / 2
    upper, lower = cdf(fit, point.values + half), cdf(fit, point.values - half)
    return float(upper[0] - lower[0])


def _sign(fit: Fit, whole: Observed) -> dict[str, Any]:
    """Bounds at zero for a family that goes beyond it where no row does."""
    low = float(cdf(fit, np.zeros(1))[0])
    if whole.values[0] >= 0 and low > 1e-9:
        return {"between": [0, None]}
    if whole.values[-1] <= 0 and low < 1 - 1e-9:
        return {"between": [None, 0]}
    return {}


def _sparse(whole: Observed, step: float) -> bool:
    """Whether a few values come again and again, far from one another, as those of a tariff do."""
    low, high = np.searchsorted(np.cumsum(whole.counts) / whole.total, [TAIL, 1 - TAIL])
    cells = (whole.values[high] - whole.values[low]) / step + 1
    often = whole.total >= OFTEN * len(whole.values)
    return bool(often and cells >= APART * (high - low + 1))


def _few(whole: Observed, min_count: int) -> bool:
    common = whole.counts >= min_count
    share = float(whole.counts[common].sum() / whole.total)
    return int(common.sum()) <= MOST_VALUES and share >= LISTED


def _listed(whole: Observed, min_count: int) -> tuple[dict[str, Any], str]:
    """Values with weights; rows of rare ones count for the nearest common one."""
    common = np.flatnonzero(whole.counts >= min_count)
    if not len(common):
        mean = whole.mean
        half = float(np.sqrt(3 * whole.variance))
        return {"quantiles": short_together([mean - half, mean + half])}, "mean and spread only"
    values = whole.values[common]
    nearest = np.searchsorted((values[1:] + values[:-1]) / 2, whole.values)
    counts = np.bincount(nearest, whole.counts, len(values))
    decimals = decimals_of(whole.values)
    rows: dict[float | int, float] = {}
    for value, count in zip(values, counts, strict=True):
        key = _key(value, decimals)
        rows[key] = rows.get(key, 0.0) + float(count)
    return {"values": {key: short(count / whole.total) for key, count in rows.items()}}, LIST_NOTE


def _key(value: float, decimals: int | None) -> float | int:
    if decimals is not None and decimals <= 0:
        return round(value)
    return float(value) if decimals is None else round(float(value), decimals)


def _note(ranking: list[Fit], goodness: Goodness | None, accepted: bool, spikes: int) -> str:
    if not ranking or goodness is None:
        return "no family covers the values"
    best = ranking[0]
    words = best.family if accepted else f"no family fits; the best would be {best.family}"
    if len(ranking) > 1:
        margin = ranking[1].bic - best.bic
        words += f", then {ranking[1].family} (BIC {margin:+.1f})"
    words += f", p = {goodness.p_value:.2g} on {goodness.rows} rows"
    return words + (f"; {spikes} spike{'s' * (spikes > 1)} apart" if spikes else "")
