"""Discrete families of scipy whose quantiles, or whose tails, it finds for one value at a time.

Quantiles are searched by halving, for all rows at once. Tails that scipy adds up anew for each
value are added up once, which takes a family whose rows lie within so many values.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import zeta

from synth_dl.recipes.distributions.base import FURTHEST, Array, Tails

FURTHEST_VALUE = 2.0**54  # beyond it whole numbers are not told apart; they come as infinity
_BY_STEPS, _MOST_STEPS = ("binom", "nbinom"), 10**12  # scipy walks to their quantiles
_BY_INTEGRALS = ("nchypergeom_fisher", "nchypergeom_wallenius")
_FIRST, _MOST, _MOST_INTEGRALS = 1 << 12, 1 << 20, 1 << 10  # values that are added up
_BEYOND = 1e-6  # share of the rows that may lie beyond them, or be lost by rounding
_MOST_SKELLAM = 10**5  # its tails are series that grow with its parameters
_NEGLIGIBLE = 1e-25
_WIDE = 20.0  # standard deviations around the mean that are added up where all would be too many


def is_searched(frozen: Any) -> bool:
    """Whether scipy's own way to a quantile of a distribution is a search value by value."""
    family: Any = frozen.dist
    bounded = family.name == "zipfian" and not is_added_up(family, frozen.args)
    return type(family)._ppf is stats.rv_discrete._ppf and not bounded


def is_added_up(family: Any, shapes: tuple[Any, ...]) -> bool:
    """Whether the tails of a family are sums over its values."""
    if family.name == "zipfian":
        return bool((_rows(shapes)[:, 1] <= _MOST).all())
    generic = type(family)._cdf is stats.rv_discrete._cdf or family.name == "hypergeom"
    return generic and family.name != "zipf"


def check_spread(frozen: Any) -> None:
    """Refuse, by a ValueError, parameters that spread the rows over too many values."""
    family: Any = frozen.dist
    rows = _rows(frozen.args)
    if is_added_up(family, frozen.args):
        for each in np.unique(rows, axis=0):
            _sums(family.name, tuple(each.tolist()))
        return
    many, most = np.zeros(len(rows), bool), _MOST
    if family.name == "skellam":
        many, most = rows.max(1) > _MOST_SKELLAM, _MOST_SKELLAM
    elif family.name == "zipfian":
        many = rows[:, 0] <= 1
    elif family.name in _BY_STEPS:
        reach = np.atleast_1d(frozen.mean() + FURTHEST * frozen.std())
        many, most = np.broadcast_to(~(reach < _MOST_STEPS), len(rows)), _MOST_STEPS
    if many.any():
        raise _too_spread(family, rows[many][0].tolist(), most)


def tails(frozen: Any, values: Array) -> Tails:
    """[N] probabilities of at most each value, and of more."""
    family, (shapes, loc) = frozen.dist, _parameters(frozen)
    with np.errstate(all="ignore"):
        if family.name == "zipf":
            after = np.maximum(np.floor(values - loc), 0) + 1
            high = zeta(shapes[0], after) / zeta(shapes[0], 1)
            return Tails(1 - high, high)
        if not is_added_up(family, shapes):
            return Tails(frozen.cdf(values), frozen.sf(values))
    values = np.asarray(values - loc, float)
    rows = _rows(shapes)
    if len(rows) == 1:
        return _sums(family.name, tuple(rows[0].tolist())).tails(values)
    low, high = np.empty(len(rows)), np.empty(len(rows))
    distinct, own = np.unique(rows, axis=0, return_inverse=True)
    values = np.broadcast_to(values, len(rows))
    for place, each in enumerate(distinct):
        found = _sums(family.name, tuple(each.tolist())).tails(values[own == place])
        low[own == place], high[own == place] = found.low, found.high
    return Tails(low, high)


def log_shares(frozen: Any, values: Array) -> Array:
    """[N] nats: the logarithm of the probability of each value."""
    shapes, loc = _parameters(frozen)
    if frozen.dist.name != "zipfian" or not is_added_up(frozen.dist, shapes):
        return frozen.logpmf(values)
    # Scipy adds up all values for the share of each.
    place = np.asarray(values - loc, float)
    first = np.log(tails(frozen, np.asarray(loc + 1.0)).low)
    known = (place >= 1) & (place <= frozen.support()[1] - loc) & (place == np.floor(place))
    return np.where(known, first - shapes[0] * np.log(np.where(known, place, 1)), -np.inf)


def quantiles(frozen: Any, noise: Array) -> Array:
    """[N] the least values that have the noise at most; infinity beyond `FURTHEST_VALUE`."""
    first, last = (np.asarray(end, float) for end in frozen.support())
    low = np.broadcast_to(np.maximum(first - 1, -FURTHEST_VALUE), noise.shape).copy()
    end = np.broadcast_to(np.minimum(last, FURTHEST_VALUE), noise.shape)
    high = end.copy()
    while True:
        middle = np.floor((low + high) / 2)
        if not ((middle > low) & (middle < high)).any():
            break
        reached = tails(frozen, middle).noise >= noise
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return np.where(high < FURTHEST_VALUE, high, np.inf)


class _Sums:
    """The tails of a distribution of whole numbers between two ends.

    Args:
        first: value that counts.
        masses: [K] probability of each value from it on.
    """

    def __init__(self, first: float, masses: Array) -> None:
        self._first, self._last = first, first + len(masses) - 1
        self._low = np.cumsum(masses)
        self._high = np.append(np.cumsum(masses[:0:-1])[::-1], 0.0)

    def tails(self, values: Array) -> Tails:
        place = np.clip(np.floor(values) - self._first, -1, len(self._low) - 1).astype(np.int64)
        before = place < 0
        low = np.where(before, 0.0, np.minimum(self._low[place], 1.0))
        return Tails(low, np.where(before, 1.0, self._high[place]))


@lru_cache(maxsize=256)
def _sums(name: str, shapes: tuple[float, ...]) -> _Sums:
    """Those of a family; a ValueError where too many values count."""
    frozen = getattr(stats, name)(*shapes)
    first, last = frozen.support()
    most = _MOST_INTEGRALS if name in _BY_INTEGRALS else _MOST
    count = min(_FIRST, most)
    with np.errstate(all="ignore"):
        if last - first >= most and np.isfinite(last):
            around = frozen.mean() + np.array([-1, 1]) * (_WIDE * frozen.std() + count)
            first, last = np.clip(np.rint(around), first, last)
        while True:
            values = first + np.arange(min(count, last - first + 1))
            # Scipy adds up all values for the share of each.
            masses = values ** -shapes[0] if name == "zipfian" else frozen.pmf(values)
            if values[-1] == last or masses[-1] < _NEGLIGIBLE * masses.max() or count >= most:
                break
            count = min(4 * count, most)
    if name != "zipfian" and not abs(1 - masses.sum()) < _BEYOND:
        raise _too_spread(frozen.dist, shapes, most)
    return _Sums(first, masses / masses.sum())


def _too_spread(family: Any, shapes: Sequence[float], most: int) -> ValueError:
    names = (family.shapes or "").replace(" ", "").split(",")
    given = ", ".join(f"{name} = {value:g}" for name, value in zip(names, shapes, strict=True))
    return ValueError(f"the distribution {family.name} with {given} spreads over more than "
                      f"{most:,} values, which are too many to draw from; choose other parameters "
                      "or another distribution")  # fmt: skip


def _parameters(frozen: Any) -> tuple[tuple[Any, ...], Any]:
    """Shapes and place of a distribution that `Named` froze."""
    return frozen.args, frozen.kwds["loc"]


def _rows(shapes: tuple[Any, ...]) -> Array:
    """[N, P] shape parameters, of each row; [1, P] where they are the same in all."""
    columns = np.broadcast_arrays(*(np.atleast_1d(np.asarray(each, float)) for each in shapes))
    return np.stack(columns, axis=1)
