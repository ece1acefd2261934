"""Numbers drawn evenly inside their bins without the exact values that have their own code."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def count_free(low: NDArray[Any], high: NDArray[Any], atoms: NDArray[Any]) -> NDArray[np.int64]:
    """[N] integers from `low` to below `high` that are not among the ascending `atoms`."""
    taken = np.searchsorted(atoms, high) - np.searchsorted(atoms, low)
    return (high - low - taken).astype(np.int64)


def draw_integers(
    low: NDArray[Any], high: NDArray[Any], uniform: NDArray[np.float64], atoms: NDArray[Any]
) -> NDArray[Any]:
    """[N] free integers from `low` to below `high`, all alike; `low` itself where both are one."""
    free = count_free(low, high, atoms)
    index = np.minimum((uniform * free).astype(np.int64), np.maximum(free - 1, 0))
    # Counted without the atoms; then each atom at or below shifts the number by one.
    drawn = low - np.searchsorted(atoms, low) + index
    drawn = drawn + np.searchsorted(atoms - np.arange(len(atoms)), drawn, side="right")
    return np.where(low == high, low, drawn)


def draw_reals(
    low: NDArray[Any], high: NDArray[Any], uniform: NDArray[np.float64], atoms: NDArray[Any]
) -> NDArray[Any]:
    """[N] numbers from `low` to below `high` that are no atoms; `low` itself where both are one.

    They are rounded to the dtype of `low`, and stay in their bin.
    """
    point = low == high
    mixed = low.astype(np.float64) * (1 - uniform) + high.astype(np.float64) * uniform
    top = np.nextafter(high, low)
    drawn = np.clip(mixed.astype(low.dtype), low, top)
    for _ in range(len(atoms) + 1):
        taken = ~point & np.isin(drawn, atoms)
        if not taken.any():
            break
        above = np.where(drawn < top, np.nextafter(drawn, high), low)
        drawn = np.where(taken, above, drawn)
    return np.where(point, low, drawn)
