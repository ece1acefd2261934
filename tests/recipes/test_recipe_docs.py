"""The examples of docs/recipes.md, and what is said of them."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from synth_dl.recipes import Recipe
from synth_dl.recipes.functions import FUNCTIONS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "recipes.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"### ([^\n]+)\n(?:(?!###|```).)*?```yaml\n(.*?)```", PAGE, re.DOTALL))


def test_there_are_five_examples() -> None:
    assert len(EXAMPLES) == 5


@pytest.mark.parametrize("title", EXAMPLES)
def test_an_example_runs_and_its_rows_have_a_probability(title: str) -> None:
    recipe = Recipe.parse(EXAMPLES[title], path=f"{title}.yaml")
    drawn = recipe.sample(200, seed=1)
    assert np.isfinite(recipe.log_prob(drawn)).all()


def test_a_loan_book_is_as_the_page_says() -> None:
    book = Recipe.parse(EXAMPLES["A loan book"]).sample(20_000, seed=2)
    assert book["age"].between(18, 90).all()
    assert (book["amount"] % 100 == 0).all()
    assert book["income"].isna().mean() == pytest.approx(0.05, abs=0.01)
    codes = book["grade"].cat.codes
    assert stats.spearmanr(book["age"], codes)[0] == pytest.approx(-0.2, abs=0.02)
    assert book.groupby("grade", observed=True)["late"].mean()["C"] == pytest.approx(1.2, abs=0.06)


def test_a_class_finds_the_bias() -> None:
    recipe = Recipe.parse(EXAMPLES["A biased sample for a class"])
    seen = recipe.sample(20_000, seed=3)["income_class"].dropna().astype(float).mean()
    classes, shares = np.arange(1, 5), np.array([0.3, 0.4, 0.2, 0.1])
    kept = shares * (1 - 0.05 - 0.15 * (classes - 1))
    assert seen == pytest.approx((classes * kept).sum() / kept.sum(), abs=0.02)
    assert seen < (classes * shares).sum() - 0.1
    row = pd.DataFrame({"city": [True], "income_class": [pd.NA], "hours": [36],
                        "satisfied": ["mid"]})  # fmt: skip
    rest = 0.4 * stats.binom(60, 0.6).pmf(36) * 0.5
    assert np.exp(recipe.log_prob(row)) == pytest.approx((1 - kept.sum()) * rest)


def test_the_page_names_every_function() -> None:
    told = PAGE.split("the functions `")[1].split("`")[0].split()
    assert set(told) == {*FUNCTIONS, "text", "date"}
