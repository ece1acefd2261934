"""Calibration: known answers."""

import numpy as np
import pytest

from synth_dl.metrics.calibration import (
    calibration_error,
    calibration_standard_error,
    reliability_curve,
)
from synth_dl.metrics.predictions import Predictions


def said(probability: np.ndarray, true: np.ndarray, seed: int = 0) -> Predictions:
    """Two classes of which the second has a true probability, and one that a model says."""
    rng = np.random.default_rng([seed, 1])
    answers = (rng.random(len(true)) < true).astype(float)
    return Predictions(answers, np.arange(2.0), np.column_stack([1 - probability, probability]), 0)


@pytest.mark.parametrize("seed", range(3))
def test_a_calibrated_model_has_no_error(seed: int) -> None:
    true = np.random.default_rng(seed).random(10_000)
    assert calibration_error(said(true, true, seed)) < 0.8
    constant = np.full(10_000, 0.3)  # it knows nothing but the share
    assert calibration_error(said(constant, constant, seed)) < 1.0


def test_the_error_is_how_far_it_is_off() -> None:
    rng = np.random.default_rng(0)
    true = rng.uniform(0.2, 0.7, 20_000)
    assert calibration_error(said(true + 0.2, true)) == pytest.approx(20, abs=1)
    confident = np.where(rng.random(20_000) < 0.5, 0.1, 0.9)
    half = np.full(20_000, 0.5)
    assert calibration_error(said(confident, half)) == pytest.approx(40, abs=1)


def test_a_quantity_is_off_in_parts_of_its_spread() -> None:
    rng = np.random.default_rng(0)
    values = 7 * rng.normal(size=5_000)
    right = Predictions(values, np.empty(0), values[:, None], 0)
    assert calibration_error(right) == 0.0
    off = Predictions(values, np.empty(0), values[:, None] + 7, 0)
    assert calibration_error(off) == pytest.approx(100, abs=3)
    assert [point.said - point.found for point in reliability_curve(off, None)] == [
        pytest.approx(7)
    ] * 10


def test_the_standard_error_is_that_of_fresh_rows() -> None:
    rng = np.random.default_rng(0)
    true = rng.uniform(0.2, 0.7, 3_000)
    drawn = [said(true + 0.1, true, seed) for seed in range(60)]
    found = np.std([calibration_error(each) for each in drawn])
    assert calibration_standard_error(drawn[0]) == pytest.approx(found, rel=0.35)


def test_the_curve_tells_what_is_said_and_what_holds() -> None:
    true = np.random.default_rng(0).uniform(0.0, 0.6, 20_000)
    points = reliability_curve(said(true + 0.3, true), 1.0)
    assert len(points) == 10
    assert sum(point.rows for point in points) == 20_000
    assert all(point.said - point.found == pytest.approx(0.3, abs=0.04) for point in points)
    assert [point.said for point in points] == sorted(point.said for point in points)


@pytest.mark.parametrize("rows", [1, 2, 5, 30])
def test_few_rows_have_few_bins(rows: int) -> None:
    few = said(np.linspace(0, 1, rows), np.linspace(0, 1, rows))
    assert np.isfinite(calibration_error(few))
    assert np.isfinite(calibration_standard_error(few))
    assert len(reliability_curve(few, 1.0)) == 1
