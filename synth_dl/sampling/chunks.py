"""Sampling in fixed chunks, so that row k of a seed is the same however it is asked for.

A chunk's noise depends on the seed and the chunk's number alone, and every forward pass runs on a
whole chunk. So neither batch size, nor shard, nor where a run was interrupted changes a row.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth_dl.noise import generator_for

# Records; part of what a seed means.
CHUNK = 2048
IMAGE_CHUNK = 256


@dataclass(frozen=True)
class Drawn:
    """Rows `first` to `first + len(codes)` of a sample, as codes.

    Attributes:
        codes: [B, V].
        uniform: [B, V] draws from [0, 1) left for the codec.
    """

    first: int
    codes: NDArray[np.int64]
    uniform: NDArray[np.float64]


def draw_chunks(
    model: Any,
    start: int,
    stop: int,
    seed: int,
    given: Callable[[int, int], Tensor] | None = None,
    banned: dict[int, int] | None = None,
    chunk: int = CHUNK,
) -> Iterator[Drawn]:
    """Rows `start` to `stop` of the sample of a seed, chunk by chunk.

    Args:
        model: follows the contract of `GenerativeModel`, in evaluation mode.
        start: first row.
        stop: row after the last.
        seed: of the sample.
        given: for the rows from a first to below a last one, their [B, V] known codes.
        banned: for some variables, a code that must not be drawn.
        chunk: rows in a chunk.
    """
    size = len(model.spec)
    device = model.device
    for number in range(start // chunk, -(-stop // chunk)):
        first, last = number * chunk, min((number + 1) * chunk, stop)
        generator = generator_for(seed, number)
        uniform = torch.rand(chunk, model.noise_size, generator=generator)
        placing = torch.rand(chunk, size, generator=generator, dtype=torch.float64)
        known = torch.full((chunk, size), -1, dtype=torch.long)
        if given is not None:
            known[: last - first] = given(first, last)
        with torch.inference_mode():
            codes = model.sample(known.to(device), uniform.to(device), banned)
        kept = slice(max(start - first, 0), last - first)
        yield Drawn(first + kept.start, codes[kept].cpu().numpy(), placing[kept].numpy())
