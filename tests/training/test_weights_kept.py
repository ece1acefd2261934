"""Which weights a run ends with: of its best round by validation nats, or the last ones."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import synth_dl
from synth_dl.errors import ConfigError

torch.set_num_threads(1)


Weights = dict[str, torch.Tensor]


def trained(weights: str, run_dir: Path) -> tuple[Weights, Weights]:
    """The weights of a model that learns its rows by heart, and those of its last checkpoint."""
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"x": generator.normal(size=300), "y": generator.normal(size=300)})
    options = {"model.weights": weights, "model.calibration": False, "network.dropout": 0.0}
    steps = {"trainer.epochs": 60, "model.learning_rate": 0.02, "model.weight_decay": 0.0}
    synth = synth_dl.fit(frame, progress=False, run_dir=run_dir, **options, **steps)
    last = torch.load(run_dir / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    return synth.model.state_dict(), last


@pytest.mark.parametrize("weights", ["best", "last"])
def test_a_run_ends_with_the_weights_that_were_asked_for(weights: str, tmp_path: Path) -> None:
    kept, last = trained(weights, tmp_path / "run")
    same = all(torch.equal(kept[name], value) for name, value in last.items())
    assert same is (weights == "last")


def test_another_word_is_refused() -> None:
    frame = pd.DataFrame({"x": range(100)})
    with pytest.raises(ConfigError, match=r"model\.weights=newest"):
        synth_dl.fit(frame, progress=False, **{"model.weights": "newest"})
