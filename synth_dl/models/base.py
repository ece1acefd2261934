"""The contract of a model: codes in, codes out; it knows nothing of columns or pictures."""

from abc import abstractmethod

import pytorch_lightning as pl
import torch
from torch import Tensor

from synth_dl.spec import Spec


class GenerativeModel(pl.LightningModule):
    """What every family offers.

    Attributes:
        spec: what one record is.
        members: networks that share a batch, see `networks.members`.
        steps: optimiser steps of the whole run, set before training; schedules depend on it.
        calibration: whether `calibrate` does anything.
        calibration_rows: records that it looks at, at most.
        validation_passes: over the validation records in one validation.
        seed: all noise of training follows from it and from the step.
    """

    spec: Spec
    members: int = 1
    steps: int = 1
    calibration: bool = False
    calibration_rows: int = 50_000
    validation_passes: int = 1
    seed: int = 0

    @abstractmethod
    def sample(
        self, given: Tensor, uniform: Tensor, banned: dict[int, int] | None = None
    ) -> Tensor:
        """[B, V] codes without any -1, drawn from the model given the known ones.

        Args:
            given: [B, V] codes; -1 is unknown and drawn. Known ones come back as they are.
            uniform: [B, V] draws from [0, 1), all the noise there is.
            banned: for some variables, a code that must not be drawn.
        """

    @abstractmethod
    def log_prob(self, codes: Tensor, given: Tensor | None = None) -> Tensor:
        """[B, V] nats of each code; their sum over V is log p(record). Unknown codes give 0.

        Args:
            codes: [B, V]; -1 is unknown.
            given: [B, V] variables that stand first in the order; None for the natural order.
        """

    @abstractmethod
    def conditional(self, codes: Tensor, variable: int) -> Tensor:
        """[B, levels] probabilities of one variable given all known codes [B, V]; -1 is unknown."""

    def calibrate(self, codes: Tensor) -> None:
        """Last touch on the training codes [N, V] after training; nothing by default."""

    @torch.no_grad()
    def initialise(self, codes: Tensor) -> None:
        """First touch on the training codes [N, V] before training; nothing by default."""
