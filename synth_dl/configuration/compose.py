"""From words to a composed configuration, by Hydra's compose API.

Hydra's own entry point would leave an `outputs/` folder, set up logging and change the folder.
"""

import pickle
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from threading import RLock
from typing import Any

import yaml
from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from synth_dl.building import Classes
from synth_dl.configuration.folders import config_folder, group_choices
from synth_dl.configuration.options import Options, option_names
from synth_dl.errors import ConfigError

OPEN = ("callbacks", "data", "likelihood", "logger", "model", "network", "trainer")
OPTIONAL_GROUPS = ("callbacks", "experiment", "logger")
HYDRA = RLock()  # a process has one Hydra, so threads compose one after another

LARGEST_BITS = 64  # of a whole number in an option; a seed may take them all
Taken = dict[str, str | list[str] | None]


def compose(
    name: str,
    overrides: Sequence[str] = (),
    taken: Taken | None = None,
    extra_folder: str | Path | None = None,
    kind: str | None = None,
) -> DictConfig:
    """The configuration `configs/<name>.yaml` with its groups and the given words.

    Args:
        name: of the primary config, which is also the name of the command.
        overrides: words in Hydra's grammar.
        taken: options whose values are used as they stand.
        extra_folder: a folder that is searched for configs beside the packed ones.
        kind: of the data, where the data config does not say it.

    Raises:
        ConfigError: for an unknown option or choice, a bad value, or a word that Hydra refuses.
    """
    folders, search = searched(extra_folder)
    groups = group_choices(folders)
    words = [_left_out(word, groups) for word in overrides]
    parsed = [parse(word) for word in words]
    for item in parsed:
        if item.is_sweep_override():
            raise ConfigError(
                f"'{item.input_line}' holds several values: quote it, or train one for each by -m."
            )
        value = item.value()
        if isinstance(value, int) and value.bit_length() > LARGEST_BITS:
            raise _too_long(item.key_or_group)
    chosen = [item for item in parsed if item.key_or_group in groups]
    for item in chosen:
        _check_choice(item, groups[item.key_or_group])
    with hydra_in(folders[0]):
        picked = [item.input_line or "" for item in chosen]
        config, names = _composed(name, [*search, *picked])
        network = _fitting_network(config, kind, (taken or {}).get("trust"))
        if network is not None:
            picked = [word for word in picked if not word.startswith("network=")]
            config, names = _composed(name, [*search, *picked, network])
        known = Options([*option_names(config), *groups], names, folders)
        for item in parsed:
            if item not in chosen:
                _check_option(item, config, known)
        # As Hydra itself ends, which would first read all files once more.
        ConfigLoaderImpl._apply_overrides_to_config(
            [_added(item) for item in parsed if item not in chosen], config
        )
        with open_dict(config):
            (config.get("model") or {}).pop("networks", None)
        for key, value in (taken or {}).items():
            _put(config, key, value, known)
    return config


def _added(item: Override) -> Override:
    """The option of a part goes in also where its config does not list it.

    Whoever gets it refuses what it has not.
    """
    if item.is_delete() or "." not in item.key_or_group:
        return item
    return replace(item, type=OverrideType.FORCE_ADD)


def searched(extra_folder: str | Path | None) -> tuple[list[Path], list[str]]:
    """The folders with configs, and the words that tell Hydra of those of the user.

    Raises:
        ConfigError: if there is no such folder.
    """
    folders = [config_folder()]
    if extra_folder is None:
        return folders, []
    if not Path(extra_folder).is_dir():
        raise ConfigError(f"there is no folder '{extra_folder}': check --config-dir.")
    folders.append(Path(extra_folder).resolve())
    quoted = str(folders[1]).replace("'", r"\'")
    return folders, [f"hydra.searchpath=['file://{quoted}']"]


def parse(word: str) -> Override:
    """One word in Hydra's grammar.

    Raises:
        ConfigError: if the grammar refuses it.
    """
    try:
        return OverridesParser.create().parse_override(word)
    except HydraException as error:
        key, _, value = word.partition("=")
        if not re.fullmatch(r"[~+]*[\w./@-]+", key):
            raise ConfigError(f"unknown option '{key}': --help lists the options.") from error
        quoted = "'" + value.strip("'\"") + "'"
        raise ConfigError(
            f"the value of '{key}' cannot be read: quote it, as in \"{key}={quoted}\"."
        ) from error
    except ValueError as error:  # what Python says of thousands of digits
        raise _too_long(word.partition("=")[0].lstrip("+")) from error


def _too_long(key: str) -> ConfigError:
    return ConfigError(f"{key}: its number has more digits than any option takes; give a smaller "
                       "one.")  # fmt: skip


def _composed(name: str, words: Sequence[str]) -> tuple[DictConfig, dict[str, str]]:
    """A configuration, and the name of the config that was chosen of each group.

    The packed configs do not change, and a sweep asks for the same choices again and again.
    """
    if any(word.startswith("hydra.searchpath") for word in words):
        return _newly_composed(name, words)
    return pickle.loads(_once_composed(name, tuple(words)))


@cache
def _once_composed(name: str, words: tuple[str, ...]) -> bytes:
    """Pickled, of which a copy is made in a sixth of the time that `deepcopy` takes."""
    return pickle.dumps(_newly_composed(name, words))


def _newly_composed(name: str, words: Sequence[str]) -> tuple[DictConfig, dict[str, str]]:
    config = hydra_compose(name, list(words), return_hydra_config=True)
    chosen = dict(config.hydra.runtime.choices)
    with open_dict(config):
        del config["hydra"]
    return config, chosen


def kind_of(data: Mapping[str, Any], trust: Any = None) -> str:
    """What the kind of data is called that a config of the group `data` names.

    Args:
        data: the config.
        trust: packages beside our own whose classes it may name.

    Raises:
        ConfigError: if its `_target_` is no data module.
    """
    target = data.get("_target_")
    cure = "synth_dl.tables.data.TableData or synth_dl.images.data.ImageData"
    if target is None:
        raise ConfigError(f"this config of data has no _target_: write {cure}")
    classes = Classes(("synth_dl",)).also(trust)
    plain = OmegaConf.to_container(data) if isinstance(data, DictConfig) else data
    classes.check("data", plain, decided=("seed",))
    found = classes.find(target)
    kind = getattr(found, "kind", None)
    if not isinstance(kind, str):
        raise ConfigError(f"data._target_={target}: this is no data module; write {cure}")
    return kind


def _fitting_network(base: DictConfig, kind: str | None, trust: Any) -> str | None:
    """The word that chooses the network that model and kind of data ask for, if none is chosen."""
    if "network" not in base or base.network.get("_target_") is not None:
        return None
    kind = kind or kind_of(base.data, trust)
    networks = base.model.get("networks", {})
    if networks is None:  # the family has none
        return None
    if kind not in networks:
        raise ConfigError(
            f"this model names no network for data of the kind '{kind}': choose network=NAME."
        )
    return f"network={networks[kind]}"


def require_values(config: DictConfig) -> None:
    """Refuse a configuration in which a value that has no default was not given.

    Raises:
        ConfigError: naming the first such option.
    """
    for key in sorted(OmegaConf.missing_keys(config)):
        raise ConfigError(f"'{key}' has no value: add {key}=VALUE.")


@contextmanager
def hydra_in(folder: Path) -> Iterator[None]:
    """Hydra, initialised, also inside a program that uses Hydra itself.

    Raises:
        ConfigError: for whatever Hydra refuses.
    """
    with HYDRA:
        outer = GlobalHydra.instance().hydra
        GlobalHydra.instance().hydra = None
        try:
            with initialize_config_dir(str(folder), version_base="1.3"):
                yield
        except (HydraException, OmegaConfBaseException) as error:
            raise ConfigError(_first_sentence(error)) from error
        except (yaml.YAMLError, RecursionError, OSError, TypeError, ValueError) as error:
            if isinstance(error, ConfigError):
                raise
            mark = getattr(error, "problem_mark", None)
            place = f"'{mark.name}', line {mark.line + 1}" if mark is not None else "a config"
            said = getattr(error, "problem", None) or type(error).__name__
            raise ConfigError(f"{place} cannot be read ({said}); correct the file") from error
        finally:
            GlobalHydra.instance().hydra = outer


def _put(config: DictConfig, key: str, value: str | list[str] | None, known: Options) -> None:
    if key not in known:
        raise ConfigError(known.unknown(key))
    if value is None and key in OmegaConf.missing_keys(config):
        return  # it says nothing where something must be said
    with open_dict(config):
        OmegaConf.update(config, key, literal(value), merge=False)


def _check_choice(item: Override, options: list[str]) -> None:
    group, value = item.key_or_group, item.value()
    if value in options or (item.is_delete() and group in OPTIONAL_GROUPS):
        return
    word = (item.input_line or group).lstrip("+")
    sentence = f"{word} is no choice: choose {group}={'|'.join(options)}"
    if group == "data" and re.search(r"[./]", str(value)):
        sentence += f", or name a file of your own by data=csv data.path={value}"
    raise ConfigError(f"{sentence}.")


def _left_out(word: str, groups: dict[str, list[str]]) -> str:
    """Hydra's way to leave a group out, for the plain `group=null`."""
    group, _, value = word.partition("=")
    optional = group in OPTIONAL_GROUPS and group in groups
    return f"~{group}" if optional and value == "null" else word


def _check_option(item: Override, base: DictConfig, known: Options) -> None:
    key = item.key_or_group
    group = key.partition(".")[0]
    if item.is_delete() and not key.startswith(OPTIONAL_GROUPS):
        raise ConfigError(f"~{key}: this option cannot be left out; give it another value")
    if key not in known:
        # Lightning's trainer has more options, and a part may be given some; but not a command.
        added = (item.is_add() or item.is_force_add()) and group in OPEN
        if "." in key and group in known and (added or group == "trainer"):
            return
        raise ConfigError(known.unknown(key))
    if item.is_delete():
        return
    default, value = _raw(base, key), item.value()
    expected = _expected(default)
    # A part such as the trainer may take null for a number; what users say about data may not.
    may_be_null = "." in key and not key.startswith("data.")
    if expected is None or (value is None and may_be_null) or _refers(value):
        return
    words, types = expected
    if not isinstance(value, types) or isinstance(value, bool) != isinstance(default, bool):
        example = str(default).lower()
        raise ConfigError(
            f"{item.input_line} does not give {words}: write it as in {key}={example}."
        )


def _expected(default: Any) -> tuple[str, tuple[type, ...]] | None:
    if isinstance(default, bool):
        return "true or false", (bool,)
    if isinstance(default, int):
        return "a whole number", (int,)
    if isinstance(default, float):
        return "a number", (int, float)
    return None


def _refers(value: Any) -> bool:
    return isinstance(value, str) and "${" in value


def _raw(config: DictConfig, key: str) -> Any:
    """The value at a key as it is written, without looking at what it refers to."""
    value: Any = OmegaConf.to_container(config, resolve=False)
    for part in key.split("."):
        value = value[part]
    return value


def literal(value: str | list[str] | None) -> str | list[str] | None:
    """A text that OmegaConf gives back as it stands, with `${` in it not taken for a reference."""
    if isinstance(value, list):
        return [str(literal(item)) for item in value]
    if value is None:
        return None
    return re.sub(r"(\\*)\$\{", lambda match: f"{match[1] * 2}\\${{", value)


def _first_sentence(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    sentence = lines[0].rstrip(".") if lines else type(error).__name__
    return f"{sentence}: --cfg job prints the options that there are."
