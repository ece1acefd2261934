"""The main path, read this first: config → data → codes → model → trainer → artifact.

At the end comes a quick look at how good the model is: `assess`.

`train` is what the command calls: it keeps everything in a run folder. `learn` is the path itself,
which the Python API and the further processes of a training share.
"""

import logging
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.loggers import Logger
from rich.console import Console

from synth_dl.artifact import write_artifact
from synth_dl.building import OWN_CLASSES, Classes
from synth_dl.configuration.entries import (
    callback_entries,
    flat,
    logger_entries,
    plain,
    usual_options,
)
from synth_dl.configuration.promise import promised
from synth_dl.errors import ConfigError
from synth_dl.errors.options import Count, Seed, check
from synth_dl.errors.visible import message
from synth_dl.metrics.console import console_of
from synth_dl.metrics.figures import FILE as ASSESSMENT
from synth_dl.models.base import GenerativeModel
from synth_dl.models.closed_form import ClosedFormModel
from synth_dl.runs.folder import CONFIG, RunFolder, data_name
from synth_dl.training.callbacks.checkpoints import RoundCheckpoints
from synth_dl.training.callbacks.interruption import Interruption
from synth_dl.training.callbacks.progress import RunProgress
from synth_dl.training.closed_form import FITS, check_closed_form, fit_at_once
from synth_dl.training.data import RecordData
from synth_dl.training.loop import PROFILE, Training, check_checkpoints, check_trainer, run_training
from synth_dl.training.preparing import Prepared, mark, prepare
from synth_dl.training.ranks import Ranks
from synth_dl.training.settings import check_settings, device_numbers
from synth_dl.training.timing import process_start

logger = logging.getLogger(__name__)

GROUPS = ("model", "network", "likelihood")
RANK = "synth_dl.cli.rank"  # the program of a further process
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
        options: of the whole run, by the names that a command line gives them.
        loggers: that the training wrote to.
        recipe: of the training records, as YAML, for a family that has one.
    """

    model: GenerativeModel
    groups: dict[str, Any]
    facts: dict[str, Any]
    complete: bool
    seconds: float | None
    options: dict[str, Any]
    loggers: list[Logger]
    recipe: str | None = None


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
    console = console_of("train", markup=False)
    run = RunFolder.open(config.run_dir, config.data, config.overwrite, config.resume)
    if run.finished:
        run.check_options(OmegaConf.to_container(config, resolve=True))
        console.print(f"{run.path}: this run is finished; nothing is left to do", soft_wrap=True)
        return run.path
    check_config(config)
    data = read_data(config, run)
    for note in data.notes:
        console.print(f"note: {message(note)}")
    console.print(data.describe(console.width))
    if config.trainer.get("fast_dev_run"):
        return try_out(data, config, started, console)
    with run.writing():
        with Interruption() as interruption:
            prepared = encode_and_prepare(data, config, run, started)
            training = assemble(prepared, config, run, console, interruption)
            resolved = OmegaConf.to_yaml(config, resolve=True)
            run.start(prepared.plan, prepared.marks, resolved, data.keep(run.new))
            learned = learn(training)
            facts = learned.facts | {"target": data.target}
            written = run.artifact, learned.model, learned.groups, data.codec, facts
            write_artifact(*written, recipe=learned.recipe, overwrite=True)
        stopped = interruption.asked
        if config.assess and not stopped and data.privacy is None:
            try:
                assess(learned, data, run, console, data_name(config.data))
            except KeyboardInterrupt:
                stopped = True
        run.finish(complete=learned.complete and not stopped)
    if stopped:
        kept = "the whole model is" if learned.complete else "the best weights so far are"
        console.print(
            f"stopped; {kept} in {run.artifact}, and resume=true goes on from there", soft_wrap=True
        )
        raise SystemExit(130)
    for what, where in (
        ("model", run.artifact), ("TensorBoard logs", run.path / "tensorboard"), ("log", run.log),
        ("figures", run.path / ASSESSMENT), ("fits", run.path / FITS),
        ("profile", run.path / PROFILE),
    ):  # fmt: skip
        if where.exists():
            console.print(f"{what:<18} {where}", soft_wrap=True)
    return run.path


def try_out(data: RecordData, config: DictConfig, started: float, console: Console) -> Path:
    """A few steps through all of a training, of which nothing is kept: `fast_dev_run`."""
    with tempfile.TemporaryDirectory() as folder, Interruption() as interruption:
        run = RunFolder(Path(folder))
        prepared = encode_and_prepare(data, config, run, started)
        unlogged = OmegaConf.merge(config, {"logger": None})
        training = assemble(prepared, unlogged, run, console, interruption)  # type: ignore[arg-type]
        run.start(prepared.plan, prepared.marks, OmegaConf.to_yaml(unlogged, resolve=True), {})
        learn(training)
    steps = prepared.plan.steps
    said = "1 step" if steps == 1 else f"{steps} steps"
    console.print(f"trainer.fast_dev_run: {said} went well; nothing was kept")
    return run.path


def join(folder: Path) -> None:
    """Take part in the training of a run, as one of its further processes.

    Args:
        folder: of a run that has started.
    """
    config = OmegaConf.load(folder / CONFIG)
    assert isinstance(config, DictConfig)
    run = RunFolder.started(folder)
    prepared = encode_and_prepare(read_data(config, run), config, run, time.monotonic())
    with Interruption() as interruption:
        learn(assemble(prepared, config, run, Console(quiet=True), interruption))


def read_data(config: DictConfig, run: RunFolder) -> RecordData:
    """The data module that a config names, with its data read.

    Args:
        config: the whole of it.
        run: that the data are for; of one that goes on, what it learnt of private rows is read
            back, as a second look would cost anew.
    """
    data: RecordData = PARTS.also(config.trust).build(plain(config.data), seed=config.seed)
    if data.validation is None:
        data.validation = config.trainer.validation
    data.allow_synthetic = config.get("allow_synthetic", False)
    data.privacy = promised(config)
    data.resumed = None if run.plan is None else run.path
    data.read()
    return data


def check_config(config: DictConfig) -> None:
    """Refuse options out of range and classes that are not trusted, before any data are read.

    Raises:
        ConfigError: naming the option.
    """
    check("seed", config.seed, Seed)
    check_settings(config.trainer)
    promised(config)
    own, parts = OWN_CLASSES.also(config.trust), PARTS.also(config.trust)
    for group in GROUPS:
        base = GenerativeModel if group == "model" else object
        own.check(group, plain(config[group]), base, (*GROUPS, "spec", "outputs"))
    parts.check("data", plain(config.data), RecordData, ("seed",))
    family = own.find(config.model.get("_target_"))
    if issubclass(family, ClosedFormModel):
        asked = {name: plain(config.get(name)) for name in ("trainer", "callbacks")}
        name = family.__module__.rpartition(".")[2]
        check_closed_form(name, flat(asked), flat(usual_options(*asked)))
    check("callbacks.pictures", plain(config.get("callbacks")).get("pictures"), Count | None)
    for name, entry in (*callback_entries(config).items(), *logger_entries(config).items()):
        if not isinstance(entry, dict) or entry.get("_target_") is None:
            raise ConfigError(
                f"{name}={entry}: it names no class by _target_; add {name}._target_="
            )
        base = Logger if name.startswith("logger") else pl.Callback
        parts.check(name, entry, base, ("save_dir",) if base is Logger else ())


def encode_and_prepare(
    data: RecordData, config: DictConfig, run: RunFolder, started: float
) -> Prepared:
    """A training before its first step; `started` as in `prepare`.

    Raises:
        ConfigError: for settings that make no sense, or if an interrupted run was another one.
    """
    groups = {name: plain(config[name]) for name in GROUPS}
    classes = OWN_CLASSES.also(config.trust)
    prepared = prepare(data, groups, plain(config.trainer), started, run.plan, classes)
    kept = plain(config.get("callbacks"))
    prepared.marks["callbacks"] = mark({k: v for k, v in kept.items() if k != "pictures"})
    prepared.marks["seed"] = str(config.seed)
    if data.privacy is not None:  # these records are draws, which do not tell other rows apart
        asked = plain(config.data)
        asked = {**asked, "schema": None, "path": Path(str(asked.get("path"))).name}
        prepared.marks["options of privacy or data"] = mark(plain(config.privacy) | asked)
    if run.plan is not None:
        run.check_marks(prepared.marks)
        check_checkpoints(prepared.model, RoundCheckpoints(run.checkpoints))
    logger.info("plan: %s", prepared.plan)
    return prepared


def assemble(
    prepared: Prepared,
    config: DictConfig,
    run: RunFolder,
    console: Console,
    interruption: Interruption,
    alone: bool = False,
) -> Training:
    """Everything that a training needs besides the data, of which nothing is written yet.

    Args:
        prepared: what `encode_and_prepare` made of the data.
        config: groups trainer, logger and callbacks.
        run: where checkpoints and logs go.
        console: for the progress bar.
        interruption: holds the signals from now on, until its own block ends.
        alone: whether no further process can join, as the data are in memory.

    Raises:
        ConfigError: for an option that a logger, a callback or Lightning's trainer refuses.
    """
    interruption.hold()
    devices = device_numbers(prepared.accelerator, config.trainer.get("devices"))
    command = [sys.executable, "-m", RANK, str(run.path)]
    ranks = Ranks(devices, prepared.accelerator, None if alone else command)
    checkpoints = RoundCheckpoints(run.checkpoints)
    parts = PARTS.also(config.trust)
    callbacks = more_callbacks(config, prepared.data, parts)
    if config.trainer.get("enable_progress_bar") is not False:
        callbacks.append(RunProgress(console))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of TensorBoard, about libraries that are not there
        entries = logger_entries(config).values()
        loggers = [parts.build(entry, save_dir=str(run.path.absolute())) for entry in entries]
    used = (*GROUPS, "trainer", "callbacks", "data")
    options = flat({name: plain(config.get(name)) for name in used} | prepared.groups)
    training = Training(
        prepared, callbacks, checkpoints, interruption, loggers, ranks, options, console
    )
    if not isinstance(prepared.model, ClosedFormModel):
        check_trainer(training)
    return training


def learn(training: Training) -> Learned:
    """Train a model and return it with its best weights."""
    prepared, checkpoints = training.prepared, training.checkpoints
    begun, resumed = time.monotonic(), checkpoints.last is not None
    recipe = None
    if isinstance(prepared.model, ClosedFormModel):
        model, facts, recipe = fit_at_once(training)
    else:
        model, facts = run_training(training)
    seconds = None if resumed else time.monotonic() - begun
    facts = {"rows": prepared.data.rows, **facts}
    return Learned(
        model,
        prepared.groups,
        facts,
        checkpoints.complete,
        seconds,
        training.options,
        training.loggers,
        recipe,
    )


def assess(learned: Learned, data: RecordData, run: RunFolder, console: Console, name: str) -> None:
    """Score draws of the model on the validation records, and keep and show the figures.

    The model stands already, and no failure here may lose it: one is said and logged.

    Args:
        learned: what the training ended with.
        data: that it learned from.
        run: where the figures go.
        console: shows them.
        name: what the data are called, where runs are compared.
    """
    # Loaded here, as metrics bring libraries along that a training does not need.
    from synth_dl.runs.assessment import assess_run
    from synth_dl.runs.board import log_assessment
    from synth_dl.runs.console import assessment_table

    try:
        found = assess_run(
            data, learned.model, learned.groups, learned.facts, data=name,
            training_seconds=learned.seconds,
        )  # fmt: skip
        run.write(ASSESSMENT, found.to_dict())
        log_assessment(found, learned.options, learned.loggers)
    except Exception as error:
        logger.exception("the model could not be assessed")
        console.print(
            f"note: the model stands, but could not be assessed ({error}); {run.log} says more",
            soft_wrap=True,
        )
        return
    console.print(assessment_table(found))


def more_callbacks(config: DictConfig, data: RecordData, parts: Classes) -> list[pl.Callback]:
    """The callbacks of a config; pictures first, which must see the averaged weights."""
    found = data.callbacks(plain(config.get("callbacks")).get("pictures") or 0)
    return found + [parts.build(entry) for entry in callback_entries(config).values()]
