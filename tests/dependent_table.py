"""A small table whose columns depend on each other, and a small VAE of a table."""

from typing import Any

import numpy as np
import pandas as pd

import synth_dl


def dependent(rows: int = 600) -> pd.DataFrame:
    """Three columns of few values that mostly follow from one another."""
    rng = np.random.default_rng(2)
    a = rng.choice(["x", "y", "z"], rows, p=[0.5, 0.3, 0.2])
    likely = np.select([a == "x", a == "y"], [0.9, 0.5], 0.05)
    b = np.where(rng.random(rows) < likely, "yes", "no")
    c = np.where(rng.random(rows) < 0.8, (a == "x") * 2 + (b == "no"), rng.integers(0, 4, rows))
    return pd.DataFrame({"a": a, "b": b, "c": c.astype(str)})


def fit(frame: pd.DataFrame, **options: Any) -> synth_dl.Synthesizer:
    sizes = {
        "network__width": 24,
        "network__dropout": 0.0,
        "trainer__steps": 200,
        "model__rare": 0.0,
    }
    return synth_dl.fit(frame, model="vae", progress=False, **(sizes | options))
