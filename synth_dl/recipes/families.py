"""Names of distributions and of their parameters: those of `scipy.stats`, and what else they are
called."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from synth_dl.recipes.distributions.named import Named
from synth_dl.recipes.reading import nearest

_NAMES = {
    "normal": "norm", "gaussian": "norm", "exponential": "expon", "lognormal": "lognorm",
    "student_t": "t", "students_t": "t", "student": "t", "chi_squared": "chi2",
    "chi_square": "chi2", "chisquare": "chi2", "chisquared": "chi2", "fisher_f": "f",
    "weibull": "weibull_min", "binomial": "binom", "negative_binomial": "nbinom",
    "geometric": "geom", "hypergeometric": "hypergeom", "triangular": "triang",
    "gumbel": "gumbel_r", "inverse_gamma": "invgamma", "inverse_gaussian": "invgauss",
    "half_normal": "halfnorm", "half_cauchy": "halfcauchy", "truncated_normal": "truncnorm",
    "skew_normal": "skewnorm", "von_mises": "vonmises", "log_uniform": "loguniform",
    "power_law": "powerlaw", "double_exponential": "laplace", "log_logistic": "fisk",
    "zeta": "zipf", "generalized_pareto": "genpareto", "gev": "genextreme",
    "discrete_uniform": "randint", "logarithmic": "logser", "beta_binomial": "betabinom",
}  # fmt: skip
_PLACE = {"mu": "loc", "mean": "loc", "location": "loc"}
_WIDTH = {"sigma": "scale", "sd": "scale", "std": "scale"}
_RATE = {"rate": ("scale", lambda rate: 1 / rate)}
# By family: what else a parameter is called, or how it is computed from what was given.
_PARAMETERS: dict[str, dict[str, Any]] = {
    "norm": {**_PLACE, **_WIDTH},
    "expon": {**_RATE, "lambda": _RATE["rate"], "mean": "scale"},
    "lognorm": {"sigma": "s", "sdlog": "s", "median": "scale", "mu": ("scale", np.exp),
                "meanlog": ("scale", np.exp)},
    "t": {"nu": "df", **_PLACE}, "chi2": {"k": "df"}, "f": {"df1": "dfn", "df2": "dfd"},
    "gamma": {"shape": "a", "k": "a", "alpha": "a", "theta": "scale", **_RATE,
              "beta": _RATE["rate"]},
    "beta": {"alpha": "a", "beta": "b"},
    "invgamma": {"alpha": "a", "shape": "a", "beta": "scale"},
    "weibull_min": {"shape": "c", "k": "c", "lambda": "scale"},
    "pareto": {"alpha": "b", "shape": "b", "xm": "scale", "minimum": "scale"},
    "lomax": {"alpha": "c", "shape": "c", "lambda": "scale"},
    "laplace": {**_PLACE, "b": "scale"}, "logistic": {**_PLACE, "s": "scale"},
    "cauchy": {"location": "loc", "median": "loc"}, "gumbel_r": {"mu": "loc", "beta": "scale"},
    "halfnorm": _WIDTH, "rayleigh": {"sigma": "scale"}, "skewnorm": {"alpha": "a"},
    "poisson": {"lambda": "mu", "lam": "mu", "rate": "mu", "mean": "mu"},
    "binom": {"size": "n", "trials": "n", "prob": "p", "probability": "p"},
    "nbinom": {"size": "n", "prob": "p", "probability": "p"},
    "geom": {"prob": "p", "probability": "p"}, "bernoulli": {"prob": "p", "probability": "p"},
    "zipf": {"alpha": "a", "s": "a"},
}  # fmt: skip


class _Ends(NamedTuple):
    """Parameters that are told together."""

    names: tuple[str, ...]
    gives: tuple[str, ...]
    convert: Callable[..., tuple[Any, ...]]


_ENDS = {
    "uniform": _Ends(("low", "high"), ("loc", "scale"), lambda low, high: (low, high - low)),
    "triang": _Ends(("low", "mode", "high"), ("c", "loc", "scale"),
                    lambda low, mode, high: ((mode - low) / (high - low), low, high - low)),
    "discrete_uniform": _Ends(("low", "high"), ("low", "high"), lambda low, high: (low, high + 1)),
}  # fmt: skip
_SHORTHAND = {"uniform": {"min": "low", "max": "high"}, "triang": {"min": "low", "max": "high"},
              "discrete_uniform": {"min": "low", "max": "high"}}  # fmt: skip


@cache
def known_names() -> tuple[str, ...]:
    """All names of distributions, the short ones of scipy and the usual ones."""
    kinds = (stats.rv_continuous, stats.rv_discrete)
    found = (name for name in dir(stats) if isinstance(getattr(stats, name), kinds))
    return (*_NAMES, *found)


@cache
def _folded_names() -> dict[str, str]:
    return {_fold(name): name for name in known_names()}


def _fold(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())


class Family:
    """A distribution by its name, and how its parameters are called.

    Raises:
        ValueError: if there is none of that name, with the nearest one.
    """

    def __init__(self, name: str) -> None:
        folded = _folded_names().get(_fold(name))
        if folded is None:
            raise ValueError(f"there is no distribution {name!r}; {nearest(name, known_names())}")
        scipy = _NAMES.get(folded, folded)
        self.name = name
        self._family: Any = getattr(stats, scipy)
        self.discrete = isinstance(self._family, stats.rv_discrete)
        self._shapes = [s.strip() for s in (self._family.shapes or "").split(",") if s.strip()]
        self._ends = _ENDS.get("discrete_uniform" if folded == "discrete_uniform" else scipy)
        key = "discrete_uniform" if folded == "discrete_uniform" else scipy
        self._also = _PARAMETERS.get(scipy, {})
        self._short = _SHORTHAND.get(key, {})
        self._plain = [*self._shapes, "loc", *([] if self.discrete else ["scale"])]

    @property
    def listed(self) -> tuple[str, ...]:
        """Parameters that are lists of numbers."""
        return ("p",) if self._family.name == "poisson_binom" else ()

    @property
    def parameters(self) -> tuple[str, ...]:
        """All names of its parameters."""
        ends = self._ends.names if self._ends else ()
        return tuple(dict.fromkeys([*self._plain, *ends, *self._short, *self._also]))

    def check(self, names: list[str]) -> None:
        """Refuse, by a ValueError, parameters that are lacking or stand twice."""
        told: list[str] = []
        given = [self._short.get(name, name) for name in names]
        if self._ends and {*given} & ({*self._ends.names} - {*self._shapes}):
            lacking = [name for name in self._ends.names if name not in given]
            if lacking:
                raise ValueError(f"the distribution {self.name} needs `{lacking[0]}` as well")
            told += self._ends.gives
            given = [name for name in given if name not in self._ends.names]
        for name in given:
            target = self._also.get(name, name) if name not in self._plain else name
            told.append(target if isinstance(target, str) else target[0])
        twice = next((name for name in told if told.count(name) > 1), None)
        if twice is not None:
            raise ValueError(
                f"the distribution {self.name} is told its `{twice}` twice; remove one"
            )
        lacking = [name for name in self._shapes if name not in told]
        if lacking:
            raise ValueError(f"the distribution {self.name} needs `{lacking[0]}`; give it beside "
                             "`distribution`")  # fmt: skip

    def __call__(self, given: Mapping[str, Any]) -> Named:
        """The distribution of these parameters; a ValueError where they are out of range."""
        given = {self._short.get(name, name): value for name, value in given.items()}
        told: dict[str, Any] = {}
        with np.errstate(all="ignore"):
            if self._ends and {*self._ends.names} <= given.keys():
                ends = self._ends.convert(*(np.asarray(given[n], float) for n in self._ends.names))
                told |= dict(zip(self._ends.gives, ends, strict=True))
                given = {n: value for n, value in given.items() if n not in self._ends.names}
            for name, value in given.items():
                target = name if name in self._plain else self._also[name]
                if isinstance(target, str):
                    told[target] = value
                else:
                    told[target[0]] = target[1](np.asarray(value, float))
        shapes = tuple(told[name] for name in self._shapes)
        return Named(self._family, shapes, told.get("loc", 0.0), told.get("scale", 1.0))
