"""Estimators after the conventions of scikit-learn."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from synth_dl import SynthClassifier, SynthImputer, SynthRegressor

# A tree of pairs of columns is learnt in no time, and sees too little for the accuracy that is
# asked for of three classes which two columns tell apart together.
EXPECTED = {"check_classifiers_train": "asks for the accuracy of a better model"}
QUICK = {"model": "chow_liu", "min_count": 1}


def expected(estimator: Any) -> dict[str, str]:
    return EXPECTED if isinstance(estimator, SynthClassifier) else {}


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(
    [SynthClassifier(**QUICK), SynthRegressor(**QUICK), SynthImputer(**QUICK)],
    expected_failed_checks=expected,
)
def test_conventions(estimator: Any, check: Any) -> None:
    check(estimator)


def table(rows: int = 400) -> tuple[pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(0)
    kind = rng.choice(["a", "b", "c"], rows)
    frame = pd.DataFrame({"kind": kind, "x": rng.normal(size=rows) + 3 * (kind == "b")})
    return frame, pd.Series(np.where(kind == "c", 20, np.where(frame["x"] > 1.5, 10, 0)), name="x")


def test_mixed_columns_classes_and_numbers() -> None:
    frame, target = table()
    learnt = clone(SynthClassifier("trees")).fit(frame, target)
    assert list(learnt.classes_) == [0, 10, 20]
    assert list(learnt.feature_names_in_) == ["kind", "x"]
    assert learnt.score(frame, target) > 0.9
    np.testing.assert_allclose(learnt.predict_proba(frame).sum(1), 1)
    numbers = SynthRegressor("trees").fit(frame, target)
    assert numbers.score(frame, target) > 0.9
    ends = numbers.predict_interval(frame, 0.9)
    assert ((ends[:, 0] <= target) & (target <= ends[:, 1])).mean() > 0.88
    with pytest.raises(ValueError, match="one class"):
        SynthClassifier("trees").fit(frame, np.zeros(len(frame)))


def test_frames_of_polars_and_arrays_are_answered_as_the_frame_that_was_learnt() -> None:
    frame, target = table()
    learnt = SynthClassifier("trees").fit(frame, target)
    wanted = learnt.predict_proba(frame)
    np.testing.assert_allclose(learnt.predict_proba(pl.from_pandas(frame)), wanted)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        np.testing.assert_allclose(learnt.predict_proba(frame.to_numpy()), wanted)
    other = SynthClassifier("trees").fit(pl.from_pandas(frame), target)
    assert list(other.feature_names_in_) == ["kind", "x"]
    np.testing.assert_allclose(other.predict_proba(frame), wanted)
    holes = frame.mask(np.random.default_rng(1).random(frame.shape) < 0.2)
    imputer = SynthImputer("trees").fit(frame)
    filled = imputer.transform(pl.from_pandas(holes))
    assert (filled == imputer.transform(holes).to_numpy()).all()


def test_missing_cells_in_a_pipeline() -> None:
    frame, _ = table()
    holes = frame.mask(np.random.default_rng(1).random(frame.shape) < 0.2)
    filled = SynthImputer("trees").fit(frame).transform(holes)
    assert filled.notna().all().all()
    known = holes["kind"].notna()
    assert (filled["kind"][known] == frame["kind"][known]).all()
    numbers = make_pipeline(SynthImputer(**QUICK), StandardScaler()).set_output(transform="pandas")
    assert numbers.fit_transform(holes[["x"]]).notna().all().all()
