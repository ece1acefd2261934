"""Conditions on columns of a combination, whose cells are one code together."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.errors import ConfigError
from synth_dl.models.allowed import AllowedCodes
from synth_dl.sampling.conditions import condition_of, is_single
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.category import CategoryColumn
from synth_dl.tables.codecs.columns import trim
from synth_dl.tables.conditions.allowed import AllowedColumn, allowed_choices
from synth_dl.tables.conditions.cells import where_cell
from synth_dl.tables.rules.joint import JointColumn, TogetherColumn


class JointConditions:
    """What is said of columns of combinations, each by itself, as the combinations that meet it.

    Args:
        codec: of the table.

    Attributes:
        single: [1] cells of the columns that are held to one value.
    """

    def __init__(self, codec: TableCodec) -> None:
        self.single: dict[str, pd.Series] = {}
        self._codec = codec
        self._met: dict[int, NDArray[np.bool_]] = {}

    def take(self, index: int, value: Any) -> bool:
        """Whether a column belongs to a combination; then what is said of it is kept.

        Raises:
            ConfigError: for what its column cannot be or the model does not know.
        """
        inner = self._codec.columns[index]
        if not isinstance(inner, JointColumn | TogetherColumn):
            return False
        joint = inner if isinstance(inner, JointColumn) else inner.joint
        place = inner.place if isinstance(inner, TogetherColumn) else 0
        column, choices = inner.column, joint.choices(place)
        alone = CategoryColumn(column, tuple(choices), missing=True)
        columns = [*self._codec.columns]
        columns[index] = alone
        condition = condition_of(value, column.ordered, set(map(str, choices)).__contains__)
        held, missing = allowed_choices(
            replace(self._codec, columns=tuple(columns)), index, condition
        )
        if is_single(condition):
            cell = where_cell(column, condition, self._codec.schema.dialect, choices)
            self.single[column.name] = cell
        met: Mapping[Any, bool] = dict(zip(choices, held.tolist(), strict=True))
        rows = np.array([met.get(row[place], missing) for row in joint.rows], bool)
        first = self._codec.schema.names.index(joint.column.name)
        self._met[first] = self._met.get(first, np.ones(len(rows), bool)) & rows
        return True

    def allowed(self) -> dict[int, AllowedColumn]:
        """What is allowed of the first column of each combination.

        Raises:
            ConfigError: if no combination meets all that is said.
        """
        return {first: self._allowed(first, rows) for first, rows in self._met.items()}

    def _allowed(self, first: int, rows: NDArray[np.bool_]) -> AllowedColumn:
        joint = self._codec.columns[first]
        assert isinstance(joint, JointColumn)
        places = np.flatnonzero(rows)
        if not len(places):
            names = " and ".join(member.name for member in joint.members)
            raise ConfigError(f"where: no combination of {names} that the model keeps meets the "
                              "conditions, by the rule " + joint.held.said +
                              "; leave one of them out")  # fmt: skip
        codes = np.stack([places // joint.codes.fine, places % joint.codes.fine], axis=1)
        own = trim(codes, joint.codes.children)
        return AllowedColumn(AllowedCodes(own, np.ones(len(own))), joint)


def wholly_known(
    joint: JointColumn, cells: pd.DataFrame, known: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """[N] rows in which all columns of a combination are known; the others of `cells` not asked."""
    names = [member.name for member in joint.members if member.name in cells.columns]
    places = np.flatnonzero(cells.columns.isin(names))
    whole: Any = known[:, places].all(1)
    return whole if len(names) == len(joint.members) else np.zeros(len(known), bool)
