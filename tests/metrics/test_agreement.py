"""Rankings of models and importances of columns, learnt from two tables: known answers."""

import pytest
from known_tables import fresh, known

from synth_dl.metrics.efficiency import boosted_predictions
from synth_dl.metrics.encoded import independent_columns
from synth_dl.metrics.importances import (
    importance_agreement,
    importance_shares,
    rank_correlation,
)
from synth_dl.metrics.models import ranking_agreement


@pytest.mark.parametrize(
    ("first", "second", "tau"),
    [
        ((0.9, 0.8, 0.7), (0.7, 0.6, 0.5), 1.0),
        ((0.9, 0.8, 0.7), (0.5, 0.6, 0.7), -1.0),
        ((0.9, 0.8, 0.7), (0.8, 0.9, 0.7), 1 / 3),
        ((0.9, 0.8), (0.9, 0.8), 1.0),
        ((0.5, 0.5, 0.5), (0.9, 0.8, 0.7), 0.0),
        ((0.5, 0.5), (0.5, 0.5), 1.0),
        ((0.9,), (0.9,), None),
    ],
)
def test_rankings_agree_or_not(first: tuple, second: tuple, tau: float | None) -> None:
    assert ranking_agreement(first, second) == (tau if tau is None else pytest.approx(tau))


def test_the_same_importances_agree_and_others_do_not() -> None:
    shares = {"a": 70.0, "b": 20.0, "c": 10.0}
    assert importance_agreement(shares, shares) == 100.0
    assert rank_correlation(shares, shares) == pytest.approx(1.0)
    assert importance_agreement({"a": 100.0, "b": 0.0}, {"a": 0.0, "b": 100.0}) == 0.0
    turned = {"a": 10.0, "b": 20.0, "c": 70.0}
    assert importance_agreement(shares, turned) == 40.0
    assert rank_correlation(shares, turned) == pytest.approx(-1.0)
    assert rank_correlation(shares, dict.fromkeys("abc", 1.0)) is None


def test_models_of_alike_rows_learn_from_the_same_columns() -> None:
    train, holdout = known(2_000, 0), known(1_000, 1)

    def shares(rows) -> dict[str, float] | None:
        return importance_shares(boosted_predictions(rows, holdout, "size"), rows.names, "size")

    real, made, trivial = shares(train), shares(fresh(train, 2)), shares(independent_columns(train))
    assert real is not None
    assert made is not None
    assert trivial is not None
    assert set(real) == {"group", "price", "kind", "count"}
    assert sum(real.values()) == pytest.approx(100)
    assert max(real, key=real.__getitem__) == "price"
    assert importance_agreement(made, real) > 90
    assert importance_agreement(trivial, real) < 70
    assert importance_shares(None, train.names, "size") is None
