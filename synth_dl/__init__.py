"""Synthetic data by deep generative models: a real table in, a synthetic table out.

synth = synth_dl.fit(frame, max_time="60s")
fake = synth.sample(1000, where={"income": ">50K"}, seed=1)
synth.save("model")

Images in place of the frame, with or without labels, go the same way.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from synth_dl.loading import collector_at_rest

if TYPE_CHECKING:
    from synth_dl import models
    from synth_dl.augmenting import augment
    from synth_dl.estimators import SynthClassifier, SynthImputer, SynthRegressor
    from synth_dl.fitting import fit
    from synth_dl.images.data import ImageData
    from synth_dl.images.synthesizer import ImageSynthesizer
    from synth_dl.kinds import load
    from synth_dl.privacy.options import Privacy
    from synth_dl.recipes.recipe import Recipe
    from synth_dl.sampling.conditions import Not
    from synth_dl.tables.data import TableData
    from synth_dl.tables.predicting.pooling import pool
    from synth_dl.tables.synthesizer import Synthesizer

__version__ = "0.1.0"
__all__ = [
    "ImageData",
    "ImageSynthesizer",
    "Not",
    "Privacy",
    "Recipe",
    "SynthClassifier",
    "SynthImputer",
    "SynthRegressor",
    "Synthesizer",
    "TableData",
    "__version__",
    "augment",
    "fit",
    "load",
    "models",
    "pool",
]

_HOMES = {
    "ImageData": "images.data",
    "ImageSynthesizer": "images.synthesizer",
    "Not": "sampling.conditions",
    "Privacy": "privacy.options",
    "Recipe": "recipes.recipe",
    "SynthClassifier": "estimators",
    "SynthImputer": "estimators",
    "SynthRegressor": "estimators",
    "Synthesizer": "tables.synthesizer",
    "TableData": "tables.data",
    "augment": "augmenting",
    "fit": "fitting",
    "load": "kinds",
    "pool": "tables.predicting.pooling",
}


def __getattr__(name: str) -> Any:
    # Loaded at first use, so that `--help` need not wait for torch.
    if name != "models" and name not in _HOMES:
        raise AttributeError(f"module 'synth_dl' has no attribute {name!r}")
    with collector_at_rest():
        if name == "models":
            return import_module("synth_dl.models")
        return getattr(import_module(f"synth_dl.{_HOMES[name]}"), name)
