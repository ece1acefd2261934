"""The few ways in which anything of the rows is told: counts, choices, and names of categories.

Each asks its budget first and writes down what it spent. The noise is exact and comes from the
secure source of OpenDP, which has no seed: two private runs differ, whatever their seed.
"""

from collections.abc import Mapping
from functools import cache
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from synth_dl.errors import ConfigError
from synth_dl.privacy.accounting import gaussian_sigma, selection_scale
from synth_dl.privacy.ledger import Budget, Entry

GRAIN = 1024  # of which a row has so many; scores are whole numbers of grains
SOURCE = "OpenDP, the secure source of the system"
_UPWARDS = 1 + 1e-9  # on scales, so that losses are rounded down
_PIECE = 1 << 16  # counts that are handed over at once


def check_installed() -> None:
    """Raise a ConfigError, before any row is read, where OpenDP is not installed."""
    _library()


def noisy_counts(
    counts: NDArray[np.int64], budget: Budget, rho: float, what: str
) -> tuple[NDArray[np.int64], float]:
    """Counts with discrete Gaussian noise, and its standard deviation.

    Args:
        counts: of any shape; each row of the table is counted in one of them at most.
        budget: that pays; a neighbour adds or removes up to `budget.most` rows.
        rho: what it may cost.
        what: is counted, for the ledger.
    """
    dp = _library()
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T=float)
    sigma = gaussian_sigma(rho, budget.most) * _UPWARDS
    mechanism = space >> dp.m.then_gaussian(scale=sigma)
    loss = mechanism.map(float(budget.most))
    found = {"sigma": sigma, "cells": int(counts.size)}
    budget.spend(Entry(what, "discrete Gaussian", loss, 0.0, SOURCE, found))
    flat = counts.reshape(-1).astype(np.int64)
    # Noise is drawn count by count, so that pieces are one vector.
    pieces = [mechanism(flat[at : at + _PIECE].tolist()) for at in range(0, len(flat), _PIECE)]
    drawn = np.concatenate([np.zeros(0, np.int64), *map(np.asarray, pieces)])
    return drawn.astype(np.int64).reshape(counts.shape), sigma


def noisy_best(
    scores: NDArray[np.float64], take: int, budget: Budget, rho: float, what: str
) -> list[int]:
    """Indices of about the largest scores, the best first, by Gumbel noise.

    Args:
        scores: [K] multiples of 1 / `GRAIN`, so that floating point breaks no promise; a row more
            or less moves each of them by 1 at most.
        take: how many, K at most.
        budget: that pays.
        rho: what all of them may cost.
        what: is chosen, for the ledger.
    """
    grains = scores * GRAIN
    if not (grains == np.rint(grains)).all():
        raise ValueError("scores must be multiples of a grain, or rounding may break the promise")
    dp = _library()
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.linf_distance(T="i64")
    moved = GRAIN * budget.most
    scale = selection_scale(rho / take, moved) * _UPWARDS
    mechanism = space >> dp.m.then_noisy_top_k(
        dp.zero_concentrated_divergence(), k=take, scale=scale
    )
    loss = mechanism.map(moved)
    found = {"scale": scale / GRAIN, "candidates": len(scores), "chosen": take}
    budget.spend(Entry(what, "exponential mechanism", loss, 0.0, SOURCE, found))
    return list(mechanism(grains.astype(np.int64).tolist()))


def noisy_names(
    counts: Mapping[str, int], budget: Budget, rho: float, delta: float, what: str
) -> dict[str, int]:
    """The categories that clearly many rows hold, with noisy counts; a stability histogram.

    A category that one person alone holds is named with a probability of `delta` at most.

    Args:
        counts: rows of each category that occurs; nobody has declared which may.
        budget: that pays.
        rho, delta: what it may cost.
        what: is counted, for the ledger.
    """
    dp = _library()
    most, sigma = budget.most, gaussian_sigma(rho, budget.most) * _UPWARDS
    space = (
        dp.map_domain(dp.atom_domain(T=str), dp.atom_domain(T="i64")),
        dp.l02inf_distance(dp.absolute_distance(T="i64")),
    )
    threshold = ceil(most + sigma * float(norm.isf(delta / (2 * most)))) + 1
    mechanism = space >> dp.m.then_gaussian_threshold(scale=sigma, threshold=threshold)
    loss, failing = mechanism.map((most, most, most))
    found = {"sigma": sigma, "threshold": threshold}
    budget.spend(Entry(what, "stability histogram", loss, failing, SOURCE, found))
    return dict(mechanism({name: int(count) for name, count in counts.items()}))


@cache
def _library() -> Any:
    # Loaded here, as it takes seconds and few runs are private.
    try:
        import opendp.prelude as dp
    except ImportError as error:
        raise ConfigError(
            "privacy needs OpenDP, which is not installed; install it by "
            "`pip install 'synth_dl[private]'` or leave privacy.epsilon out"
        ) from error
    dp.enable_features("contrib")  # pyright: ignore[reportPrivateImportUsage]
    return dp
