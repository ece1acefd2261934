"""A table of codes as one tensor; a batch is one index into it."""

from collections.abc import Callable, Iterator

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from synth_dl.noise import generator_for
from synth_dl.training.plan import Plan

# These set streams apart from that of the training noise.
SHUFFLE = 1
DRAW = 4

Draw = Callable[[Tensor, torch.Generator], Tensor]


class CodeData(pl.LightningDataModule):
    """Training and validation codes in memory.

    Args:
        training: [N, V] integer codes.
        validation: [M, V].
        plan: says how many rows a step takes and how many steps a round has.
        rows_at_once: validation rows looked at together, which bounds the memory.
        draw: makes what a model sees of a batch, from the stored codes and a generator.
    """

    def __init__(
        self,
        training: Tensor,
        validation: Tensor,
        plan: Plan,
        rows_at_once: int = 2048,
        draw: Draw | None = None,
    ) -> None:
        super().__init__()
        self.training = training
        self.validation = validation
        self.plan = plan
        self.rows_at_once = rows_at_once
        self.draw = draw

    def train_dataloader(self) -> "Batches":
        """The batches of the present round; Lightning asks anew at each."""
        done = self.trainer.current_epoch if self.trainer is not None else 0
        first = done * self.plan.steps_per_round
        last = first + self.plan.steps_per_round
        return Batches(self.training, self.plan, first, last, self.draw)

    def val_dataloader(self) -> DataLoader:
        """The validation rows, in parts that bound the memory."""
        parts = [part.long() for part in self.validation.split(self.rows_at_once)]
        return DataLoader(parts, batch_size=None)  # type: ignore[arg-type]


class Batches:
    """Steps `first` to `last` of a run; what is in one depends on the seed and the step alone."""

    def __init__(
        self, codes: Tensor, plan: Plan, first: int, last: int, draw: Draw | None = None
    ) -> None:
        self.codes = codes
        self.plan = plan
        self.first = first
        self.last = last
        self.draw = draw

    def __len__(self) -> int:
        return self.last - self.first

    def __iter__(self) -> Iterator[Tensor]:
        rows = len(self.codes)
        size = min(self.plan.batch_size, rows)
        in_epoch = rows // size
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
            yield codes
