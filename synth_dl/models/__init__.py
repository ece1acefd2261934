"""The families of models: codes in, codes out."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synth_dl.models.autoregressive import Autoregressive
    from synth_dl.models.base import GenerativeModel
    from synth_dl.models.gan import GAN
    from synth_dl.models.vae import VAE

__all__ = ["GAN", "VAE", "Autoregressive", "GenerativeModel"]

_HOMES = {"GAN": "gan", "VAE": "vae", "Autoregressive": "autoregressive", "GenerativeModel": "base"}


def __getattr__(name: str) -> Any:
    # Loaded at first use, so that families without a network need not wait for Lightning.
    if name not in _HOMES:
        raise AttributeError(f"module 'synth_dl.models' has no attribute {name!r}")
    return getattr(import_module(f"synth_dl.models.{_HOMES[name]}"), name)
