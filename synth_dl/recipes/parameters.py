"""Numbers of a recipe that are written out, computed from other columns, or looked up by them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.recipes.expressions import Expression
from synth_dl.recipes.reading import Entry, Name, nearest
from synth_dl.recipes.values import Kind, Texts, Value, Values, take

_WANTED: tuple[Kind, ...] = ("number", "whole")


@dataclass
class Known:
    """What is known of the columns that others may depend on.

    Attributes:
        kinds: by column.
        levels: all values of a column by its name, where they are few and known.
    """

    kinds: dict[str, Kind] = field(default_factory=dict)
    levels: dict[str, tuple[Any, ...]] = field(default_factory=dict)


class Choice:
    """Which of several cases each row has, by the values of one column or more.

    Args:
        by: the columns.
        cases: entries by value, nested where there are several columns.
        complete: whether every value must have a case, as nothing stands in for it.

    Attributes:
        found: the entry of each case.
    """

    def __init__(self, by: Entry, cases: Entry, complete: bool) -> None:
        self.entry, self._complete = cases, complete
        names = by.items() if isinstance(by.value, list) else [by]
        self.names = [name.name() for name in names]
        self._keys: list[tuple[Name, ...]] = []
        self.found: list[Entry] = []
        self._collect(cases, ())
        if not self.found:
            cases.refuse("there are no cases; give one for each value of " + self.names[0])

    def _collect(self, cases: Entry, before: tuple[Name, ...]) -> None:
        what = f"a case for each value of {self.names[len(before)]!r}"
        for key, entry in cases.entries(what=what).items():
            if len(before) + 1 < len(self.names):
                self._collect(entry, (*before, key))
            else:
                self._keys.append((*before, key))
                self.found.append(entry)

    def resolve(self, known: Known) -> None:
        """Hold the cases against the columns; a DataError for values that no row can have."""
        self._lookups: list[dict[Any, int]] = []
        table: list[list[int]] = []
        for place, name in enumerate(self.names):
            if name not in known.kinds:
                self.entry.refuse(f"there is no column {name!r} to choose a case by; "
                                  f"{nearest(name, list(known.kinds))}")  # fmt: skip
            kind = known.kinds[name]
            keys = [self._key(keys[place], kind, name, known.levels.get(name), entry)
                    for keys, entry in zip(self._keys, self.found, strict=True)]  # fmt: skip
            lookup = {key: number for number, key in enumerate(dict.fromkeys(keys))}
            self._lookups.append(lookup)
            table.append([lookup[key] for key in keys])
        sizes = tuple(len(lookup) + 1 for lookup in self._lookups)
        self._table = np.full(sizes, -1)
        self._table[tuple(np.array(column) for column in table)] = np.arange(len(self.found))
        if self._complete:
            self._check_complete(known)

    def _key(self, written: Name, kind: Kind, name: str, levels: Any, entry: Entry) -> Any:
        key = str(written) if kind == "text" else written.value
        wanted = pd.Timestamp if kind == "moment" else int | float
        known = isinstance(key, wanted) and isinstance(key, bool) == (kind == "truth")
        if kind != "text" and not known:
            entry.refuse(f"column {name!r} has no value {str(written)!r} to choose a case by; name "
                         "its values as they are in the table")  # fmt: skip
        if levels is not None and key not in levels:
            entry.refuse(f"column {name!r} has no value {str(written)!r}; {nearest(key, levels)}")
        return _comparable(key)

    def _check_complete(self, known: Known) -> None:
        for name, lookup in zip(self.names, self._lookups, strict=True):
            for level in known.levels.get(name, ()):
                if _comparable(level) not in lookup:
                    shown = str(level) if isinstance(level, pd.Timestamp) else repr(level)
                    self.entry.refuse(f"there is no case for the value {shown} of {name!r}; add "
                                      "it, or what holds for all others beside `by`")  # fmt: skip

    def groups(self, values: Values) -> NDArray[np.int64]:
        """[N] or [1] the number of the case of each row, -1 where it has none.

        Raises:
            DataError: if a row has none and nothing stands in for it.
        """
        places = [self._place(values[name], lookup) for name, lookup in
                  zip(self.names, self._lookups, strict=True)]  # fmt: skip
        groups = self._table[tuple(places)]
        if self._complete and (groups < 0).any():
            row = int(np.argmax(groups < 0))
            shown = ", ".join(f"{name} is {_shown(values[name], row)}" for name in self.names)
            self.entry.refuse(f"there is no case for a row where {shown}; add it, or what holds "
                              "for all others beside `by`")  # fmt: skip
        return groups

    @staticmethod
    def _place(value: Value, lookup: Mapping[Any, int]) -> NDArray[np.int64]:
        if isinstance(value, Texts):
            words = [lookup.get(word, -1) for word in value.words.to_pylist()]
            return np.array([*words, -1])[value.codes]
        keys = np.array(list(lookup), float)
        order = np.argsort(keys)
        spot = np.clip(np.searchsorted(keys[order], value), 0, len(keys) - 1)
        return np.where(keys[order][spot] == value, order[spot], -1)


def _comparable(level: Any) -> str | float:
    """A listed value as columns hold it."""
    if isinstance(level, pd.Timestamp):
        return level.timestamp()
    return level if isinstance(level, str) else float(level)


def _shown(value: Value, row: int) -> str:
    one = take(value, np.array([row]))
    return repr(one.array()[0].as_py()) if isinstance(one, Texts) else f"{float(one[0]):g}"


class Parameter:
    """A number for all rows, or one for each.

    Args:
        entry: a number, an expression, or `by` with `cases` of these.
        low: least value of a written number.
        high: largest value of a written number.
        what: it is, for messages.
        listed: whether it is a list of numbers.
    """

    def __init__(self, entry: Entry, low: float = -np.inf, high: float = np.inf,
                 what: str = "a number or an expression",
                 listed: bool = False) -> None:  # fmt: skip
        self.entry = entry
        self._number: float | NDArray[np.float64] | None = None
        self._expression: Expression | None = None
        self._choice: Choice | None = None
        if isinstance(entry.value, str):
            self._expression = Expression(entry)
        elif isinstance(entry.value, dict):
            known = entry.entries("by", "cases", "default")
            if "by" not in known or "cases" not in known:
                entry.refuse(f"this must be {what}, or `by` a column with `cases`")
            self._choice = Choice(known["by"], known["cases"], "default" not in known)
            found = [*self._choice.found, *([known["default"]] if "default" in known else [])]
            self._parts = [Parameter(each, low, high, what) for each in found]
        elif listed:
            self._number = np.array([each.number(low, high) for each in entry.items()], float)
        else:
            self._number = float(entry.number(low, high, what))

    @property
    def names(self) -> frozenset[str]:
        """Of the columns it depends on."""
        if self._expression is not None:
            return self._expression.names
        if self._choice is not None:
            return frozenset(self._choice.names).union(*(part.names for part in self._parts))
        return frozenset()

    def resolve(self, known: Known, wanted: Sequence[Kind] = _WANTED) -> Kind:
        """Tell what is known of the columns; the kind of its value."""
        if self._expression is not None:
            return self._expression.resolve(known.kinds, wanted)
        if self._choice is not None:
            self._choice.resolve(known)
            for part in self._parts:
                part.resolve(known, wanted)
        return wanted[0]

    def __call__(self, values: Values) -> Any:
        """Its value: a number, or [N] or [1] numbers."""
        if self._number is not None:
            return self._number
        if self._expression is not None:
            return self._expression(values)
        assert self._choice is not None
        groups = self._choice.groups(values)
        result = np.zeros(max([len(groups), *(len(values[name]) for name in self.names)]))
        groups = np.broadcast_to(groups, result.shape)
        for k, part in enumerate(self._parts):
            own = groups == (k if k < len(self._choice.found) else -1)
            result[own] = np.broadcast_to(part(values), result.shape)[own]
        return result


def share(entry: Entry, what: str = "a share from 0 to 1, or an expression") -> Parameter:
    """A parameter that is a probability."""
    return Parameter(entry, 0, 1, what)


def probabilities(parameter: Parameter, values: Values) -> Any:
    """The values of a share; a DataError where an expression gives none."""
    found = np.asarray(parameter(values), float)
    if not ((found >= 0) & (found <= 1)).all():
        bad = found[~((found >= 0) & (found <= 1))].flat[0]
        parameter.entry.refuse(f"a share is {bad:g}, and must be from 0 to 1; bound it by min() "
                               "and max(), or use logistic()")  # fmt: skip
    return found
