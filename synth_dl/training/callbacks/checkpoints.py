"""Checkpoints at the end of each round: the last one to resume from, the best one to keep."""

import logging
import math
import os
import shutil
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Checkpoint, EarlyStopping

from synth_dl.writing import AtomicWriter

logger = logging.getLogger(__name__)

LAST, BEST, CUT_SHORT = "last.ckpt", "best.ckpt", "cut_short.ckpt"


class RoundCheckpoints(Checkpoint):
    """Writes `last.ckpt` and `best.ckpt`, each whole or not at all.

    A run that is killed at any moment leaves the last whole round behind, and a resumed one ends
    in the same weights as one that was never stopped. For that, a round that a signal cut short
    is kept apart, and a resumed run does not look at it.

    Being a Checkpoint, it is called after early stopping, whose count it must not miss.

    Args:
        folder: where the checkpoints go.

    Attributes:
        best: lowest figure so far of what the family watches.
        complete: whether the training ran to its end, be it an early one.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.best = math.inf
        self.complete = False
        self._cut_short = False
        self._cut_short_is_best = False

    @property
    def last(self) -> Path | None:
        """Where to resume from, if a round was ended."""
        path = self.folder / LAST
        return path if path.is_file() else None

    @property
    def kept(self) -> list[Path]:
        """Whatever a resumed run may look at; none where it starts anew."""
        paths = (self.folder / LAST, self.folder / BEST)
        return [path for path in paths if path.is_file()] if self.last is not None else []

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        # Killed after it stopped early and before its artifact stood, a run must not go on.
        model: Any = pl_module
        if _stopped_early(trainer) or model.ended:
            trainer.should_stop = True

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        model: Any = pl_module
        figure = float(trainer.callback_metrics.get(model.monitor, math.inf))
        better = model.improves(figure, self.best)
        self.best = min(figure, self.best) if math.isfinite(figure) else self.best
        self._cut_short = not trainer.fit_loop.epoch_loop.batch_progress.is_last_batch
        logger.info("step %d: %s %.4f", model.done, model.monitor, figure)
        if self._cut_short:
            self._cut_short_is_best = better
            if better:
                self._save(trainer, (CUT_SHORT,))
        else:
            # The best one first: killed in between, the round is repeated and writes both.
            self._save(trainer, (BEST, LAST) if better else (LAST,))

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        model: Any = pl_module
        # Resumed after its last round, a training never starts; it ends all the same.
        ended = trainer.current_epoch >= (trainer.max_epochs or 0) or _stopped_early(trainer)
        self.complete = (ended and not self._cut_short) or model.ended

    def best_weights(self) -> dict[str, Any] | None:
        """Weights of the best round, or None where no round had finite figures."""
        path = self.folder / (CUT_SHORT if self._cut_short_is_best else BEST)
        if not path.is_file():
            return None
        return torch.load(path, map_location="cpu", weights_only=True)["state_dict"]

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.best = state_dict["best"]

    def _save(self, trainer: pl.Trainer, names: tuple[str, ...]) -> None:
        # Lightning would take a beginning such as ~ or memory:// for another place.
        paths = [self.folder.absolute() / name for name in names]
        if not trainer.is_global_zero:
            trainer.save_checkpoint(paths[-1])  # which all processes take part in
            return
        with AtomicWriter(*paths, what="the checkpoint", overwrite=True) as writer:
            first, *others = map(writer.temporary, paths)
            with writer.refusals():
                trainer.save_checkpoint(first)
                for other in others:
                    _duplicate(first, other)


def _stopped_early(trainer: pl.Trainer) -> bool:
    stoppers = trainer.early_stopping_callbacks
    return any(isinstance(each, EarlyStopping) and each.stopped_epoch for each in stoppers)


def _duplicate(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # not every file system has links
        shutil.copyfile(source, target)
