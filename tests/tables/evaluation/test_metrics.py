"""Each metric against values worked out by hand, or against a slow and plain computation."""

import numpy as np
import pandas as pd
import pytest
from encoded_tables import encoded, schema_of
from scipy.spatial.distance import cdist
from scipy.stats import ks_2samp

from synth_dl.errors import ConfigError
from synth_dl.metrics.efficiency import machine_learning_efficiency
from synth_dl.metrics.encoded import independent_columns
from synth_dl.metrics.marginals import missing_error, shape_error, shape_errors
from synth_dl.metrics.neighbours import copy_share, nearer_train_share
from synth_dl.metrics.trends import trend_error, trend_error_own_bins
from synth_dl.metrics.two_sample import two_sample_auc
from synth_dl.tables.evaluation import evaluate
from synth_dl.tables.evaluation.privacy import Private
from synth_dl.tables.reading.typed import infer_schema


def dependent_frame(rows: int, seed: int) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    x = generator.normal(size=rows)
    y = x + 0.1 * generator.normal(size=rows)
    group = np.where(x > 0.5, "high", np.where(x < -0.5, "low", "middle"))
    label = np.where(generator.random(rows) < 1 / (1 + np.exp(-4 * x)), "yes", "no")
    return pd.DataFrame({"x": x, "y": y, "group": group, "label": label})


NOTHING = Private([], {}, [])
DEPENDENT = schema_of(x="number", y="number", group="category", label="category")


def test_shape_error_by_hand() -> None:
    schema = schema_of(number="number", category="category")
    real, synthetic = encoded(
        schema,
        {"number": [1, 2, 3, 4], "category": ["a", "a", "b", "b"]},
        {"number": [1, 2, 9, 9], "category": ["a", "b", "b", "c"]},
    )
    # KS: at 4 the shares are 1 and 1/2. Total variation: (1/4 + 0 + 1/4) / 2.
    assert shape_errors(real, synthetic) == {"number": 50.0, "category": 25.0}
    assert shape_error(real, synthetic) == 37.5


def test_shape_error_of_numbers_is_the_statistic_of_scipy() -> None:
    generator = np.random.default_rng(0)
    first, second = generator.normal(size=500).round(1), generator.normal(0.2, 1.1, 300).round(1)
    real, synthetic = encoded(schema_of(a="number"), {"a": first}, {"a": second})
    assert shape_error(real, synthetic) == pytest.approx(100 * ks_2samp(first, second).statistic)


def test_missing_cells_count_in_the_shape_and_have_an_error_of_their_own() -> None:
    schema = schema_of(number="number", category="category", full="number")
    real, synthetic = encoded(
        schema,
        {"number": [1, 2, None, None], "category": ["a", "a", "a", None], "full": [1, 2, 3, 4]},
        {"number": [1, 2, 1, 2], "category": ["a", "a", "a", "a"], "full": [1, 2, 3, 4]},
    )
    assert shape_errors(real, synthetic) == {"number": 50.0, "category": 25.0, "full": 0.0}
    assert missing_error(real, synthetic) == 37.5


def test_trend_error_of_categories_by_hand() -> None:
    schema = schema_of(a="category", b="category")
    real, synthetic = encoded(
        schema,
        {"a": ["x", "x", "y", "y"], "b": ["p", "p", "q", "q"]},
        {"a": ["x", "x", "y", "y"], "b": ["p", "q", "p", "q"]},
    )
    assert trend_error(real, synthetic) == 50.0


def test_trend_error_of_two_numbers_is_half_the_difference_of_correlations() -> None:
    schema = schema_of(a="number", b="number")
    real, synthetic = encoded(
        schema,
        {"a": [1, 2, 3, 4], "b": [1, 2, 3, 4]},
        {"a": [1, 2, 3, 4], "b": [4, 3, 2, 1]},
    )
    assert trend_error(real, synthetic) == pytest.approx(100.0)
    assert trend_error_own_bins(real, synthetic) == pytest.approx(100.0)


def test_correlations_are_those_of_pandas_where_cells_are_missing() -> None:
    generator = np.random.default_rng(0)
    base = generator.normal(size=(400, 3)) @ generator.normal(size=(3, 3)) + 1e9
    base[generator.random(base.shape) < 0.3] = np.nan
    frame = pd.DataFrame(base, columns=list("abc"))
    flat = pd.DataFrame({"a": [1.0, 1.0], "b": [2.0, 2.0], "c": [3.0, 3.0]})
    real, constant = encoded(schema_of(a="number", b="number", c="number"), frame, flat)
    correlations = frame.corr().to_numpy()[np.triu_indices(3, k=1)]
    assert trend_error(real, constant) == pytest.approx(50 * np.abs(correlations).mean())


def test_one_extreme_value_moves_the_trend_with_own_bins_only() -> None:
    schema = schema_of(number="number", category="category")
    numbers = list(range(10))
    real, synthetic = encoded(
        schema,
        {"number": numbers, "category": ["a"] * 10},
        {"number": [*numbers[:-1], 1000], "category": ["a"] * 10},
    )
    # Real edges 0, 0.9, ...: nine values stay, and 9 moves from the last bin to the one above,
    # which are the same one, as the largest value already lies on the last edge.
    assert trend_error(real, synthetic) == 0.0
    # Own edges 0, 100, ...: nine values fall into the first bin, which holds one real value.
    assert trend_error_own_bins(real, synthetic) == pytest.approx(80.0)


def test_trend_error_of_columns_of_very_many_categories() -> None:
    words = [f"word {place}" for place in range(2_000)]
    schema = schema_of(a="category", b="category")
    real, synthetic = encoded(schema, {"a": words, "b": words}, {"a": words, "b": words[::-1]})
    assert trend_error(real, real) == 0.0
    assert trend_error(real, synthetic) == pytest.approx(100.0)


def test_two_sample_auc_knows_equal_distributions_from_independent_columns() -> None:
    train, fresh = encoded(DEPENDENT, dependent_frame(1_500, 0), dependent_frame(1_200, 1))
    same = two_sample_auc(train, fresh)
    trivial = two_sample_auc(fresh, independent_columns(train))
    assert same is not None
    assert trivial is not None
    assert same.rows_each == 1_200
    assert abs(same.auc - 0.5) < 0.04
    assert trivial.auc > 0.9
    assert two_sample_auc(train, fresh) == same


def test_two_sample_auc_of_copies_falls_below_one_half() -> None:
    (train,) = encoded(DEPENDENT, dependent_frame(1_000, 0))
    result = two_sample_auc(train, train)
    assert result is not None
    assert result.auc < 0.45


@pytest.mark.parametrize(("rows", "folds"), [(3, None), (4, 2), (30, 2), (60, 5)])
def test_two_sample_auc_of_few_rows(rows: int, folds: int | None) -> None:
    train, fresh = encoded(DEPENDENT, dependent_frame(100, 0), dependent_frame(rows, 1))
    result = two_sample_auc(train, fresh)
    assert (None if result is None else result.folds) == folds


def test_efficiency_is_high_for_real_rows_and_nothing_for_independent_columns() -> None:
    train, holdout = encoded(DEPENDENT, dependent_frame(2_000, 0), dependent_frame(1_000, 1))
    for target, measure, least, nothing in (("label", "AUC", 0.9, 0.5), ("y", "R2", 0.95, 0.0)):
        real = machine_learning_efficiency(train, holdout, target)
        trivial = machine_learning_efficiency(independent_columns(train), holdout, target)
        assert real is not None
        assert trivial is not None
        assert real.measure == measure
        assert real.rows == 2_000
        assert real.score > least
        assert abs(trivial.score - nothing) < 0.25


def test_a_class_that_was_never_seen_scores_one_half() -> None:
    frame = dependent_frame(1_500, 0)
    train, holdout = encoded(DEPENDENT, frame[frame["group"] != "low"], dependent_frame(600, 1))
    result = machine_learning_efficiency(train, holdout, "group")
    assert result is not None
    assert "1 of 3 classes never occur" in result.notes[0]
    # One class counts 0.5, and its rows are taken for those of another one.
    assert 0.65 < result.score < (1 + 1 + 0.5) / 3 + 1e-9


def test_efficiency_without_anything_to_learn() -> None:
    frame = dependent_frame(300, 0)
    one, holdout, alike = encoded(
        DEPENDENT, frame[frame["label"] == "yes"], dependent_frame(100, 1), frame.assign(label="no")
    )
    result = machine_learning_efficiency(one, holdout, "label")
    assert result is not None
    assert result.score == 0.5
    assert machine_learning_efficiency(holdout, alike, "label") is None


def test_many_classes_are_scored_on_the_most_frequent() -> None:
    generator = np.random.default_rng(0)
    x = generator.integers(0, 30, 3_000)
    schema = schema_of(x="number", y="category")
    train, holdout = encoded(schema, *({"x": part, "y": part} for part in (x[:2_000], x[2_000:])))
    result = machine_learning_efficiency(train, holdout, "y")
    assert result is not None
    assert "20 most frequent of 30" in result.notes[0]
    assert result.score > 0.95


def test_nearer_share_is_that_of_plain_one_hot_distances() -> None:
    generator = np.random.default_rng(0)

    def frame(rows: int) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "a": generator.normal(size=rows).round(1),
                "b": generator.integers(0, 3, rows),
                "c": generator.choice(["x", "y", "z"], rows),
                "d": generator.choice(["p", "q"], rows),
            }
        )

    frames = [frame(300), frame(300), frame(150)]
    frames[2]["a"] += 0.3
    schema = schema_of(a="number", b="number", c="category", d="category")
    train, holdout, synthetic = encoded(schema, *frames)
    spans = [np.ptp(frames[0]["a"]), np.ptp(frames[0]["b"])]
    flat = [
        np.column_stack([part[["a", "b"]] / spans, *(part["c"] == word for word in "xyz"),
                         *(part["d"] == word for word in "pq")]).astype(np.float64)
        for part in frames
    ]  # fmt: skip
    to_train = cdist(flat[2], flat[0], "cityblock").min(axis=1).round(5)
    to_holdout = cdist(flat[2], flat[1], "cityblock").min(axis=1).round(5)
    expected = 100 * np.mean((to_train < to_holdout) + 0.5 * (to_train == to_holdout))
    result = nearer_train_share(train, holdout, synthetic)
    assert result.percent == pytest.approx(expected, abs=0.7)
    assert (result.asked, result.references) == (150, 300)


def test_nearer_share_finds_copies_and_halves_ties() -> None:
    train, holdout = encoded(DEPENDENT, dependent_frame(400, 0), dependent_frame(500, 1))
    assert nearer_train_share(train, holdout, train).percent == 100.0
    assert nearer_train_share(train, holdout.take(np.arange(200)), holdout).percent < 50.0
    assert nearer_train_share(train, train, holdout).percent == 50.0
    fresh = encoded(DEPENDENT, dependent_frame(400, 0), dependent_frame(2_000, 2))[1]
    result = nearer_train_share(train, holdout, fresh)
    assert abs(result.percent - 50) < 5 * result.standard_error


def test_nearer_share_of_missing_numbers() -> None:
    schema = schema_of(a="number", b="category")
    train, holdout, synthetic = encoded(
        schema,
        {"a": [None, 1.0, 5.0], "b": ["x", "y", "x"]},
        {"a": [3.0, 1.0, 5.0], "b": ["x", "y", "x"]},
        {"a": [None], "b": ["x"]},
    )
    assert nearer_train_share(train, holdout, synthetic).percent == 100.0


def test_copy_share_by_hand() -> None:
    schema = schema_of(a="number", b="category")
    train, rows = encoded(
        schema,
        {"a": [1.0, None, 0.0], "b": ["x", "y", None]},
        {"a": [1.0, None, -0.0, 1.0], "b": ["x", "y", None, "y"]},
    )
    assert copy_share(train, rows) == 75.0


def test_the_same_table_is_perfect_and_independent_columns_keep_marginals() -> None:
    (table,) = encoded(DEPENDENT, dependent_frame(500, 0))
    for metric in (shape_error, missing_error, trend_error, trend_error_own_bins):
        assert metric(table, table) == 0.0
    assert shape_error(table, independent_columns(table)) == 0.0
    assert trend_error(table, independent_columns(table)) > 15.0


def targets(values: np.ndarray, dtype: str) -> dict[str, pd.DataFrame]:
    generator = np.random.default_rng(0)
    parts = {}
    for name in ("real", "synthetic", "holdout"):
        y = generator.choice(values, 400)
        parts[name] = pd.DataFrame(
            {"x": y + generator.normal(size=400), "y": pd.Series(y).astype(dtype)}
        )
    return parts


@pytest.mark.parametrize(
    ("values", "dtype", "measure"),
    [
        (np.array([0, 1]), "int64", "AUC"),
        (np.array([0, 1]), "Int64", "AUC"),
        (np.array([0.0, 1.0]), "float64", "AUC"),
        (np.arange(1, 6), "int64", "AUC"),
        (np.array([0.5, 1.5]), "float64", "R2"),
        (np.arange(60), "int64", "R2"),
    ],
)
def test_few_whole_numbers_are_classes(values, dtype, measure, monkeypatch):
    # Of the figures that take long, only the efficiency is looked at.
    monkeypatch.setattr("synth_dl.tables.evaluation.suite.two_sample", lambda _: [])
    monkeypatch.setattr("synth_dl.tables.evaluation.suite.utility", lambda *_: ([], {}))
    monkeypatch.setattr("synth_dl.tables.evaluation.suite.privacy_metrics", lambda *_: NOTHING)
    frames = targets(values, dtype)
    schema = infer_schema(frames["real"])
    found = next(m for m in evaluate(**frames, schema=schema, target="y").metrics
                 if m.name == "efficiency")  # fmt: skip
    assert found.unit == measure
    assert ("task=regression" in (found.note or "")) == (measure == "AUC")
    for task, unit in (("regression", "R2"), ("classification", "AUC")):
        report = evaluate(**frames, schema=schema, target="y", task=task)
        assert next(m for m in report.metrics if m.name == "efficiency").unit == unit
    with pytest.raises(ConfigError, match="choose classification or regression"):
        evaluate(**frames, schema=schema, target="y", task="ranking")
