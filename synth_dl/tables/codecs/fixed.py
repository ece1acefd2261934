"""Columns that need no variable: one value in every row, or none at all."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.spec import Variable
from synth_dl.tables.codecs.columns import Place, Uniform
from synth_dl.tables.codecs.dtypes import restore_choices
from synth_dl.tables.codecs.variables import Codes
from synth_dl.tables.schema import Column


@dataclass(frozen=True)
class FixedColumn:
    """A column with one value in every row, or with none at all; it needs no variable."""

    column: Column
    value: Any

    @classmethod
    def fit(cls, values: pd.Series, column: Column, min_count: int) -> "FixedColumn":
        """Keep the one value where at least `min_count` rows have it."""
        counts = values.value_counts()
        if column.type != "constant" or not len(counts) or counts.iloc[0] < min_count:
            return cls(column, None)
        value = counts.index[0]
        value = value.item() if isinstance(value, np.generic) else value
        return cls(column, value if isinstance(value, str | int | float | bool) else str(value))

    def variables(self, column: int, first: int) -> list[Variable]:
        return []

    def encode(self, values: pd.Series) -> Codes:
        return np.zeros((len(values), 0), np.int64)

    def decode(self, codes: Codes, uniform: Uniform, place: Place) -> pd.Series:
        choices = [] if self.value is None else [self.value]
        index = np.zeros(len(codes), np.int64)
        return restore_choices(choices, index, np.full(len(codes), bool(choices)), self.column)

    def log_measure(self, codes: Codes) -> NDArray[np.float64]:
        return np.zeros(len(codes))

    def describe(self) -> tuple[str, str]:
        return "" if self.value is None else str(self.value), "written as it is"

    def to_dict(self) -> dict[str, Any]:
        return {"value": self.value}

    @classmethod
    def from_dict(cls, column: Column, state: dict[str, Any]) -> "FixedColumn":
        return cls(column, state["value"])
