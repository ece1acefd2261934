"""Real images, synthetic images, and the training image nearest to each of these, as a figure."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from synth_dl.images.evaluation.copies import MAX_CELLS, nearest
from synth_dl.images.evaluation.sets import shuffled
from synth_dl.images.image_set import ImageSet
from synth_dl.metrics import drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 12
GAP_COLOUR = 255


def samples_figure(
    train: ImageSet, synthetic: ImageSet, holdout: ImageSet | None, seed: int = 0
) -> "Figure":
    """Twelve real and twelve synthetic images by chance, and the nearest training images.

    Nearest in pixels, among as many training images as 400 MiB hold (127,000 of 28x28). One strip
    of images a row, pixels as squares, with its title above it.
    """
    from matplotlib.figure import Figure

    real = train if holdout is None else holdout
    made = shuffled(synthetic, SHOWN, seed).pixels
    known = shuffled(train, max(1, MAX_CELLS // made[0].size), seed).pixels
    rows = {
        "real training" if holdout is None else "real holdout": shuffled(real, SHOWN, seed).pixels,
        "synthetic": made,
        "nearest training image": known[nearest(made, known)[1]],
    }
    figure = Figure(figsize=(9.0, 0.95 * len(rows) + 0.4), dpi=110, layout="constrained")
    panels = figure.subplots(len(rows), 1, squeeze=False).ravel()
    for panel, (title, images) in zip(panels, rows.items(), strict=True):
        panel.imshow(_strip(images, train.levels), interpolation="nearest")
        panel.set_title(title, fontsize=10, color=drawing.TEXT, loc="left")
        panel.set_axis_off()
    return figure


def _strip(images: NDArray[np.uint8], levels: int) -> NDArray[np.uint8]:
    """[H, W', 3] colours of all images side by side, with a gap between them."""
    scaled = np.rint(images.astype(np.float64) * (255.0 / (levels - 1))).astype(np.uint8)
    colours = np.broadcast_to(scaled[..., :3], (*scaled.shape[:3], 3))
    gap = max(1, images.shape[2] // 12)
    spaced = np.pad(colours, ((0, 0), (0, 0), (0, gap), (0, 0)), constant_values=GAP_COLOUR)
    # Twelve places whatever is there, so that the rows have one scale.
    missing = np.full((max(0, SHOWN - len(spaced)), *spaced.shape[1:]), GAP_COLOUR, dtype=np.uint8)
    return np.concatenate([*spaced, *missing], axis=1)
