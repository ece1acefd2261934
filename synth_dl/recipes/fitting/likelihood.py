"""Maximum likelihood of one continuous family in one of its forms.

All candidates of a step (the starts, or a point with its neighbours for the gradient) are one call
of a family's own functions, so that a fit takes some milliseconds. The public ones of scipy take
five times as long for some hundred values: they sort out arguments and supports, which one `where`
does here.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import minimize

from synth_dl.recipes.fitting.catalogue import Family
from synth_dl.recipes.fitting.forms import Parameters, Search, search_of
from synth_dl.recipes.fitting.observed import Observed, Vector

# The logarithm of a density below which a value weighs no more.
FLOOR = -1000.0


@dataclass(frozen=True)
class Fit:
    """A family with parameters.

    Attributes:
        family: name in scipy.stats.
        form: which form was fitted, such as "scaled".
        parameters: shapes, loc and scale by name (discrete families have no scale).
        free: number of parameters that were estimated.
        log_likelihood: of all rows, in nats; of rounding cells where data are coarse.
        rows: number of rows.
        fame: how well the family is known, from 0 to 2.
    """

    family: str
    form: str
    parameters: dict[str, float]
    free: int
    log_likelihood: float
    rows: float
    fame: int = 0
    searched: Vector = field(default_factory=lambda: np.zeros(0), compare=False, repr=False)

    @property
    def bic(self) -> float:
        """Bayesian information criterion, in nats times two; lower is better."""
        return -2 * self.log_likelihood + self.free * float(np.log(max(self.rows, 2.0)))


def log_likelihoods(family: Family, parameters: Parameters, observed: Observed) -> Vector:
    """[m] log-likelihoods a row, in nats, of parameters [m].

    Where data are coarse it is the probability of the rounding cells, otherwise the density.
    """
    with np.errstate(all="ignore"):
        if observed.step is None:
            logs = log_densities(family, parameters, observed.values)
        else:
            logs = np.log(_cells(family, parameters, observed))
    logs = np.where(np.isfinite(logs), np.maximum(logs, FLOOR), FLOOR)
    return logs @ observed.counts / observed.total


def log_densities(family: Family, parameters: Parameters, values: Vector) -> Vector:
    """[m, D] as `logpdf` of scipy has them, for parameters [m] and values [D]."""
    place, shapes, scale, (low, high) = _standardised(family, parameters, values)
    logs = family.distribution._logpdf(place, *shapes) - np.log(scale)
    return np.where((place >= low) & (place <= high), logs, -np.inf)


def shares_below(family: Family, parameters: Parameters, values: Vector) -> Vector:
    """[m, D] as `cdf` of scipy has them."""
    place, shapes, _, (low, high) = _standardised(family, parameters, values)
    shares = family.distribution._cdf(place, *shapes)
    return np.where(place <= low, 0.0, np.where(place >= high, 1.0, shares))


def shares_above(family: Family, parameters: Parameters, values: Vector) -> Vector:
    """[m, D] as `sf` of scipy has them."""
    place, shapes, _, (low, high) = _standardised(family, parameters, values)
    shares = family.distribution._sf(place, *shapes)
    return np.where(place <= low, 1.0, np.where(place >= high, 0.0, shares))


def _standardised(
    family: Family, parameters: Parameters, values: Vector
) -> tuple[Vector, list[Vector], Vector, Any]:
    """Values [m, D] at location 0 and scale 1, shapes and scale [m, 1], and the support.

    What scipy would not take for parameters is not a number.
    """
    columns = {name: np.asarray(value)[:, None] for name, value in parameters.items()}
    location, scale = columns.pop("loc"), columns.pop("scale")
    shapes = [columns[name] for name in family.shape_names]
    taken = family.distribution._argcheck(*shapes) & (scale > 0)
    place = (values - location) / np.where(taken, scale, np.nan)
    return place, shapes, scale, family.distribution._get_support(*shapes)


def _cells(family: Family, parameters: Parameters, observed: Observed) -> Vector:
    """[m, D] probabilities of the cells, each from its nearer tail, where differences are exact."""
    edges, low, high, middle = observed.edges
    below = shares_below(family, parameters, edges[: middle + 1])
    above = shares_above(family, parameters, edges[middle:])
    at_most = np.concatenate([below, below[:, -1:] + above[:, :1] - above[:, 1:]], axis=1)
    left = np.concatenate([1 - below[:, :-1], above], axis=1)
    upper = low >= middle
    cells = at_most[:, high] - at_most[:, low]
    cells[:, upper] = left[:, low[upper]] - left[:, high[upper]]
    return cells


def fit_form(
    family: Family, form: str, observed: Observed, start: Vector | None = None
) -> Fit | None:
    """The best parameters of a form, or None where its support does not cover the data.

    Args:
        family: which family.
        form: one of its forms.
        observed: the data.
        start: a place of the search to start from, such as that of a fit to fewer rows.
    """
    if family.support != "real" and observed.low >= -(observed.step or 0.0) / 2:
        observed = observed.above_zero()
    search = search_of(family, form, observed)
    if search is None:
        return None
    place = _minimise(family, search, observed, start)
    found = search.parameters(place[None])
    value = float(log_likelihoods(family, found, observed)[0])
    if not np.isfinite(value) or value <= FLOOR / 2:
        return None
    return Fit(
        family.name,
        form,
        {name: float(column[0]) for name, column in found.items()},
        len(place) + search.edges,
        value * observed.total,
        observed.total,
        _fame(family, form),
        place,
    )


def _fame(family: Family, form: str) -> int:
    """A family between ends that are sought too is known to few."""
    return min(family.fame, 1) if family.support == "unit" and form != "standard" else family.fame


def _minimise(family: Family, search: Search, observed: Observed, start: Vector | None) -> Vector:
    count = search.starts.shape[1]
    if not count:
        return np.zeros(0)
    low, high = np.array(search.bounds).T
    starts = np.clip(search.starts if start is None else start[None], low, high)
    values = -log_likelihoods(family, search.parameters(starts), observed)
    nudge = 1e-6

    def with_gradient(place: Vector) -> tuple[float, Vector]:
        signs = np.where(place + nudge > high, -1.0, 1.0)
        places = np.concatenate([place[None], place + np.diag(signs * nudge)])
        losses = -log_likelihoods(family, search.parameters(places), observed)
        return float(losses[0]), (losses[1:] - losses[0]) / nudge * signs

    done = minimize(
        with_gradient,
        starts[np.argmin(values)],
        jac=True,
        method="L-BFGS-B",
        bounds=search.bounds,
        options={"maxiter": 60, "maxfun": 90, "ftol": 1e-9},
    )
    return done.x
