"""Columns of which only combinations that occur are drawn: one code stands for the cells of all."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from msgspec import Struct
from numpy.typing import NDArray

from synth_dl.errors import DataError
from synth_dl.opening import converted
from synth_dl.spec import Variable
from synth_dl.tables.codecs.category import CategoryColumn
from synth_dl.tables.codecs.columns import Codes, Uniform
from synth_dl.tables.codecs.dtypes import restore_choices
from synth_dl.tables.rules.columns import HeldColumn
from synth_dl.tables.rules.held import Held
from synth_dl.tables.schema import Column

MOST_RARE = 0.5  # share of the rows whose combinations may be too rare to be drawn
Cell = str | int | float | bool | None


@dataclass(frozen=True)
class JointColumn(HeldColumn):
    """The first column of a combination, whose code stands for the cells of all of them.

    Attributes:
        members: all columns of the combination.
        rows: the combinations that enough training rows show; None for a missing cell.
    """

    members: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @classmethod
    def beside(
        cls, frame: pd.DataFrame, members: tuple[Column, ...], held: Held, min_count: int
    ) -> "JointColumn":
        """Keep the combinations that `min_count` rows of a frame show."""
        found, which = _combinations(frame, members)
        counts = np.bincount(which, minlength=len(found))
        kept = [row for row, count in zip(found, counts, strict=True) if count >= min_count]
        lost = len(frame) - int(counts[counts >= min_count].sum())
        if lost > MOST_RARE * len(frame):
            raise DataError(f"rules {held.said}: {lost:,} of {len(frame):,} training rows show a "
                            f"combination that fewer than {min_count} rows share; name columns of "
                            "few values, or leave the rule out")  # fmt: skip
        kept.sort(key=lambda row: [(each is None, str(each)) for each in row])
        return cls(members[0], held, members, tuple(kept))

    @cached_property
    def codes(self) -> CategoryColumn:
        """The codec of the number of a combination."""
        numbers = Column(self.column.name, "category", "int64")
        return CategoryColumn(numbers, tuple(range(len(self.rows))), missing=False)

    def choices(self, place: int) -> list[Cell]:
        """The values of a member among the combinations, missing left out."""
        return list(dict.fromkeys(row[place] for row in self.rows if row[place] is not None))

    def variables(self, column: int, first: int) -> list[Variable]:
        return self.codes.variables(column, first)

    def numbers(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        """[N] the number of the combination of each row; -1 where it is none."""
        index = {row: number for number, row in enumerate(self.rows)}
        found, which = _combinations(frame, self.members)
        return np.array([index.get(row, -1) for row in found], np.int64)[which]

    def encode_beside(self, frame: pd.DataFrame) -> Codes:
        if not {member.name for member in self.members} <= {*frame.columns}:
            return np.full((len(frame), len(self.variables(0, 0))), -1, np.int64)
        return self.codes.encode(pd.Series(self.numbers(frame)))

    def strange(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """[N] rows whose values occur, but not together."""
        lost = self.numbers(frame) < 0
        for place, member in enumerate(self.members):
            cells: pd.Series = frame.loc[:, member.name]
            lost &= cells.astype("object").map(plain).isin(self.choices(place)).to_numpy(bool)
        return lost

    def decode_beside(self, codes: Codes, uniform: Uniform, frame: pd.DataFrame) -> pd.Series:
        return self.cells(codes, 0)

    def cells(self, codes: Codes, place: int) -> pd.Series:
        """The cells of a member behind codes."""
        numbers = codes[:, 0] * self.codes.fine + codes[:, 1:].sum(1)
        choices = self.choices(place)
        index = {value: k for k, value in enumerate(choices)}
        table = np.array([index.get(row[place], -1) for row in self.rows], np.int64)
        chosen = table[numbers] if len(table) else numbers
        present = chosen >= 0
        return restore_choices(choices, np.where(present, chosen, 0), present, self.members[place])

    def describe(self) -> tuple[str, str]:
        names = " and ".join(member.name for member in self.members)
        return self.describe_member(0), f"{len(self.rows)} combinations of {names}"

    def describe_member(self, place: int) -> str:
        """A few values of a member."""
        values = self.choices(place)
        return ", ".join(map(str, values[:3])) + (", …" if len(values) > 3 else "")

    def to_dict(self) -> dict[str, Any]:
        return {"combinations": [list(row) for row in self.rows]}

    @classmethod
    def read(cls, members: tuple[Column, ...], held: Held, state: Any) -> "JointColumn":
        """The inverse of `to_dict`."""
        rows = tuple(map(tuple, converted(state, _Stored).combinations))
        if len(set(rows)) < len(rows) or any(len(row) != len(members) for row in rows):
            raise ValueError("a combination is listed twice, or has other columns")
        return cls(members[0], held, members, rows)


@dataclass(frozen=True)
class TogetherColumn(HeldColumn):
    """A further column of a combination, which has no code of its own.

    Attributes:
        place: among the members.
        joint: codec of the first one.
    """

    place: int
    joint: JointColumn

    def variables(self, column: int, first: int) -> list[Variable]:
        return []

    def encode_beside(self, frame: pd.DataFrame) -> Codes:
        return np.zeros((len(frame), 0), np.int64)

    def decode_beside(self, codes: Codes, uniform: Uniform, frame: pd.DataFrame) -> pd.Series:
        """The cells behind the codes of the first column."""
        return self.joint.cells(codes, self.place)

    def describe(self) -> tuple[str, str]:
        return self.joint.describe_member(self.place), f"with {self.joint.column.name}"

    def to_dict(self) -> dict[str, Any]:
        return {}


class _Stored(Struct, forbid_unknown_fields=True):
    """What `JointColumn.to_dict` gives."""

    combinations: list[list[Cell]]


def _combinations(
    frame: pd.DataFrame, members: tuple[Column, ...]
) -> tuple[list[tuple[Cell, ...]], NDArray[np.int64]]:
    """The combinations that there are, and [N] which of them each row has."""
    which, own = np.zeros(len(frame), np.int64), list[NDArray[np.int64]]()
    values: list[list[Cell]] = []
    for member in members:
        cells: pd.Series = frame.loc[:, member.name]
        codes, distinct = pd.factorize(cells)
        values.append([*map(plain, distinct), None])
        own.append(np.where(codes < 0, len(distinct), codes))
        which = pd.factorize(which * (len(distinct) + 1) + own[-1])[0]
    first = np.unique(which, return_index=True)[1]
    rows = zip(*([each[k] for k in place[first]] for each, place in zip(values, own, strict=True)),
               strict=True)  # fmt: skip
    return list(rows), which


def plain(value: Any) -> Cell:
    """A value as JSON gives it back."""
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return None
    return value if isinstance(value, str | int | float | bool) else str(value)
