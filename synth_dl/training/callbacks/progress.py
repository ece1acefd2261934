"""One progress bar over the whole run, with the time left; on a terminal and in a notebook."""

from typing import Any

import pytorch_lightning as pl
from rich.console import Console


class RunProgress(pl.Callback):
    """Steps done, steps in all, time left and the last figure that the family watches."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.bar: Any = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        # Loaded here, as it looks for the widgets of a notebook.
        from tqdm.auto import tqdm
        from tqdm.std import tqdm as plain

        notebook = self.console.is_jupyter
        self.bar = (tqdm if notebook else plain)(
            desc="training",
            total=pl_module.steps,
            initial=pl_module.done,
            unit="step",
            ncols=None if notebook else self.console.width,
            file=None if notebook else self.console.file,
            disable=self.console.quiet or not (notebook or self.console.is_terminal),
        )

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, *_: Any, **__: Any) -> None:
        self.bar.update(pl_module.done + 1 - self.bar.n)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        figure = trainer.callback_metrics.get(pl_module.monitor)
        if self.bar is not None and figure is not None:
            name = pl_module.monitor.partition("/")[0]
            unit = f"nats {pl_module.spec.one_record}" if name == "nats" else name
            self.bar.set_postfix_str(f"{float(figure):.3f} {unit}")

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.bar.close()

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        if self.bar is not None:
            self.bar.close()
