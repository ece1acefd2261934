"""Early stopping by what a family watches, for families that gain nothing from going on."""

from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import EarlyStopping

from synth_dl.errors.options import Count, checked


class EarlyStop(EarlyStopping):
    """Ends a run whose `monitor` has not fallen for some rounds.

    Args:
        patience: rounds without a new best.
    """

    @checked("callbacks.early_stop")
    def __init__(self, patience: Count = 3) -> None:
        super().__init__("nats/validation", patience=patience, check_on_train_epoch_end=True)

    def setup(self, trainer: pl.Trainer, pl_module: Any, stage: str) -> None:
        self.monitor = pl_module.monitor
        super().setup(trainer, pl_module, stage)

    def _should_skip_check(self, trainer: pl.Trainer) -> bool:
        model: Any = trainer.lightning_module
        every = trainer.check_val_every_n_epoch or 1
        validated = (trainer.current_epoch + 1) % every == 0
        return not (model.stops_early and validated) or super()._should_skip_check(trainer)
