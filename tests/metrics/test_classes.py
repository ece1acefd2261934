"""Scores of class probabilities with their intervals, and over-sampled rows."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from synth_dl.metrics.augmentation import AugmentationReport, Way
from synth_dl.metrics.class_rows import (
    ClassRows,
    share_of_each_class,
    with_interpolated,
    with_repeated,
)
from synth_dl.metrics.class_scores import MEASURES, RESAMPLES, Bootstrap, Interval, class_scores


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("decimals", [1, 8])  # with many ties, and with none
def test_scores_are_those_of_scikit_learn_under_any_weights(classes: int, decimals: int) -> None:
    rng = np.random.default_rng(classes)
    answers = np.arange(90) % classes
    probabilities = rng.dirichlet(np.ones(classes), 90).round(decimals) + 10.0**-decimals
    probabilities /= probabilities.sum(1, keepdims=True)
    scored = (1,) if classes == 2 else tuple(range(classes))
    weights = Bootstrap.of(answers, 1, seed=0).rows[:4]
    found = class_scores(answers, probabilities, scored, weights)
    for line, each in zip(found, weights, strict=True):
        measures = [
            np.mean([
                measure(answers == label, probabilities[:, label], sample_weight=each)
                for label in scored
            ])
            for measure in (roc_auc_score, average_precision_score)
        ]  # fmt: skip
        loss = log_loss(answers, probabilities, sample_weight=each)
        np.testing.assert_allclose(line, [loss, *measures], rtol=1e-9)


def test_resamples_keep_the_classes_and_differences_are_paired() -> None:
    classes = np.repeat([0, 1], [95, 5])
    resamples = Bootstrap.of(classes, 3, seed=1)
    assert (resamples.rows[:, classes == 1].sum(1) == 5).all()
    assert (resamples.rows.sum(1) == 100).all()
    scores = np.random.default_rng(0).normal(size=(3, 1 + RESAMPLES, len(MEASURES)))
    found = resamples.intervals(scores - (scores - 0.25))[0]
    assert (found.value, found.low, found.high) == pytest.approx((0.25, 0.25, 0.25))


def test_intervals_cover_what_repeats_and_rows_would_change() -> None:
    """The mean of three repeats and of 40 rows is within the interval as often as it says."""
    rng = np.random.default_rng(3)
    classes, covered = np.repeat([0, 1], 20), 0
    for trial in range(100):
        resamples = Bootstrap.of(classes, 8, seed=trial)
        rows = rng.normal(size=40)
        scores = rng.normal(size=(8, 1)) + resamples.rows @ rows / 40
        found = resamples.intervals(scores[:, :, None])[0]
        covered += found.low <= 0 <= found.high
    assert 86 <= covered <= 99


def rows(categorical: list[bool]) -> ClassRows:
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(200, 3))
    numbers[rng.random((200, 3)) < 0.1] = np.nan
    codes = rng.integers(0, 4, (200, 3)).astype(float)
    kinds = np.array(categorical)
    return ClassRows(np.where(kinds, codes, numbers), np.repeat([0, 1, 2], [150, 42, 8]), kinds)


@pytest.mark.parametrize("kinds", [[True] * 3, [False] * 3, [True, False, True]])
def test_over_sampling_fills_every_class_up(kinds: list[bool]) -> None:
    known = rows(kinds)
    repeated = with_repeated(known, np.random.default_rng(0))
    made = with_interpolated(known, seed=0)
    for found in (repeated, made):
        assert np.bincount(found.classes).tolist() == [150, 150, 150]
    rare = {tuple(row) for row in known.features[known.classes == 2].round(9).tolist()}
    drawn = repeated.features[repeated.classes == 2].round(9).tolist()
    assert {str(tuple(row)) for row in drawn} == {str(row) for row in rare}
    codes = made.features[:, known.categorical]
    assert np.isin(codes, np.arange(4)).all()
    assert np.isfinite(made.features).all()


def test_a_share_of_the_rows_is_of_each_class() -> None:
    classes = rows([True] * 3).classes
    chosen = share_of_each_class(classes, 0.8, np.random.default_rng(0))
    assert np.bincount(classes[chosen]).tolist() == [120, 34, 6]
    assert len(np.unique(chosen)) == len(chosen)


def report(**precision: tuple[float, float, float]) -> AugmentationReport:
    """A report by the average precision of each way: the mean, and the ends of its change."""
    reference = precision["class_weights"][0]
    ways = []
    for name, (value, low, high) in precision.items():
        scores = dict.fromkeys(MEASURES, Interval(value, value, value))
        change = Interval(value - reference, low, high)
        ways.append(Way(name, scores, dict.fromkeys(MEASURES, change)))
    return AugmentationReport("income", {"no": (9, 9), "yes": (9, 9)}, tuple(ways), 3, 0)


def test_the_verdict_is_one_sentence_and_may_be_no() -> None:
    weights = (0.40, 0, 0)
    found = report(real=(0.39, -0.02, 0), class_weights=weights, synthetic=(0.398, -0.01, 0.006))
    assert found.verdict == (
        "No: on the holdout, synthetic rows change average precision by -0.002 (95 % interval "
        "-0.010 to 0.006) against class weights; use class weights."
    )
    found = report(real=(0.42, 0, 0.1), class_weights=weights, synthetic=(0.45, 0.01, 0.09))
    assert found.verdict == (
        "Yes: on the holdout, synthetic rows change average precision by +0.050 (95 % interval "
        "0.010 to 0.090) against class weights; use them."
    )
    found = report(class_weights=weights, smote_nc=(0.5, 0, 0.2), synthetic=(0.45, 0.01, 0.09))
    assert found.verdict.startswith("No: ")
    better = "but with {} it is 0.500 beside 0.450; use {}."
    assert found.verdict.endswith(better.format("SMOTE-NC", "SMOTE-NC"))
    found = report(class_weights=weights, synthetic=(0.45, 0.01, 0.09), model=(0.5, 0, 0.2))
    assert found.verdict.startswith("Yes: ")
    own = "the model itself"
    assert found.verdict.endswith(better.format(own, f"{own} (predict_proba)"))
