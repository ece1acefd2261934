"""Sets of records as matrices of numbers, on one coding that all sets of a comparison share.

Numbers are numeric columns (missing is NaN). Categories are codes 0, 1, ... over the categories of
all sets together, and missing is a category of its own.
"""

from dataclasses import dataclass

import numpy as np

from synth_dl.metrics.quantities import Unit

MISSING_LABEL = "(missing)"


@dataclass(frozen=True)
class EncodedColumn:
    """What one column of the matrix means.

    Attributes:
        name: as in the table.
        numeric: whether its values are numbers (NaN is missing), otherwise codes.
        labels: for codes, the category that each code stands for; empty for numbers.
        missing_code: for codes, the one of missing, or None where no table misses a cell.
        unit: of numbers, what they are.
    """

    name: str
    numeric: bool
    labels: tuple[str, ...] = ()
    missing_code: int | None = None
    unit: Unit = "number"

    @property
    def levels(self) -> int:
        """Number of categories, missing included; 0 for numbers."""
        return len(self.labels)


@dataclass(frozen=True)
class EncodedTable:
    """One table on the common coding.

    Attributes:
        columns: what the columns of `values` mean.
        values: (rows, columns), float64.
    """

    columns: tuple[EncodedColumn, ...]
    values: np.ndarray

    def __len__(self) -> int:
        return len(self.values)

    @property
    def numeric(self) -> np.ndarray:
        """(columns,) booleans: which columns are numbers."""
        return np.array([column.numeric for column in self.columns], dtype=bool)

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [column.name for column in self.columns]

    def missing(self, position: int) -> np.ndarray:
        """(rows,) booleans: where a column misses its cell."""
        values, column = self.values[:, position], self.columns[position]
        return np.isnan(values) if column.numeric else values == column.missing_code

    def codes(self, position: int) -> np.ndarray:
        """(rows,) integer codes of a categorical column."""
        return self.values[:, position].astype(np.int64)

    def take(self, rows: np.ndarray) -> "EncodedTable":
        """The rows with these positions, or where this mask holds."""
        return EncodedTable(self.columns, self.values[rows])

    def at_most(self, count: int, generator: np.random.Generator) -> "EncodedTable":
        """At most `count` rows: all of them in their order, or a random choice without repeats."""
        if len(self) <= count:
            return self
        return self.take(generator.choice(len(self), size=count, replace=False))


def independent_columns(train: EncodedTable, seed: int = 0) -> EncodedTable:
    """The training rows with every column shuffled on its own.

    Its marginals are exact and its columns independent: the score that a trivial generator gets.
    """
    generator = np.random.default_rng(seed)
    return EncodedTable(train.columns, generator.permuted(train.values, axis=0))
