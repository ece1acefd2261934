"""Numbers drawn evenly inside their bins without the exact values that have their own code, and
permutations by number and key."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.uint64]
ENOUGH = 2**40  # rows of a sample from which on their numbers repeat
_ROUNDS = 4
_BLOCK = 16  # fresh values that are met in the same stretch of rows where values repeat


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


def mix(values: Numbers) -> Numbers:
    """Scatter 64-bit integers (the finaliser of splitmix64)."""
    mixed = values + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def permute(numbers: Numbers, sizes: Numbers, key: int) -> Numbers:
    """[N] a permutation of the integers below each size (at most 2**63), chosen by the key.

    A Feistel network with cycle walking; each number is below its size.
    """
    left = np.ceil(np.sqrt(sizes.astype(np.float64))).astype(np.uint64)
    right = (sizes + left - np.uint64(1)) // left
    result = numbers.astype(np.uint64)
    walking = np.arange(len(result))
    while walking.size:
        a, b, value = left[walking], right[walking], result[walking]
        low, high = value % a, value // a
        for number in range(_ROUNDS):
            low = (low + mix(high ^ np.uint64(key ^ (2 * number + 1) << 48)) % a) % a
            high = (high + mix(low ^ np.uint64(key ^ (2 * number + 2) << 48)) % b) % b
        result[walking] = high * a + low
        walking = walking[result[walking] >= sizes[walking]]
    return result


def number_rows(rows: NDArray[np.int64], stride: int, key: int) -> Numbers:
    """[N] the number of the value that each row shows; each is met `stride` times on average."""
    places = rows.astype(np.uint64)
    if stride == 1:
        return places % np.uint64(ENOUGH)
    block = places // np.uint64(_BLOCK * stride) % np.uint64(ENOUGH // _BLOCK)
    return block * np.uint64(_BLOCK) + mix(places ^ np.uint64(key)) % np.uint64(_BLOCK)
