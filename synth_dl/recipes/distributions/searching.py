"""Quantiles of continuous families that scipy itself searches for, value by value.

Their distribution functions are often integrals that take milliseconds, so that each call counts:
what is sought lies between quantiles that are known, and is guessed from them.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.interpolate import PchipInterpolator

from synth_dl.recipes.distributions.base import FURTHEST, Array, Tails

_STEPS, _CLOSE, _APART, _BEYOND = 120, 1e-10, 1e-13, 1e-17
_ENOUGH = 5  # known quantiles from which others are guessed


def is_searched(family: Any) -> bool:
    """Whether scipy has no quantile function of a continuous family."""
    return type(family)._ppf is stats.rv_continuous._ppf


class Searched:
    """A quantile function of noise that knows what it was asked before.

    Args:
        frozen: a distribution of scipy whose parameters are the same in all rows.
    """

    def __init__(self, frozen: Any) -> None:
        self._frozen = frozen
        self._halved = type(frozen.dist)._sf is stats.rv_continuous._sf
        # Widths are told apart on a scale on which heavy tails are straight.
        self._places = np.arcsinh(np.array(_bracket(frozen), float))
        self._noise = np.array([-np.inf, np.inf])

    def __call__(self, noise: Array) -> Array:
        """[N] the quantiles."""
        noise = np.clip(noise, -FURTHEST, FURTHEST)
        distinct = np.unique(noise)
        for part in _from_the_middle(len(distinct)):
            self._find(distinct[part])
        return np.sinh(self._places[np.searchsorted(self._noise, noise)])

    def _find(self, sought: Array) -> None:
        """Learn the quantiles of noise, each apart from the others."""
        sought = sought[~np.isin(sought, self._noise)]
        after = np.searchsorted(self._noise, sought)
        low, high = self._places[after - 1].copy(), self._places[after].copy()
        off_low, off_high = self._noise[after - 1] - sought, self._noise[after] - sought
        tried, last, off_last = self._guess(sought, low, high), low.copy(), off_low.copy()
        nearer = off_high < -off_low
        last[nearer], off_last[nearer] = high[nearer], off_high[nearer]
        for step in range(_STEPS):
            wide = np.sinh(high) - np.sinh(low) > _APART * np.sinh(np.maximum(-low, high))
            own = np.flatnonzero(wide & (np.minimum(-off_low, off_high) > _CLOSE))
            if not len(own):
                break
            place = tried[own]
            off = self._noise_of(np.sinh(place)) - sought[own]
            below = own[off < 0], own[~(off < 0)]
            low[below[0]], off_low[below[0]] = place[off < 0], off[off < 0]
            high[below[1]], off_high[below[1]] = place[~(off < 0)], off[~(off < 0)]
            with np.errstate(all="ignore"):
                secant = place - off * (place - last[own]) / (off - off_last[own])
            last[own], off_last[own] = place, off
            # Secants that stay at one side for long are helped by halving.
            outside = ~((secant > low[own]) & (secant < high[own])) | (step % 4 == 3)
            tried[own] = np.where(outside, (low[own] + high[own]) / 2, secant)
        found = np.where(-off_low < off_high, low, high)
        order = np.argsort(np.concatenate([self._noise, sought]))
        self._noise = np.concatenate([self._noise, sought])[order]
        places = np.concatenate([self._places, found])[order]
        self._places = np.maximum.accumulate(places)

    def _guess(self, sought: Array, low: Array, high: Array) -> Array:
        """[N] on the curve through what is known, else in the middle."""
        middle = (low + high) / 2
        if len(self._noise) < _ENOUGH + 2:
            return middle
        curve = PchipInterpolator(self._noise[1:-1], self._places[1:-1], extrapolate=False)
        guess = curve(sought)
        return np.where((guess > low) & (guess < high), guess, middle)

    def _noise_of(self, values: Array) -> Array:
        with np.errstate(all="ignore"):
            low = np.clip(self._frozen.cdf(values), 0, 1)
            high = 1 - low if self._halved else np.clip(self._frozen.sf(values), 0, 1)
        return Tails(low, high).noise


def _from_the_middle(count: int) -> Iterator[NDArray[np.intp]]:
    """Places 0 to `count` - 1, few that lie far apart first, then those halfway between."""
    if count:
        yield np.array([0])
    step = 1 << count.bit_length()
    while step > 1:
        part = np.arange(step // 2, count, step)
        if len(part):
            yield part
        step //= 2


def _bracket(frozen: Any) -> tuple[float, float]:
    """Two finite numbers between which all quantiles of noise lie."""
    ends = []
    for end, sign in zip(frozen.support(), (-1.0, 1.0), strict=True):
        width, last = 1.0, 1.0
        while not np.isfinite(end):
            tail = frozen.cdf(-width) if sign < 0 else frozen.sf(width)
            # Where a function is found by integration, its tail ends in rounding.
            if not tail > _BEYOND or (tail < 1e-6 and tail >= last) or width > 1e100:
                end = sign * width
            width, last = 2 * width, tail
        ends.append(end)
    return ends[0], ends[1]
