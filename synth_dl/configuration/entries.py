"""Groups of a composed configuration as plain data: whole, flat, or as the entries of objects."""

from collections.abc import Mapping
from typing import Any

from omegaconf import DictConfig, OmegaConf

from synth_dl.configuration.folders import config_folder
from synth_dl.errors import ConfigError


def callback_entries(config: DictConfig) -> dict[str, Any]:
    """The entries of both places for callbacks, by the names of their options.

    Raises:
        ConfigError: if those of the trainer are no list.
    """
    group, more = plain(config.get("callbacks")), config.trainer.get("callbacks")
    entries = {f"callbacks.{name}": entry for name, entry in group.items() if name != "pictures"}
    if more and not OmegaConf.is_list(more):
        raise ConfigError(
            f"trainer.callbacks={more}: it must be a list of entries with a _target_ each"
        )
    listed: Any = OmegaConf.to_container(more, resolve=True) if more else []
    entries |= {f"trainer.callbacks.{place}": entry for place, entry in enumerate(listed)}
    return {name: entry for name, entry in entries.items() if entry is not None}


def logger_entries(config: DictConfig) -> dict[str, Any]:
    """The entry of the one logger, or those of several, by the names of their options."""
    group = plain(config.get("logger"))
    if not group or "_target_" in group:
        return {"logger": group} if group else {}
    return {f"logger.{name}": entry for name, entry in group.items() if entry is not None}


def flat(options: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """All options by their dotted names; the names of classes are left out."""
    found = {}
    for name, value in options.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{name}.")
        elif name != "_target_":
            single = isinstance(value, str | int | float)
            found[f"{prefix}{name}"] = value if single else "null" if value is None else str(value)
    return found


def plain(config: Any) -> dict[str, Any]:
    """A group of a config as plain data; nothing where it was left out."""
    found: Any = OmegaConf.to_container(config, resolve=True) if config else {}
    return dict(found)


def usual_options(*groups: str) -> dict[str, Any]:
    """What the packed config `default` of each group says."""
    found = {}
    for group in groups:
        found[group] = plain(OmegaConf.load(config_folder() / group / "default.yaml"))
    return found
