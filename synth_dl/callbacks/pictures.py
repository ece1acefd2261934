"""Pictures for TensorBoard while a model trains."""

import logging
from collections.abc import Callable
from typing import Any

import pytorch_lightning as pl

logger = logging.getLogger(__name__)


class Pictures(pl.Callback):
    """Draws a picture of the present (averaged) weights a few times in a run.

    Stands before the averaging callback in the list, so that it sees the averaged weights.

    Args:
        draw: makes a matplotlib figure from a model in evaluation mode.
        times: pictures in a run, the last one at its end.
    """

    def __init__(self, draw: Callable[[Any], Any], times: int = 2) -> None:
        self.draw = draw
        self.times = times

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        rounds = trainer.max_epochs or 1
        every = max(1, rounds // max(1, self.times))
        due = self.times > 0 and (trainer.current_epoch + 1) % every == 0
        board: Any = getattr(trainer.logger, "experiment", None)
        if not due or not hasattr(board, "add_figure"):
            return
        try:
            figure = self.draw(pl_module)
        except Exception:
            # A training of hours must not end for a picture.
            logger.exception("a picture could not be drawn")
            return
        board.add_figure("marginals", figure, trainer.global_step)
