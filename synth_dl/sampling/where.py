"""Which columns a user fixes, and to what, as texts: `where.income=>50K` or a YAML file.

A column name may hold any character, `=` too, so texts are parted only when the names are known.
What a value means is for the column's type to say, later.
"""

from collections.abc import Sequence
from pathlib import Path

import yaml

from synth_dl.errors import ConfigError, DataError
from synth_dl.opening import yaml_text
from synth_dl.sampling.columns import unknown_column


def conditions(
    raw_items: Sequence[str], file: str | Path | None, names: Sequence[str]
) -> dict[str, str]:
    """The fixed columns of a command line and of a file; the command line goes first.

    Raises:
        ConfigError: for a column that does not exist or is named twice.
        DataError: if the file cannot be used.
    """
    fixed = read_where(file, names) if file is not None else {}
    return fixed | resolve_where(raw_items, names)


def resolve_where(raw_items: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """Part `COLUMN=VALUE` texts at the longest column name that they begin with.

    Args:
        raw_items: texts as written after `where.`.
        names: the columns that there are.

    Raises:
        ConfigError: for a column that does not exist or is named twice.
    """
    fixed: dict[str, str] = {}
    for item in raw_items:
        fitting = [name for name in names if item.startswith(f"{name}=")]
        if not fitting:
            raise ConfigError(unknown_column(item.partition("=")[0], names))
        name = max(fitting, key=len)
        if name in fixed:
            raise ConfigError(f"where fixes column '{name}' twice: leave one of the two out.")
        fixed[name] = item[len(name) + 1 :]
    return fixed


def read_where(file: str | Path, names: Sequence[str]) -> dict[str, str]:
    """The `column: value` lines of a YAML file, each value as the text that stands there.

    Raises:
        ConfigError: for a column that does not exist or is named twice.
        DataError: if the file is missing or is no list of such lines.
    """
    try:
        # Only text: `no`, `0123` and `1e3` must not become something else.
        root = yaml.compose(yaml_text(file), Loader=yaml.CBaseLoader)
    except yaml.YAMLError as error:
        raise DataError(
            f"'{file}' holds more than one document: write one `column: value` a line."
        ) from error
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise DataError(f"'{file}' holds no columns: write one `column: value` a line.")
    fixed: dict[str, str] = {}
    for key, value in root.value:
        if not isinstance(key, yaml.ScalarNode) or not isinstance(value, yaml.ScalarNode):
            line = key.start_mark.line + 1
            raise DataError(f"line {line} of '{file}' is no single value: write `column: value`.")
        if key.value not in names:
            raise ConfigError(unknown_column(key.value, names))
        if key.value in fixed:
            raise ConfigError(f"'{file}' fixes column '{key.value}' twice: leave one line out.")
        fixed[key.value] = value.value
    return fixed
