"""Several runs from one command line: `-m model=autoregressive,vae seed=0,1`."""

import re
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from synth_dl.cli.comparing import print_comparison
from synth_dl.cli.failures import report
from synth_dl.configuration.compose import parse
from synth_dl.errors import ConfigError, DataError

if TYPE_CHECKING:
    from omegaconf import DictConfig


@dataclass(frozen=True)
class Run:
    """One run of a sweep: its words, and a name made of what differs between the runs."""

    overrides: list[str] = field(default_factory=list)
    name: str = ""


def single_run(overrides: Sequence[str]) -> Run:
    """The only run of a plain command line.

    Raises:
        ConfigError: if an option has several values.
    """
    for word in overrides:
        if parse(word).is_sweep_override():
            raise ConfigError(
                f"'{word}' holds several values: quote it, or train one for each by -m."
            )
    return Run(list(overrides))


def sweep_runs(overrides: Sequence[str]) -> Iterator[Run]:
    """One run for each combination of the values that options with several values have."""
    variants: list[list[str]] = []
    for word in overrides:
        item = parse(word)
        if item.is_sweep_override():
            key = item.get_key_element()
            variants.append([f"{key}={value}" for value in item.sweep_string_iterator()])
        else:
            variants.append([word])
    swept = [index for index, words in enumerate(variants) if len(words) > 1]
    for words in product(*variants):
        differing = ",".join(words[index] for index in swept)
        yield Run(list(words), re.sub(r"[^\w=.,+-]+", "-", differing))


def run_all(configs: "Sequence[tuple[str, DictConfig]]") -> int:
    """Train one after the other, and compare those that came to an end.

    A run that fails says why, and the others are made all the same.

    Args:
        configs: each with the name of its run.

    Returns:
        The exit status: 0, or the most serious one of the runs.

    Raises:
        ConfigError: before the first run, if what can be checked without data is wrong in any.
    """
    from synth_dl.experiment import check_config, train

    for _, config in configs:
        check_config(config)
    done: list[Path] = []
    failed: dict[str, int] = {}
    for number, (name, config) in enumerate(configs, 1):
        print(f"run {number} of {len(configs)}: {name}", flush=True)
        try:
            # Only of the first run does the time limit begin with the process.
            done.append(train(config, None if number == 1 else time.monotonic()))
        except Exception as error:
            failed[name] = report(error, "train", Path(str(config.run_dir)))
    _compare(done)
    if failed:
        names = ", ".join(failed)
        print(f"error: {len(failed)} of {len(configs)} runs failed: {names}", file=sys.stderr)
    # A fault of the program, 1, is more serious than one of the user, 2.
    return min(failed.values(), default=0)


def _compare(folders: Sequence[Path]) -> None:
    """Print the comparison of the runs that were assessed, where any two can be compared."""
    from synth_dl.metrics.figures import FILE
    from synth_dl.runs.comparison import find_runs, grouped

    assessed = [folder for folder in folders if (folder / FILE).is_file()]
    if len(assessed) > 1:
        try:
            print_comparison(grouped(find_runs(assessed)[0]))
        except DataError as error:
            print(f"note: {error}")
