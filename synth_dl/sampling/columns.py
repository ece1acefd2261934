"""Columns that a user names in an option, and what is said where there is no such column."""

import difflib
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from synth_dl.errors import ConfigError

_LISTED = 8


def unknown_column(name: str, names: Sequence[str], option: str = "where") -> str:
    """That an option names what is no column, with the nearest name or some that there are."""
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"{option} names '{name}', which is no column: did you mean '{close[0]}'?"
    more = ", ..." if len(names) > _LISTED else ""
    shown = ", ".join(f"'{each}'" for each in names[:_LISTED]) + more
    return f"{option} names '{name}', which is no column: the columns are {shown}."


def listed(option: str, said: Any, names: Sequence[Any]) -> list[Any]:
    """What a user names, one or several in a list; a name may be a tuple.

    Raises:
        ConfigError: for nothing, or something that is no list.
    """
    if isinstance(said, str) or (isinstance(said, Hashable) and said in names):
        return [said]
    items = list(said) if isinstance(said, Iterable) else []
    if not items:
        what = "names no column" if isinstance(said, Iterable) else f"is {said}"
        raise ConfigError(f"{option} {what}; name a column, or several in a list, or leave "
                          f"{option} out")  # fmt: skip
    return items
