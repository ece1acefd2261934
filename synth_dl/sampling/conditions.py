"""What a user may say of a column: a value, a range, a set, and that it is not one of these.

In Python a range is a pair, `(17, 25)`, whose ends may be None; a set is a set or a list; `Not` is
around any of them. On a command line they are `[17,25]`, `{a,b}` and `COLUMN!=VALUE`. What a value
is, only the column's type can say.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from synth_dl.errors import ConfigError
from synth_dl.sampling.lists import split_list

OPEN = ("", "null", "~", "None")  # words for an end that is open
_BRACKETS = {"[": "]", "{": "}"}


class Spoken(str):
    """A text of a command line or a file, in which brackets and braces mean something."""

    __slots__ = ()


@dataclass(frozen=True)
class Not:
    """Whatever does not meet a condition: `Not(">50K")`, `Not((17, 25))`, `Not({"a", "b"})`.

    A missing cell is none of these values either, so it stays possible; `Not(None)` keeps it out.

    Attributes:
        of: a value, a pair or a set.
    """

    of: Any


@dataclass(frozen=True)
class Both:
    """What meets two conditions."""

    first: Any
    second: Any


@dataclass(frozen=True)
class Range:
    """All values from `low` to `high`, both included; None leaves an end open."""

    low: Any
    high: Any


@dataclass(frozen=True)
class OneOf:
    """Any of some values."""

    values: tuple[Any, ...]


def condition_of(
    said: Any, ordered: bool = False, literal: Callable[[str], bool] = lambda text: False
) -> Any:
    """What was said as a `Range`, `OneOf`, `Not` or `Both`; anything else is a single value.

    Args:
        said: by a user, in Python, or `Spoken`.
        ordered: whether the column has an order, so that a list of two is a range.
        literal: whether a text is a value of the column whatever its brackets say.

    Raises:
        ConfigError: for a pair that is none, or a set without values.
    """
    if isinstance(said, Not):
        return Not(condition_of(said.of, ordered, literal))
    if isinstance(said, Both):
        return Both(*(condition_of(each, ordered, literal) for each in (said.first, said.second)))
    if isinstance(said, Spoken):
        said = str(said) if literal(said) else _unbracketed(str(said))
    if isinstance(said, tuple):
        if len(said) != 2:
            raise ConfigError(
                f"where: {_listed(said)} is no range; give a pair of a lower and an upper end, of "
                "which one may be None, or a set of values"
            )
        return _range(*said)
    if isinstance(said, set | frozenset):
        return _one_of(sorted(said, key=str))
    if np.ndim(said) == 1:  # a list, an array, a range, a series
        values = list(said)
        open_end = any(value is None or value in OPEN for value in values if _is_text(value))
        if len(values) == 2 and (ordered or open_end):
            return _range(*values)
        return _one_of(values)
    return said


def check_mapping(where: Any) -> None:
    """Refuse, by a ConfigError, what a program says of columns but not by a mapping."""
    if where is not None and not isinstance(where, Mapping):
        raise ConfigError(f"where is of type {type(where).__name__}; give a mapping of columns, "
                          'such as {"age": (17, 25)}')  # fmt: skip


def said_of(condition: Any) -> str:
    """A condition as it is written on a command line, for messages."""
    if isinstance(condition, Not):
        return f"not {said_of(condition.of)}"
    if isinstance(condition, Both):
        return f"{said_of(condition.first)} and {said_of(condition.second)}"
    if isinstance(condition, Range):
        ends = ("null" if end is None else str(end) for end in (condition.low, condition.high))
        return f"[{','.join(ends)}]"
    if isinstance(condition, OneOf):
        return "{" + ",".join("?missing" if v is None else str(v) for v in condition.values) + "}"
    return "?missing" if condition is None else str(condition)


def is_single(condition: Any) -> bool:
    """Whether what `condition_of` gives is one value."""
    return not isinstance(condition, Not | Both | Range | OneOf)


def _unbracketed(text: str) -> Any:
    """The list or set that stands in brackets or braces, or the text; quotes around it keep it."""
    stripped = text.strip()
    if len(stripped) > 3 and stripped[0] == stripped[-1] == '"' and _enclosed(stripped[1:-1]):
        return stripped[1:-1]
    if not _enclosed(stripped):
        return text
    items = split_list(f"[{stripped[1:-1]}]")
    return items if stripped[0] == "[" else _one_of(list(dict.fromkeys(items)))


def _enclosed(text: str) -> bool:
    return len(text) > 1 and _BRACKETS.get(text[0]) == text[-1]


def _range(low: Any, high: Any) -> Range:
    return Range(*(None if _is_text(end) and end in OPEN else end for end in (low, high)))


def _one_of(values: list[Any]) -> Any:
    if not values:
        raise ConfigError("where: a set without values allows nothing; give at least one")
    return values[0] if len(values) == 1 else OneOf(tuple(values))


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _listed(values: Any) -> str:
    return f"({', '.join(map(str, values))})"
