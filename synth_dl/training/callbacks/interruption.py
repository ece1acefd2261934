"""Ctrl-C and SIGTERM end a training after the step in hand, with its best weights kept."""

import signal
from types import FrameType, TracebackType
from typing import Any, Self

import pytorch_lightning as pl

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption(pl.Callback):
    """Turns the two signals into a request to stop, from `hold` on; a second one ends at once.

        with Interruption() as interruption:
            interruption.hold()
            ...  # train, then write the artifact
        if interruption.asked: ...

    Attributes:
        asked: whether a signal came.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the signals back to who had them before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def hold(self) -> None:
        """Take the signals; from here on a first one is only noted."""
        try:
            self._before = {number: signal.signal(number, self._ask) for number in SIGNALS}
        except ValueError:  # outside the main thread no handler can be set, and none is needed
            self._before = {}

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        # Lightning has just put a handler of its own before ours, which ends the program at the
        # next step, before any weights are kept.
        for number in self._before:
            signal.signal(number, self._ask)
        trainer._signal_connector.received_sigterm = False

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any, **__: Any
    ) -> None:
        self._pass_on(trainer)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._pass_on(trainer)

    def _pass_on(self, trainer: pl.Trainer) -> None:
        asked = self.asked
        if trainer.world_size > 1:  # all processes must stop after the same step
            asked = trainer.strategy.reduce_boolean_decision(asked, all=False)
        if asked:
            trainer.should_stop = True

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
