"""Scores of predictions and their standard errors: known answers."""

import numpy as np
import pytest
from sklearn.metrics import r2_score, roc_auc_score

from synth_dl.metrics.predictions import Predictions, area_under_curve, explained_share


def delong(positive: np.ndarray, scores: np.ndarray) -> float:
    """The error by its definition, with every pair of rows."""
    ours, others = scores[positive], scores[~positive]
    pairs = (ours[:, None] > others) + 0.5 * (ours[:, None] == others)
    parts = (pairs.mean(axis=axis).var(ddof=1) / count
             for axis, count in ((1, len(ours)), (0, len(others))))  # fmt: skip
    return float(np.sqrt(sum(parts)))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("decimals", [1, 6])
def test_the_area_and_its_error_are_those_of_the_definitions(seed: int, decimals: int) -> None:
    rng = np.random.default_rng(seed)
    positive = rng.random(400) < 0.3
    scores = (rng.normal(size=400) + positive).round(decimals)
    found = area_under_curve(positive, scores)
    assert found.value == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)
    assert found.influence.mean() == pytest.approx(0, abs=1e-12)
    assert found.standard_error == pytest.approx(delong(positive, scores), rel=0.01)


def test_the_explained_share_and_its_error_are_those_of_many_draws() -> None:
    rng = np.random.default_rng(0)
    answers = rng.normal(size=(300, 500))
    predicted = 0.6 * answers + 0.5 * rng.normal(size=answers.shape) + 0.1
    found = [explained_share(*both) for both in zip(answers, predicted, strict=True)]
    assert found[0].value == pytest.approx(r2_score(answers[0], predicted[0]), abs=1e-12)
    drawn = np.std([each.value for each in found])
    assert np.mean([each.standard_error for each in found]) == pytest.approx(drawn, rel=0.1)


@pytest.mark.parametrize("unit", [1e-300, 1.0, 1e300])
def test_the_unit_of_a_quantity_does_not_matter(unit: float) -> None:
    found = explained_share(unit * np.arange(4.0), unit * np.array([0.0, 1.0, 2.0, 2.0]))
    assert found.value == pytest.approx(0.8)


def test_of_more_classes_the_mean_is_judged() -> None:
    rng = np.random.default_rng(1)
    answers = rng.integers(0, 3, 900).astype(float)
    probabilities = rng.dirichlet(np.ones(3), 900) + np.eye(3)[answers.astype(int)] / 2
    judged = Predictions(answers, np.arange(3.0), probabilities, 0).judged
    areas = [roc_auc_score(answers == each, probabilities[:, each]) for each in range(3)]
    assert judged.value == pytest.approx(np.mean(areas), abs=1e-12)
    draws = []
    for _ in range(200):
        rows = rng.integers(900, size=900)
        drawn = Predictions(answers[rows], np.arange(3.0), probabilities[rows], 0)
        draws.append(drawn.judged.value)
    assert judged.standard_error == pytest.approx(np.std(draws), rel=0.2)


def test_one_row_has_no_error() -> None:
    one = Predictions(np.array([1.0]), np.empty(0), np.array([[2.0]]), 0)
    assert one.measure == "R2"
    both = area_under_curve(np.array([True, False]), np.array([1.0, 0.0]))
    assert (both.value, both.standard_error) == (1.0, 0.0)
