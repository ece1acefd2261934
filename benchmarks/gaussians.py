"""A table of two columns: 25 narrow Gaussians on a grid, and what a sample of it is worth."""

from typing import Any

import numpy as np
import pandas as pd
from modes import modes_found, reverse_kl
from numpy.typing import NDArray

CENTRES = (-4.0, -2.0, 0.0, 2.0, 4.0)
DEVIATION = 0.05
NEAR = 4 * DEVIATION  # a real row lies farther off with probability exp(-8)
FOUND_SHARE = 0.1  # of what is due to a mode
MIN_QUALITY = 0.5


def gaussians(rows: int = 10_000, seed: int = 0) -> pd.DataFrame:
    """Columns x and y; each row has a mode of its own, all are equally likely."""
    random = np.random.default_rng(seed)
    chosen = random.integers(len(CENTRES) ** 2, size=rows)
    points = _modes()[chosen] + random.normal(0.0, DEVIATION, (rows, 2))
    return pd.DataFrame(points, columns=["x", "y"])


def gaussian_figures(drawn: pd.DataFrame) -> dict[str, Any]:
    """What a sample is worth.

    Returns:
        `quality`, the share of rows within 4 standard deviations of a mode; `modes`, how many of
        the 25 have such rows, a tenth of their due share of all rows at least; `least_mode`, what
        the poorest mode has, in parts of its due; `reverse_kl` of the near rows over the modes.
    """
    points = drawn[["x", "y"]].to_numpy(np.float64)
    modes = _modes()
    distances = np.linalg.norm(points[:, None] - modes, axis=2)
    near = distances.min(1) <= NEAR
    counts = np.bincount(distances.argmin(1)[near], minlength=len(modes))
    due = len(points) / len(modes)
    even = np.full(len(modes), 1 / len(modes))
    return {
        "quality": round(float(near.mean()), 4),
        "modes": modes_found(counts, FOUND_SHARE * due),
        "least_mode": round(float(counts.min() / due), 4),
        "reverse_kl": round(reverse_kl(counts, even), 4) if near.any() else None,
    }


def bad_end(figures: dict[str, Any]) -> list[str]:
    """Why these figures are those of a failed training; empty if they are not.

    Any lost mode is one reason, though theory calls that collapse and not divergence: a mode counts
    as lost below a tenth of its share, so uneven shares alone fail nobody. The other one is that
    most rows lie between the modes. Uniform noise over the square has a quality of 0.04 and no
    mode.
    """
    reasons = []
    if figures["modes"] < len(_modes()):
        reasons.append(f"{figures['modes']} modes")
    if figures["quality"] < MIN_QUALITY:
        reasons.append(f"{figures['quality']:.0%} near a mode")
    return reasons


def _modes() -> NDArray[np.float64]:
    return np.array([(x, y) for x in CENTRES for y in CENTRES])
