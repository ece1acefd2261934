"""The main path, read this first: config → data → codes → model → trainer → artifact.

`train` is what the command calls: it keeps everything in a run folder. `learn` is the path itself,
which the Python API shares.
"""

import json
import logging
import os
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from rich.console import Console
from torch import Tensor

from synth_dl.artifact import build_model, write_artifact
from synth_dl.callbacks.checkpoints import RoundCheckpoints
from synth_dl.callbacks.interruption import Interruption
from synth_dl.callbacks.pictures import Pictures
from synth_dl.callbacks.progress import RunProgress
from synth_dl.codecs.table import TableCodec
from synth_dl.data.batches import CodeData
from synth_dl.data.describing import schema_table
from synth_dl.data.reading import Table
from synth_dl.data.sources import load_sources
from synth_dl.errors import ConfigError, DataError
from synth_dl.models.base import GenerativeModel
from synth_dl.noise import generator_for
from synth_dl.plan import Plan, make_plan, parse_duration
from synth_dl.precision import choose_accelerator, choose_precision
from synth_dl.runs import RunFolder
from synth_dl.timing import steps_within

logger = logging.getLogger(__name__)

MOST_VALIDATION_ROWS = 4000
FEWEST_ROWS = 10
PLAIN_WIDTH = 140  # characters a line where the output goes into a file or a pipe
SPLIT = 2  # sets the stream of the split apart from those of training


@dataclass(frozen=True)
class Learned:
    """What a training ends with.

    Attributes:
        model: with the best weights, in evaluation mode.
        codec: fitted on the training rows.
        groups: the `_target_` entries of model, network and likelihood.
        facts: for the card.
        interrupted: whether a signal ended the training early.
    """

    model: GenerativeModel
    codec: TableCodec
    groups: dict[str, Any]
    facts: dict[str, Any]
    interrupted: bool


def train(config: DictConfig) -> Path:
    """Train as a config says and keep everything in its run folder, which is returned.

    Raises:
        SynthError: with a sentence for the user.
        SystemExit: with status 130 after Ctrl-C or SIGTERM, once the artifact is written.
    """
    started = process_start()
    console = Console()
    if not console.is_terminal:
        console = Console(width=PLAIN_WIDTH)
    run = RunFolder.open(config.run_dir, config.data, config.overwrite, config.resume)
    if run.finished and config.resume:
        console.print(f"{run.path}: this run is finished; nothing is left to do.")
        return run.path
    sources = load_sources(config.data, seed=config.seed)
    for note in sources.table.notes:
        console.print(f"note: {note}")
    codec = fit_codec(sources.table, config.data.min_count)
    console.print(schema_table(codec, sources.table.frame))
    with run.writing(config.resume):
        run.describe(OmegaConf.to_yaml(config), codec.schema, sources)
        learned = learn(sources.table, codec, config, run, started, console)
        write_artifact(
            run.artifact, learned.model, learned.groups, learned.codec,
            learned.facts | {"target": sources.target},
        )  # fmt: skip
        run.finish(complete=not learned.interrupted)
    if learned.interrupted:
        console.print(f"stopped; the best weights so far are in {run.artifact}")
        raise SystemExit(130)
    return run.path


def fit_codec(table: Table, min_count: int) -> TableCodec:
    """The codec of a table, after checks that there is enough to learn from."""
    if isinstance(min_count, bool) or not isinstance(min_count, int) or min_count < 1:
        raise ConfigError(f"data.min_count={min_count}: it must be a whole number from 1 on")
    rows = len(table.frame)
    if rows < max(FEWEST_ROWS, 2 * min_count):
        raise DataError(
            f"the table has {rows} rows, and at least {max(FEWEST_ROWS, 2 * min_count)} are needed "
            "to learn from; give more rows"
        )
    return TableCodec.fit(table.frame, table.schema, min_count=min_count)


def learn(
    table: Table,
    codec: TableCodec,
    config: DictConfig,
    run: RunFolder,
    started: float,
    console: Console,
) -> Learned:
    """Train a model on a table and return it with its best weights.

    Args:
        table: the training rows.
        codec: fitted on them.
        config: groups model, network, likelihood, trainer, logger and callbacks.
        run: where checkpoints and logs go.
        started: `time.monotonic()` at which the time limit began to run.
        console: for the progress bar.
    """
    settings, seed = config.trainer, config.seed
    codes = torch.from_numpy(codec.encode(table.frame))
    training, validation = split(codes, settings.validation, seed)
    groups = {
        name: OmegaConf.to_container(config[name], resolve=True)
        for name in ("model", "network", "likelihood")
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(generator_for(seed).initial_seed()))  # of the first weights
        model = build_model(groups, codec.spec)
    model.seed = seed
    accelerator = choose_accelerator(settings.accelerator)
    precision = choose_precision(settings.precision, accelerator)
    plan = run.plan if run.plan is not None else decide(
        model, training, validation, settings, seed, precision, started
    )  # fmt: skip
    if plan.rows != len(training):
        raise DataError(
            f"{run.path}: the interrupted run had {plan.rows} training rows, and the data now give "
            f"{len(training)}; resume with the same data, or start anew with overwrite=true"
        )
    run.keep_plan(plan)
    model.steps = plan.steps
    model.initialise(training.long())
    device = "cuda" if accelerator == "gpu" else "cpu"
    data = CodeData(training.to(device), validation, plan)
    checkpoints = RoundCheckpoints(run.checkpoints)
    interruption = Interruption()
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    trainer = pl.Trainer(
        accelerator=accelerator,
        devices=1,
        precision=precision,
        max_epochs=plan.rounds,
        reload_dataloaders_every_n_epochs=1,
        num_sanity_val_steps=0,
        log_every_n_steps=10,
        logger=instantiate(config.logger, save_dir=str(run.path)) if config.get("logger") else False,
        callbacks=[
            *more_callbacks(config.get("callbacks"), codec, table),
            checkpoints,
            interruption,
            RunProgress(console),
        ],
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
    )
    resume_from = run.checkpoints / "last.ckpt"
    with warnings.catch_warnings():
        # Lightning's advice is about workers and intervals that do not matter here.
        warnings.simplefilter("ignore")
        trainer.fit(
            model,
            data,
            ckpt_path=resume_from if resume_from.is_file() else None,
            weights_only=True,
        )
    model = model.cpu()
    best = checkpoints.best_weights()
    if best is not None:
        model.load_state_dict(best)
    model.eval()
    model.calibrate(codes.long())
    facts = {
        "rows": len(codes),
        "validation rows": len(validation),
        "validation nats a row": round(checkpoints.best, 4),
        "steps": trainer.global_step,
        "batch size": plan.batch_size,
        "seed": seed,
    }
    return Learned(model, codec, groups, facts, interruption.asked)


def split(codes: Tensor, share: float, seed: int) -> tuple[Tensor, Tensor]:
    """Training and validation rows, drawn by the seed."""
    if not 0 < share < 1:
        raise ConfigError(f"trainer.validation={share}: it must be a share between 0 and 1")
    count = min(max(1, round(share * len(codes))), MOST_VALIDATION_ROWS)
    order = torch.randperm(len(codes), generator=generator_for(seed, SPLIT))
    return codes[order[count:]], codes[order[:count]]


def decide(
    model: GenerativeModel,
    training: Tensor,
    validation: Tensor,
    settings: DictConfig,
    seed: int,
    precision: str,
    started: float,
) -> Plan:
    """The plan of a new run; with a time limit, as many steps as fit."""
    for name in ("epochs", "steps", "batch_size"):
        value = settings[name]
        if value is not None and (isinstance(value, (bool, str)) or value <= 0):
            raise ConfigError(f"trainer.{name}={value}: it must be a number above 0")
    plan = make_plan(len(training), seed, settings.batch_size, settings.epochs, settings.steps)
    if settings.max_time is None:
        return plan
    budget = parse_duration(settings.max_time) - (time.monotonic() - started)
    most = steps_within(budget, model, training, validation, plan, precision)
    return make_plan(
        len(training), seed, settings.batch_size, settings.epochs, settings.steps, most
    )


def more_callbacks(
    entries: Mapping[str, Any] | None, codec: TableCodec, table: Table
) -> list[pl.Callback]:
    """The callbacks of a config; pictures first, which must see the averaged weights."""
    from synth_dl.synthesizer import Synthesizer

    found: list[pl.Callback] = []
    entries = dict(entries or {})
    times = entries.pop("pictures", 0)
    if times:
        rows = min(len(table.frame), 5000)
        real = table.frame.sample(rows, random_state=0) if rows < len(table.frame) else table.frame

        def draw(model: Any) -> Any:
            from synth_dl.evaluation.pictures import marginals_figure

            fake = Synthesizer(model, codec).sample(rows, seed=0)
            return marginals_figure(real, fake, codec.schema)

        found.append(Pictures(draw, times))
    return found + [instantiate(entry) for entry in entries.values() if entry]


def process_start() -> float:
    """`time.monotonic()` at which this process began, or now where the system does not tell."""
    try:
        ticks = float(Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19])
        uptime = float(Path("/proc/uptime").read_text().split()[0])
        age = uptime - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        age = 0.0
    return time.monotonic() - max(age, 0.0)
