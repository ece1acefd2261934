"""Several runs by the sweeper and the launcher of Hydra that the words choose.

A sweeper makes the words of each run, and a launcher hands them to a function, maybe in another
process. Neither composes the configuration of a run: `compose` does, where the run begins.
"""

import re
from collections.abc import Callable, Container, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra._internal.callbacks import Callbacks
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.plugins import Plugins
from hydra.errors import HydraException, MissingConfigException
from hydra.types import HydraContext, RunMode
from omegaconf import DictConfig, open_dict, read_write

from synth_dl.configuration.compose import hydra_in, literal, parse, searched
from synth_dl.configuration.folders import group_choices
from synth_dl.errors import ConfigError


class JobWords(ConfigLoaderImpl):
    """For launchers: the settings of one run are those of the sweep, and its own words."""

    def load_sweep_config(
        self, master_config: DictConfig, sweep_overrides: list[str]
    ) -> DictConfig:
        """The configuration of the sweep, in which `hydra.overrides.task` are these words."""
        config = deepcopy(master_config)
        with read_write(config), open_dict(config.hydra):
            config.hydra.overrides.task = list(sweep_overrides)
            config.hydra.job.override_dirname = ",".join(sorted(sweep_overrides))
        return config


@dataclass(frozen=True)
class Sweep:
    """One sweep before its first run.

    Attributes:
        config: of the primary config with the group `hydra`.
        loader: for the sweeper and its launcher.
        words: of the command line, those for Hydra left out.
    """

    config: DictConfig
    loader: JobWords
    words: Sequence[str]

    @property
    def folder(self) -> Path:
        """Where the runs go."""
        return Path(str(self.config.hydra.sweep.dir))

    def jobs(self) -> list[list[str]] | None:
        """The words of each run; None where the sweeper decides from run to run."""
        sweeper = self.config.hydra.sweeper
        if sweeper.get("_target_") != f"{BasicSweeper.__module__}.{BasicSweeper.__name__}":
            return None
        if (size := sweeper.get("max_batch_size")) is not None and size < 1:
            raise ConfigError(f"hydra.sweeper.max_batch_size={size}: it must be 1 or more")
        words = [f"{key}={value}" for key, value in (sweeper.get("params") or {}).items()]
        parsed = OverridesParser.create(self.loader).parse_overrides([*words, *self.words])
        try:
            return BasicSweeper.split_arguments(parsed, None)[0]
        except HydraException as error:
            raise ConfigError(f"{error}: choose a sweeper that does, by hydra/sweeper=") from error

    def run(self, task: Callable[[DictConfig], float]) -> None:
        """Call a function once for each run; it finds its words in Hydra's `HydraConfig`.

        Args:
            task: gets the configuration of `jobs`; a launcher must be able to pickle it.
        """
        callbacks = Callbacks()
        sweeper = Plugins.instance().instantiate_sweeper(
            hydra_context=HydraContext(config_loader=self.loader, callbacks=callbacks),
            task_function=task,
            config=self.config,
        )
        sweeper.sweep(arguments=list(self.words))


def plan_sweep(
    name: str,
    words: Sequence[str],
    hydra_words: Sequence[str],
    extra_folder: str | None = None,
    folder: str | None = None,
) -> Sweep:
    """The sweep that a command line asks for.

    Args:
        name: of the primary config.
        words: options of the runs, some with several values.
        hydra_words: options of Hydra itself, such as `hydra/launcher=joblib`.
        extra_folder: a folder that is searched for configs beside the packed ones.
        folder: for the runs; as `hydra.sweep.dir` says if None.

    Raises:
        ConfigError: for an option that Hydra refuses, or a plugin that is not installed.
    """
    folders, search = searched(extra_folder)
    groups = group_choices(folders)
    # An experiment may choose launcher and sweeper too.
    picked = [word for word in words if _is_choice(parse(word), groups)]
    with hydra_in(folders[0]):
        outer: Any = GlobalHydra.instance().hydra
        loader = JobWords(outer.config_loader.get_search_path())
        try:
            config = loader.load_configuration(
                name, [*search, *picked, *hydra_words], RunMode.MULTIRUN
            )
        except MissingConfigException as error:
            raise ConfigError(_not_installed(error)) from error
        if config.hydra.callbacks:
            raise ConfigError("hydra.callbacks are not called: leave them out, or write callbacks.")
        # As it stands now, as it may hold the time.
        config.hydra.sweep.dir = literal(folder or str(config.hydra.sweep.dir))
    return Sweep(config, loader, words)


def _is_choice(item: Override, groups: Container[str]) -> bool:
    swept = item.is_sweep_override() or item.is_delete() or item.value() is None
    return item.key_or_group in groups and not swept


def _not_installed(error: MissingConfigException) -> str:
    missing = re.fullmatch(r"hydra/(launcher|sweeper)/(([^_/]+).*)", error.missing_cfg_file or "")
    if missing is None:
        return str(error).splitlines()[0]
    kind, name, plugin = missing.groups()
    return f"hydra/{kind}={name} is not installed: pip install hydra-{plugin}-{kind}."
