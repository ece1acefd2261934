"""A table of codes as one tensor; a batch is one index into it."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from synth_dl.errors import ConfigError
from synth_dl.noise import generator_for
from synth_dl.training.plan import Plan

# These set streams apart from that of the training noise.
SHUFFLE = 1
DRAW = 4

Draw = Callable[[Tensor, torch.Generator], Tensor]


class Rounds:
    """The batches of whichever round the trainer is in.

    Args:
        data: a `RecordData` that is set up.

    Raises:
        ConfigError: where a batch has more records than there are.
    """

    def __init__(self, data: Any) -> None:
        self.data = data
        plan, rows = data.plan, len(data.training)
        if plan is None:
            size = data.batch_size or data.course().batch_size
            if data.batch_size is not None and size > rows:
                raise ConfigError(
                    f"batch_size={size}: there are {rows} training records; give at most so many, "
                    "or leave it out"
                )
            passes = max(1, rows // min(size, rows))
            plan = Plan(size, passes, 1, data.seed, rows)
        self.plan = plan

    def __len__(self) -> int:
        return self.plan.steps_per_round

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self.present())

    def present(self) -> "Batches":
        """Those of the round that the trainer is in now."""
        data, trainer = self.data, self.data.trainer
        first = (trainer.current_epoch if trainer is not None else 0) * len(self)
        rank, processes = (trainer.global_rank, trainer.world_size) if trainer else (0, 1)
        last = first + len(self)
        return Batches(data.training, self.plan, first, last, data.draw, rank, processes)


class Batches:
    """Steps `first` to `last` of a run; what is in one depends on the seed and the step alone.

    Args:
        codes: [N, V].
        plan: says how many rows a step takes.
        first: step.
        last: step after the last.
        draw: makes what a model sees of a batch, from the stored codes and a generator.
        rank: of several processes, the one that asks; it gets its part of each batch.
        processes: how many share a batch.
    """

    def __init__(
        self,
        codes: Tensor,
        plan: Plan,
        first: int,
        last: int,
        draw: Draw | None = None,
        rank: int = 0,
        processes: int = 1,
    ) -> None:
        self.codes = codes
        self.plan = plan
        self.first = first
        self.last = last
        self.draw = draw
        self.rank, self.processes = rank, processes

    def __len__(self) -> int:
        return self.last - self.first

    def __iter__(self) -> Iterator[Tensor]:
        rows = len(self.codes)
        size = min(self.plan.batch_size, rows)
        in_epoch = rows // size
        # All processes must have equally many records, as they wait for each other.
        own = slice(self.rank, size - size % self.processes, self.processes)
        epoch, shuffled = -1, torch.empty(0, dtype=torch.long)
        for step in range(self.first, self.last):
            if step // in_epoch != epoch:
                epoch = step // in_epoch
                generator = generator_for(self.plan.seed, SHUFFLE, epoch)
                shuffled = torch.randperm(rows, generator=generator)
            place = step % in_epoch * size
            codes = self.codes[shuffled[place : place + size].to(self.codes.device)].long()
            if self.draw is not None:
                generator = generator_for(self.plan.seed, DRAW, step, device=codes.device)
                codes = self.draw(codes, generator)
            yield codes if self.processes == 1 else codes[own]
