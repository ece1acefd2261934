"""Several runs from one command line: `-m model=autoregressive,vae seed=0,1`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

from synth_dl.cli.compose import parse
from synth_dl.errors import ConfigError


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
        yield Run(list(words), re.sub(r"[^\w=.,-]+", "-", differing))
