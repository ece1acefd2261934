"""The main path, read this first: config → data → codes → model → trainer → artifact.

At the end comes a quick look at how good the model is: `assess`.

`train` is what the command calls: it keeps everything in a run folder. `learn` is the path itself,
which the Python API shares.
"""

import logging
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.loggers import TensorBoardLogger
from rich.console import Console

from synth_dl.artifact import write_artifact
from synth_dl.building import OWN_CLASSES, Classes
from synth_dl.errors.options import check_whole
from synth_dl.kinds import KINDS
from synth_dl.metrics.figures import FILE as ASSESSMENT
from synth_dl.models.base import GenerativeModel
from synth_dl.runs.folder import RunFolder, data_name
from synth_dl.training.callbacks.checkpoints import RoundCheckpoints
from synth_dl.training.callbacks.interruption import Interruption
from synth_dl.training.callbacks.progress import RunProgress
from synth_dl.training.loop import Prepared, check_checkpoints, mark, prepare, run_training
from synth_dl.training.plan import check_settings
from synth_dl.training.task import Task
from synth_dl.training.timing import process_start

logger = logging.getLogger(__name__)

PLAIN_WIDTH = 140  # characters a line where the output goes into a file or a pipe
GROUPS = ("model", "network", "likelihood")
# Besides those of packages that the user trusts.
PARTS = Classes(("synth_dl", "pytorch_lightning"))


@dataclass(frozen=True)
class Learned:
    """What a training ends with.

    Attributes:
        model: with the best weights, in evaluation mode.
        groups: the `_target_` entries of model, network and likelihood.
        facts: for the card.
        complete: whether the training ran to its end and was not cut short by a signal.
        seconds: that the training took; None for a resumed one, of which only a part is known.
        board: folder of the TensorBoard logs, or None.
    """

    model: GenerativeModel
    groups: dict[str, Any]
    facts: dict[str, Any]
    complete: bool
    seconds: float | None
    board: str | None


def train(config: DictConfig, started: float | None = None) -> Path:
    """Train as a config says and keep everything in its run folder, which is returned.

    Args:
        config: the whole of it.
        started: `time.monotonic()` at which the time limit began to run; the start of the process
            if None.

    Raises:
        SynthError: with a sentence for the user.
        SystemExit: with status 130 after Ctrl-C or SIGTERM, once the artifact is written.
    """
    started = process_start() if started is None else started
    console = Console(highlight=False, markup=False, soft_wrap=False)
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    run = RunFolder.open(config.run_dir, config.data, config.overwrite, config.resume)
    if run.finished:
        run.check_options(OmegaConf.to_container(config, resolve=True))
        console.print(f"{run.path}: this run is finished; nothing is left to do", soft_wrap=True)
        return run.path
    check_config(config)
    task: Task = KINDS[config.data.get("kind", "table")].data.load(config.data, config.seed)
    for note in task.notes:
        console.print(f"note: {note}")
    console.print(task.describe(console.width))
    with run.writing():
        with Interruption() as interruption:
            prepared = encode_and_prepare(task, config, run, started)
            resolved = OmegaConf.to_yaml(config, resolve=True)
            run.start(prepared.plan, prepared.marks, resolved, task.keep(run.path))
            learned = learn(prepared, task, config, run, console, interruption)
            facts = learned.facts | {"target": task.target}
            write_artifact(run.artifact, learned.model, learned.groups, task.codec, facts)
        # Whoever stops it here has a model, and gets the figures too by resume=true.
        if config.assess and not interruption.asked:
            assess(learned, task, config, run, console, data_name(config.data))
        run.finish(complete=learned.complete)
    if interruption.asked:
        console.print(f"stopped; the best weights so far are in {run.artifact}", soft_wrap=True)
        raise SystemExit(130)
    for what, where in (
        ("model", run.artifact), ("TensorBoard logs", run.path / "tensorboard"), ("log", run.log),
        ("figures", run.path / ASSESSMENT),
    ):  # fmt: skip
        if where.exists():
            console.print(f"{what:<18} {where}", soft_wrap=True)
    return run.path


def check_config(config: DictConfig) -> None:
    """Refuse options out of range and classes that are not trusted, before any data are read.

    Raises:
        ConfigError: naming the option.
    """
    check_settings(config.trainer)
    times = (config.get("callbacks") or {}).get("pictures", 0)
    if times is not None:
        check_whole("callbacks.pictures", times, least=0)
    for group in (*GROUPS, "callbacks", "logger"):
        classes = (OWN_CLASSES if group in GROUPS else PARTS).also(config.trust)
        classes.check(group, _plain(config.get(group)))


def encode_and_prepare(task: Task, config: DictConfig, run: RunFolder, started: float) -> Prepared:
    """A training before its first step; `started` as in `prepare`.

    Raises:
        ConfigError: for settings that make no sense, or if an interrupted run was another one.
    """
    groups = {name: _plain(config[name]) for name in GROUPS}
    prepared = prepare(
        task.codes(), task.codec.spec, groups, config.trainer, config.seed, started, run.plan,
        OWN_CLASSES.also(config.trust),
    )  # fmt: skip
    kept = _plain(config.get("callbacks"))
    prepared.marks["callbacks"] = mark({k: v for k, v in kept.items() if k != "pictures"})
    prepared.marks["seed"] = str(config.seed)
    if run.plan is not None:
        run.check_marks(prepared.marks)
        check_checkpoints(prepared.model, RoundCheckpoints(run.checkpoints))
    logger.info("plan: %s", prepared.plan)
    return prepared


def learn(
    prepared: Prepared,
    task: Task,
    config: DictConfig,
    run: RunFolder,
    console: Console,
    interruption: Interruption,
) -> Learned:
    """Train a model and return it with its best weights.

    Args:
        prepared: what `encode_and_prepare` made of the data.
        task: the data, for pictures.
        config: groups logger and callbacks.
        run: where checkpoints and logs go.
        console: for the progress bar.
        interruption: holds the signals from now on, until its own block ends.
    """
    interruption.hold()
    checkpoints = RoundCheckpoints(run.checkpoints)
    parts = PARTS.also(config.trust)
    callbacks = [*more_callbacks(config.get("callbacks"), task, parts), RunProgress(console)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of TensorBoard, about libraries that are not there
        entry = _plain(config.get("logger"))
        board = parts.build(entry, save_dir=str(run.path)) if entry else None
    begun, resumed = time.monotonic(), checkpoints.last is not None
    model, facts = run_training(prepared, callbacks, checkpoints, interruption, board or False)
    seconds = None if resumed else time.monotonic() - begun
    facts = {"rows": task.rows, **facts}
    logs = board.log_dir if isinstance(board, TensorBoardLogger) else None
    return Learned(model, prepared.groups, facts, checkpoints.complete, seconds, logs)


def assess(
    learned: Learned, task: Task, config: DictConfig, run: RunFolder, console: Console, data: str
) -> None:
    """Score draws of the model on the validation records, and keep and show the figures.

    The model stands already, and no failure here may lose it: one is said and logged.

    Args:
        learned: what the training ended with.
        task: the data.
        config: of the run.
        run: where the figures go.
        console: shows them.
        data: what the data are called, where runs are compared.
    """
    # Loaded here, as metrics bring libraries along that a training does not need.
    from synth_dl.runs.assessment import assess_run
    from synth_dl.runs.board import write_to_board
    from synth_dl.runs.console import assessment_table

    try:
        found = assess_run(
            task, learned.model, learned.groups, learned.facts, data=data,
            share=config.trainer.validation, seed=config.seed, training_seconds=learned.seconds,
        )  # fmt: skip
        run.write(ASSESSMENT, found.to_dict())
        if learned.board is not None:
            write_to_board(found, learned.board)
    except Exception as error:
        logger.exception("the model could not be assessed")
        console.print(
            f"note: the model stands, but could not be assessed ({error}); {run.log} says more",
            soft_wrap=True,
        )
        return
    console.print(assessment_table(found))


def more_callbacks(entries: Any, task: Task, parts: Classes) -> list[pl.Callback]:
    """The callbacks of a config; pictures first, which must see the averaged weights."""
    entries = _plain(entries)
    found = task.callbacks(entries.pop("pictures", 0) or 0)
    return found + [parts.build(entry) for entry in entries.values() if entry]


def _plain(config: Any) -> dict[str, Any]:
    """A group of a config as plain data; nothing where it was left out."""
    found: Any = OmegaConf.to_container(config, resolve=True) if config else {}
    return dict(found)
