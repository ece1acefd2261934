"""Fixed fine cells of a number, which its rows are counted in; and limits where none are declared.

The cells follow from the limits alone, so that they tell nothing of the rows.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth_dl.privacy.ledger import Budget
from synth_dl.privacy.mechanisms import noisy_counts

CELLS = 256
_CLEARLY = 4.5  # standard deviations, which hardly one of a hundred empty cells comes to
_POWERS = np.arange(-40, 63)  # of two, between which sizes of numbers are told apart


@dataclass(frozen=True)
class Grid:
    """Equal cells that cover all numbers between two limits, and single numbers counted apart.

    Attributes:
        edges: [B + 1] of the cells, ascending; int64 on a grid of whole steps, where the last one
            does not belong to them.
        points: [P] the limits and zero, where many rows often are, unless each cell is one number
            anyway; their rows are not in the cells.
    """

    edges: NDArray[Any]
    points: NDArray[Any]

    @classmethod
    def between(cls, low: Any, high: Any, dtype: Any) -> "Grid":
        """At most `CELLS` cells, and their points.

        Args:
            low, high: limits, which belong to the cells, with `low < high` among floats.
            dtype: of the numbers: int64 of whole steps, or a float type.
        """
        zero = [0] if low <= 0 <= high else []
        points = np.unique(np.array([low, high, *zero], dtype))
        if np.dtype(dtype).kind == "f":
            return cls(np.unique(np.linspace(low, high, CELLS + 1).astype(dtype)), points)
        size = int(high) - int(low) + 1
        if size <= CELLS:
            return cls(np.arange(int(low), int(high) + 2), points[:0])
        edges = [int(low) + size * place // CELLS for place in range(CELLS + 1)]
        return cls(np.array(edges, np.int64), points)

    @property
    def whole(self) -> bool:
        """Whether numbers are whole steps."""
        return self.edges.dtype.kind == "i"

    @property
    def cells(self) -> int:
        """Number of cells; the points come after them."""
        return len(self.edges) - 1

    def within(self, numbers: NDArray[Any]) -> NDArray[Any]:
        """[N] the numbers, those beyond the limits at the limits."""
        return np.clip(numbers, self.edges[0], self.edges[-1] - self.whole)

    def place(self, numbers: NDArray[Any]) -> NDArray[np.int64]:
        """[N] where each number within the limits is counted."""
        found = self.cell(numbers)
        if len(self.points):
            at = np.clip(np.searchsorted(self.points, numbers), 0, len(self.points) - 1)
            found = np.where(self.points[at] == numbers, self.cells + at, found)
        return found

    def cell(self, numbers: NDArray[Any]) -> NDArray[np.int64]:
        """[N] the cell that each number lies in, be it a point or not."""
        found = np.searchsorted(self.edges, numbers, side="right") - 1
        return np.clip(found, 0, self.cells - 1)


def noisy_limits(
    numbers: NDArray[Any], budget: Budget, rho: float, what: str
) -> tuple[Any, Any] | None:
    """Limits that hold all but a few numbers, zero or powers of two, by noisy counts of how many
    have each size; None where no size is clearly there.

    Args:
        numbers: [N] int64 or floats, none of them missing.
        budget: that pays.
        rho: what it may cost.
        what: the numbers are, for the ledger.
    """
    powers = 2.0**_POWERS
    sizes = np.searchsorted(powers, np.abs(numbers.astype(np.float64)), side="right")
    # From the largest negative sizes over zero to the largest positive ones.
    top = len(_POWERS)
    place = np.where(numbers < 0, top - sizes, top + sizes)
    place = np.clip(np.where(numbers == 0, top, place), 0, 2 * top)
    counts = np.bincount(place, minlength=2 * top + 1)
    noisy, sigma = noisy_counts(counts, budget, rho, f"sizes of {what}")
    clear = np.flatnonzero(noisy > _CLEARLY * sigma)
    if not len(clear):
        return None
    low, _ = _stretch(int(clear[0]) - top, powers)
    _, high = _stretch(int(clear[-1]) - top, powers)
    high = high if high > low else low + 1
    if numbers.dtype.kind != "i":
        return low, high
    # Whole numbers do not reach the power of two itself.
    return int(low) + (low < 0), int(high) - (high > 1)


def _stretch(size: int, powers: NDArray[np.floating]) -> tuple[float, float]:
    """Between what numbers of a size lie, which is negative for negative ones."""
    if size == 0:
        return 0.0, 0.0
    inner, outer = powers[abs(size) - 1], powers[min(abs(size), len(powers) - 1)]
    return (float(inner), float(outer)) if size > 0 else (float(-outer), float(-inner))
