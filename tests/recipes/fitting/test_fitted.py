"""A table becomes a recipe that is read, edited, drawn from and asked for probabilities."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from synth_dl.errors import DataError
from synth_dl.recipes import Recipe
from synth_dl.recipes.fitting import FittedRecipe, fit_recipe

ROWS = 3000


def table(seed: int = 0) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    age = generator.normal(45, 12, ROWS).round()
    income = np.exp(10 + 0.03 * (age - 45) + 0.3 * generator.normal(size=ROWS))
    region = np.where(age + 8 * generator.normal(size=ROWS) > 50, "south", "north")
    region = np.where(age < 30, "007", region)
    frame = pd.DataFrame(
        {
            "age": age,
            "income": income,
            "region": region,
            "member": generator.random(ROWS) < 0.3,
            "opened": pd.Timestamp("2019-01-01")
            + pd.to_timedelta(np.floor(generator.beta(2, 5, ROWS) * 2000), unit="D"),
            "grade": pd.Categorical(
                np.array(["low", "middle", "high"])[np.digitize(income, [15e3, 3e4])],
                ["low", "middle", "high"],
                ordered=True,
            ),
        }
    )
    frame.loc[frame["age"] + 10 * generator.normal(size=ROWS) > 55, "income"] = np.nan
    return frame


@pytest.fixture(scope="module")
def fitted() -> FittedRecipe:
    return fit_recipe(table(), copula=True)


def test_the_text_is_a_recipe_with_comments(fitted: FittedRecipe) -> None:
    assert "# norm, then" in fitted.text
    assert Recipe.parse(fitted.text).columns == tuple(table().columns)


def test_draws_have_the_types_shares_and_dependence_of_the_table(fitted: FittedRecipe) -> None:
    real, drawn = table(), fitted.recipe.sample(ROWS, seed=1)
    assert drawn["income"].isna().mean() == pytest.approx(real["income"].isna().mean(), abs=0.03)
    assert drawn["member"].mean() == pytest.approx(0.3, abs=0.03)
    shares = drawn["region"].astype(str).value_counts(normalize=True)
    for region, share in real["region"].value_counts(normalize=True).items():
        assert shares[region] == pytest.approx(share, abs=0.03)
    assert drawn["opened"].dtype.kind == "M"
    ranks = [frame[["age", "income"]].corr("spearman").iloc[0, 1] for frame in (real, drawn)]
    assert ranks[1] == pytest.approx(ranks[0], abs=0.08)
    for frame in (real, drawn):  # who is missing depends on age
        assert frame.loc[frame["income"].isna(), "age"].mean() > frame["age"].mean() + 5
    by_grade = drawn.groupby(drawn["grade"].astype(str))["income"].median()
    assert by_grade["low"] < by_grade["middle"] < by_grade["high"]


def test_without_a_copula_columns_are_independent() -> None:
    frame = table()[["age", "income", "region"]]
    fitted = fit_recipe(frame, copula=False)
    drawn = fitted.recipe.sample(ROWS, seed=1)
    assert abs(drawn[["age", "income"]].corr("spearman").iloc[0, 1]) < 0.08
    assert "correlation" not in fitted.data
    assert "ordered" not in fitted.data["columns"]["region"]
    nats = fitted.recipe.log_prob(frame)
    assert np.isfinite(nats).mean() > 0.99


def test_the_same_seed_gives_the_same_recipe(fitted: FittedRecipe) -> None:
    assert fit_recipe(table(), copula=True).text == fitted.text


def test_nothing_is_told_that_few_rows_share() -> None:
    frame = pd.DataFrame(
        {
            "city": ["north"] * 500 + ["south"] * 300 + ["secret"] * 9,
            "flag": [False] * 800 + [True] * 9,
            "amount": [*np.random.default_rng(0).gamma(2, 5, 805), *[123456.789] * 4],
            "day": [*[pd.Timestamp("2020-01-01")] * 800, *[pd.Timestamp("1911-11-11")] * 9],
        }
    )
    text = fit_recipe(frame, copula=True).text
    for secret in ("secret", "123456", "123457", "1911"):
        assert secret not in text
    assert "boolean: 0.0" in text


def test_missing_cells_of_few_rows_are_not_told() -> None:
    values = np.random.default_rng(0).normal(size=400)
    values[:5] = np.nan
    assert "missing" not in fit_recipe(pd.DataFrame({"x": values}), copula=False).text


@pytest.mark.parametrize(
    "cells",
    [
        ["007", "1e5", "no", "a: b", "null", "2020-01-01", "é\n"],
        [f"name {i}" for i in range(700)],
        [None],
        [np.nan],
        [pd.NaT],
        [np.inf, 1.0, 2.0],
        [True],
    ],
)
def test_awkward_cells_become_a_recipe_that_can_be_read(cells: list[Any]) -> None:
    frame = pd.DataFrame({"odd: name": (cells * 700)[:700], "x": np.arange(700) % 2})
    for copula in (False, True):
        fitted = fit_recipe(frame, copula=copula)
        drawn = fitted.recipe.sample(50, seed=1)
        if isinstance(cells[0], str) and len(cells) < 100:
            assert set(drawn["odd: name"].astype(str)) <= set(cells)


def test_pictures_show_numbers(fitted: FittedRecipe) -> None:
    for name in fitted.numbers:
        assert len(fitted.figure(name).axes) == 2


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(DataError, match="no rows"):
        fit_recipe(pd.DataFrame({"x": []}), copula=False)


def test_columns_of_any_names_become_a_recipe_that_can_be_read() -> None:
    names = ["1", "true", "null", "a`b", "a_b", "__x", "a\nb", "2024-01-01", 'say "hi"', "it's",
             "# c", ": y", "", " ", "by", "missing"]  # fmt: skip
    generator = np.random.default_rng(0)
    common = generator.normal(size=300)
    frame = pd.DataFrame({name: common + generator.normal(size=300) for name in names})
    for number, name in enumerate(names):
        frame.loc[generator.random(300) < 0.1 + 0.02 * number, name] = np.nan
    fitted = fit_recipe(frame, copula=True)
    drawn: Any = Recipe.parse(fitted.text).sample(2000, seed=1)
    assert drawn.columns.tolist() == names
    gone = drawn.isna().mean() - frame.isna().mean()
    assert gone.abs().max() < 0.05
    assert drawn.corr(method="spearman").to_numpy().min() > 0.3
