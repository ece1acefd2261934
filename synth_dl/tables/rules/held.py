"""What rules hold one column to."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.recipes.values import Kind
from synth_dl.tables.rules.rule import Formula, Implication, Rule, Side, Unique, values_of


@dataclass(frozen=True)
class End:
    """A constant that a column must not pass.

    Attributes:
        value: a number, or seconds since 1970.
        strict: whether it must not be reached either.
        text: of the rule.
    """

    value: float
    strict: bool
    text: str


@dataclass
class Held:
    """What the rules hold one column to.

    Attributes:
        name: of the column.
        lows, highs: sides of other columns that it must not be under or over, and whether strictly.
        low, high: the constants likewise.
        formula: by which it is computed.
        members: of the combination that it belongs to.
        implications: that end with it.
        rules: all that it is held by.
    """

    name: str
    lows: list[tuple[Side, bool]] = field(default_factory=list)
    highs: list[tuple[Side, bool]] = field(default_factory=list)
    low: End | None = None
    high: End | None = None
    formula: Formula | None = None
    members: tuple[str, ...] = ()
    implications: list[Implication] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)

    @property
    def unique(self) -> bool:
        """Whether no value is there twice."""
        return any(isinstance(rule, Unique) for rule in self.rules)

    @property
    def sides(self) -> list[Side]:
        """What it is decoded beside."""
        computed = [] if self.formula is None else [self.formula.by]
        return [*computed, *(side for side, _ in (*self.lows, *self.highs))]

    @property
    def beside(self) -> tuple[str, ...]:
        """The columns that its code means nothing without."""
        return tuple(sorted({name for side in self.sides for name in side.names}))

    @property
    def needs(self) -> set[str]:
        """The columns that are decoded before it."""
        own = {*self.beside, *(n for each in self.implications for n in each.needs)}
        return own | ({self.members[0]} - {self.name} if self.members else set())

    @property
    def said(self) -> str:
        """The rules, for a message."""
        return " and ".join(repr(text) for text in dict.fromkeys(rule.text for rule in self.rules))

    def broken(self, frame: pd.DataFrame, kind: Kind) -> NDArray[np.bool_]:
        """[N] in which rows it breaks what it is held to; rules about columns that the frame does
        not have say nothing.

        Args:
            frame: rows.
            kind: of the column.
        """
        found = np.zeros(len(frame), bool)
        for rule in self.rules:
            if not isinstance(rule, Unique) and rule.names <= {*frame.columns}:
                found |= ~rule.holds(frame)
        if self.name in frame.columns and (self.low or self.high):
            values: Any = values_of(frame, [self.name], {self.name: kind})[self.name]
            if self.low is not None:
                low = self.low.value
                found |= (values <= low) if self.low.strict else (values < low)
            if self.high is not None:
                high = self.high.value
                found |= (values >= high) if self.high.strict else (values > high)
        return found
