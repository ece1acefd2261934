"""The first of the three lines of Python: learn a table that is in memory."""

import logging
import re
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from synth_dl.callbacks.interruption import Interruption
from synth_dl.cli.compose import compose
from synth_dl.codecs.schema import Schema
from synth_dl.data.reading import table_from_frame
from synth_dl.errors import ConfigError
from synth_dl.experiment import check_config, encode_and_prepare, fit_codec, learn
from synth_dl.runs import RunFolder
from synth_dl.synthesizer import Synthesizer

logger = logging.getLogger(__name__)

GROUPS = ("callbacks", "experiment", "likelihood", "logger", "model", "network", "trainer")


def fit(
    frame: pd.DataFrame,
    *,
    model: str = "autoregressive",
    max_time: str | float | None = None,
    seed: int = 0,
    schema: Schema | str | Path | None = None,
    min_count: int = 5,
    run_dir: str | Path | None = None,
    progress: bool = True,
    **options: Any,
) -> Synthesizer:
    """Learn a table.

    Ctrl-C stops after the step in hand and gives back the best model so far, with a warning.

    Args:
        frame: the training rows; any pandas dtypes.
        model: a config of the group `model`.
        max_time: time limit such as `60s` or `5min`, or seconds.
        seed: same seed, same model.
        schema: a `Schema` or the path of one, where the inferred one is not right.
        min_count: rows that each stored category, edge or extreme rests on at least.
        run_dir: new folder for a log, TensorBoard logs and checkpoints, which are thrown away if
            it is not given.
        progress: whether to show a progress bar.
        options: more of the configuration, with `__` for dots, such as `trainer__epochs=5`.

    Raises:
        DataError: if the table cannot be learnt from.
        ConfigError: for an option that does not exist or is out of range.
    """
    started = time.monotonic()
    words = [_word("model", model), _word("seed", seed)]
    words += [_word("trainer.max_time", max_time)] if max_time is not None else []
    words += [_word(_option(key), value) for key, value in options.items()]
    if run_dir is None:
        words += ["logger=null", "callbacks.pictures=0"]
    config = compose("train", words)
    check_config(config)
    declared = Schema.load(schema) if isinstance(schema, (str, Path)) else schema
    table = table_from_frame(frame, schema=declared, min_count=min_count)
    codec = fit_codec(table, min_count)
    with tempfile.TemporaryDirectory() as temporary:
        run = RunFolder.open(str(run_dir or temporary), {}, overwrite=False, resume=False)
        with run.writing() if run_dir else nullcontext(), Interruption() as interruption:
            prepared = encode_and_prepare(table, codec, config, run, started)
            run.plan = prepared.plan
            console = Console(quiet=not progress)
            learned = learn(prepared, table, codec, config, run, console, interruption)
    if not learned.complete:
        logger.warning("training was interrupted; this is the best model so far")
    return Synthesizer(learned.model, codec, learned.groups, learned.facts)


def _option(key: str) -> str:
    name = key.replace("__", ".")
    if name.partition(".")[0] not in GROUPS:
        raise ConfigError(
            f"fit has no option {key!r}; options of the configuration begin with "
            f"{', '.join(GROUPS[:-1])} or {GROUPS[-1]}, such as trainer__epochs=5"
        )
    return name


def _word(key: str, value: Any) -> str:
    """An option in Hydra's grammar."""
    if value is None:
        return f"{key}=null"
    if isinstance(value, str) and not re.fullmatch(r"[\w.]+", value):
        quoted = value.replace("\\", r"\\").replace("'", r"\'")
        return f"{key}='{quoted}'"
    return f"{key}={value}"
