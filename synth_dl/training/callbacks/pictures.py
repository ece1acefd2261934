"""Pictures for TensorBoard while a model trains."""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytorch_lightning as pl
from torch import Tensor

logger = logging.getLogger(__name__)


class Pictures(pl.Callback):
    """Draws pictures of the present (averaged) weights a few times in a run.

    Stands before the averaging callback in the list, so that it sees the averaged weights.

    Args:
        draw: by the name of the picture, what makes a matplotlib figure or an image [C, H, W] from
            a model in evaluation mode and the validation codes [M, V]; None where a family has no
            such picture.
        times: of each picture in a run, the last one at its end.
    """

    def __init__(self, draw: Mapping[str, Callable[[Any, Tensor], Any]], times: int = 2) -> None:
        self.draw = draw
        self.times = times

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        rounds = trainer.max_epochs or 1
        every = -(-rounds // max(1, self.times))
        due = self.times > 0 and (rounds - 1 - trainer.current_epoch) % every == 0
        if not due or not trainer.is_global_zero or trainer.sanity_checking:
            return
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        codes = data.validation_codes.to(pl_module.device).long()
        self.show(pl_module, codes, trainer.loggers, pl_module.done)

    def show(self, model: Any, codes: Tensor, loggers: Iterable[Any], step: int) -> None:
        """Draw each picture of a model and validation codes [M, V] for the loggers that take it."""
        taking = [each for each in loggers if _takes_pictures(each)]
        if not taking:
            return
        for name, draw in self.draw.items():
            try:
                picture = draw(model, codes)
                for each in taking if picture is not None else ():
                    _log(each, name, picture, step)
            except Exception:
                # A training of hours must not end for a picture.
                logger.exception("the picture %r could not be drawn", name)


def _takes_pictures(logger: Any) -> bool:
    return hasattr(logger, "log_image") or hasattr(logger.experiment, "add_figure")


def _log(logger: Any, name: str, picture: Any, step: int) -> None:
    if hasattr(logger, "log_image"):
        images = [picture.permute(1, 2, 0).numpy()] if hasattr(picture, "shape") else [picture]
        logger.log_image(name, images, step=step)
        return
    board = logger.experiment
    add = board.add_image if hasattr(picture, "shape") else board.add_figure
    add(name, picture, step)
