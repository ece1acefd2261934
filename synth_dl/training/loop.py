"""One training: from a table of codes to a model with its best weights.

`prepare` decides everything before the first step; `run_training` follows the plan, and goes on
from the last checkpoint where there is one.
"""

import hashlib
import json
import logging
import pickle
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from synth_dl.building import OWN_CLASSES, Classes
from synth_dl.errors import ArtifactError, ConfigError
from synth_dl.models.base import GenerativeModel
from synth_dl.noise import generator_for
from synth_dl.spec import Spec
from synth_dl.training.batches import CodeData
from synth_dl.training.callbacks.checkpoints import RoundCheckpoints
from synth_dl.training.callbacks.interruption import Interruption
from synth_dl.training.plan import Plan, make_plan, parse_duration
from synth_dl.training.precision import choose_accelerator, choose_precision
from synth_dl.training.task import Codes, Draw
from synth_dl.training.timing import steps_within

logger = logging.getLogger(__name__)

# Records to watch the likelihood on: enough of them, and few enough that they cost little.
MOST_VALIDATION_RECORDS, FEWEST_VALIDATION_RECORDS = 2000, 200
VALIDATION_CODES = 400_000
# These set streams apart from those of training.
SPLIT = 2
FIRST_SIGHT = 3


@dataclass(frozen=True)
class Prepared:
    """A training before its first step.

    Attributes:
        training: [N, V], the records to learn from, as they are stored.
        validation: [M, V], the records to watch the likelihood on.
        draw: see `Codes`.
        groups: the `_target_` entries of model, network and likelihood.
        model: with its first weights.
        plan: batch size and steps.
        accelerator: `cpu` or `gpu`.
        precision: as Lightning calls it.
        marks: what the training is made from, to notice at a resume that it is something else.
    """

    training: Tensor
    validation: Tensor
    draw: Draw | None
    groups: dict[str, Any]
    model: GenerativeModel
    plan: Plan
    accelerator: str
    precision: str
    marks: dict[str, str]


def prepare(
    codes: Codes,
    spec: Spec,
    groups: dict[str, Any],
    settings: Mapping[str, Any],
    seed: int,
    started: float,
    plan: Plan | None = None,
    classes: Classes = OWN_CLASSES,
) -> Prepared:
    """Split the records, build the model, and decide how many steps it is trained.

    Args:
        codes: all records; where none are set apart for validation, a share is.
        spec: what one record is.
        groups: the `_target_` entries of model, network and likelihood.
        settings: the group `trainer` of the configuration.
        seed: of the split, the first weights and the training noise.
        started: `time.monotonic()` at which the time limit began to run.
        plan: of an interrupted run, which is followed whatever the settings say.
        classes: where those of model, network and likelihood may come from.

    Raises:
        ConfigError: for settings that make no sense.
    """
    training, validation = codes.training, codes.validation
    if validation is None:
        kept, watched = split(len(training), settings["validation"], seed)
        training, validation = training[kept], training[watched]
    most = max(FEWEST_VALIDATION_RECORDS, VALIDATION_CODES // max(1, len(spec)))
    validation = validation[: min(most, MOST_VALIDATION_RECORDS)]
    try:
        groups = fill_options(groups, len(training), spec, classes)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(generator_for(seed).initial_seed()))  # of the first weights
            model = classes.build_model(groups, spec)
    except ArtifactError as error:
        raise ConfigError(f"the model cannot be built: {error}") from error
    model.seed = seed
    accelerator = choose_accelerator(settings["accelerator"])
    precision = choose_precision(settings["precision"], accelerator, model.precise)
    if plan is None:
        seen = _seen(training, codes.draw, seed)
        plan = _decide(model, seen, validation, settings, accelerator, precision, started)
    digest = hashlib.sha256(training.numpy().tobytes() + validation.numpy().tobytes())
    marks = {"data": digest.hexdigest()[:16], "model options": mark({**groups, "form": precision})}
    return Prepared(
        training, validation, codes.draw, groups, model, plan, accelerator, precision, marks
    )


def run_training(
    prepared: Prepared,
    callbacks: Sequence[pl.Callback],
    checkpoints: RoundCheckpoints,
    interruption: Interruption,
    board: Any,
) -> tuple[GenerativeModel, dict[str, Any]]:
    """Train as planned and give the model back with its best weights, and facts about it.

    Args:
        prepared: what to train, and how long.
        callbacks: more of them, such as weight averaging, early stopping and a progress bar.
        checkpoints: keep the weights; a last checkpoint that is there is gone on from.
        interruption: stops the training at a signal.
        board: a Lightning logger, or False.

    Raises:
        ConfigError: if the training never reached finite figures.
        KeyboardInterrupt: at a second signal.
    """
    model, plan = prepared.model, prepared.plan
    model.steps = plan.steps
    seen = _seen(prepared.training, prepared.draw, model.seed)
    model.initialise(seen)
    device = "cuda" if prepared.accelerator == "gpu" else "cpu"
    rows_at_once = model.spec.rows_at_once
    training = prepared.training.to(device)
    data = CodeData(training, prepared.validation, plan, rows_at_once, prepared.draw)
    with _quiet():
        trainer = pl.Trainer(
            accelerator=prepared.accelerator,
            devices=1,
            precision=prepared.precision,  # type: ignore[arg-type]
            max_epochs=plan.rounds,
            reload_dataloaders_every_n_epochs=1,
            num_sanity_val_steps=0,
            log_every_n_steps=10,
            logger=board,
            callbacks=[*callbacks, interruption, checkpoints],
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        _fit(trainer, model, data, checkpoints)
        steps = model.done
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
        model.calibrate(seen, prepared.validation)
    monitored = model.monitor.partition("/")[0]
    unit = f" {model.spec.one_record}" if monitored == "nats" else ""
    facts = {
        "validation records": len(prepared.validation),
        f"validation {monitored}{unit}": round(checkpoints.best, 4),
        "steps": steps,
        "batch size": plan.batch_size,
        "seed": model.seed,
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


def fill_options(
    groups: Mapping[str, Any], rows: int, spec: Spec, classes: Classes = OWN_CLASSES
) -> dict[str, Any]:
    """The `_target_` entries of model, network and likelihood with their open options filled in.

    An option is open where the config says null; the family says what it takes for so many rows.
    """
    options = classes.family_of(groups).options(rows, spec)
    filled = dict(groups)
    for name in ("model", "network", "likelihood"):
        entry, defaults = dict(groups[name]), getattr(options, name)
        whole = entry.get("_target_") is None  # the family chooses the class, with all its options
        open_keys = [key for key in defaults if whole or (key in entry and entry[key] is None)]
        filled[name] = entry | {key: defaults[key] for key in open_keys}
    return filled


def split(rows: int, share: float, seed: int) -> tuple[Tensor, Tensor]:
    """Places of training rows and of validation rows, in random order; drawn by the seed."""
    count = min(max(1, round(share * rows)), MOST_VALIDATION_RECORDS)
    order = torch.randperm(rows, generator=generator_for(seed, SPLIT))
    return order[count:], order[:count]


def _seen(training: Tensor, draw: Draw | None, seed: int) -> Tensor:
    """Training records as a model sees them once."""
    return training if draw is None else draw(training, generator_for(seed, FIRST_SIGHT))


def mark(content: Any) -> str:
    """A short digest of plain data, equal for equal content."""
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _fit(
    trainer: pl.Trainer, model: GenerativeModel, data: CodeData, checkpoints: RoundCheckpoints
) -> None:
    try:
        trainer.fit(model, data, ckpt_path=checkpoints.last, weights_only=True)
    except SystemExit as error:
        # Lightning's way to end at a second Ctrl-C; whoever called decides what comes of it.
        if isinstance(error.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from error
        raise


def _decide(
    model: GenerativeModel,
    training: Tensor,
    validation: Tensor,
    settings: Mapping[str, Any],
    accelerator: str,
    precision: str,
    started: float,
) -> Plan:
    """The plan of a new run; with a time limit, as many steps as fit."""
    wanted = settings["batch_size"], settings["epochs"], settings["steps"]
    members = model.members
    course = type(model).course(len(training), model.spec)
    known = len(training), model.seed, course.batch_size, course.epochs
    plan = make_plan(*known, *wanted, members=members)
    if settings["max_time"] is None:
        return plan
    device = "cuda" if accelerator == "gpu" else "cpu"
    left = parse_duration(settings["max_time"]) - (time.monotonic() - started)
    most = steps_within(left, model, training, validation, plan, device, precision)
    return make_plan(*known, *wanted, most, members)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Lightning's advice, and with the random state of the caller left alone."""
    log = logging.getLogger("pytorch_lightning")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
            # It is about workers and intervals that do not matter here.
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)
