"""Random generators that depend on what they are for, and on nothing that ran before."""

import numpy as np
import torch


def generator_for(*numbers: int, device: str | torch.device = "cpu") -> torch.Generator:
    """A generator seeded by all of the numbers: a seed, and what it is used for (a step, a chunk).

    Two lists that differ anywhere give unrelated streams.
    """
    entropy = [number % 2**64 for number in numbers]
    state = np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0]
    return torch.Generator(device=device).manual_seed(int(state >> np.uint64(1)))
