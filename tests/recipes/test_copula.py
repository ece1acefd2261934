"""Correlated columns: what was asked for holds, and their joint density is one together."""

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from synth_dl.errors import DataError
from synth_dl.recipes import Recipe
from synth_dl.recipes.matrices import nearest_correlation
from synth_dl.recipes.ranks import Margin, measured
from synth_dl.recipes.rectangles import log_box

COLUMNS: dict[str, dict[str, Any]] = {
    "normal": {"distribution": "normal", "loc": 5, "scale": 2},
    "skewed": {"distribution": "lognormal", "sigma": 1},
    "spiked": {"distribution": "gamma", "a": 2, "zero": 0.4},
    "count": {"distribution": "poisson", "mu": 1.5},
    "rounded": {"distribution": "normal", "scale": 4, "decimals": 0},
    "fine": {"distribution": "lognormal", "median": 3000, "sigma": 0.5, "decimals": 2},
    "truth": {"boolean": 0.2},
    "ranks": {"values": {"low": 5, "mid": 3, "high": 2}, "ordered": True},
    "numbers": {"values": [10, 20, 50]},
    "mixed": {"mixture": [{"weight": 1, "distribution": "normal"},
                          {"weight": 2, "distribution": "normal", "loc": 6}]},
    "day": {"between": [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-12-31")]},
}  # fmt: skip


def pair(one: str, other: str, value: float, measure: str) -> Recipe:
    return Recipe.parse({
        "columns": {"a": COLUMNS[one], "b": COLUMNS[other]},
        "correlation": {"measure": measure, "pairs": [["a", "b", value]]},
    })  # fmt: skip


def ranked(frame: pd.DataFrame) -> list[np.ndarray]:
    return [column.cat.codes.to_numpy() if isinstance(column.dtype, pd.CategoricalDtype)
            else column.to_numpy().astype("int64" if column.dtype.kind == "M" else float)
            for _, column in frame.items()]  # fmt: skip


@pytest.mark.parametrize("measure", ["spearman", "kendall"])
@pytest.mark.parametrize(("one", "other", "value"), [
    ("normal", "skewed", 0.6), ("normal", "skewed", -0.9), ("normal", "spiked", 0.5),
    ("spiked", "spiked", 0.5), ("count", "count", 0.4), ("count", "ranks", -0.3),
    ("truth", "normal", 0.4), ("truth", "ranks", 0.3), ("rounded", "fine", 0.7),
    ("mixed", "numbers", 0.5), ("day", "skewed", 0.3),
])  # fmt: skip
def test_the_rank_correlation_that_was_asked_for_holds(
    measure: str, one: str, other: str, value: float
) -> None:
    drawn = ranked(pair(one, other, value, measure).sample(60_000, seed=4))
    test = stats.spearmanr if measure == "spearman" else stats.kendalltau  # tau-b
    assert test(*drawn).statistic == pytest.approx(value, abs=0.015)


def test_the_correlation_of_the_noise_may_be_told() -> None:
    frame = pair("normal", "normal", -0.65, "normal").sample(60_000)
    assert np.corrcoef(frame["a"], frame["b"])[0, 1] == pytest.approx(-0.65, abs=0.01)


def _grid(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Values of a column, and how wide the stretch is that each stands for; 1 for points."""
    recipe = Recipe.parse({"columns": {"x": COLUMNS[name]}})
    if name in ("normal", "skewed", "spiked"):
        drawn = recipe.sample(100_000)["x"].to_numpy()
        edges = np.quantile(drawn[drawn != 0], np.linspace(0, 1, 301))
        values, widths = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
        return (
            (np.append(values, 0.0), np.append(widths, 1.0))
            if name == "spiked"
            else (values, widths)
        )
    points = {"count": range(25), "truth": [False, True], "rounded": range(-30, 31),
              "ranks": ["low", "mid", "high"], "numbers": [10, 20, 50]}[name]  # fmt: skip
    return np.array(points), np.ones(len(points))


@pytest.mark.parametrize(("one", "other", "value"), [
    ("normal", "skewed", 0.7), ("normal", "spiked", -0.5), ("spiked", "count", 0.4),
    ("skewed", "ranks", 0.6), ("count", "ranks", 0.5), ("truth", "numbers", -0.3),
    ("rounded", "count", 0.8), ("spiked", "spiked", 0.5),
])  # fmt: skip
def test_the_joint_density_is_one_together_and_agrees_with_each_column(
    one: str, other: str, value: float
) -> None:
    recipe = pair(one, other, value, "normal")
    (left, width), (right, height) = _grid(one), _grid(other)
    index = np.indices((len(left), len(right))).reshape(2, -1)
    frame = pd.DataFrame({"a": left[index[0]], "b": right[index[1]]})
    mass = np.exp(recipe.log_prob(frame)) * width[index[0]] * height[index[1]]
    assert mass.sum() == pytest.approx(1, abs=0.01)
    alone = Recipe.parse({"columns": {"a": COLUMNS[one]}})
    expected = np.exp(alone.log_prob(pd.DataFrame({"a": left}))) * width
    together = mass.reshape(len(left), len(right)).sum(axis=1)
    assert np.abs(together - expected).sum() < 0.012


def test_missing_cells_of_correlated_columns_drop_out() -> None:
    recipe = Recipe.parse({
        "columns": {"a": COLUMNS["normal"] | {"missing": 0.3}, "b": COLUMNS["count"]},
        "correlation": {"measure": "normal", "pairs": [["a", "b", 0.8]]},
    })  # fmt: skip
    counts = np.arange(10)
    told = recipe.log_prob(pd.DataFrame({"a": np.nan, "b": counts}))
    assert told == pytest.approx(np.log(0.3) + stats.poisson(1.5).logpmf(counts), abs=1e-7)


@pytest.mark.parametrize("sides", [1, 2, 3, 4, 5])
def test_boxes_have_the_probability_that_scipy_gives(sides: int) -> None:
    generator = np.random.default_rng(sides)
    for _ in range(5):
        factor = generator.normal(size=(sides, sides + 1))
        covariance = factor @ factor.T
        centre = generator.normal(size=(3, sides)) * np.sqrt(np.diag(covariance))
        width = generator.exponential(size=(3, sides)) * 2
        low, high = centre - width, centre + width
        low[0, 0], high[1, -1] = -np.inf, np.inf
        found = np.exp(log_box(low, high, covariance))
        for row in range(3):
            expected = stats.multivariate_normal.cdf(
                high[row], cov=covariance, lower_limit=low[row], abseps=1e-8, maxpts=500_000
            )
            assert found[row] == pytest.approx(expected, abs=3e-4 if sides > 4 else 3e-5)


def test_boxes_far_out_keep_their_digits() -> None:
    covariance = np.array([[1, 0.5], [0.5, 1]])
    low = np.array([[8.0, 8.0], [-9.0, -9.0]])
    high = np.array([[9.0, 9.0], [-8.0, -8.0]])
    found = log_box(low, high, covariance)
    assert found[0] == pytest.approx(found[1], abs=1e-9)
    assert -80 < found[0] < -40


def test_ties_are_counted_as_in_samples() -> None:
    margins = [Margin(_distribution(name)) for name in ("count", "ranks")]
    generator = np.random.default_rng(0)
    noise = generator.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 100_000).T
    drawn = [_distribution(name).quantile(each)
             for name, each in zip(("count", "ranks"), noise, strict=True)]  # fmt: skip
    assert measured("spearman", 0.6, *margins) == pytest.approx(
        stats.spearmanr(*drawn)[0], abs=0.01
    )
    assert measured("kendall", 0.6, *margins) == pytest.approx(
        stats.kendalltau(*drawn)[0], abs=0.01
    )


def _distribution(name: str) -> Any:
    source = Recipe.parse({"columns": {"x": COLUMNS[name]}})._plan.root.table.columns["x"].source
    return source.given({})  # type: ignore[union-attr]


def test_a_matrix_that_is_not_positive_definite_is_refused_with_the_nearest() -> None:
    matrix = [[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]]
    columns = dict.fromkeys("abc", COLUMNS["normal"])
    told = {"measure": "normal", "columns": list("abc"), "matrix": matrix}
    with pytest.raises(DataError) as error:
        Recipe.parse({"columns": columns, "correlation": told})
    assert "eigenvalue -0.8" in str(error.value)
    nearest = str(error.value).split("will do is ")[1]
    told["matrix"] = eval(nearest)
    frame = Recipe.parse({"columns": columns, "correlation": told}).sample(100)
    assert len(frame) == 100


def test_a_matrix_that_no_noise_gives_is_refused_in_its_own_terms() -> None:
    # Positive definite itself, but not the correlations of the noise that would give it.
    matrix = np.array([[1, 0.72, 0.05], [0.72, 1, 0.72], [0.05, 0.72, 1]])
    columns = dict.fromkeys("abc", COLUMNS["normal"])
    told: dict[str, Any] = {"measure": "kendall", "columns": list("abc"), "matrix": matrix}
    assert np.linalg.eigvalsh(matrix)[0] > 0
    with pytest.raises(DataError, match="correlations of the noise") as error:
        Recipe.parse({"columns": columns, "correlation": told})
    told["matrix"] = eval(str(error.value).split("will do is ")[1])
    assert len(Recipe.parse({"columns": columns, "correlation": told}).sample(10)) == 10


@pytest.mark.parametrize("size", [3, 8, 30])
def test_the_nearest_matrix_is_a_correlation_matrix(size: int) -> None:
    generator = np.random.default_rng(size)
    matrix = np.tril(generator.uniform(-1, 1, (size, size)), -1)
    matrix = matrix + matrix.T + np.eye(size)
    near = nearest_correlation(matrix)
    assert np.diag(near) == pytest.approx(1)
    assert np.linalg.eigvalsh(near)[0] > 0
    fine = nearest_correlation(np.eye(size) * 0.5 + 0.5)
    assert np.abs(fine - (np.eye(size) * 0.5 + 0.5)).max() < 1e-6


WRONG = [
    ({"pairs": [["a", "b", 0.5]]}, "measure"),
    ({"measure": "pearson", "pairs": [["a", "b", 0.5]]}, "no measure of correlation 'pearson'"),
    ({"measure": "spearman", "pairs": [["a", "c", 0.5]]}, "no column 'c'"),
    ({"measure": "spearman", "pairs": [["a", "text", 0.5]]}, "ordered: true"),
    ({"measure": "spearman", "pairs": [["a", "sum", 0.5]]}, "computed from others"),
    ({"measure": "spearman", "pairs": [["a", "b", 1.5]]}, "from -1 to 1"),
    ({"measure": "spearman", "pairs": [["a", "a", 0.5]]}, "is one column"),
    ({"measure": "spearman", "pairs": []}, "no pairs"),
    ({"measure": "spearman"}, "`matrix` or its `pairs`"),
    ({"measure": "spearman", "matrix": [[1, 0], [0, 1]]}, "needs its `columns`"),
    ({"measure": "spearman", "columns": ["a", "b"], "matrix": [[1, 0.2]]}, "2 rows of 2"),
    ({"measure": "spearman", "columns": ["a", "b"], "matrix": [[1, 0.2], [0.3, 1]]}, "0.2 once"),
    ({"measure": "spearman", "columns": ["a", "b"], "matrix": [[2, 0.2], [0.2, 1]]}, "-1 to 1"),
    ({"measure": "spearman", "columns": ["a", "b"], "matrix": [[0.9, 0.2], [0.2, 1]]}, "diagonal"),
    ({"measure": "spearman", "pairs": [["a", "b", 1.0]]}, "eigenvalue"),
    ({"measure": "spearman", "pairs": [["a", "rare", 0.9]]}, "can be from -0.1"),
    ([{"measure": "spearman", "pairs": [["a", "b", 0.1]]},
      {"measure": "spearman", "pairs": [["b", "rare", 0.1]]}], "two correlations"),
]  # fmt: skip


@pytest.mark.parametrize(("told", "words"), WRONG, ids=[words for _, words in WRONG])
def test_a_wrong_correlation_is_refused_with_its_cure(told: Any, words: str) -> None:
    columns = {"a": COLUMNS["normal"], "b": COLUMNS["normal"], "text": {"values": ["x", "y"]},
               "sum": {"formula": "a + b"}, "rare": {"boolean": 0.01}}  # fmt: skip
    with pytest.raises(DataError, match="correlation") as error:
        Recipe.parse({"columns": columns, "correlation": told})
    assert words in str(error.value)


def test_many_correlated_categories_have_an_estimate_that_is_one_together() -> None:
    columns = dict.fromkeys("abcdef", COLUMNS["ranks"])
    pairs = [[one, other, 0.4] for one in "abcdef" for other in "abcdef" if one < other]
    told = {"measure": "normal", "pairs": pairs}
    recipe = Recipe.parse({"columns": columns, "correlation": told})
    words = recipe.sample(10)["a"].cat.categories  # type: ignore[call-overload]
    frame = pd.DataFrame(itertools.product(words, repeat=6), columns=list("abcdef"))
    found = np.exp(recipe.log_prob(frame))
    assert found.sum() == pytest.approx(1, abs=3e-3)
    alone = Recipe.parse({"columns": {"a": COLUMNS["ranks"]}})
    shares = np.exp(alone.log_prob(pd.DataFrame({"a": words})))
    ends = stats.norm.ppf(np.concatenate([[0], np.cumsum(shares).clip(max=1)]))
    matrix = np.full((6, 6), 0.4) + 0.6 * np.eye(6)
    for row in (0, 100, len(frame) - 1):
        places = words.get_indexer(frame.iloc[row])
        exact = stats.multivariate_normal.cdf(
            ends[places + 1], cov=matrix, lower_limit=ends[places], abseps=1e-7, maxpts=400_000
        )
        assert np.log(found[row]) == pytest.approx(np.log(exact), abs=0.03)


@pytest.mark.filterwarnings("error")
def test_words_that_a_correlated_column_never_has_have_no_probability() -> None:
    recipe = pair("ranks", "count", 0.5, "normal")
    frame = pd.DataFrame({"a": ["nowhere", None], "b": [1, 2]})
    assert (recipe.log_prob(frame) == -np.inf).all()


@pytest.mark.filterwarnings("error")
def test_hidden_columns_may_decide_which_cells_are_missing() -> None:
    columns: dict[str, Any] = dict.fromkeys("abcde", COLUMNS["ranks"])
    for name in "ab":
        columns[f"no {name}"] = {"boolean": 0.3, "hidden": True}
        columns[name] = columns[name] | {"missing": f"where(`no {name}`, 1, 0)"}
    pairs = [["no a", "no b", 0.9], ["a", "b", 0.5], ["c", "no a", 0.3], ["d", "e", 0.4]]
    told = {"measure": "normal", "pairs": pairs}
    recipe = Recipe.parse({"columns": columns, "correlation": told})
    found = recipe.log_prob(recipe.sample(300, seed=1))
    assert np.isfinite(found).all()
