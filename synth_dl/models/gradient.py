"""How a model is trained by gradient: a LightningModule with a course, figures and a last touch."""

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Self

import pytorch_lightning as pl
import torch
from torch import Tensor

from synth_dl.building import OWN_CLASSES
from synth_dl.errors import ConfigError
from synth_dl.models import processes
from synth_dl.models.base import GenerativeModel
from synth_dl.models.checkpoints import description, model_of
from synth_dl.models.defaults import Course
from synth_dl.noise import generator_for
from synth_dl.spec import Spec


class GradientModel(GenerativeModel, pl.LightningModule):
    """A family that Lightning's trainer trains.

    Attributes:
        members: networks that share a batch, see `networks.members`.
        steps: of the whole run, one for each batch; schedules depend on it. A plan sets it before
            the training; else it is taken from the trainer.
        ended: whether the family itself ended the training before its last step.
        monitor: what is logged in validation, lower is better; the best round's weights are kept.
        stops_early: whether a run ends once `monitor` does not fall any more.
        averaging: weight of the past in the moving average of the weights.
        precise: whether it is trained in float32 where the processor would be faster with less.
        calibration: whether `calibrate` looks at records.
        calibration_rows: records that it looks at, at most.
        closing: share of the training time that `calibrate` takes besides.
    """

    members: int = 1
    steps: int = 0
    ended: bool = False
    monitor: str = "nats/validation"
    stops_early: bool = True
    averaging: float = 0.99
    precise: bool = False
    calibration: bool = False
    calibration_rows: int = 50_000
    closing: float = 0.0
    _unplanned: bool = False

    @classmethod
    @abstractmethod
    def course(cls, rows: int, spec: Spec) -> Course:
        """The default length of a training."""

    @abstractmethod
    def figures(self, codes: Tensor, batch_index: int) -> dict[str, Tensor]:
        """What is watched of a batch [B, V] that is not learnt from, by name; `monitor` first."""

    def validation_step(self, codes: Tensor, batch_index: int) -> None:
        """Log the figures as `…/validation`."""
        self._log_figures(codes, batch_index, "validation")

    def test_step(self, codes: Tensor, batch_index: int) -> None:
        """Log the figures as `…/test`, such as nats a record."""
        self._log_figures(codes, batch_index, "test")

    def _log_figures(self, codes: Tensor, batch_index: int, stage: str) -> None:
        codes = self.codes_of(codes)
        for name, value in self.figures(codes, batch_index).items():
            shown = self.monitor.startswith(f"{name}/")
            self.log(f"{name}/{stage}", value, prog_bar=shown, on_epoch=True, batch_size=len(codes))

    def codes_of(self, batch: Any) -> Tensor:
        """The codes [B, V] of a batch, also where a loader wraps them in a list.

        Raises:
            ConfigError: if a batch holds no codes of the model's records.
        """
        codes = batch[0] if isinstance(batch, list | tuple) and len(batch) == 1 else batch
        if not isinstance(codes, Tensor) or codes.ndim != 2 or codes.shape[1] != len(self.spec):
            raise ConfigError(
                f"a batch holds no codes [B, {len(self.spec)}] of the model's records; take those "
                "of a data module such as TableData"
            )
        return codes.long()

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint |= description(self)

    @classmethod
    def load_from_checkpoint(  # type: ignore[override]
        cls, checkpoint_path: Any, map_location: Any = None, strict: bool = True, **options: Any
    ) -> Self:
        """A model as a checkpoint of a trainer has it; see `model_of` for the arguments.

        Raises:
            ConfigError: for a file that is no checkpoint of such a model.
        """
        classes = OWN_CLASSES.also([cls.__module__])
        model = model_of(checkpoint_path, classes, map_location, strict, options)
        if not isinstance(model, cls):
            name = type(model).__name__
            raise ConfigError(f"{checkpoint_path}: this is of {name}; load it as one of these")
        return model

    def on_fit_start(self) -> None:
        """Where no plan was made, take the steps from the trainer and look at the records.

        Raises:
            ConfigError: for a trainer without an end.
        """
        if self.steps and not self._unplanned:
            return
        trainer = self.trainer
        updates = trainer.estimated_stepping_batches
        if not math.isfinite(updates):
            raise ConfigError(
                "the learning rate follows the number of steps; give the trainer max_epochs or "
                "max_steps"
            )
        self.steps = max(1, int(updates) * trainer.accumulate_grad_batches)
        if not self._unplanned:
            trainer.fit_loop.setup_data()
            self.initialise(self._seen(trainer.train_dataloader))
        self._unplanned = True

    def on_fit_end(self) -> None:
        """Where no plan was made, the last touch too, which a plan gives to the best weights."""
        if self._unplanned:
            self.eval()
            watched = self.trainer.val_dataloaders or self.trainer.train_dataloader
            self.calibrate(self._seen(self.trainer.train_dataloader), self._seen(watched))

    def _seen(self, batches: Any) -> Tensor:
        """[N, V] codes that a loader gives, enough for a look at them."""
        found: list[Tensor] = []
        for batch in batches:
            found.append(self.codes_of(batch).cpu())
            if sum(map(len, found)) >= self.calibration_rows:
                break
        return torch.cat(found)

    @property
    def done(self) -> int:
        """Steps trained so far. Lightning's `global_step` counts each optimiser of a step."""
        if self._trainer is None:
            return 0
        return self._trainer.fit_loop.epoch_loop.batch_progress.total.completed

    def noise_of_step(self, device: Any) -> torch.Generator:
        """Of the training noise of the present step, another one in each process."""
        place = (self.done, processes.rank()) if processes.rank() else (self.done,)
        return generator_for(self.seed, *place, device=device)

    def learn(self, codes: Tensor, optimizers: Sequence[Any]) -> None:
        """One step of training on a batch [B, V], outside of a trainer."""
        loss: Any = self.training_step(codes, 0)
        optimizers[0].zero_grad()
        loss.backward()
        optimizers[0].step()

    def improves(self, figure: float, best: float) -> bool:
        """Whether a round's weights are kept, by its `monitor` and the best one before it."""
        return figure < best

    def calibrate(self, training: Tensor, validation: Tensor) -> None:
        """Last touch on the codes [N, V] after training; nothing by default."""

    @torch.no_grad()
    def initialise(self, codes: Tensor) -> None:
        """First touch on the training codes [N, V] before training; nothing by default."""
