"""What a training asks of its data, of whatever kind; `tables` and `images` are the two answers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytorch_lightning as pl
from torch import Tensor

from synth_dl.training.batches import Draw


@dataclass(frozen=True)
class Codes:
    """All records of a training.

    Attributes:
        training: [N, V].
        validation: [M, V], or None where a share of the training records is to be set apart.
        draw: makes the codes that a model sees from a batch [B, V] and a generator, where these
            differ from use to use; None where they do not.
    """

    training: Tensor
    validation: Tensor | None = None
    draw: Draw | None = None


class Task(Protocol):
    """The data of one training.

    Attributes:
        codec: fitted on the training records; it travels with the model.
        target: what an evaluation predicts, or None.
        rows: training records, those for validation left out where they are set apart beforehand.
        notes: sentences for the user about how the data were read.
    """

    codec: Any
    target: str | None
    rows: int
    notes: tuple[str, ...]

    def describe(self, width: int) -> Any:
        """For the console, what the data were taken for."""
        ...

    def codes(self) -> Codes:
        """The records as codes."""
        ...

    def keep(self, folder: Path) -> dict[str, Any]:
        """Write into a run folder what an evaluation needs, and say where everything is."""
        ...

    def callbacks(self, pictures: int) -> list[pl.Callback]:
        """Those that look at the data; `pictures` says how often in a run they draw."""
        ...

    def digest(self) -> str:
        """Of all records that were read, whatever the seed and the split."""
        ...

    def assess(self, model: Any, share: float, seed: int) -> tuple[int, list[Any]]:
        """Score draws of a finished model against the validation records.

        Args:
            model: in evaluation mode.
            share: of the records that was set apart for validation, where that is done here.
            seed: that set them apart.

        Returns:
            How many records were drawn, and a `Figure` for each metric.
        """
        ...
