"""What the sampling commands of all kinds of data share: a sample on its way to a file."""

import shutil
import sys
from collections.abc import Callable, Iterable, Sequence, Sized
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from synth_dl.errors import ConfigError
from synth_dl.sampling.rows import check_count, check_rows, parse_rows

PART = 8  # chunks written at once, unless batch_size says otherwise; more hold much memory

Part = TypeVar("Part", bound=Sized)


def chunks_at_once(batch_size: Any, chunk: int) -> int:
    """How many chunks are written together, so that they hold about `batch_size` records.

    Raises:
        ConfigError: for anything but None and a whole number from 1 on.
    """
    return PART if batch_size is None else max(1, check_count("batch_size", batch_size) // chunk)


def rows_asked(out: Path, n: Any, rows: str | None) -> tuple[int, int]:
    """First record and the one after the last, of a sample of n, that go to a file or a folder.

    Args:
        out: where they go.
        n: records of the whole sample.
        rows: the part that is asked for, such as `0:50000`.

    Raises:
        ConfigError: for a part that lies outside, or more records than the disk has bytes free:
            they are refused before years are spent on drawing them.
    """
    start, stop = check_rows(n, parse_rows(rows))
    there = next(folder for folder in out.absolute().parents if folder.exists())
    free, count = shutil.disk_usage(there).free, stop - start
    if count > free > 0:
        raise ConfigError(f"n={count}: the disk of '{there}' has only {free:,} bytes free, less "
                          "than one for each of them; give a smaller n.")  # fmt: skip
    return start, stop


def write_parts(
    chunks: Iterable[Part],
    count: int | None,
    at_once: int,
    join: Callable[[list[Part]], Part],
    write: Callable[[Part], None],
    doing: str = "sampling",
) -> None:
    """Write records as they are made, with a bar on a terminal.

    Args:
        chunks: of the records.
        count: records in all of them; None where nobody knows yet.
        at_once: chunks that are joined and written together.
        join: makes one part of several chunks.
        write: takes a part.
        doing: what is done with them, for the bar.
    """
    # A command shows texts in a visible form, which a bar must not have.
    console = Console(file=getattr(sys.stderr, "plain", sys.stderr))
    bar = Progress(
        TextColumn(doing), BarColumn(bar_width=None), MofNCompleteColumn(),
        TimeRemainingColumn(), console=console, disable=not console.is_terminal,
    )  # fmt: skip
    with bar:
        task = bar.add_task(doing, total=count)
        held: list[Part] = []
        for chunk in chunks:
            held.append(chunk)
            bar.advance(task, len(chunk))
            if len(held) == at_once:
                write(join(held))
                held = []
        if held:
            write(join(held))


def say_written(
    line: str, effective: dict[str, float] | None = None, probability: float | None = None
) -> None:
    """Print what was written, and how well importance resampling went where there was some.

    Args:
        line: what was written.
        effective: of the importance resampling, if any.
        probability: of what restricted columns are held to, if any.
    """
    lines = [line]
    if probability is not None:
        lines.append(f"what where asks for has a probability of {probability:.3g} by the model")
    if effective is not None:
        lines.append(
            f"effective sample size: {effective['mean']:,.1f} of {effective['particles']:,} "
            f"particles on average, {effective['least']:,.1f} at least"
        )
    _say(lines)


def say_of_all(lines: Sequence[str], rows: tuple[int, int], count: int, what: str) -> None:
    """Print lines on all records of a sample, and where a part was written, that they are on all.

    Args:
        lines: none where there is nothing to say.
        rows: the first one that was written and the one after the last.
        count: of the records of the sample.
        what: they are, such as `rows`.
    """
    start, stop = rows
    if lines and stop - start < count:
        _say([f"they are {what} {start:,} to {stop:,} of {count:,}, and in all of these are:"])
    _say(lines)


def _say(lines: Iterable[str]) -> None:
    for each in lines:
        print(each)
