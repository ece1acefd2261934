"""One progress bar over the whole run, with the time left."""

from typing import Any

import pytorch_lightning as pl
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class RunProgress(pl.Callback):
    """Steps done, steps in all, time left and the last figure that the family watches."""

    def __init__(self, console: Console) -> None:
        self.bar = Progress(
            TextColumn("training"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[nats]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self.task: Any = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        self.task = self.bar.add_task(
            "training", total=pl_module.steps, completed=pl_module.done, nats=""
        )
        self.bar.start()

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, *_: Any, **__: Any) -> None:
        self.bar.update(self.task, completed=pl_module.done + 1)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        figure = trainer.callback_metrics.get(pl_module.monitor)
        if self.task is not None and figure is not None:
            name = pl_module.monitor.partition("/")[0]
            unit = f"nats {pl_module.spec.one_record}" if name == "nats" else name
            self.bar.update(self.task, nats=f"{float(figure):.3f} {unit}")

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.bar.stop()

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        self.bar.stop()
