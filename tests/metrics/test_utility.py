"""Effective rows, every column, and models by name: known answers."""

import numpy as np
import pytest
from known_tables import fresh, known
from sklearn.dummy import DummyClassifier
from sklearn.svm import LinearSVC

from synth_dl.metrics.efficiency import machine_learning_efficiency
from synth_dl.metrics.encoded import EncodedColumn, EncodedTable, independent_columns
from synth_dl.metrics.models import model_score, models_of
from synth_dl.metrics.utility import effective_rows, real_and_synthetic, utility_of_columns


class OnlyClasses:
    """A model that says classes alone."""

    def fit(self, features: np.ndarray, known: np.ndarray) -> None:
        self.model = LinearSVC().fit(features, known)
        self.classes_ = self.model.classes_

    def predict(self, questions: np.ndarray) -> np.ndarray:
        return self.model.predict(questions)


def test_as_many_real_rows_are_worth_as_many() -> None:
    train, holdout = known(3_200, 0), known(4_000, 1)
    for rows in (200, 800):
        score = machine_learning_efficiency(known(rows, 2), holdout, "size")
        assert score is not None
        found = effective_rows(train, holdout, "size", score.score)
        assert found is not None
        assert rows / 3 < found.rows < rows * 3
    none = effective_rows(train, holdout, "size", -1.0)
    assert none is not None
    assert (none.rows, none.beyond) == (50, "fewer")
    more = effective_rows(train, holdout, "size", 1.0)
    assert more is not None
    assert (more.rows, more.beyond) == (3_200, "more")


def test_the_error_of_a_score_is_read_off_the_curve_too() -> None:
    train, holdout = known(3_200, 0), known(4_000, 1)
    curve = effective_rows(train, holdout, "size", 0.0)
    assert curve is not None
    (_, low), (middle, score), (_, high) = curve.curve[2:5]
    found = effective_rows(train, holdout, "size", score, error=(score - low) / 4, whole=high)
    assert found is not None
    assert found.rows == middle
    assert found.interval[0] < middle < found.interval[1]
    assert found.interval[0] == pytest.approx(middle / 2**0.5, rel=0.01)
    assert found.curve[-1] == (3_200, high)


def test_real_rows_gain_by_fresh_ones_and_not_by_independent_columns() -> None:
    train, holdout = known(300, 0), known(3_000, 1)
    scores = []
    for added in (fresh(train, 2), independent_columns(train), known(3_000, 3)):
        found = real_and_synthetic(train, added, holdout, "size")
        assert found is not None
        assert found.rows == 600
        scores.append(found.judged.value)
    alone = machine_learning_efficiency(train, holdout, "size")
    assert alone is not None
    assert scores[0] > alone.score > scores[1]
    assert scores[2] > alone.score


def test_every_column_is_predicted() -> None:
    train, holdout = known(1_500, 0), known(1_500, 1)
    real, made = utility_of_columns(train, holdout), utility_of_columns(fresh(train, 2), holdout)
    trivial = utility_of_columns(independent_columns(train), holdout)
    assert set(real.scores) == {"group", "size", "price", "kind", "count"}
    assert real.scores["price"] > 0.5
    assert real.scores["count"] < 0.1
    assert made.scores["price"] == pytest.approx(real.scores["price"], abs=0.1)
    assert max(trivial.scores.values()) < 0.3
    assert real.mean == pytest.approx(np.mean(list(real.scores.values())))


def test_the_error_of_the_mean_over_columns_is_that_of_fresh_holdouts() -> None:
    train = known(400, 0)
    found = [utility_of_columns(train, known(400, seed)) for seed in range(1, 13)]
    drawn = np.std([each.mean for each in found if each.mean is not None])
    assert np.mean([each.standard_error for each in found]) == pytest.approx(drawn, rel=0.5)


def test_models_learn_and_a_useless_one_scores_one_half() -> None:
    train, holdout = known(1_000, 0), known(1_000, 1)
    found = {name: model_score(train, holdout, "group", make)
             for name, make in models_of(by_classes=True).items()}  # fmt: skip
    assert all(score is not None and score > 0.7 for score in found.values())
    assert model_score(train, holdout, "group", DummyClassifier) == 0.5
    # Distances and no probabilities, of four and of two classes, and classes alone.
    two = [each.take(each.values[:, 0] < 2) for each in (train, holdout)]
    for rows, asked in ((train, holdout), two):
        for make in (LinearSVC, OnlyClasses):
            score = model_score(rows, asked, "group", make)
            assert score is not None
            assert score > 0.6
    linear = models_of(by_classes=False)["linear"]
    score = model_score(train, holdout, "size", linear)
    assert score is not None
    assert 0.5 < score < 1
    one = EncodedTable(train.columns, np.where(np.arange(5) == 0, 1.0, train.values))
    assert model_score(one, holdout, "group", DummyClassifier) is None


def test_numbers_that_are_judged_as_classes_stay_apart() -> None:
    columns = (EncodedColumn("rate", True), EncodedColumn("group", False, tuple("ab")))
    group = np.random.default_rng(0).integers(0, 2, 400)
    table = EncodedTable(columns, np.column_stack([0.1 + 0.3 * group, group]))
    linear = models_of(by_classes=True)["linear"]
    score = model_score(table, table, "rate", linear, task="classification")
    assert score == 1.0
