"""One training: from a prepared model to its best weights, by Lightning's trainer."""

import logging
import pickle
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import pytorch_lightning as pl
import torch
from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning.callbacks import RichModelSummary
from pytorch_lightning.loggers import Logger
from pytorch_lightning.profilers import AdvancedProfiler, PyTorchProfiler, SimpleProfiler
from rich.console import Console
from torch import Tensor

from synth_dl.errors import ConfigError
from synth_dl.models.base import GenerativeModel
from synth_dl.models.gradient import GradientModel
from synth_dl.models.rare import SELDOM, seldom_seen
from synth_dl.training.callbacks.checkpoints import RoundCheckpoints
from synth_dl.training.callbacks.interruption import Interruption
from synth_dl.training.preparing import Prepared
from synth_dl.training.ranks import Ranks
from synth_dl.training.settings import lightning_options

logger = logging.getLogger(__name__)

PROFILE = "profile"  # folder of the run
PROFILERS = {"simple": SimpleProfiler, "advanced": AdvancedProfiler, "pytorch": PyTorchProfiler}


@dataclass(frozen=True)
class Training:
    """A training with all that takes part in it.

    Attributes:
        prepared: what to train, and how long.
        callbacks: more of them, such as weight averaging, early stopping and a progress bar.
        checkpoints: keep the weights; a last checkpoint that is there is gone on from.
        interruption: stops the training at a signal.
        loggers: of Lightning.
        ranks: the processes that train together.
        options: what the run is trained with, flat.
        console: for notes to the user.
    """

    prepared: Prepared
    callbacks: Sequence[pl.Callback]
    checkpoints: RoundCheckpoints
    interruption: Interruption
    loggers: list[Logger]
    ranks: Ranks
    options: dict[str, Any]
    console: Console


def run_training(training: Training) -> tuple[GradientModel, dict[str, Any]]:
    """Train as planned and give the model back with its best weights, and facts about it.

    Raises:
        ConfigError: if the training never reached finite figures.
        KeyboardInterrupt: at a second signal.
    """
    prepared, checkpoints, ranks = training.prepared, training.checkpoints, training.ranks
    model, data, plan = prepared.model, prepared.data, prepared.plan
    assert isinstance(model, GradientModel)
    model.steps = plan.steps
    seen = prepared.seen()
    model.initialise(seen)
    if prepared.accelerator == "gpu":
        data.training = data.training.to(torch.device("cuda", ranks.devices[ranks.rank]))
    with _quiet, ranks:
        trainer = _trainer(training, ranks)
        _fit(trainer, model, prepared, checkpoints)
        steps = model.done
    if not ranks.first:
        return model, {}  # what follows is for the process that keeps the model
    model = model.cpu()
    best = checkpoints.best_weights()
    if best is None:
        raise ConfigError(
            "the training never reached finite figures; try a smaller model.learning_rate"
        )
    if model.ended:
        logger.warning("the weights of the last good round are kept")
    model.load_state_dict(best)
    model.eval()
    with torch.autocast("cpu", torch.bfloat16, enabled=prepared.precision == "bf16-mixed"):
        model.calibrate(seen, data.validation_codes)
    monitored = model.monitor.partition("/")[0]
    unit = f" {model.spec.one_record}" if monitored == "nats" else ""
    facts = {
        "validation records": len(data.validation_codes),
        f"validation {monitored}{unit}": round(checkpoints.best, 4),
        "steps": steps,
        "batch size": plan.batch_size,
        "seed": model.seed,
        SELDOM: seldom_seen(model.spec, seen),
        **model.facts,
    }
    return model, facts


def check_checkpoints(model: GenerativeModel, checkpoints: RoundCheckpoints) -> None:
    """Refuse to go on from weights that are damaged or of another model; nothing is written.

    Raises:
        ConfigError: naming the checkpoint.
    """
    expected = {name: value.shape for name, value in model.state_dict().items()}
    for path in checkpoints.kept:
        found = {name: value.shape for name, value in _stored_weights(path).items()}
        if found != expected:
            raise ConfigError(
                f"the checkpoint {path} is of another model; put the right one back, or start anew "
                "with overwrite=true"
            )


def _stored_weights(path: Path) -> dict[str, Tensor]:
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
        if all(isinstance(value, Tensor) for value in weights.values()):
            return weights
        raise TypeError("these are no weights")
    # Torch fails in many ways on a file that was cut off, or that it never wrote.
    except (
        AttributeError, EOFError, LookupError, RuntimeError, TypeError, ValueError,
        pickle.UnpicklingError,
    ) as error:  # fmt: skip
        raise ConfigError(
            f"the checkpoint {path} cannot be read; put the right one back, or start anew with "
            "overwrite=true"
        ) from error


def check_trainer(training: Training) -> None:
    """Refuse, by a ConfigError, options that Lightning's trainer refuses; nothing is written."""
    prepared, ranks = training.prepared, training.ranks
    with _quiet:  # of one process, since the others are started later
        _trainer(training, Ranks(ranks.devices[:1], prepared.accelerator, None))


def _trainer(training: Training, ranks: Ranks) -> pl.Trainer:
    """Lightning's, with the options of the configuration.

    Raises:
        ConfigError: for options that Lightning refuses.
    """
    prepared, settings = training.prepared, training.prepared.settings
    assert isinstance(prepared.model, GradientModel)
    callbacks = [*training.callbacks, training.interruption, training.checkpoints]
    folder = training.checkpoints.folder.parent
    profiler = _profiler(settings.get("profiler"), folder)
    if settings.get("enable_model_summary"):
        callbacks = [RichModelSummary(), *callbacks]
    try:
        return pl.Trainer(
            **lightning_options(settings, prepared.model),
            **ranks.options(),
            accelerator=prepared.accelerator,
            precision=prepared.precision,  # type: ignore[arg-type]
            max_epochs=prepared.plan.rounds,
            use_distributed_sampler=False,
            reload_dataloaders_every_n_epochs=1,
            default_root_dir=folder.absolute(),
            profiler=profiler,
            logger=training.loggers,
            callbacks=callbacks,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
    except (TypeError, ValueError, RuntimeError, MisconfigurationException) as error:
        raise _refused(error) from error


def _refused(error: Exception) -> ConfigError:
    said = " ".join(str(error).split())
    return ConfigError(f"Lightning refuses an option of the group trainer ({said}); change it")


def _profiler(wanted: Any, folder: Path) -> Any:
    """A profiler by its name, which writes into the folder of the run."""
    if not isinstance(wanted, str):
        return wanted
    return PROFILERS[wanted](dirpath=folder.absolute() / PROFILE, filename=wanted)


def _fit(
    trainer: pl.Trainer, model: GradientModel, prepared: Prepared, checkpoints: RoundCheckpoints
) -> None:
    try:
        trainer.fit(model, prepared.data, ckpt_path=checkpoints.last, weights_only=True)
    except MisconfigurationException as error:
        raise _refused(error) from error
    except SystemExit as error:
        # Lightning's way to end at a second Ctrl-C; whoever called decides what comes of it.
        if isinstance(error.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from error
        raise


class _Quiet:
    """Without Lightning's advice, and with the global state of the caller left alone.

    Trainings in threads share what is global: the first that begins sets it, the last that ends
    puts it back.
    """

    def __init__(self) -> None:
        self.lock, self.inside, self.stack = Lock(), 0, ExitStack()

    def __enter__(self) -> None:
        with self.lock:
            if not self.inside:
                self.stack.enter_context(_settings_kept())
            self.inside += 1

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.inside -= 1
            if not self.inside:
                self.stack.close()


_quiet = _Quiet()


@contextmanager
def _settings_kept() -> Iterator[None]:
    logs = [logging.getLogger(name) for name in ("pytorch_lightning", "lightning_fabric")]
    levels = [log.level for log in logs]
    strict, warns = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    benchmark = torch.backends.cudnn.benchmark
    for log in logs:
        log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            # It is about workers and intervals that do not matter here.
            warnings.simplefilter("ignore")
            yield
    finally:
        for log, level in zip(logs, levels, strict=True):
            log.setLevel(level)
        torch.use_deterministic_algorithms(strict, warn_only=warns)
        torch.backends.cudnn.benchmark = benchmark
