"""Pictures for TensorBoard while a model trains."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import pytorch_lightning as pl

logger = logging.getLogger(__name__)


class Pictures(pl.Callback):
    """Draws pictures of the present (averaged) weights a few times in a run.

    Stands before the averaging callback in the list, so that it sees the averaged weights.

    Args:
        draw: by the name of the picture, what makes a matplotlib figure or an image [C, H, W] from
            a model in evaluation mode.
        times: of each picture in a run, the last one at its end.
    """

    def __init__(self, draw: Mapping[str, Callable[[Any], Any]], times: int = 2) -> None:
        self.draw = draw
        self.times = times

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        rounds = trainer.max_epochs or 1
        every = max(1, rounds // max(1, self.times))
        due = self.times > 0 and (trainer.current_epoch + 1) % every == 0
        board: Any = getattr(trainer.logger, "experiment", None)
        if not due or not hasattr(board, "add_figure"):
            return
        for name, draw in self.draw.items():
            try:
                picture = draw(pl_module)
            except Exception:
                # A training of hours must not end for a picture.
                logger.exception("the picture %r could not be drawn", name)
                continue
            add = board.add_image if hasattr(picture, "shape") else board.add_figure
            add(name, picture, trainer.global_step)
