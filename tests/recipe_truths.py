"""Whether draws and densities of a column agree: by integration, enumeration and tests of fit."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from synth_dl.recipes import Recipe

ROWS = 20_000


def one(**column: Any) -> Recipe:
    """A recipe of one column `x`."""
    return Recipe.parse({"columns": {"x": column}})


def density(recipe: Recipe, values: Any) -> np.ndarray:
    """[N] densities or probabilities of values of `x`."""
    return np.exp(recipe.log_prob(pd.DataFrame({"x": values})))


def check_points(recipe: Recipe, points: Any, seed: int = 1) -> None:
    """The probabilities of all points are one together, and draws follow them."""
    shares = density(recipe, points)
    assert shares.sum() == pytest.approx(1, abs=1e-6)
    drawn = recipe.sample(ROWS, seed=seed)["x"]
    counts = drawn.value_counts().reindex(points, fill_value=0).to_numpy()
    assert counts.sum() == ROWS, "a draw lies outside"
    check_counts(counts, shares)


def check_counts(counts: np.ndarray, shares: np.ndarray) -> None:
    """Counts follow shares, by a chi-squared test at 1 in 10,000."""
    order = np.argsort(-shares)
    counts, expected = counts[order], shares[order] * counts.sum()
    few = expected < 5
    assert counts[expected < 1e-12].sum() == 0
    if few.any():
        counts = np.append(counts[~few], counts[few].sum())
        expected = np.append(expected[~few], expected[few].sum())
    keep = expected > 1e-9
    expected = expected[keep] * counts[keep].sum() / expected[keep].sum()
    if len(expected) > 1:
        assert stats.chisquare(counts[keep], expected).pvalue > 1e-4


def check_line(recipe: Recipe, points: tuple[float, ...] = (), seed: int = 1) -> None:
    """The density and the probabilities of points are one together, and draws follow them."""
    drawn = np.sort(recipe.sample(ROWS, seed=seed)["x"].to_numpy(float))
    shares = density(recipe, np.array(points, float)) if points else np.zeros(0)
    smooth = drawn[~np.isin(drawn, points)]
    check_counts(np.array([*((drawn == p).sum() for p in points), len(smooth)]),
                 np.array([*shares, 1 - shares.sum()]))  # fmt: skip
    # Fine where the draws are: between all of them lies little but the tails.
    grid = np.unique(np.interp(np.linspace(0, 1, 40_001), np.linspace(0, 1, len(smooth)), smooth))
    middle, width = (grid[1:] + grid[:-1]) / 2, np.diff(grid)
    inside = density(recipe, middle) * width
    assert inside.sum() + shares.sum() == pytest.approx(1, abs=3e-3)
    # Kolmogorov and Smirnov, on what the density says.
    levels = np.concatenate([[0], np.cumsum(inside)]) / inside.sum()
    placed = np.interp(smooth, grid, levels)
    distance = np.abs(placed - (np.arange(len(smooth)) + 0.5) / len(smooth)).max()
    assert distance * np.sqrt(len(smooth)) < 2.2  # once in 10,000
