"""Checkpoints at the end of each round: the last one to resume from, the best one to keep."""

import math
import os
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch

MONITOR = "nats/validation"


class RoundCheckpoints(pl.Callback):
    """Writes `last.ckpt` and `best.ckpt`, each under a temporary name first.

    A run that is killed at any moment leaves the last whole round behind, and a resumed one ends
    in the same weights as one that was never stopped.

    Args:
        folder: where the checkpoints go.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.best = math.inf
        self.best_round = -1

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        nats = float(trainer.callback_metrics.get(MONITOR, math.inf))
        if nats < self.best:
            self.best, self.best_round = nats, trainer.current_epoch
            self._save(trainer, "best.ckpt")
        # A round that a signal cut short is no place to go on from.
        if not trainer.should_stop or trainer.fit_loop.epoch_loop.batch_progress.is_last_batch:
            self._save(trainer, "last.ckpt")

    def best_weights(self) -> dict[str, Any] | None:
        """Weights of the best round, or None before the first."""
        path = self.folder / "best.ckpt"
        if not path.is_file():
            return None
        return torch.load(path, map_location="cpu", weights_only=True)["state_dict"]

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "best_round": self.best_round}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.best, self.best_round = state_dict["best"], state_dict["best_round"]

    def _save(self, trainer: pl.Trainer, name: str) -> None:
        temporary = self.folder / f".{name}.part"
        trainer.save_checkpoint(temporary)
        os.replace(temporary, self.folder / name)
