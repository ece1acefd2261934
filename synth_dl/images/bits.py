"""Bits a dimension beside the nats, as the literature on images counts."""

import math

import pytorch_lightning as pl


class BitsADimension(pl.Callback):
    """Logs nats / (pixels and channels · ln 2) of each split; the class counts as no dimension."""

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        grid = pl_module.spec.grid  # type: ignore[union-attr]
        for split in ("train", "validation"):
            nats = trainer.callback_metrics.get(f"nats/{split}")
            if nats is not None:
                bits = nats / (grid.size * math.log(2))  # type: ignore[union-attr]
                pl_module.log(f"bits_a_dimension/{split}", bits)
