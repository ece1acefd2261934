"""Which cells of an export are real: those of rows that were given, for its label."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from synth_dl.provenance.label import Label


@dataclass
class RealCells:
    """Counts what is known of given rows, block by block.

    Attributes:
        names: of all columns of the table, in order.
        columns: those with a real cell so far.
        whole: whether all cells of some row are real.
    """

    names: Sequence[str]
    columns: set[str] = field(default_factory=set)
    whole: bool = False

    def add(self, known: NDArray[np.bool_], names: Sequence[str]) -> None:
        """More rows: [N, columns] which cells are known, of columns with these names."""
        self.columns |= {name for place, name in enumerate(names) if known[:, place].any()}
        every = set(self.names) <= set(names)
        self.whole = self.whole or (every and bool(known.all(axis=1).any()))

    def tell(self, label: Label | None) -> Label | None:
        """A label that says so; none where none is wanted."""
        if label is None or not self.columns:
            return label
        real = tuple(name for name in self.names if name in self.columns)
        return replace(label, mode="hybrid" if self.whole else "partial", real_columns=real)
