"""Each kind of column: its draws and its density agree, and the density is one together."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from recipe_truths import check_line, check_points, density, one
from scipy import stats

from synth_dl.recipes import Recipe

LINES: dict[str, tuple[dict[str, Any], tuple[float, ...]]] = {
    "normal": ({"distribution": "normal", "loc": 3, "scale": 2}, ()),
    "lognormal": ({"distribution": "lognormal", "mu": 2, "sigma": 0.7}, ()),
    "cut off": ({"distribution": "normal", "loc": 3, "scale": 2, "between": [2.5, 9]}, ()),
    "cut off in the tail": ({"distribution": "normal", "between": [6, None]}, ()),
    "cut off below": ({"distribution": "gamma", "a": 2, "between": [None, 0.5]}, ()),
    "zero": ({"distribution": "gamma", "a": 2, "zero": 0.3}, (0.0,)),
    "spikes": ({"distribution": "normal", "spikes": {-1: 0.1, 0.5: 0.25, 7: 0.05}},
               (-1.0, 0.5, 7.0)),
    "spikes and cut off": ({"distribution": "expon", "between": [1, 3], "spikes": {0: 0.2, 3: 0.4}},
                           (0.0, 3.0)),
    "quantiles": ({"quantiles": [1, 2, 2.5, 4, 10]}, ()),
    "quantiles with points": ({"quantiles": [0, 0, 0, 1, 2, 2, 5]}, (0.0, 2.0)),
    "mixture": ({"mixture": [{"weight": 1, "distribution": "normal", "loc": -4},
                             {"weight": 3, "distribution": "gamma", "a": 3}]}, ()),
    "mixture with a spike": ({"mixture": [{"weight": 0.4, "distribution": "normal", "zero": 0.5},
                                          {"weight": 0.6, "distribution": "uniform"}],
                              "between": [-1, 1]}, (0.0,)),
    "kinked": ({"distribution": "laplace"}, ()),
    "ends": ({"distribution": "uniform", "low": -3, "high": 5}, ()),
    "bathtub": ({"distribution": "beta", "alpha": 0.7, "beta": 0.6}, ()),
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
def test_a_density_is_one_together_and_draws_follow_it(name: str) -> None:
    column, points = LINES[name]
    check_line(one(**column), points)


POINTS: dict[str, tuple[dict[str, Any], Any]] = {
    "poisson": ({"distribution": "poisson", "mu": 4.2}, range(60)),
    "binomial": ({"distribution": "binomial", "n": 10, "p": 0.3}, range(11)),
    "far off": ({"distribution": "poisson", "mu": 3, "loc": 100}, range(100, 160)),
    "cut off": ({"distribution": "poisson", "mu": 4.2, "between": [2, 7]}, range(2, 8)),
    "with zeros": ({"distribution": "poisson", "mu": 4.2, "zero": 0.3}, range(60)),
    "dice": ({"distribution": "discrete uniform", "low": 1, "high": 6}, range(1, 7)),
    "rounded": ({"distribution": "normal", "loc": 4, "scale": 3, "decimals": 0}, range(-40, 50)),
    "rounded to tenths": ({"distribution": "beta", "alpha": 2, "beta": 3, "decimals": 1},
                          np.arange(11) / 10),
    "rounded to hundreds": ({"distribution": "expon", "scale": 300, "decimals": -2},
                            range(0, 12_000, 100)),
    "cut off and rounded": ({"distribution": "normal", "loc": 4, "scale": 3, "decimals": 0,
                             "between": [0, 6.2]}, range(7)),
    "rounded with spikes": ({"distribution": "normal", "scale": 3, "decimals": 0,
                             "spikes": {0: 0.2, 2.5: 0.1}}, [*range(-40, 41), 2.5]),
    "values": ({"values": {"a": 2, "b": 1, "no": 5}}, ["a", "b", "no"]),
    "equal weights": ({"values": [1, 2.5, 7]}, [1, 2.5, 7]),
    "a list and weights": ({"values": ["x", "y"], "weights": [0, 3]}, ["x", "y"]),
    "truth": ({"boolean": 0.3}, [False, True]),
    "days": ({"between": [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-03-10")],
              "weekdays": [1, 1, 1, 1, 1, 0.2, 0]}, pd.date_range("2024-01-01", "2024-03-10")),
    "hours": ({"between": [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-02")],
               "hours": [*[0] * 8, *[1] * 10, *[0.5] * 6], "resolution": "hour"},
              pd.date_range("2024-01-01", "2024-01-02 23:00", freq="h")),
    "months": ({"between": [pd.Timestamp("2023-01-01"), pd.Timestamp("2024-12-31")],
                "months": [1, 2, 3, 0, 0, 0, 1, 1, 1, 4, 4, 4]},
               pd.date_range("2023-01-01", "2024-12-31")),
    "mixture of counts": ({"mixture": [{"weight": 1, "distribution": "poisson", "mu": 1},
                                       {"weight": 1, "distribution": "poisson", "mu": 12}]},
                          range(90)),
}  # fmt: skip


@pytest.mark.parametrize("name", POINTS)
def test_probabilities_are_one_together_and_draws_follow_them(name: str) -> None:
    column, points = POINTS[name]
    check_points(one(**column), list(points))


def test_a_moment_has_seconds_where_there_are_hours() -> None:
    recipe = one(between=[pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-31")], hours=[1] * 24)
    drawn = recipe.sample(1000)["x"]
    assert drawn.dt.second.nunique() == 60
    assert drawn.between("2024-01-01", "2024-02-01", inclusive="left").all()
    assert density(recipe, drawn) == pytest.approx(1 / (31 * 86_400))


def test_what_a_column_never_holds_has_no_probability() -> None:
    assert density(one(values=["a", "b"]), ["a", "c", None]).tolist() == [0.5, 0, 0]
    assert density(one(distribution="poisson", mu=2), [1.5, -1, np.nan]).tolist() == [0, 0, 0]
    assert density(one(distribution="expon", decimals=1), [0.25, -1]).tolist() == [0, 0]
    assert density(one(distribution="expon", between=[1, 2]), [0.5, 2.5]).tolist() == [0, 0]


def test_values_far_out_keep_the_digits_of_their_probability() -> None:
    rounded = one(distribution="normal", decimals=0)
    ratio = density(rounded, [-9, 9])
    assert ratio[0] == pytest.approx(ratio[1], rel=1e-9)
    assert 0 < ratio[0] < 1e-16


@pytest.mark.parametrize("column", [
    {"distribution": "normal", "loc": 45, "scale": 12}, {"distribution": "gamma", "a": 0.01},
    {"distribution": "t", "df": 2}, {"distribution": "lognorm", "s": 3},
    {"distribution": "pareto", "b": 1.2}, {"distribution": "skewnorm", "a": 4},
], ids=str)  # fmt: skip
def test_tabulated_quantiles_are_those_of_scipy(column: dict[str, Any]) -> None:
    drawn = one(**column).sample(5000, seed=3)["x"].to_numpy()
    noise = one(distribution="normal").sample(5000, seed=3)["x"].to_numpy()
    given = {name: value for name, value in column.items() if name != "distribution"}
    name = {"normal": "norm"}.get(column["distribution"], column["distribution"])
    frozen = getattr(stats, name)(**given)
    low, high = (frozen.ppf(stats.norm.cdf(noise + shift)) for shift in (-1e-7, 1e-7))
    assert ((low <= drawn) & (drawn <= high)).all()


def test_missing_cells_come_at_their_share_and_are_told_by_the_probability() -> None:
    recipe = one(distribution="poisson", mu=2, missing=0.25)
    frame = recipe.sample(20_000)
    assert frame["x"].dtype == "Int64"
    assert frame["x"].isna().mean() == pytest.approx(0.25, abs=0.01)
    assert density(recipe, [*range(40), None]).sum() == pytest.approx(1)
    assert np.exp(recipe.log_prob(frame[frame["x"].isna()])) == pytest.approx(0.25)


def test_types_are_the_same_in_every_part() -> None:
    recipe = Recipe.parse({"columns": {
        "number": {"distribution": "normal"}, "gap": {"distribution": "normal", "missing": 0.1},
        "whole": {"distribution": "poisson", "mu": 1},
        "whole_gap": {"distribution": "poisson", "mu": 1, "missing": 0.1},
        "truth": {"boolean": 0.5}, "truth_gap": {"boolean": 0.5, "missing": 0.1},
        "text": {"values": ["a", "b"]}, "text_gap": {"values": ["a", "b"], "missing": 0.1},
        "ranks": {"values": ["low", "high"], "ordered": True, "missing": 0.1},
        "day": {"between": [pd.Timestamp("2020-01-01"), pd.Timestamp("2021-01-01")]},
        "day_gap": {"between": [pd.Timestamp("2020-01-01"), pd.Timestamp("2021-01-01")],
                    "missing": 0.1},
    }})  # fmt: skip
    first = recipe.sample(1).dtypes.astype(str).to_dict()
    assert first == recipe.sample(1000).dtypes.astype(str).to_dict()
    assert list(first.values()) == [
        "float64", "float64", "int64", "Int64", "bool", "boolean", "str", "str", "category",
        "datetime64[us]", "datetime64[us]",
    ]  # fmt: skip
    assert recipe.sample(10)["ranks"].cat.categories.tolist() == ["low", "high"]
