"""Sets of numbers as intervals: what is allowed of a column, and what is left of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LAST = 2**63 - 2  # so that the next integer still fits in 64 bits


@dataclass(frozen=True)
class Intervals:
    """Numbers between ends that are both included; intervals in their order, apart from each other.

    Attributes:
        lows, highs: [K] int64, or floats of one type.
    """

    lows: NDArray[Any]
    highs: NDArray[Any]

    @classmethod
    def between(cls, low: Any, high: Any, dtype: np.dtype) -> "Intervals":
        """One interval, whose ends may be None; none where the lower end is above the upper one."""
        first, last = _ends(dtype)
        ends = np.array([first if low is None else low, last if high is None else high], dtype)
        return cls(ends[:1], ends[1:]) if ends[0] <= ends[1] else cls(ends[:0], ends[:0])

    @classmethod
    def points(cls, values: NDArray[Any]) -> "Intervals":
        """Single values."""
        distinct = np.unique(values)
        return cls(distinct, distinct)

    def complement(self) -> "Intervals":
        """All other numbers of the type."""
        first, last = _ends(self.lows.dtype)
        lows = np.concatenate([[first], _step(self.highs, 1)]).astype(self.lows.dtype)
        highs = np.concatenate([_step(self.lows, -1), [last]]).astype(self.lows.dtype)
        held = lows <= highs
        return Intervals(lows[held], highs[held])

    def meet(self, other: "Intervals") -> "Intervals":
        """The numbers that lie in both."""
        lows = np.maximum(self.lows[:, None], other.lows).ravel()
        highs = np.minimum(self.highs[:, None], other.highs).ravel()
        held = lows <= highs
        return Intervals(lows[held], highs[held])

    def hold(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        """[N] whether values [N] lie inside."""
        if not len(self.lows):
            return np.zeros(len(values), bool)
        place = np.searchsorted(self.lows, values, side="right") - 1
        return (place >= 0) & (values <= self.highs[place])


def _ends(dtype: np.dtype) -> tuple[Any, Any]:
    if dtype.kind == "i":
        return -LAST, LAST
    return np.finfo(dtype).min, np.finfo(dtype).max


def _step(values: NDArray[Any], sign: int) -> NDArray[Any]:
    """The next number of the type above or below."""
    if values.dtype.kind == "i":
        return values + sign
    with np.errstate(over="ignore"):
        return np.nextafter(values, values.dtype.type(sign * np.inf))
