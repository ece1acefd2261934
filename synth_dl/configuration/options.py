"""Which options there are as the groups were chosen, and what to say of any other."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf

from synth_dl.configuration.folders import group_choices

# A choice of these fits some models and some data only.
PARTS = ("network", "likelihood")


@dataclass(frozen=True)
class Options:
    """The options of one command line.

    Attributes:
        names: dotted, with the groups among them.
        chosen: the name of the config of each group that was chosen.
        folders: that hold configs.
    """

    names: Sequence[str]
    chosen: dict[str, str]
    folders: Sequence[Path]

    def __contains__(self, key: str) -> bool:
        return key in self.names

    def unknown(self, key: str) -> str:
        """The sentence about an option that is not there."""
        if key in ("path", "data.path"):
            return f"'{key}' does not fit the chosen data: write data=csv data.path=FILE."
        others = self._others_with(key)
        if others:
            return self._of_another_choice(key, others)
        same_end = [name for name in self.names if name.endswith(f".{key}")]
        close = same_end or difflib.get_close_matches(key, self.names, n=1, cutoff=0.6)
        cure = f"did you mean '{close[0]}'?" if close else "--cfg job prints all that there are."
        return f"unknown option '{key}': {cure}"

    def _others_with(self, key: str) -> list[str]:
        """Choices of its group that have this option, where the chosen one has not."""
        group, _, option = key.partition(".")
        choices = group_choices(self.folders).get(group, []) if option else []
        return [choice for choice in choices if option in self._options_of(group, choice)]

    def _of_another_choice(self, key: str, others: Sequence[str]) -> str:
        group = key.partition(".")[0]
        chosen = self.chosen.get(group)
        instead = f" and not of {group}={chosen}" if chosen else ""
        cure = f"take {group}={others[0]}" if len(others) == 1 else "take one of these"
        if group in PARTS:
            cure += " where model and data allow it"
        return (
            f"'{key}' is an option of {group}={'|'.join(others)}{instead}: leave it out, or {cure}."
        )

    def _options_of(self, group: str, choice: str) -> set[str]:
        """The options of one config, with those of the configs that it is made from."""
        files = [folder / group / f"{choice}.yaml" for folder in self.folders]
        try:
            config = OmegaConf.load(next(file for file in files if file.is_file()))
        except (StopIteration, OSError, ValueError, yaml.YAMLError):
            return set()  # a config of the user that Hydra complains of, once it is chosen
        if not isinstance(config, DictConfig):
            return set()
        bases = [base for base in config.get("defaults") or [] if isinstance(base, str)]
        above = [self._options_of(group, base) for base in bases if base not in ("_self_", choice)]
        return set(option_names(config)).union(*above) - {"defaults"}


def option_names(config: DictConfig) -> Iterator[str]:
    """The dotted names of all options of a configuration."""

    def walk(value: Any, prefix: str) -> Iterator[str]:
        for key, below in value.items():
            yield f"{prefix}{key}"
            if isinstance(below, dict):
                yield from walk(below, f"{prefix}{key}.")

    return walk(OmegaConf.to_container(config, resolve=False), "")
