"""Distributions of `scipy.stats`, by name."""

from functools import lru_cache
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import ndtr

from synth_dl.recipes.distributions import whole
from synth_dl.recipes.distributions.base import FURTHEST, Array, Distribution, Tails
from synth_dl.recipes.distributions.quantiles import QuantileTable, tabulated
from synth_dl.recipes.distributions.searching import Searched, is_searched

# The quantiles of some are found by search, so that fewer cells must do.
_SEARCHED, _FIRST, _CELLS = 1e-6, 1 << 6, 1 << 9
_LAST = np.nextafter(1.0, 0.0)
_TAIL = 4.0  # noise from which a share of the rows above is more exact than one of those below


class Named(Distribution):
    """A distribution of scipy.

    Args:
        family: of `scipy.stats`.
        shapes: its shape parameters in order, each a number or [N].
        loc: where it lies.
        scale: how wide it is; 1 for discrete families.

    Raises:
        ValueError: for parameters out of range, with the first row that has them.
    """

    def __init__(self, family: Any, shapes: tuple[Any, ...], loc: Any = 0.0, scale: Any = 1.0
                 ) -> None:  # fmt: skip
        self.family, self.shapes, self.loc, self.scale = family, shapes, loc, scale
        self.discrete = isinstance(family, stats.rv_discrete)
        named: dict[str, Any] = {"loc": loc} if self.discrete else {"loc": loc, "scale": scale}
        with np.errstate(all="ignore"):
            self._frozen = family(*shapes, **named)
            bad = np.isnan(np.asarray(self._frozen.support()[0], float))
        bad |= ~np.isfinite(np.asarray(loc, float) + np.asarray(scale, float))
        for value in shapes:
            bad = bad | np.isnan(np.asarray(value, float))
        if bad.any():
            self._refuse(bad)
        if self.discrete:
            whole.check_spread(self._frozen)

    def _refuse(self, bad: Array) -> None:
        names = [*(self.family.shapes or "").replace(" ", "").split(","), "loc", "scale"]
        names = [name for name in names if name]
        row = int(np.argmax(bad)) if bad.ndim else 0
        values = (np.broadcast_to(np.asarray(v, float), bad.shape) for v in
                  (*self.shapes, self.loc, self.scale))  # fmt: skip
        given = dict(zip(names, (v[row] if v.ndim else v for v in values), strict=True))
        if self.discrete:
            del given["scale"]
        shown = ", ".join(f"{name} = {value:g}" for name, value in given.items())
        raise ValueError(f"the distribution {self.family.name} has no such parameters: {shown}; "
                         "choose them within its range")  # fmt: skip

    def at_most(self, values: Array) -> Tails:
        if self.discrete:
            return whole.tails(self._frozen, values)
        with np.errstate(all="ignore"):
            return Tails(self._frozen.cdf(values), self._frozen.sf(values))

    def below(self, values: Array) -> Tails:
        return self.at_most(np.ceil(values - self.loc) - 1 + self.loc if self.discrete else values)

    def log_density(self, values: Array) -> Array:
        with np.errstate(all="ignore"):
            if self.discrete:
                return whole.log_shares(self._frozen, values)
            return self._frozen.logpdf(values)

    def quantile(self, noise: Array) -> Array:
        plain = all(np.ndim(value) == 0 for value in self.shapes)
        if self.discrete or not plain:
            return _exact(self._frozen, noise)
        shapes = tuple(float(value) for value in self.shapes)
        table = _table(self.family.name, shapes)
        standard = table(noise) if table is not None else _exact(self.family(*shapes), noise)
        return standard * self.scale + self.loc

    def ends(self) -> tuple[Any, Any]:
        return self._frozen.support()


def _exact(frozen: Any, noise: Array) -> Array:
    """[N] quantiles by scipy, each from its nearer tail."""
    noise = np.clip(noise, -FURTHEST, FURTHEST)
    family = frozen.dist
    with np.errstate(all="ignore"):
        if isinstance(family, stats.rv_discrete):
            if whole.is_searched(frozen):
                return whole.quantiles(frozen, noise)
            return frozen.ppf(np.minimum(ndtr(noise), _LAST))
        if is_searched(family) and all(
            np.ndim(value) == 0 for value in (*frozen.args, *frozen.kwds.values())
        ):
            return Searched(frozen)(noise)
        low = frozen.ppf(np.minimum(ndtr(noise), _LAST))
        if type(family)._isf is stats.rv_continuous._isf:
            return low
        high = frozen.isf(ndtr(-noise))
        # Near the middle both are exact, but for some shapes of families whose tail is none.
        tail = (noise > _TAIL) | ((noise > 0) & np.isclose(high, low, rtol=1e-6))
        return np.where(tail, high, low)


@lru_cache(maxsize=256)
def _table(name: str, shapes: tuple[float, ...]) -> QuantileTable | None:
    """The table of a standard continuous family."""
    family = getattr(stats, name)
    frozen = family(*shapes)
    if is_searched(family):
        return tabulated(Searched(frozen), _SEARCHED, _FIRST, _CELLS, keep=True)
    return tabulated(lambda noise: _exact(frozen, noise))
