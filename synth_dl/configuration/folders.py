"""Where the configs are, and which choices they offer."""

from collections.abc import Iterable
from pathlib import Path

from synth_dl.errors import ConfigError


def config_folder() -> Path:
    """The configs packed into an installed package, or those of the checkout around it.

    Raises:
        ConfigError: if neither is there.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "configs", package.parent / "configs"):
        if (folder / "train.yaml").is_file():
            return folder
    raise ConfigError(f"no configs lie in or beside '{package}': install synth_dl anew.")


def group_choices(folders: Iterable[Path]) -> dict[str, list[str]]:
    """The config groups of some folders, and the names in each."""
    groups: dict[str, set[str]] = {}
    for folder in folders:
        for path in folder.glob("*/*.yaml"):
            groups.setdefault(path.parent.name, set()).add(path.stem)
    return {group: sorted(names) for group, names in sorted(groups.items())}
