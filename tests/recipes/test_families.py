"""All distributions of scipy by their names, and what else they are called."""

import time

import numpy as np
import pytest
from recipe_truths import one
from scipy import stats
from scipy.stats._distr_params import distcont, distdiscrete

from synth_dl.errors import DataError

# Their own functions take scipy minutes.
LONG = {"norminvgauss", "studentized_range", "levy_stable", "ksone", "kstwo", "gausshyper",
        "geninvgauss"}  # fmt: skip
SLOW = {"genhyperbolic", "irwinhall"}
SECONDS = 40  # far less than it takes to search each quantile anew
CONTINUOUS = [
    *((name, args) for name, args in distcont if isinstance(name, str)),
    ("exponweib", (0.006, 47.0)),  # of which scipy has no upper tail near the middle
]
DISCRETE = [(name, args) for name, args in distdiscrete if isinstance(name, str)]


def _column(name: str, args: tuple[float, ...]) -> dict[str, object]:
    shapes = [shape.strip() for shape in (getattr(stats, name).shapes or "").split(",")]
    return {"distribution": name, **dict(zip(filter(None, shapes), args, strict=True))}


@pytest.mark.parametrize(
    ("name", "args"),
    [pytest.param(name, args, id=f"{name}{args}", marks=[pytest.mark.slow] if name in SLOW else [])
     for name, args in CONTINUOUS if name not in LONG],
)  # fmt: skip
def test_a_continuous_family_of_scipy_is_drawn(name: str, args: tuple[float, ...]) -> None:
    drawn = one(**_column(name, args)).sample(3000, seed=2)["x"].to_numpy()
    assert np.isfinite(drawn).all()
    assert stats.kstest(drawn, getattr(stats, name)(*args).cdf).pvalue > 1e-5


@pytest.mark.parametrize(
    ("name", "args"),
    [("levy_stable", (1.8, -0.5)), ("levy_stable", (0.7, 0.5)), ("geninvgauss", (2.3, 1.5)),
     ("norminvgauss", (1.25, 0.5)), ("gausshyper", (13.8, 3.1, 2.5, 5.2))],
)  # fmt: skip
def test_a_family_without_a_quantile_function_starts_soon(
    name: str, args: tuple[float, ...]
) -> None:
    began = time.monotonic()
    recipe = one(**_column(name, args))
    drawn = np.sort(recipe.sample(100_000, seed=2)["x"].to_numpy())
    assert time.monotonic() - began < SECONDS
    shares = np.array([0.001, 0.02, 0.3, 0.5, 0.7, 0.98, 0.999])
    found = getattr(stats, name)(*args).cdf(drawn[(shares * len(drawn)).astype(int)])
    assert np.abs((found - shares) / np.sqrt(shares * (1 - shares) / len(drawn))).max() < 5


@pytest.mark.parametrize(("name", "args"), DISCRETE, ids=str)
def test_a_discrete_family_of_scipy_is_drawn(name: str, args: tuple[float, ...]) -> None:
    drawn = one(**_column(name, args)).sample(3000, seed=2)["x"].to_numpy()
    frozen = getattr(stats, name)(*args)
    middle = frozen.cdf(drawn) - frozen.pmf(drawn) * np.random.default_rng(0).random(len(drawn))
    assert stats.kstest(middle, "uniform").pvalue > 1e-5


SAME = [
    ({"distribution": "normal", "mean": 3, "sd": 2}, stats.norm(3, 2)),
    ({"distribution": "Gaussian", "mu": 3, "sigma": 2}, stats.norm(3, 2)),
    ({"distribution": "exponential", "rate": 4}, stats.expon(scale=0.25)),
    ({"distribution": "log-normal", "mu": 1, "sigma": 0.5}, stats.lognorm(0.5, scale=np.e)),
    ({"distribution": "lognormal", "median": 7, "sigma": 0.5}, stats.lognorm(0.5, scale=7)),
    ({"distribution": "gamma", "shape": 2, "rate": 4}, stats.gamma(2, scale=0.25)),
    ({"distribution": "uniform", "low": 2, "high": 6}, stats.uniform(2, 4)),
    ({"distribution": "uniform", "loc": 2, "scale": 6}, stats.uniform(2, 6)),
    ({"distribution": "triangular", "low": 1, "mode": 2, "high": 5}, stats.triang(0.25, 1, 4)),
    ({"distribution": "Student's t", "df": 4}, stats.t(4)),
    ({"distribution": "chi squared", "df": 3}, stats.chi2(3)),
    ({"distribution": "Weibull", "shape": 1.5, "scale": 2}, stats.weibull_min(1.5, scale=2)),
    ({"distribution": "pareto", "alpha": 3, "minimum": 5}, stats.pareto(3, scale=5)),
]


@pytest.mark.parametrize(("column", "frozen"), SAME, ids=[str(column) for column, _ in SAME])
def test_usual_names_are_taken(column: dict[str, object], frozen: object) -> None:
    recipe = one(**column)
    frame = recipe.sample(200, seed=5)
    assert np.allclose(recipe.log_prob(frame), frozen.logpdf(frame["x"]))  # type: ignore
    assert stats.kstest(frame["x"], frozen.cdf).pvalue > 1e-4  # type: ignore


COUNTED = [
    ({"distribution": "poisson", "lambda": 3}, stats.poisson(3)),
    ({"distribution": "binomial", "size": 9, "prob": 0.2}, stats.binom(9, 0.2)),
    ({"distribution": "negative binomial", "n": 3, "p": 0.2}, stats.nbinom(3, 0.2)),
    ({"distribution": "discrete_uniform", "min": 1, "max": 6}, stats.randint(1, 7)),
]


@pytest.mark.parametrize(("column", "frozen"), COUNTED, ids=[str(c) for c, _ in COUNTED])
def test_usual_names_of_counts_are_taken(column: dict[str, object], frozen: object) -> None:
    recipe = one(**column)
    frame = recipe.sample(200, seed=5)
    assert frame["x"].dtype == "int64"
    assert np.allclose(recipe.log_prob(frame), frozen.logpmf(frame["x"]))  # type: ignore


WRONG = [
    ({"distribution": "nromal"}, "did you mean 'normal'"),
    ({"distribution": "Gama", "a": 2}, "did you mean 'gamma'"),
    ({"distribution": "gamma"}, "needs `a`"),
    ({"distribution": "normal", "scal": 2}, "did you mean 'scale'"),
    ({"distribution": "normal", "scale": -2}, "scale = -2"),
    ({"distribution": "normal", "scale": 0}, "scale = 0"),
    ({"distribution": "beta", "a": -1, "b": 2}, "a = -1"),
    ({"distribution": "binom", "n": 3, "p": 1.5}, "p = 1.5"),
    ({"distribution": "normal", "mean": 2, "loc": 3}, "`loc`"),
    ({"distribution": "uniform", "low": 2}, "needs `high`"),
    ({"distribution": "uniform", "low": 2, "high": 1}, "scale = -1"),
    ({"distribution": "normal", "scale": float("inf")}, "must be a number"),
    ({"distribution": "normal", "scale": float("nan")}, "must be a number"),
    ({"distribution": "normal", "scale": True}, "must be a number"),
    ({"distribution": 3}, "must be the name of a distribution"),
]


@pytest.mark.parametrize(("column", "words"), WRONG, ids=[str(column) for column, _ in WRONG])
def test_a_wrong_distribution_is_refused_with_its_cure(
    column: dict[str, object], words: str
) -> None:
    with pytest.raises(DataError) as error:
        one(**column)
    assert words in str(error.value)
    assert str(error.value).startswith("the recipe (columns.x")
