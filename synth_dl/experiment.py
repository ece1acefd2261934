"""The main path, read this first: config → data → codes → model → trainer → artifact.

`train` is what the command calls: it keeps everything in a run folder. `learn` is the path itself,
which the Python API shares.
"""

import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from rich.console import Console

from synth_dl.artifact import write_artifact
from synth_dl.callbacks.checkpoints import RoundCheckpoints
from synth_dl.callbacks.interruption import Interruption
from synth_dl.callbacks.pictures import Pictures
from synth_dl.callbacks.progress import RunProgress
from synth_dl.codecs.table import TableCodec
from synth_dl.data.describing import schema_table
from synth_dl.data.reading import Table
from synth_dl.data.sources import load_sources
from synth_dl.errors import ConfigError, DataError
from synth_dl.models.base import GenerativeModel
from synth_dl.plan import check_settings
from synth_dl.runs import RunFolder
from synth_dl.timing import process_start
from synth_dl.training import Prepared, mark, prepare, run_training

logger = logging.getLogger(__name__)

FEWEST_ROWS = 10
PLAIN_WIDTH = 140  # characters a line where the output goes into a file or a pipe
PICTURED_ROWS = 5000
GROUPS = ("model", "network", "likelihood")


@dataclass(frozen=True)
class Learned:
    """What a training ends with.

    Attributes:
        model: with the best weights, in evaluation mode.
        groups: the `_target_` entries of model, network and likelihood.
        facts: for the card.
        complete: whether the training ran to its end and was not cut short by a signal.
    """

    model: GenerativeModel
    groups: dict[str, Any]
    facts: dict[str, Any]
    complete: bool


def train(config: DictConfig) -> Path:
    """Train as a config says and keep everything in its run folder, which is returned.

    Raises:
        SynthError: with a sentence for the user.
        SystemExit: with status 130 after Ctrl-C or SIGTERM, once the artifact is written.
    """
    started = process_start()
    console = Console(highlight=False, markup=False, soft_wrap=False)
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    run = RunFolder.open(config.run_dir, config.data, config.overwrite, config.resume)
    if run.finished:
        console.print(f"{run.path}: this run is finished; nothing is left to do", soft_wrap=True)
        return run.path
    check_config(config)
    sources = load_sources(config.data, seed=config.seed)
    for note in sources.table.notes:
        console.print(f"note: {note}")
    codec = fit_codec(sources.table, config.data.min_count)
    console.print(schema_table(codec, sources.table.frame, console.width))
    with run.writing(), Interruption() as interruption:
        prepared = encode_and_prepare(sources.table, codec, config, run, started)
        schema, resolved = codec.schema, OmegaConf.to_yaml(config, resolve=True)
        run.start(prepared.plan, prepared.marks, resolved, schema, sources)
        learned = learn(prepared, sources.table, codec, config, run, console, interruption)
        facts = learned.facts | {"target": sources.target}
        write_artifact(run.artifact, learned.model, learned.groups, codec, facts)
        run.finish(complete=learned.complete)
    if interruption.asked:
        console.print(f"stopped; the best weights so far are in {run.artifact}", soft_wrap=True)
        raise SystemExit(130)
    for what, where in (
        ("model", run.artifact), ("TensorBoard logs", run.path / "tensorboard"), ("log", run.log)
    ):  # fmt: skip
        if where.exists():
            console.print(f"{what:<18} {where}", soft_wrap=True)
    return run.path


def check_config(config: DictConfig) -> None:
    """Refuse options out of range, before any data are read.

    Raises:
        ConfigError: naming the option.
    """
    check_settings(config.trainer)
    check_min_count(config.data.get("min_count"))
    times = (config.get("callbacks") or {}).get("pictures", 0)
    if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 0):
        raise ConfigError(f"callbacks.pictures={times}: it must be a whole number from 0 on")


def check_min_count(min_count: Any) -> None:
    """Refuse anything but a whole number from 1 on, by a ConfigError."""
    if isinstance(min_count, bool) or not isinstance(min_count, int) or min_count < 1:
        raise ConfigError(f"data.min_count={min_count}: it must be a whole number from 1 on")


def fit_codec(table: Table, min_count: int) -> TableCodec:
    """The codec of a table, after checks that there is enough to learn from."""
    check_min_count(min_count)
    rows, fewest = len(table.frame), max(FEWEST_ROWS, 2 * min_count)
    if rows < fewest:
        raise DataError(
            f"the table has {rows} rows, and at least {fewest} are needed to learn from; "
            "give more rows"
        )
    return TableCodec.fit(table.frame, table.schema, min_count=min_count)


def encode_and_prepare(
    table: Table, codec: TableCodec, config: DictConfig, run: RunFolder, started: float
) -> Prepared:
    """The training of a table before its first step; `started` as in `prepare`.

    Raises:
        ConfigError: for settings that make no sense, or if an interrupted run was another one.
    """
    groups: dict[str, Any] = {
        name: OmegaConf.to_container(config[name], resolve=True) for name in GROUPS
    }
    prepared = prepare(
        torch.from_numpy(codec.encode(table.frame)), codec.spec, groups, config.trainer,
        config.seed, started, run.plan,
    )  # fmt: skip
    kept = OmegaConf.to_container(config.get("callbacks") or OmegaConf.create({}), resolve=True)
    prepared.marks["callbacks"] = mark({k: v for k, v in dict(kept).items() if k != "pictures"})  # type: ignore[arg-type]
    prepared.marks["seed"] = str(config.seed)
    if run.plan is not None:
        run.check_marks(prepared.marks)
    logger.info("plan: %s", prepared.plan)
    return prepared


def learn(
    prepared: Prepared,
    table: Table,
    codec: TableCodec,
    config: DictConfig,
    run: RunFolder,
    console: Console,
    interruption: Interruption,
) -> Learned:
    """Train a model on a table and return it with its best weights.

    Args:
        prepared: what `encode_and_prepare` made of the table.
        table: the training rows, for pictures.
        codec: fitted on them.
        config: groups logger and callbacks.
        run: where checkpoints and logs go.
        console: for the progress bar.
        interruption: holds the signals from now on, until its own block ends.
    """
    interruption.hold()
    checkpoints = RoundCheckpoints(run.checkpoints)
    callbacks = [*more_callbacks(config.get("callbacks"), codec, table), RunProgress(console)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of TensorBoard, about libraries that are not there
        board = config.get("logger") and instantiate(config.logger, save_dir=str(run.path))
    model, facts = run_training(prepared, callbacks, checkpoints, interruption, board or False)
    facts = {"rows": len(table.frame), **facts}
    return Learned(model, prepared.groups, facts, checkpoints.complete)


def more_callbacks(
    entries: Mapping[str, Any] | None, codec: TableCodec, table: Table
) -> list[pl.Callback]:
    """The callbacks of a config; pictures first, which must see the averaged weights."""
    entries = dict(entries or {})
    times = entries.pop("pictures", 0)
    found: list[pl.Callback] = [picture_callback(codec, table, times)] if times else []
    return found + [instantiate(entry) for entry in entries.values() if entry]


def picture_callback(codec: TableCodec, table: Table, times: int) -> Pictures:
    """Pictures of real against synthetic marginals, `times` in a run."""
    from synth_dl.synthesizer import Synthesizer

    rows = min(len(table.frame), PICTURED_ROWS)

    def draw(model: Any) -> Any:
        from synth_dl.evaluation.pictures import marginals_figure

        real = table.frame.sample(rows, random_state=0)
        fake = Synthesizer(model, codec).sample(rows, seed=0)
        return marginals_figure(real, fake, codec.schema)

    return Pictures(draw, times)
