"""Which weights a run keeps: of its best round by validation nats, or of the last near it."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import synth_dl
from synth_dl.checks.models import table_model
from synth_dl.errors import ConfigError
from synth_dl.models.autoregressive import Autoregressive

torch.set_num_threads(1)


Weights = dict[str, torch.Tensor]


def trained(weights: str, run_dir: Path) -> tuple[Weights, Weights]:
    """The weights of a model that learns its rows by heart, and those of its last checkpoint."""
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"x": generator.normal(size=150), "y": generator.normal(size=150)})
    options = {"model.weights": weights, "model.calibration": False, "network.dropout": 0.0}
    steps = {"trainer.epochs": 60, "model.learning_rate": 0.02, "model.weight_decay": 0.0}
    synth = synth_dl.fit(frame, progress=False, run_dir=run_dir, **options, **steps)
    last = torch.load(run_dir / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    return synth.model.state_dict(), last


@pytest.mark.parametrize("weights", ["best", "last"])
def test_weights_that_know_rows_by_heart_are_not_kept(weights: str, tmp_path: Path) -> None:
    kept, last = trained(weights, tmp_path / "run")
    assert not all(torch.equal(kept[name], value) for name, value in last.items())


def test_the_last_weights_may_be_worse_by_half_a_percent() -> None:
    small = table_model()
    best, last = (
        Autoregressive(small.network, small.likelihood, weights=weights)
        for weights in ("best", "last")
    )
    assert best.stops_early
    assert not last.stops_early
    for figure, of_best, of_last in (
        (9.9, True, True),
        (10.04, False, True),
        (10.06, False, False),
    ):
        assert best.improves(figure, 10.0) is of_best
        assert last.improves(figure, 10.0) is of_last
    for model in (best, last):
        assert model.improves(10.0, math.inf)
        assert not model.improves(math.nan, 10.0)
        assert not model.improves(math.inf, math.inf)


def test_another_word_is_refused() -> None:
    frame = pd.DataFrame({"x": range(100)})
    with pytest.raises(ConfigError, match=r"model\.weights=newest"):
        synth_dl.fit(frame, progress=False, **{"model.weights": "newest"})
