"""What a budget of (epsilon, delta) is worth, by zero-concentrated differential privacy (zCDP).

Tables are neighbours where one has one more row, or all the rows of one more person. Losses `rho`
of mechanisms add up; they are turned into (epsilon, delta) once, at the end, by the optimal
conversion of Canonne, Kamath and Steinke (2020, arXiv:2004.00010, corollary 13).
"""

from math import exp, inf, log, log1p, sqrt

LEAST_DELTA = 1e-15  # below it rounding would count
_HALVINGS = 80  # of an interval, as many as floats can tell apart
_LEAST_ORDER = 1.01  # of the Rényi divergence, below which the bound is lost to rounding


def delta_of(rho: float, epsilon: float) -> float:
    """The least delta so that rho-zCDP implies (epsilon, delta)-DP, as far as the bound goes."""
    if rho <= 0:
        return 0.0
    low, high = _LEAST_ORDER, (epsilon + 1) / (2 * rho) + 2
    for _ in range(_HALVINGS):
        order = (low + high) / 2
        slope = (2 * order - 1) * rho - epsilon + log1p(-1 / order)
        low, high = (order, high) if slope < 0 else (low, order)
    # Any order gives a valid bound; this one gives the least.
    order = high
    exponent = (order - 1) * (order * rho - epsilon) + order * log1p(-1 / order)
    return min(1.0, exp(min(exponent, 0.0)) / (order - 1)) if exponent < 0 else 1.0


def epsilon_of(rho: float, delta: float) -> float:
    """The least epsilon so that rho-zCDP implies (epsilon, delta)-DP, rounded up."""
    _check_delta(delta)
    if rho <= 0:
        return 0.0
    # At this epsilon the simple bound holds, and the optimal one with it.
    low, high = 0.0, rho + 2 * sqrt(rho * -log(delta))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if delta_of(rho, middle) <= delta else (middle, high)
    return high


def rho_of(epsilon: float, delta: float) -> float:
    """The largest rho so that rho-zCDP implies (epsilon, delta)-DP, rounded down."""
    _check_delta(delta)
    if not 0 < epsilon < inf:
        raise ValueError(f"epsilon is {epsilon:g}, but it must be a positive number")
    low, high = 0.0, epsilon + 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if delta_of(middle, epsilon) <= delta else (low, middle)
    return low


def gaussian_rho(sigma: float, sensitivity: float = 1.0) -> float:
    """What noise of this standard deviation costs, where a neighbour moves the counts by
    `sensitivity` in Euclidean length."""
    return sensitivity**2 / (2 * sigma**2)


def gaussian_sigma(rho: float, sensitivity: float = 1.0) -> float:
    """The standard deviation of noise that costs `rho`."""
    return sensitivity / sqrt(2 * rho)


def selection_rho(epsilon: float) -> float:
    """What a choice by the exponential mechanism costs, with probabilities in proportion to
    exp(epsilon · score / (2 · sensitivity))."""
    return epsilon**2 / 8


def selection_scale(rho: float, sensitivity: float = 1.0) -> float:
    """The scale of the Gumbel noise on scores with which the choice of the largest costs `rho`."""
    return sensitivity / sqrt(2 * rho)


def default_delta(rows: int) -> float:
    """1e-5 or, of many rows, 1 / (10 · rows), with the rows rounded up to a power of two, so that
    it tells no more of them."""
    rounded = 1 << max(0, rows - 1).bit_length()
    return min(1e-5, 1 / (10 * rounded))


def _check_delta(delta: float) -> None:
    if not LEAST_DELTA <= delta < 1:
        raise ValueError(f"delta is {delta:g}, but it must lie between {LEAST_DELTA:g} and 1")
