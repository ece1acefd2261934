"""What is measured of a table of codes: each column, and the combinations that a model lacks most.

All single columns first; then rounds of pairs (and, of small ones, triples with a target), chosen
by how far the model of the last round is from the rows, as in AIM (McKenna et al. 2022,
arXiv:2201.12677). The noise comes from the secure source of OpenDP and from no seed, so that two
runs on the same rows choose and measure differently.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil, pi, prod, sqrt
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from synth_dl.privacy.accounting import gaussian_sigma
from synth_dl.privacy.ledger import Budget
from synth_dl.privacy.marginals import Marginal, exact_marginal, rows_of
from synth_dl.privacy.mechanisms import GRAIN, noisy_best, noisy_counts

Model = TypeVar("Model")
Columns = tuple[int, ...]

ROUNDS = 6
MOST_CELLS = 10_000  # of a combination that is measured
MOST_CANDIDATES = 5_000
_PAIRS_PER_COLUMN = 1 / 2850  # times rows and the root of rho: two at 32,000 rows and epsilon 1
_TRIPLE_NOISE = 0.05  # of the rows, that the noise of a triple may come to
_FEWEST = 300.0  # rows times the root of rho, below which noise drowns most cells


@dataclass(frozen=True)
class Measured:
    """What a model is fitted to.

    Attributes:
        marginals: with noise; those of single columns first.
        rows: about so many there are, by the noisy counts.
    """

    marginals: tuple[Marginal, ...]
    rows: float


def measure_singles(
    codes: NDArray[np.integer], sizes: Sequence[int], names: Sequence[str], budget: Budget,
    rho: float,
) -> list[Marginal]:  # fmt: skip
    """The noisy counts of each column, for equal parts of `rho`.

    Args:
        codes: [N, V], -1 where a code is unknown; such records are not counted there.
        sizes: codes of each column.
        names: of the columns, for the ledger.
        budget: that pays.
        rho: for all of them.
    """
    told = [(column,) for column, size in enumerate(sizes) if size > 1]
    if not told:
        return _measure(codes, sizes, [(0,)], names, budget, rho)
    found = _measure(codes, sizes, told, names, budget, rho)
    # A column of one code has all rows, whose number the others tell.
    rows, sigma = rows_of(found), 1 / sqrt(sum(1 / (m.counts.size * m.sigma**2) for m in found))
    alone = [Marginal((c,), np.array([rows]), sigma) for c, size in enumerate(sizes) if size == 1]
    return sorted((*found, *alone), key=lambda each: each.columns)


def measure_adaptively(
    codes: NDArray[np.integer],
    sizes: Sequence[int],
    names: Sequence[str],
    singles: Sequence[Marginal],
    budget: Budget,
    *,
    choosing: float,
    measuring: float,
    fit: Callable[[Sequence[Marginal], Sequence[int]], Model],
    marginal_of: Callable[[Model, Columns], NDArray[np.floating]],
    target: int | None = None,
) -> Measured:
    """The single columns, and noisy counts of combinations that a model fitted to these lacks.

    Args:
        codes, sizes, names, budget: as of `measure_singles`.
        singles: what that gave.
        choosing, measuring: rho for the choices and for the counts.
        fit: a model of marginals and sizes.
        marginal_of: its shares of the combinations of some columns, [K_i, K_j, ...].
        target: a column whose triples with others are measured where they are small.
    """
    rows = rows_of(singles)
    wanted = pairs_worth_measuring(rows, budget.rho, len(sizes))
    sigma = gaussian_sigma(measuring / wanted, budget.most)
    left = candidates(sizes, target, _TRIPLE_NOISE * rows / sigma)
    if wanted >= len(left):
        # Nothing to choose, so that all goes into the counts.
        found = _measure(codes, sizes, left, names, budget, choosing + measuring) if left else []
        return Measured((*singles, *found), rows)
    codes = np.asfortranarray(codes)  # as columns are read one by one
    exact = {columns: exact_marginal(codes, sizes, columns).counts for columns in left}
    marginals, parts = list(singles), _parts(wanted, ROUNDS)
    for take in parts:
        model = fit(marginals, sizes)
        scores = np.array([lack(exact[c], marginal_of(model, c), rows, sigma) for c in left])
        what = f"the {take} combinations of columns that the model lacks most"
        chosen = noisy_best(scores, take, budget, choosing * take / wanted, what)
        columns = [left[place] for place in sorted(chosen)]
        marginals += _measure(codes, sizes, columns, names, budget, measuring * take / wanted)
        left = [each for each in left if each not in columns]
    return Measured(tuple(marginals), rows)


def candidates(
    sizes: Sequence[int], target: int | None, most_of_triple: float = 0.0
) -> list[Columns]:
    """Pairs of columns, and triples with the target of so many cells at most."""
    told = [column for column, size in enumerate(sizes) if size > 1]
    pairs = [pair for pair in combinations(told, 2) if _cells(sizes, pair) <= MOST_CELLS]
    triples = [
        tuple(sorted((*pair, target)))
        for pair in combinations(told, 2)
        if target in told and target not in pair
    ]
    limit = min(MOST_CELLS, most_of_triple)
    triples = [triple for triple in triples if _cells(sizes, triple) <= limit]
    # The small ones cost the least, so that they are kept where there are too many.
    kept = sorted(pairs, key=lambda each: _cells(sizes, each))[:MOST_CANDIDATES]
    kept += sorted(triples, key=lambda each: _cells(sizes, each))[: MOST_CANDIDATES - len(kept)]
    return sorted(kept, key=lambda each: (len(each), each))


def pairs_worth_measuring(rows: float, rho: float, columns: int) -> int:
    """How many combinations the noise lets stand: two a column at 32,000 rows and epsilon 1, and
    all of them where rows and epsilon are many."""
    return max(1, columns // 2, round(_PAIRS_PER_COLUMN * columns * max(rows, 0.0) * sqrt(rho)))


def lack(
    exact: NDArray[np.float64], shares: NDArray[np.floating], rows: float, sigma: float
) -> float:
    """How far a model is from the rows, less what the noise of measuring would come to.

    A row more or less moves it by 1 at most: all figures of the model are rounded to grains, so
    that the sums are exact.
    """
    expected = np.asarray(shares, np.float64).reshape(exact.shape)
    expected = np.rint(expected * (rows / expected.sum()) * GRAIN) / GRAIN
    noise = np.rint(sqrt(2 / pi) * sigma * exact.size * GRAIN) / GRAIN
    return float(np.abs(exact - expected).sum() - noise)


def drowned(rows: float, rho: float) -> bool:
    """Whether noise is larger than most counts, so that little of the columns' ties is kept."""
    return rows * sqrt(rho) < _FEWEST


def _measure(
    codes: NDArray[np.integer], sizes: Sequence[int], wanted: Sequence[Columns],
    names: Sequence[str], budget: Budget, rho: float,
) -> list[Marginal]:  # fmt: skip
    found = []
    for columns in wanted:
        counts = exact_marginal(codes, sizes, columns).counts.astype(np.int64)
        what = "counts of " + " × ".join(names[column] for column in columns)
        noisy, sigma = noisy_counts(counts, budget, rho / len(wanted), what)
        found.append(Marginal(columns, noisy.astype(np.float64), sigma))
    return found


def _parts(total: int, rounds: int) -> list[int]:
    """A number in about equal parts, none of them empty."""
    size = ceil(total / rounds)
    full, rest = divmod(total, size)
    return [size] * full + [rest] * (rest > 0)


def _cells(sizes: Sequence[int], columns: Columns) -> int:
    return prod(sizes[column] for column in columns)
