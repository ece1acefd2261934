"""The Gaussian copula: latent correlations, orders of categories, and a matrix that will do."""

import numpy as np
import pandas as pd
import pytest

from synth_dl.recipes.fitting.copula import Latent, fit_copula
from synth_dl.recipes.fitting.latent import cut, polychoric
from synth_dl.recipes.fitting.orders import order_categories


def pair(correlation: float, rows: int = 20_000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    first = generator.normal(size=rows)
    second = correlation * first + np.sqrt(1 - correlation**2) * generator.normal(size=rows)
    return first, second


def ranks(values: np.ndarray) -> np.ndarray:
    return pd.factorize(pd.Series(values), sort=True)[0]


@pytest.mark.parametrize("correlation", [-0.9, -0.3, 0.0, 0.5, 0.95])
@pytest.mark.parametrize("kind", ["two numbers", "number and grades", "grades and truth"])
def test_the_latent_correlation_is_found(correlation: float, kind: str) -> None:
    first, second = pair(correlation)
    grades = np.digitize(first, [-1, 0.2, 1.5])
    codes = {
        "two numbers": (ranks(first), ranks(second)),
        "number and grades": (grades, ranks(second)),
        "grades and truth": (grades, (second > 0.7).astype(int)),
    }[kind]
    found = polychoric(*(cut(each) for each in codes))
    assert found == pytest.approx(correlation, abs=0.03)


def test_columns_of_which_no_row_has_both_have_no_correlation() -> None:
    codes = np.array([0, 1, -1, -1]), np.array([-1, -1, 0, 1])
    assert polychoric(*codes) is None


def test_categories_are_put_in_the_order_that_depends_most() -> None:
    first, second = pair(0.8)
    places = np.digitize(first, [-1.2, -0.4, 0.4, 1.2])
    shuffled = np.array([3, 0, 4, 1, 2])[places]
    found = order_categories({"x": ranks(second), "c": shuffled}, ["c"])["c"]
    order = np.argsort(found)
    assert order.tolist() in ([3, 0, 4, 1, 2], [2, 1, 4, 0, 3])


def test_the_matrix_is_positive_definite_and_what_was_changed_is_said() -> None:
    generator = np.random.default_rng(0)
    # Of three columns each pair is seen in other rows, and no joint distribution has them all.
    columns = {name: np.full(6000, -1) for name in "abc"}
    for part, (one, other, sign) in enumerate([("a", "b", 1), ("b", "c", 1), ("a", "c", -1)]):
        rows = slice(2000 * part, 2000 * (part + 1))
        noise = generator.normal(size=2000)
        columns[one][rows] = ranks(noise)
        columns[other][rows] = ranks(sign * noise + 0.2 * generator.normal(size=2000))
    fitted = fit_copula({name: Latent(codes) for name, codes in columns.items()})
    assert fitted is not None
    assert np.linalg.eigvalsh(fitted.matrix)[0] > 0
    assert (np.diag(fitted.matrix) == 1).all()
    assert "positive definite" in fitted.note
    assert "nearest" in fitted.note


def test_a_matrix_that_will_do_is_left_alone() -> None:
    first, second = pair(0.6)
    fitted = fit_copula({"a": Latent(ranks(first)), "b": Latent(ranks(second))})
    assert fitted is not None
    assert "positive definite" not in fitted.note


def test_one_column_has_no_copula() -> None:
    codes = {"a": Latent(np.arange(50)), "b": Latent(np.zeros(50, np.int64))}
    assert fit_copula(codes) is None
