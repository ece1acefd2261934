"""A fitted recipe as YAML that people read and edit: one line a column, notes above it."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import yaml


class _Dumper(yaml.SafeDumper):
    """Texts in quotes, so that none of them is read as a number, a date or a truth value."""


def _text(dumper: _Dumper, value: str) -> yaml.Node:
    style = None if value.isidentifier() and not _reserved(value) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _reserved(value: str) -> bool:
    return value.lower() in (
        "true",
        "false",
        "null",
        "nan",
        "inf",
        "yes",
        "no",
        "on",
        "off",
        "y",
        "n",
    )


def _moment(dumper: _Dumper, value: pd.Timestamp) -> yaml.Node:
    text = str(value.date()) if value == value.normalize() else str(value.floor("us"))
    return dumper.represent_scalar("tag:yaml.org,2002:timestamp", text)


_Dumper.ignore_aliases = lambda *_: True  # type: ignore[method-assign]
_Dumper.add_representer(str, _text)
_Dumper.add_representer(pd.Timestamp, _moment)


def recipe_text(data: Mapping[str, Any], notes: Mapping[str, str]) -> str:
    """YAML of a recipe of one table.

    Args:
        data: the recipe as dictionaries.
        notes: by column and for "correlation", what is said of it in a comment.
    """
    lines = ["# Fitted to a table; read, edit and draw from it.", f"rows: {data['rows']}"]
    lines.append("columns:")
    for name, entry in data["columns"].items():
        lines += [f"  # {' '.join(notes[name].split())}"] if name in notes else []
        lines.append(f"  {_inline(name)}: {_inline(entry)}")
    if "correlation" in data:
        correlation = data["correlation"]
        lines.append("correlation:")
        lines += [f"  # {' '.join(notes['correlation'].split())}"] if "correlation" in notes else []
        lines.append(f"  measure: {correlation['measure']}")
        lines.append(f"  columns: {_inline(correlation['columns'])}")
        lines.append("  matrix:")
        lines += [f"    - {_inline(_short(row))}" for row in correlation["matrix"]]
    return "\n".join(lines) + "\n"


def _short(row: Sequence[float]) -> list[float | int]:
    return [int(value) if value in (0, 1) else value for value in row]


def _inline(value: Any) -> str:
    """A value on one line."""
    text = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=True, sort_keys=False, allow_unicode=True,
        width=float("inf"),
    )  # fmt: skip
    return text.removesuffix("...\n").strip()
