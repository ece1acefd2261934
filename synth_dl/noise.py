"""Random generators that depend on what they are for, and on nothing that ran before."""

from typing import Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

# Functions and methods of torch that take a generator.
DRAWS = {
    *("rand", "randn", "randint", "randperm", "normal", "bernoulli", "multinomial", "poisson"),
    *("uniform_", "normal_", "bernoulli_", "exponential_", "geometric_", "log_normal_", "cauchy_"),
    *("random_", "rand_like", "randn_like", "randint_like", "trunc_normal_", "orthogonal_"),
    *("kaiming_uniform_", "kaiming_normal_", "xavier_uniform_", "xavier_normal_", "sparse_"),
}


def generator_for(*numbers: int, device: str | torch.device = "cpu") -> torch.Generator:
    """A generator seeded by all of the numbers: a seed, and what it is used for (a step, a chunk).

    Two lists give unrelated streams, unless they differ by zeros at the end alone.
    """
    entropy = [number % 2**64 for number in numbers]
    state = np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0]
    return torch.Generator(device=device).manual_seed(int(state >> np.uint64(1)))


class DrawingFrom(TorchFunctionMode):
    """A context in which whatever names no generator draws from this one, on the CPU.

    First weights of torch's layers and of the user's come from it, and the global state, which
    all threads share, is neither asked nor changed.
    """

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self.generator = generator

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        named = dict(kwargs or {})
        if getattr(func, "__name__", "") in DRAWS and named.get("generator") is None:
            named["generator"] = self.generator
        return func(*args, **named)


def stratified(shape: tuple[int, int, int], generator: torch.Generator) -> torch.Tensor:
    """[N, K, V] draws from [0, 1), of which each of K equal parts holds one (Latin hypercube)."""
    stratum = torch.rand(shape, generator=generator).argsort(1)
    return (stratum + torch.rand(shape, generator=generator)) / shape[1]
