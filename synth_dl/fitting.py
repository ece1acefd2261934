"""The first of the three lines of Python: learn a table or images."""

import logging
import re
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import DictConfig
from rich.console import Console

from synth_dl.configuration.compose import compose
from synth_dl.errors import ConfigError, DataError
from synth_dl.errors.visible import message
from synth_dl.experiment import assemble, assess, check_config, encode_and_prepare, learn
from synth_dl.images.data import ImageData
from synth_dl.images.image_set import ImageSet
from synth_dl.kinds import synthesizer_of
from synth_dl.privacy.options import Privacy
from synth_dl.runs.folder import RunFolder
from synth_dl.tables.data import TableData
from synth_dl.tables.frames import TAKEN, is_table
from synth_dl.tables.schema import Schema
from synth_dl.training.callbacks.interruption import Interruption
from synth_dl.training.data import RecordData

logger = logging.getLogger(__name__)

GROUPS = ("callbacks", "experiment", "likelihood", "logger", "model", "network", "trainer")


def fit(
    data: Any, labels: Any = None, *, model: str = "autoregressive",
    max_time: str | float | None = None, seed: int = 0, schema: Schema | str | Path | None = None,
    min_count: int = 5, rules: Sequence[str] | str | None = None,
    privacy: Privacy | float | None = None, levels: int | None = None, channels: str | None = None,
    value_range: Sequence[float] | None = None,
    run_dir: str | Path | None = None, overwrite: bool = False, progress: bool = True,
    config_dir: str | Path | None = None, trust: str | list[str] | None = None,
    allow_synthetic: bool = False, **options: Any,
) -> Any:  # fmt: skip
    """Learn a table, or images.

    Ctrl-C stops after the step in hand and gives back the best model so far, with a warning.

    Args:
        data: the training rows, as the path of a file, a DataFrame of pandas or polars, an Arrow
            table, a dict of columns, a list of dicts or an array [rows, columns] of NumPy; or
            images: an array or tensor [N, H, W], [N, H, W, C] or [N, C, H, W] of whole levels or of
            floats, a list of images of NumPy, torch or Pillow, or the path of a folder or an .npz
            file of images.
        labels: the class of each image, as numbers or texts, or None.
        model: a config of the group `model`.
        max_time: time limit such as `60s` or `5min`, or seconds.
        seed: same seed, same model.
        schema: for tables, a `Schema` or the path of one, where the inferred one is not right.
        min_count: for tables, rows that each stored category, edge or extreme rests on at least.
        rules: for tables, what holds in every row, such as `["start <= end", "unique(id)"]`; the
            words `suggest` and `accept` look for what holds in all rows.
        privacy: for tables, a promise of differential privacy such as `Privacy(epsilon=1)`, or its
            epsilon; it needs a `schema` that declares the columns.
        levels: for images, how many values a pixel can take, if the highest one does not show it.
        channels: for images, whether channels stand `first` or `last`, if no shape shows it.
        value_range: for images, the values of black and white, if the images do not show them.
        run_dir: new folder for a log, TensorBoard logs, checkpoints and the figures of a quick
            assessment; without it there are none.
        overwrite: whether the run that stands in that folder is replaced.
        progress: whether to show a progress bar.
        config_dir: a folder with configs of yours, such as `model/mine.yaml` for `model="mine"`.
        trust: packages of yours whose classes these configs may name, such as `mypackage`.
        allow_synthetic: whether a file is learnt from whose metadata say that it is synthetic.
        options: more of the configuration, with `__` for dots, such as `trainer__epochs=5`.

    Returns:
        A `Synthesizer` of the table, or an `ImageSynthesizer`.

    Raises:
        DataError: if the data cannot be learnt from.
        ConfigError: for an option that does not exist or is out of range.
    """
    started, kind = time.monotonic(), _kind(data)
    asked = {"model": model, "seed": seed}
    asked |= {} if max_time is None else {"trainer.max_time": max_time}
    words = _words(asked, options, run_dir is not None)
    config = compose("train", words, {"trust": trust}, config_dir, kind)
    check_config(config)
    of_tables = {"schema": schema, "rules": rules, "privacy": _promise(privacy)}
    of_images = {"levels": levels, "channels": channels, "value_range": value_range}
    source = _source(data, labels, kind, min_count, seed, of_tables, of_images)
    source.allow_synthetic = allow_synthetic
    return _learn(source, data, config, run_dir, overwrite, progress, started)


def _promise(privacy: Any) -> Privacy | None:
    return privacy if privacy is None or isinstance(privacy, Privacy) else Privacy(privacy)


def _kind(data: Any) -> str:
    """`table` or `images`.

    Raises:
        DataError: if it is neither.
    """
    if isinstance(data, str | Path):
        return "images" if Path(data).is_dir() or _is_npz(data) else "table"
    if is_table(data):
        return "table"
    if isinstance(data, ImageSet) or _holds_images(data):
        return "images"
    raise DataError(
        f"data of type {type(data).__name__} are neither a table nor images; give {TAKEN}, the "
        "path of a file, or images as an array [N, H, W] or [N, H, W, C]"
    )


def _holds_images(data: Any) -> bool:
    if isinstance(data, list | tuple) and data:
        return np.ndim(data[0]) > 1
    return len(getattr(data, "shape", ())) > 2


def _is_npz(path: str | Path) -> bool:
    return Path(path).suffix.lower() == ".npz"


def _source(
    data: Any,
    labels: Any,
    kind: str,
    min_count: int,
    seed: int,
    of_tables: dict[str, Any],
    of_images: dict[str, Any],
) -> RecordData:
    """The data as those of a training; options that are of the other kind are refused."""
    if kind == "table":
        what = ("images, [N, H, W] or [N, H, W, C], and a table was given (an array [rows, "
                "columns] is one)")  # fmt: skip
        _refuse(labels=labels, **of_images, what=what)
        rules = of_tables["rules"]
        said = rules if rules is None or isinstance(rules, str) else list(rules)
        options: dict[str, Any] = of_tables | {"rules": said}
        return TableData(data, **options, min_count=min_count, seed=seed)
    _refuse(**of_tables, what="tables, and images were given")
    if not isinstance(data, str | Path):
        return ImageData(data, labels, **of_images, seed=seed)
    _refuse(labels=labels, what="images in memory, and a path was given")
    if _is_npz(data):
        return ImageData("npz", path=data, **of_images, seed=seed)
    return ImageData("image_folder", root=data, **of_images, seed=seed)


def _learn(
    source: RecordData,
    data: Any,
    config: DictConfig,
    run_dir: str | Path | None,
    overwrite: bool,
    progress: bool,
    started: float,
) -> Any:
    """The synthesizer of data, a file or in memory."""
    console = Console(quiet=not progress, markup=False)
    source.validation = config.trainer.validation
    source.read()
    for note in source.notes:
        console.print(f"note: {message(note)}", highlight=False)
    with tempfile.TemporaryDirectory() as temporary:
        run = RunFolder.open(str(run_dir or temporary), {}, overwrite, resume=False)
        with run.writing() if run_dir else nullcontext():
            with Interruption() as interruption:
                prepared = encode_and_prepare(source, config, run, started)
                training = assemble(prepared, config, run, console, interruption, alone=True)
                run.stand(prepared.plan)
                learned = learn(training)
            if run_dir and not interruption.asked and source.privacy is None:
                # Data in memory have no name; whether they are the same, their digest says.
                found = "rows" if source.kind == "table" else "images"
                named = isinstance(data, str | Path)
                name = Path(data).name if named else f"{len(data):,} {found} in memory"
                try:
                    assess(learned, source, run, console, name)
                except KeyboardInterrupt:
                    logger.warning("the assessment was interrupted; the model is whole")
    if not learned.complete:
        logger.warning("training was interrupted; this is the best model so far")
    found = learned.model, source.codec, learned.groups, learned.facts
    synth = synthesizer_of(*found, learned.recipe)
    synth.complete = learned.complete
    if isinstance(source, TableData):
        synth.like = source.like
    return synth


def _refuse(what: str, **given: Any) -> None:
    for name, value in given.items():
        if value is not None:
            raise ConfigError(f"{name} is for {what}; leave it out")


def _words(said: dict[str, Any], options: dict[str, Any], in_folder: bool) -> list[str]:
    """What is asked for, in Hydra's grammar."""
    words = [_word(key, value) for key, value in said.items()]
    words += [_word(_option(key), value) for key, value in options.items()]
    return words if in_folder else [*words, "logger=null", "callbacks.pictures=0"]


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
