"""The sampling command: from an artifact to a file of any length, part by part."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from synth_dl.artifact import existing
from synth_dl.errors import ConfigError, DataError
from synth_dl.sampling.drawing import CHUNK
from synth_dl.sampling.rows import check_rows, count_asked, parse_rows
from synth_dl.sampling.streaming import chunks_at_once, say_written, write_parts
from synth_dl.sampling.where import conditions
from synth_dl.tables.conditions.given import Given, fixed_columns, given_rows
from synth_dl.tables.reading.matching import read_given
from synth_dl.tables.reading.tidy import tidy_frame
from synth_dl.tables.synthesizer import Synthesizer
from synth_dl.tables.table_file import check_ending
from synth_dl.tables.writing import TableWriter, check_place

DEFAULT_OUT = "synthetic.csv"
OF_IMAGES = {"mask": None, "sampler": "auto", "particles": 64}


def run(config: Any, where: Sequence[str] = (), read: Sequence[Path] = ()) -> Path:
    """Draw rows as a config says and write them to `config.out`.

    Args:
        config: artifact, n, seed, out, overwrite, rows, batch_size, where and given.
        where: `COLUMN=VALUE` texts of the command line.
        read: files and folders that must not be replaced, besides those that config names.

    Raises:
        SynthError: with a sentence for the user; nothing is left under the name of the file.
    """
    for name, unset in OF_IMAGES.items():
        if config.get(name, unset) != unset:
            raise ConfigError(f"{name} is for models of images; leave it out")
    out = Path(config.out if config.out is not None else DEFAULT_OUT)
    check_ending(str(out))
    named = (existing(config.artifact), config.given, config.where)
    check_place(out, config.overwrite, (*named, *read))
    synth = Synthesizer.load(config.artifact, config.trust)
    known = _known(synth, config, where)
    start, stop = check_rows(_count(synth, config, known), parse_rows(config.rows))
    at_once = chunks_at_once(config.batch_size, CHUNK)
    with TableWriter(out, synth.codec.schema, overwrite=config.overwrite) as writer:
        frames = synth.stream(start, stop, config.seed, known)
        join = partial(pd.concat, ignore_index=True)
        write_parts(frames, stop - start, at_once, join, writer.write)
    say_written(f"{stop - start:,} rows in {out}", synth.effective_sample_size)
    return out


def _known(synth: Synthesizer, config: Any, where: Sequence[str]) -> Given | None:
    names = synth.codec.schema.names
    fixed = conditions(where, config.where, names)
    if config.given is None:
        return fixed_columns(synth.codec, fixed) if fixed else None
    if fixed:
        raise ConfigError("where and given exclude each other; write the fixed columns into the "
                          "file of given rows")  # fmt: skip
    cells, absent = read_given(config.given, synth.codec.schema)
    return given_rows(synth.codec, tidy_frame(cells), absent)


def _count(synth: Synthesizer, config: Any, known: Given | None) -> Any:
    rows = None if known is None or known.repeated else len(known.cells)
    if rows == 0:
        raise DataError(f"{config.given} has no rows; give at least one, or leave given out")
    return count_asked(config.n, synth.facts, rows, f"{config.given} has {rows} rows")
