"""Which value a row shows: seeded permutations and hashes of the numbers of rows."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.uint64]
ENOUGH = 2**40  # rows of a sample from which on their numbers repeat
_ROUNDS = 4
_BLOCK = 16  # fresh values that are met in the same stretch of rows where values repeat


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
