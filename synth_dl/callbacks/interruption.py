"""Ctrl-C and SIGTERM end a training after the step in hand, with its best weights kept."""

import signal
from types import FrameType
from typing import Any

import pytorch_lightning as pl

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption(pl.Callback):
    """Turns the two signals into a request to stop; a second one ends the program at once.

    Attributes:
        asked: whether a signal came.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        # Set here and not at the start of the fit: Lightning sets its own just before.
        try:
            self._before = {number: signal.signal(number, self._ask) for number in SIGNALS}
        except ValueError:  # outside the main thread no handler can be set, and none is needed
            self._before = {}

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any, **__: Any
    ) -> None:
        if self.asked:
            trainer.should_stop = True

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.release()

    def release(self) -> None:
        """Give the signals back to who had them before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
