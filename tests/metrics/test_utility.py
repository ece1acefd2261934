"""Effective rows, every column, and models by name: known answers."""

import numpy as np
import pytest
from known_tables import fresh, known
from sklearn.dummy import DummyClassifier

from synth_dl.metrics.efficiency import machine_learning_efficiency
from synth_dl.metrics.encoded import EncodedTable, independent_columns
from synth_dl.metrics.utility import effective_rows, model_score, models_of, utility_of_columns


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


def test_every_column_is_predicted() -> None:
    train, holdout = known(1_500, 0), known(1_500, 1)
    real, made = utility_of_columns(train, holdout), utility_of_columns(fresh(train, 2), holdout)
    trivial = utility_of_columns(independent_columns(train), holdout)
    assert set(real) == {"group", "size", "price", "kind", "count"}
    assert real["price"] > 0.5
    assert real["count"] < 0.1
    assert made["price"] == pytest.approx(real["price"], abs=0.1)
    assert max(trivial.values()) < 0.3


def test_models_learn_and_a_useless_one_scores_one_half() -> None:
    train, holdout = known(1_000, 0), known(1_000, 1)
    found = {name: model_score(train, holdout, "group", make)
             for name, make in models_of(by_classes=True).items()}  # fmt: skip
    assert all(score is not None and score > 0.7 for score in found.values())
    assert model_score(train, holdout, "group", DummyClassifier) == 0.5
    linear = models_of(by_classes=False)["linear"]
    score = model_score(train, holdout, "size", linear)
    assert score is not None
    assert 0.5 < score < 1
    one = EncodedTable(train.columns, np.where(np.arange(5) == 0, 1.0, train.values))
    assert model_score(one, holdout, "group", DummyClassifier) is None
