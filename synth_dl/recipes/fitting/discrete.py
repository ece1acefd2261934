"""Maximum likelihood of the discrete families of scipy.stats on whole numbers.

Most have one parameter that the mean gives, or one that is left after the mean is matched.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import scipy.stats
from scipy.optimize import minimize, minimize_scalar

from synth_dl.recipes.fitting.likelihood import FLOOR, Fit
from synth_dl.recipes.fitting.observed import Observed, Vector

Parameters = dict[str, float]

FAMOUS = {"poisson", "binom", "nbinom", "geom", "randint"}
DISCRETE = (
    "poisson", "binom", "nbinom", "geom", "randint", "zipf", "logser", "yulesimon", "zipfian",
    "boltzmann", "betabinom", "skellam", "dlaplace",
)  # fmt: skip
LARGE = 5000  # values above which a probability is a long sum in some families


def fit_discrete(observed: Observed, names: Sequence[str] = DISCRETE) -> list[Fit]:
    """Those of the discrete families that cover the data; none unless they are whole numbers."""
    if observed.step != 1.0 or np.any(observed.values % 1):
        return []
    fits = []
    for name in names:
        for free, found in _candidates(name, observed):
            parameters = {key: _whole(key, number) for key, number in found.items()}
            value = log_likelihood(name, parameters, observed)
            if value > FLOOR / 2:
                total = observed.total
                fame = 2 if name in FAMOUS else 1
                fits.append(Fit(name, "discrete", parameters, free, value * total, total, fame))
    return fits


def _whole(name: str, value: float) -> float:
    """Sizes and ends as integers, as scipy draws with no others."""
    return int(value) if name in ("n", "N", "low", "high", "loc") and value % 1 == 0 else value


def log_likelihood(name: str, parameters: Parameters, observed: Observed) -> float:
    """Log-probability a row, in nats."""
    with np.errstate(all="ignore"):
        logs = getattr(scipy.stats, name).logpmf(observed.values, **parameters)
    logs = np.where(np.isfinite(logs), np.maximum(logs, FLOOR), FLOOR)
    return float(logs @ observed.counts / observed.total)


def _candidates(name: str, observed: Observed) -> Iterator[tuple[int, Parameters]]:
    """Number of free parameters, and the parameters."""
    low, high = float(observed.values[0]), float(observed.values[-1])
    mean, variance = observed.mean, observed.variance
    if name in ("geom", "logser", "zipf", "yulesimon", "zipfian"):
        yield from _from_one(name, observed, low, mean)
    elif name == "dlaplace":
        yield from _two_sided(observed)
    elif name == "randint":
        yield 2, {"low": low, "high": high + 1}
    elif name == "skellam":
        if high <= LARGE and variance > abs(mean):
            yield 2, _skellam(observed, mean, variance)
    elif low < 0 or mean <= 0:
        return
    elif name == "poisson":
        yield 1, {"mu": mean}
    elif name == "binom" and variance < mean:
        yield 2, _binomial(observed)
    elif name == "nbinom" and variance > mean:
        yield 2, _negative_binomial(observed, mean, variance)
    elif name == "boltzmann":
        found = _best(lambda x: {"lambda_": np.exp(x), "N": high + 1}, name, observed, -9, 3)
        yield 2, found
    elif name == "betabinom" and high <= LARGE:
        yield 3, _beta_binomial(observed, high)


def _best(
    parameters: Callable[[float], Parameters],
    name: str,
    observed: Observed,
    low: float,
    high: float,
) -> Parameters:
    """The best of a line of parameters."""

    def loss(place: float) -> float:
        return -log_likelihood(name, parameters(place), observed)

    grid = np.linspace(low, high, 12)
    middle = int(np.argmin([loss(float(place)) for place in grid]))
    ends = float(grid[max(middle - 1, 0)]), float(grid[min(middle + 1, len(grid) - 1)])
    found: Any = minimize_scalar(loss, bounds=ends, method="bounded", options={"xatol": 1e-5})
    return {key: float(value) for key, value in parameters(float(found.x)).items()}


def _from_one(
    name: str, observed: Observed, low: float, mean: float
) -> Iterator[tuple[int, Parameters]]:
    """Families that start at 1; they are moved by one where the data start at 0."""
    if low < 0:
        return
    moved = {"loc": -1.0} if low == 0 else {}
    mean = mean + 1 if moved else mean
    if name == "geom":
        yield 1, {"p": min(1.0, 1 / mean), **moved}
        return
    lines: dict[str, tuple[Callable[[float], Parameters], float, float]] = {
        "logser": (lambda x: {"p": 1 / (1 + np.exp(-x)), **moved}, -6, 9),
        "zipf": (lambda x: {"a": 1 + np.exp(x), **moved}, -4, 3),
        "yulesimon": (lambda x: {"alpha": np.exp(x), **moved}, -3, 4),
    }
    last = float(observed.values[-1] - moved.get("loc", 0.0))
    lines["zipfian"] = (lambda x: {"a": np.exp(x), "n": last, **moved}, -4, 2.5)
    line, first, end = lines[name]
    if name != "zipfian" or last <= LARGE:
        yield 2 if name == "zipfian" else 1, _best(line, name, observed, first, end)


def _two_sided(observed: Observed) -> Iterator[tuple[int, Parameters]]:
    for free, loc in ((1, 0.0), (2, float(np.round(observed.quantiles(0.5))))):
        line = _best(lambda x, at=loc: {"a": np.exp(x), "loc": at}, "dlaplace", observed, -7, 3)
        if line["loc"] or free == 1:
            yield free, line


def _skellam(observed: Observed, mean: float, variance: float) -> Parameters:
    size = float(np.log(variance - abs(mean)))

    def line(place: float) -> Parameters:
        less = np.exp(place) / 2
        return {"mu1": less + max(mean, 0.0), "mu2": less + max(-mean, 0.0)}

    return _best(line, "skellam", observed, size - 2, size + 2)


def _binomial(observed: Observed) -> Parameters:
    """Trials from the largest value on, each with the share that the mean gives."""
    most, mean = observed.values[-1], observed.mean

    def line(place: float) -> Parameters:
        trials = float(np.round(most + np.expm1(place)))
        return {"n": trials, "p": mean / trials}

    found = _best(line, "binom", observed, 0.0, float(np.log(1e3 * most + 10)))
    near = np.arange(max(most, found["n"] - 8), found["n"] + 9)
    losses = [-log_likelihood("binom", {"n": n, "p": mean / n}, observed) for n in near]
    best = float(near[int(np.argmin(losses))])
    return {"n": best, "p": mean / best}


def _negative_binomial(observed: Observed, mean: float, variance: float) -> Parameters:
    size = float(np.log(mean**2 / (variance - mean)))

    def line(place: float) -> Parameters:
        return {"n": np.exp(place), "p": np.exp(place) / (np.exp(place) + mean)}

    return _best(line, "nbinom", observed, size - 3, size + 3)


def _beta_binomial(observed: Observed, most: float) -> Parameters:
    def loss(place: Vector) -> float:
        a, b = np.exp(place)
        return -log_likelihood("betabinom", {"n": most, "a": a, "b": b}, observed)

    share = min(max(observed.mean / most, 1e-3), 1 - 1e-3)
    start = np.log([5 * share, 5 * (1 - share)])
    found = minimize(loss, start, method="L-BFGS-B", bounds=[(-6, 9)] * 2).x
    return {"n": most, "a": float(np.exp(found[0])), "b": float(np.exp(found[1]))}
