"""Into how many parts the bins of a number are split: as many as fresh rows bear out."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth_dl.tables.codecs.bins import bin_edges
from synth_dl.tables.codecs.draws import count_free

FOLDS = 4
FEWEST = 4  # parts of a bin: a single column does not show what it has together with others


def likeliest_parts(
    rest: NDArray[Any], atoms: NDArray[Any], min_count: int, coarse: int, fine: int
) -> int:
    """How many bins, `coarse` times a power of two from `FEWEST` on, suit rows left out best.

    Bins of few rows follow a density that is lumpy; of a smooth one they only learn where the rows
    happen to lie, which costs about one over twice their number of rows in nats. Cross-validation
    tells one from the other (Rudemo 1982, for the likelihood instead of squared error).

    Args:
        rest: [N] the rows in the bins, ascending, as for `bin_edges`.
        atoms: values that have codes of their own, ascending.
        min_count: rows that an edge rests on.
        coarse: bins at least.
        fine: factor at most.
    """
    # Of the rows in their order by value, so that their order in the file does not matter.
    fold = np.random.default_rng(0).permutation(len(rest)) % FOLDS
    factors = [1 << power for power in range(fine.bit_length())]
    candidates = [coarse * factor for factor in factors if factor >= min(FEWEST, fine)]
    nats = np.zeros(len(candidates))
    for each in range(FOLDS):
        learnt, fresh = rest[fold != each], rest[fold == each]
        for index, parts in enumerate(candidates):
            bounds = bin_edges(learnt, min_count, parts)
            nats[index] += _log_likelihood(bounds, learnt, fresh, atoms)
    return candidates[int(nats.argmax())]


def _log_likelihood(
    bounds: NDArray[Any], learnt: NDArray[Any], fresh: NDArray[Any], atoms: NDArray[Any]
) -> float:
    """Nats of fresh rows under the histogram of others; those beyond its ends lie in its last
    bins."""
    if len(bounds) < 2:
        return -np.inf
    lows, highs = bounds[:-1], bounds[1:]
    inner = bounds[1:-1]
    rows, others = (
        np.diff(np.searchsorted(part, inner, side="left"), prepend=0, append=len(part))
        for part in (learnt, fresh)
    )
    if bounds.dtype.kind == "i":
        width = np.maximum(count_free(lows, highs, atoms), 1).astype(np.float64)
    else:
        width = np.maximum(highs / 2 - lows / 2, np.finfo(np.float64).tiny)
    density = np.log((rows + 0.5) / (len(learnt) + 0.5 * len(rows))) - np.log(width)
    return float((others * density).sum())
