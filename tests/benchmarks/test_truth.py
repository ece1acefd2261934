"""The benchmark of the distance from the truth: rows that a model cannot know are left out."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import synth_dl

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import truth
from truth import divergence, log_prob_where_known, recipes


def test_rows_with_unknown_cells_are_left_out() -> None:
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"a": generator.choice(["x", "y"], 400), "b": generator.normal(size=400)})
    synth = synth_dl.fit(frame, model="chow_liu", progress=False)
    fresh = pd.DataFrame({"a": ["x", "z", None, "y", "y"], "b": [0.1, 0.1, 0.1, 9.0, -0.2]})
    known, nats = log_prob_where_known(synth, frame, fresh)
    assert known.tolist() == [True, False, False, False, True]
    assert nats == pytest.approx(synth.log_prob(fresh.iloc[[0, 4]]))


def test_a_family_is_as_far_from_the_truth_as_its_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(truth, "FRESH", 2000)
    tree = dict(recipes())["tree"]
    near = divergence("tree", tree, "chow_liu", 4000, 0)
    far = divergence("tree", tree, "distributions", 4000, 0)
    assert -0.1 < near["kl"] < far["kl"]
    assert near["unknown_rows"] < 0.1
