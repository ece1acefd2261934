"""MADE (arXiv:1502.03509) on binary MNIST, a baseline: one masked multilayer perceptron.

    python benchmarks/made.py --root ../shared/data/mnist --size 14 --seconds 600

Pixels in raster order, hidden units with evenly spread degrees, direct connections from input to
output, dropout. Adam, whose rate falls by a cosine over the time that is given, from the start of
the process on; a moving average of the weights is validated, its best state is kept, and training
ends early if it grows worse. Float32, without classes. Prints one line of JSON: exact nats an image
on the validation and test images.
"""

import argparse
import copy
import math
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from measuring import print_line
from torch import Tensor, nn

from synth_dl.images.image_set import ImageSet
from synth_dl.images.reading.sources import load_images
from synth_dl.training.timing import process_start

ROUNDS = 20  # validations, evenly spread over the time
PATIENCE = 5  # of them
DECAY = 0.999
WARM_SHARE = 0.02
EVALUATED_AT_ONCE = 1_000
# Left for the last evaluation, which reads each image once.
RESERVED_SECONDS = 3.0


class MADE(nn.Module):
    """Logits of D binary variables, each given the ones before it.

    Args:
        start: [D] share of ones of each variable, at which the output biases start.
        hidden: width of each hidden layer.
        dropout: share of hidden units dropped in training.
    """

    def __init__(self, start: Tensor, hidden: Sequence[int], dropout: float) -> None:
        super().__init__()
        size = len(start)
        degrees = [torch.arange(1, size + 1), *(_degrees(width, size) for width in hidden)]
        self.inner = nn.ModuleList(
            _Masked(after[:, None] >= before) for before, after in pairwise(degrees)
        )
        self.out = _Masked(degrees[0][:, None] > degrees[-1])
        self.direct = _Masked(degrees[0][:, None] > degrees[0])
        self.dropout = nn.Dropout(dropout)
        nn.init.zeros_(self.direct.weight)
        with torch.no_grad():
            self.out.bias.copy_(start.logit())

    def forward(self, x: Tensor) -> Tensor:
        """[B, D] logits for [B, D] zeros and ones."""
        hidden = x
        for layer in self.inner:
            hidden = self.dropout(F.relu(layer(hidden)))
        return self.out(hidden) + self.direct(x)

    def nats(self, x: Tensor) -> Tensor:
        """[B] exact negative log-likelihood."""
        return F.binary_cross_entropy_with_logits(self(x), x, reduction="none").sum(1)


class _Masked(nn.Linear):
    """A linear layer of which only the weights in a mask [outputs, inputs] count."""

    mask: Tensor

    def __init__(self, mask: Tensor) -> None:
        super().__init__(mask.shape[1], mask.shape[0])
        self.register_buffer("mask", mask.float())

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight * self.mask, self.bias)


def _degrees(width: int, size: int) -> Tensor:
    """[width] degrees from 1 to `size` - 1, evenly spread."""
    return 1 + torch.arange(width) * (size - 1) // width


def check_causality() -> None:
    """Assert that no output sees its own variable or a later one, and that all states sum to 1."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for size, hidden in ((8, [32]), (8, [16, 24]), (196, [256, 256])):
            network = MADE(torch.full((size,), 0.3), hidden, 0.5).eval()
            nn.init.normal_(network.direct.weight)
            x = (torch.rand(size) < 0.5).float()
            slopes: Any = torch.func.jacrev(network)(x)
            assert (slopes.triu() == 0).all()
            assert (slopes.tril(-1) != 0).sum() == size * (size - 1) // 2
            if size == 8:
                states = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * size)
                assert abs((-network.nats(states)).logsumexp(0).item()) < 1e-4


def train_made(
    train: Tensor,
    validation: Tensor,
    hidden: Sequence[int],
    dropout: float,
    batch_size: int,
    seed: int,
    deadline: float,
) -> tuple[MADE, dict[str, Any]]:
    """The network of the best validation, and how its training went.

    Args:
        train: [N, D] zeros and ones, on the device to train on.
        validation: [M, D].
        hidden: width of each hidden layer.
        dropout: share of hidden units dropped.
        batch_size: images in a step.
        seed: of weights, batches and dropout.
        deadline: `time.monotonic()` at which the rate has fallen to nothing.
    """
    torch.manual_seed(seed)
    network = MADE(train.mean(0).clamp(1e-4, 1 - 1e-4).cpu(), hidden, dropout).to(train.device)
    kept = copy.deepcopy(network)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    began, steps, rounds, best_round, best = time.monotonic(), 0, 0, 0, math.inf
    best_state: dict[str, Tensor] = {}
    order, place = torch.randperm(len(train), device=train.device), 0
    progress = 0.0
    while progress < 1 and rounds - best_round < PATIENCE:
        if place + batch_size > len(train):
            order, place = torch.randperm(len(train), device=train.device), 0
        network.train()
        loss = network.nats(train[order[place : place + batch_size]]).mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 10.0)
        _set_rate(optimizer, 1e-3, progress)
        optimizer.step()
        place, steps = place + batch_size, steps + 1
        _average(kept, network, steps)
        progress = min(1.0, (time.monotonic() - began) / max(deadline - began, 1e-9))
        if progress * ROUNDS >= rounds + 1:
            rounds = int(progress * ROUNDS)
            nats = mean_nats(kept, validation)
            if nats < best:
                best, best_round = nats, rounds
                best_state = {name: value.clone() for name, value in kept.state_dict().items()}
    kept.load_state_dict(best_state)
    course = {"steps": steps, "epochs": round(steps * batch_size / len(train), 1)}
    return kept, course | {"rounds": rounds, "best_round": best_round}


def _set_rate(optimizer: torch.optim.Optimizer, peak: float, progress: float) -> None:
    warm = min(1.0, progress / WARM_SHARE + 0.01)
    for group in optimizer.param_groups:
        group["lr"] = peak * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))


@torch.no_grad()
def _average(kept: MADE, network: MADE, steps: int) -> None:
    share = 1 - min(DECAY, (1 + steps) / (10 + steps))
    averages, currents = list(kept.parameters()), list(network.parameters())
    torch._foreach_lerp_(averages, currents, share)


@torch.inference_mode()
def mean_nats(network: MADE, images: Tensor) -> float:
    """Mean over the images [N, D]."""
    network.eval()
    parts = [network.nats(part).double() for part in images.split(EVALUATED_AT_ONCE)]
    return float(torch.cat(parts).mean())


def main() -> None:
    """Print the line."""
    started = process_start()
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--root", type=Path, required=True, help="folder with the four IDX files")
    parser.add_argument("--size", type=int, default=14)
    parser.add_argument("--binarise", choices=["threshold", "stochastic"], default="threshold")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--hidden", type=int, nargs="+", default=[1024, 1024])
    parser.add_argument("--dropout", type=float, default=0.2)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    check_causality()
    data = {"source": "mnist", "root": str(arguments.root), "size": arguments.size}
    data |= {"levels": 2, "binarise": arguments.binarise}
    sources = load_images(data, arguments.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    train, validation, test = (
        _flat(part).to(device) for part in (sources.train, sources.validation, sources.holdout)
    )
    options = {"hidden": arguments.hidden, "dropout": arguments.dropout}
    network, course = train_made(
        train,
        validation,
        **options,
        batch_size=arguments.batch,
        seed=arguments.seed,
        deadline=started + arguments.seconds - RESERVED_SECONDS,
    )
    nats = {
        "validation_nats": round(mean_nats(network, validation), 4),
        "test_nats": round(mean_nats(network, test), 4),
    }
    print_line({**options, "batch": arguments.batch, **nats, **course})


def _flat(images: ImageSet) -> Tensor:
    return torch.from_numpy(images.pixels.reshape(len(images), -1).astype(np.float32))


if __name__ == "__main__":
    main()
