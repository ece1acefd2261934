"""Which columns a user holds to what, as texts: `where.income=>50K` or a YAML file.

A column name may hold any character, `=` too, so texts are parted only when the names are known.
What a value means is for the column's type to say, later.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from synth_dl.errors import ConfigError, DataError
from synth_dl.opening import yaml_text
from synth_dl.sampling.columns import unknown_column
from synth_dl.sampling.conditions import Both, Not, Spoken

_COMPARISON = re.compile(r"(?P<name>.+?)\s*(?P<sign>[<>])=?\s*(?P<end>.*)", re.DOTALL)
# In braces and brackets YAML takes a `?` for the mark of a key.
_MISSING = re.compile(r"(?<=[\[{,:\s])\?missing(?=\s*[,\]}])")


def conditions(
    raw_items: Sequence[str], file: str | Path | None, names: Sequence[str]
) -> dict[str, Any]:
    """What a command line and a file say of columns; the command line goes first.

    Raises:
        ConfigError: for a column that does not exist or is named twice.
        DataError: if the file cannot be used.
    """
    fixed = read_where(file, names) if file is not None else {}
    return fixed | resolve_where(raw_items, names)


def resolve_where(raw_items: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
    """Part `COLUMN=VALUE` and `COLUMN!=VALUE` texts at the longest name that they begin with.

    Args:
        raw_items: texts as written after `where.`.
        names: the columns that there are.

    Raises:
        ConfigError: for a column that does not exist, or that is said twice to be something.
    """
    found: dict[str, Any] = {}
    plain = set[str]()  # columns that are said to be something
    for item in raw_items:
        signs = {name: sign for name in names for sign in ("!=", "=")
                 if item.startswith(f"{name}{sign}")}  # fmt: skip
        if not signs:
            _check_comparison(item, names)
            raise ConfigError(unknown_column(item.partition("=")[0].removesuffix("!"), names))
        name = max(signs, key=len)
        said: Any = Spoken(item[len(name) + len(signs[name]) :])
        said = Not(said) if signs[name] == "!=" else said
        if name in plain and not isinstance(said, Not):
            raise ConfigError(
                f"where fixes column '{name}' twice: leave one of the two out, or write several "
                f"values as one set in quotes, 'where.{name}={{A,B}}'."
            )
        plain |= set() if isinstance(said, Not) else {name}
        found[name] = Both(found[name], said) if name in found else said
    return found


def _check_comparison(item: str, names: Sequence[str]) -> None:
    """Refuse `COLUMN>VALUE` and the like by a ConfigError that says how a range is written."""
    said = _COMPARISON.fullmatch(item)
    if said and said["name"] in names:
        ends = f"{said['end']},null" if said["sign"] == ">" else f"null,{said['end']}"
        raise ConfigError(f"where.{item} is no condition: write a range, both of whose ends are "
                          f"included, in quotes: 'where.{said['name']}=[{ends}]'.")  # fmt: skip


def read_where(file: str | Path, names: Sequence[str]) -> dict[str, Any]:
    """The `column: value` lines of a YAML file, each value as the text that stands there.

    A value may be a list, `{a, b}` for a set, or `{not: VALUE}`.

    Raises:
        ConfigError: for a column that does not exist or is named twice.
        DataError: if the file is missing or is no list of such lines.
    """
    try:
        # Only text: `no`, `0123` and `1e3` must not become something else.
        root = yaml.compose(yaml_text(file, _readable), Loader=yaml.CBaseLoader)
    except yaml.YAMLError as error:
        raise DataError(
            f"'{file}' holds more than one document: write one `column: value` a line."
        ) from error
    if not isinstance(root, yaml.MappingNode):
        raise DataError(f"'{file}' holds no columns: write one `column: value` a line.")
    found: dict[str, Any] = {}
    for key, node in root.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise DataError(f"line {line} of '{file}' names no column: write `column: value`.")
        if key.value not in names:
            raise ConfigError(unknown_column(key.value, names))
        if key.value in found:
            raise ConfigError(f"'{file}' fixes column '{key.value}' twice: leave one line out.")
        found[key.value] = _of_node(node, f"line {line} of '{file}'")
    return found


def _readable(text: str) -> str:
    """The text of a file in which `?missing` stands in quotes wherever YAML needs these."""
    return _MISSING.sub("'?missing'", text)


def _of_node(node: yaml.Node, place: str) -> Any:
    """What a value of a YAML file says; a DataError names its place."""
    if isinstance(node, yaml.ScalarNode):
        return Spoken(node.value)
    if isinstance(node, yaml.SequenceNode):
        texts = [each.value for each in node.value if isinstance(each, yaml.ScalarNode)]
        if len(texts) == len(node.value):
            return texts
    if isinstance(node, yaml.MappingNode) and node.value:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        values = [value for _, value in node.value]
        if keys == ["not"] and values[0].value != "":
            return Not(_of_node(values[0], place))
        if len(keys) == len(values) and all(value.value == "" for value in values):
            return set(keys)
    raise DataError(f"{place} is no value: write a value, [LOW, HIGH], {{A, B}} or {{not: VALUE}}.")
