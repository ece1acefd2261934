"""How many modes a sample finds, and how evenly it finds them."""

import numpy as np
from numpy.typing import NDArray


def modes_found(counts: NDArray[np.int64], least: float | NDArray[np.float64] = 1.0) -> int:
    """Modes with so many samples at least, of which there must be one.

    Args:
        counts: [M] samples of each mode.
        least: a number for all modes, or [M] numbers.
    """
    return int((counts >= np.maximum(least, 1.0)).sum())


def reverse_kl(counts: NDArray[np.int64], expected: NDArray[np.float64]) -> float:
    """KL(sample || data) in nats, between the shares of the modes; 0 is best.

    A perfect sample of N still gets about (M - 1) / 2N. It is infinite if samples lie in a mode
    that the data do not have.

    Args:
        counts: [M] samples of each mode.
        expected: [M] share of each mode in the data.
    """
    found = counts > 0
    shares = counts[found] / counts.sum()
    with np.errstate(divide="ignore"):
        return float((shares * np.log(shares / expected[found])).sum())
