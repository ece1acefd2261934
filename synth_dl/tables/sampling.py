"""The sampling command: from an artifact to a file of any length, part by part."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from synth_dl.errors import ConfigError, DataError
from synth_dl.sampling.chunks import CHUNK
from synth_dl.sampling.drawing import effective_size_line
from synth_dl.sampling.rows import check_count, check_rows, parse_rows
from synth_dl.sampling.where import conditions
from synth_dl.tables.conditions.given import Given, given_everywhere, given_rows
from synth_dl.tables.reading.matching import read_given
from synth_dl.tables.reading.typed import tidy_frame
from synth_dl.tables.synthesizer import Synthesizer
from synth_dl.tables.writing import TableWriter, check_ending

DEFAULT_OUT = "synthetic.csv"
PART = 8 * CHUNK  # rows written at once, unless batch_size says otherwise; more hold much memory


def run(config: Any, where: Sequence[str] = ()) -> Path:
    """Draw rows as a config says and write them to `config.out`.

    Args:
        config: artifact, n, seed, out, rows, batch_size, where and given.
        where: `COLUMN=VALUE` texts of the command line.

    Raises:
        SynthError: with a sentence for the user; nothing is left under the name of the file.
    """
    if config.mask is not None:
        raise ConfigError("mask is for models of images; leave it out")
    out = Path(config.out if config.out is not None else DEFAULT_OUT)
    check_ending(str(out))
    synth = Synthesizer.load(config.artifact, config.trust)
    known = _known(synth, config, where)
    n = config.n if config.n is not None else int(synth.facts.get("rows", 1000))
    if known is not None and not known.repeated:
        if not len(known.cells):
            raise DataError(f"{config.given} has no rows; give at least one, or leave given out")
        if config.n is not None and config.n != len(known.cells):
            raise ConfigError(f"n={config.n}, but {config.given} has {len(known.cells)} rows; "
                              "leave n out")  # fmt: skip
        n = len(known.cells)
    start, stop = check_rows(n, parse_rows(config.rows))
    size = config.batch_size
    chunks = max(1, (PART if size is None else check_count("batch_size", size)) // CHUNK)
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("sampling"), BarColumn(bar_width=None), MofNCompleteColumn(),
        TimeRemainingColumn(), console=console, disable=not console.is_terminal,
    )  # fmt: skip
    with bar, TableWriter(out, synth.codec.schema) as writer:
        task = bar.add_task("sampling", total=stop - start)
        held: list[pd.DataFrame] = []
        for frame in synth.stream(start, stop, config.seed, known):
            held.append(frame)
            bar.advance(task, len(frame))
            if len(held) == chunks:
                writer.write(pd.concat(held, ignore_index=True))
                held = []
        if held:
            writer.write(pd.concat(held, ignore_index=True))
    lines = [f"{stop - start:,} rows in {out}", *effective_size_line(synth.effective_sample_size)]
    for line in lines:
        Console().print(line, highlight=False, markup=False, soft_wrap=True)
    return out


def _known(synth: Synthesizer, config: Any, where: Sequence[str]) -> Given | None:
    names = synth.codec.schema.names
    fixed = conditions(where, config.where, names)
    if config.given is None:
        return given_everywhere(synth.codec, fixed) if fixed else None
    if fixed:
        raise ConfigError("where and given exclude each other; write the fixed columns into the "
                          "file of given rows")  # fmt: skip
    cells, absent = read_given(config.given, synth.codec.schema)
    return given_rows(synth.codec, tidy_frame(cells), absent)
