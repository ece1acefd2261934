"""Noise by the number of the row: the same whatever rows are drawn along with it."""

from collections.abc import Iterator
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

ROWS = 8192  # of a block, which has a stream of its own


def key_of(*names: str | int) -> int:
    """A 128-bit key that depends on all of the names."""
    text = "\x1f".join(f"{type(name).__name__}:{name}" for name in names)
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest())


def normals(
    key: int, first: int, count: int, out: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """[count] standard normal numbers of rows from `first` on, in `out` where it is given."""
    drawn = np.empty(count) if out is None else out
    for generator, skipped, own in _blocks(key, first, count):
        if skipped:
            drawn[own] = generator.standard_normal(skipped + own.stop - own.start)[skipped:]
        else:
            generator.standard_normal(out=drawn[own])
    return drawn


def uniforms(key: int, first: int, count: int) -> NDArray[np.float64]:
    """[count] numbers from 0 to below 1 of rows from `first` on."""
    drawn = np.empty(count)
    for generator, skipped, own in _blocks(key, first, count):
        drawn[own] = generator.random(skipped + own.stop - own.start)[skipped:]
    return drawn


def _blocks(key: int, first: int, count: int) -> Iterator[tuple[np.random.Generator, int, slice]]:
    """The generator of each block, how many rows of it come before, and which rows it fills."""
    done = 0
    while done < count:
        block, skipped = divmod(first + done, ROWS)
        rows = min(ROWS - skipped, count - done)
        # The counter of Philox has 256 bits: each block begins 2**128 numbers after the last.
        bits = np.random.Philox(key=key, counter=block << 128)
        yield np.random.Generator(bits), skipped, slice(done, done + rows)
        done += rows
