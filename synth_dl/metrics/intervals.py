"""How sure a figure is: standard errors without a formula for each figure."""

from collections.abc import Callable
from typing import Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from synth_dl.metrics.predictions import area_under_curve

PARTS = 10
FEWEST = 20  # records of a part


class Records(Protocol):
    """A set of records, from which some can be taken."""

    def __len__(self) -> int: ...

    def take(self, chosen: NDArray[np.int64], /) -> Self: ...


T = TypeVar("T", bound=Records)


def error_by_parts(
    measure: Callable[[T, T], float], real: T, synthetic: T, seed: int = 0
) -> float | None:
    """Standard error of a figure of two sets, by its spread over ten disjoint parts of both.

    Each part holds every tenth record of either set in a random order. A figure of a tenth of the
    records varies by the root of ten times as much as that of all, whether it is a mean or a
    distance that sampling alone keeps above 0; so its standard deviation over the parts is divided
    by that root. Fewer parts where a set has fewer than 200 records, None below 60.

    Args:
        measure: the figure, of real and synthetic records.
        real: records that the figure holds the others against.
        synthetic: these.
        seed: of the order.
    """
    parts = min(PARTS, len(real) // FEWEST, len(synthetic) // FEWEST)
    if parts < 3:
        return None
    rng = np.random.default_rng(seed)
    dealt = [np.array_split(rng.permutation(len(each)), parts) for each in (real, synthetic)]
    found = [measure(real.take(first), synthetic.take(second))
             for first, second in zip(*dealt, strict=True)]  # fmt: skip
    return float(np.std(found, ddof=1) / np.sqrt(parts))


def area_error(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Standard error of the area under the ROC curve of [N] scores, for the choice of the records.

    See `area_under_curve`.
    """
    return area_under_curve(positive, scores).standard_error


def share_error(percent: float, count: int) -> float:
    """Standard error of a share of independent records, in percentage points.

    Of fewer than two records it is that of two, and so of all but two: where none of 1,000 records
    is found, up to 0.37 % may be so (rule of three), and the error of no share is 0.
    """
    few = min(2 / count, 0.5)
    share = min(max(percent / 100, few), 1 - few)
    return 100 * float(np.sqrt(share * (1 - share) / count))
