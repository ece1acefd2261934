"""How much of its latent space a model uses, as a picture."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from synth_dl.models.latents import kl_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TOLD_COLOUR, SHARED_COLOUR = "#9fb3c8", "#e3e8ee"
TEXT_COLOUR = "#333f48"
MOST_NUMBERED = 64  # dimensions; the numbers of more would not be readable


def kl_picture(model: Any, codes: Tensor) -> "Figure | None":
    """Nats of each latent dimension for codes [B, V]; None where a family has no latents."""
    if not model.latent:
        return None
    nats, shared = kl_of(model, codes)
    return kl_figure(nats.cpu().numpy(), shared.cpu().numpy())


def kl_figure(nats: NDArray[np.floating], shared: NDArray[np.floating]) -> "Figure":
    """A bar for each latent dimension, the longest first, over the number of the dimension.

    Args:
        nats: [L] from the standard normal distribution to the posteriors.
        shared: [L] the part of them that tells nothing of a record, see `kl_of`.
    """
    from matplotlib.figure import Figure

    size = len(nats)
    order = np.argsort(-nats, kind="stable")
    width = float(np.clip(0.18 * size + 1.5, 4.5, 12.0))
    figure = Figure(figsize=(width, 3.0), dpi=110, layout="constrained")
    panel = figure.subplots()
    places, told = np.arange(size), np.maximum(nats - shared, 0)
    for height, bottom, colour, label in (
        (told, 0 * told, TOLD_COLOUR, "differs from record to record"),
        (shared, told, SHARED_COLOUR, "the same for all records"),
    ):
        panel.bar(
            places, height[order], bottom=bottom[order], color=colour, width=0.8,
            label=f"{label}, {height.sum():.1f} nats in all",
        )  # fmt: skip
    panel.legend(frameon=False, fontsize=8, labelcolor=TEXT_COLOUR, loc="upper right")
    if size <= MOST_NUMBERED:
        panel.set_xticks(places, [str(place) for place in order])
    panel.set_xlim(-0.6, size - 0.4)
    panel.tick_params(labelsize=7, colors=TEXT_COLOUR, length=2)
    panel.spines[["top", "right"]].set_visible(False)
    panel.set_xlabel("latent dimension", fontsize=9, color=TEXT_COLOUR)
    panel.set_ylabel("nats", fontsize=9, color=TEXT_COLOUR)
    panel.set_title("KL to a standard normal", fontsize=10, color=TEXT_COLOUR, loc="left")
    return figure
