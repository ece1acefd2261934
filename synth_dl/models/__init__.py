"""The families of models: codes in, codes out."""

from synth_dl.models.autoregressive import Autoregressive
from synth_dl.models.base import GenerativeModel
from synth_dl.models.gan import GAN
from synth_dl.models.vae import VAE

__all__ = ["GAN", "VAE", "Autoregressive", "GenerativeModel"]
