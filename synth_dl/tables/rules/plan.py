"""How rules are kept: which column each one holds, and in which order columns are decoded.

A column that a rule holds to others is decoded after these: as what it lies above or below them,
or from them alone. So a rule holds whatever a model draws, and nothing is rejected.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.errors import DataError
from synth_dl.recipes.values import Kind
from synth_dl.tables.rules.held import Held
from synth_dl.tables.rules.planning import Planning
from synth_dl.tables.rules.rule import Implication, Rule, Unique, read_rule, values_of
from synth_dl.tables.rules.texts import kind_of
from synth_dl.tables.schema import Schema

MOST_BROKEN = 0.1  # share of the rows that break a rule from which on it is none of theirs


@dataclass(frozen=True)
class Plan:
    """All rules of a table.

    Attributes:
        rules: parts of them, in their order.
        held: what the columns are held to that rules are about.
        order: the names of all columns, each after those that it is decoded beside.
        kinds: of all columns, as expressions take them.
    """

    rules: tuple[Rule, ...] = ()
    held: Mapping[str, Held] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    kinds: Mapping[str, Kind] = field(default_factory=dict)

    @classmethod
    def of(cls, schema: Schema, frame: pd.DataFrame | None = None) -> "Plan":
        """What follows of the rules of a schema.

        Args:
            schema: of the table.
            frame: the training rows, beyond whose values numbers are not drawn. Without them rules
                about computed columns are taken to follow from the others.

        Raises:
            DataError: for one that is none of this table, and those that contradict each other.
        """
        rules = [part for text in schema.rules for part in read_rule(text, schema)]
        if not rules:
            return cls(order=schema.names)
        kinds: dict[str, Kind] = {each.name: kind_of(each) for each in schema.columns}
        seen = None if frame is None else _extremes(frame, schema, kinds)
        return cls(tuple(rules), *Planning(rules, schema).result(seen), kinds)

    @cached_property
    def names(self) -> frozenset[str]:
        """All columns that rules hold, or tell others from."""
        return frozenset(self.held) | {n for held in self.held.values() for n in held.needs}

    def implications(self, name: str) -> list[Implication]:
        """The rules whose consequent is about a column."""
        return self.held[name].implications if name in self.held else []

    def broken(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """[N] rows that break a rule by themselves; those about columns of which the frame has not
        all say nothing."""
        found = np.zeros(len(frame), bool)
        for rule in self.rules:
            if not isinstance(rule, Unique) and rule.names <= {*frame.columns}:
                found |= ~rule.holds(frame)
        return found

    def broken_cells(self, frame: pd.DataFrame) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Each column that is held, and [N] in which rows it breaks what it is held to."""
        for name, held in self.held.items():
            yield name, held.broken(frame, self.kinds[name])

    def counts(self, frame: pd.DataFrame) -> dict[str, int]:
        """How many rows break each rule, by its text."""
        found: dict[str, NDArray[np.bool_]] = {}
        for rule in self.rules:
            if rule.names <= {*frame.columns}:
                before = found.get(rule.text, np.zeros(len(frame), bool))
                found[rule.text] = before | ~rule.holds(frame)
        return {text: int(rows.sum()) for text, rows in found.items()}

    def check(self, frame: pd.DataFrame) -> list[str]:
        """A sentence a rule, with the number of training rows that break it.

        Raises:
            DataError: where so many break one that it is none of these rows.
        """
        said, rows = [], len(frame)
        for text, count in self.counts(frame).items():
            if count > MOST_BROKEN * rows:
                raise DataError(f"rule {text!r}: {count:,} of {rows:,} training rows break it; "
                                "correct the rule or the rows")  # fmt: skip
            held = "no training row breaks it" + self._idle(text, frame)
            if count:
                one = "row breaks" if count == 1 else "rows break"
                held = f"{count:,} of {rows:,} training {one} it, and no row that is drawn will"
            said.append(f"rule {text!r}: {held}")
        return said

    def _idle(self, text: str, frame: pd.DataFrame) -> str:
        """What is said of an implication whose condition no row meets."""
        implications = [r for r in self.rules if isinstance(r, Implication) and r.text == text]
        if not implications or implications[0].active(frame).any():
            return ""
        return ", as none meets its condition; check the value that it names"


def _extremes(
    frame: pd.DataFrame, schema: Schema, kinds: Mapping[str, Kind]
) -> dict[str, tuple[float, float]]:
    """The least and the largest value of each number and date."""
    found = {}
    for column in schema.columns:
        cells: pd.Series = frame.loc[:, column.name]
        if column.type in ("number", "datetime") and bool(cells.notna().to_numpy().any()):
            values: Any = values_of(frame, [column.name], kinds)[column.name]
            found[column.name] = float(np.nanmin(values)), float(np.nanmax(values))
    return found
