"""Rubin's rules: one estimate from those of several completed tables, and how uncertain it is."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth_dl.errors import ConfigError
from synth_dl.sampling.rows import check_count


def draws_asked(draws: Any, value: Any) -> int:
    """How many completed tables are asked for; one where nothing is said.

    Raises:
        ConfigError: for no whole number from 1 on, or for several tables of what is predicted.
    """
    count = 1 if draws is None else check_count("draws", draws)
    if count > 1 and value != "draw":
        raise ConfigError(f"draws={count} and value={value} exclude each other, as predictions are "
                          "the same in each table; leave one of the two out")  # fmt: skip
    return count


@dataclass(frozen=True)
class Pooled:
    """An estimate over all draws of what is missing (Rubin 1987, chapter 3).

    Attributes:
        estimate: the mean of the estimates.
        within: the mean of their variances, as if nothing had been missing.
        between: the variance of the estimates among the draws.
        draws: how many there are.
    """

    estimate: NDArray[np.float64]
    within: NDArray[np.float64]
    between: NDArray[np.float64]
    draws: int

    @property
    def variance(self) -> NDArray[np.float64]:
        """Of the estimate: within + (1 + 1/draws) · between."""
        return self.within + (1 + 1 / self.draws) * self.between

    @property
    def standard_error(self) -> NDArray[np.float64]:
        """The root of the variance."""
        return np.sqrt(self.variance)

    @property
    def missing_information(self) -> NDArray[np.float64]:
        """Share of the variance that comes from what is missing."""
        with np.errstate(invalid="ignore"):
            share = (1 + 1 / self.draws) * self.between / self.variance
        return np.nan_to_num(share)

    @property
    def degrees_of_freedom(self) -> NDArray[np.float64]:
        """Of Student's t: (draws - 1) / missing_information²; infinite where nothing is missing."""
        with np.errstate(divide="ignore"):
            return np.divide(self.draws - 1, self.missing_information**2)

    def interval(self, level: float = 0.95) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Both ends of a confidence interval.

        Raises:
            ConfigError: for a level that is no probability.
        """
        from scipy.stats import t  # it takes long to load

        if not 0 < level < 1:
            raise ConfigError(f"level={level}: it must be a probability between 0 and 1, such as "
                              "0.95")  # fmt: skip
        wide = t.ppf((1 + level) / 2, self.degrees_of_freedom) * self.standard_error
        return self.estimate - wide, self.estimate + wide


def pool(estimates: ArrayLike, variances: ArrayLike) -> Pooled:
    """Join what an analysis found in each of the tables that `Synthesizer.impute(draws=...)` gives.

    Args:
        estimates: [draws] or [draws, K], such as means or coefficients.
        variances: of the same shape, the squares of their standard errors.

    Raises:
        ConfigError: for fewer than two draws, arrays of unlike shapes, or variances below 0.
    """
    found: Any = np.asarray(estimates, np.float64)
    spread = np.asarray(variances, np.float64)
    if found.shape != spread.shape or found.ndim not in (1, 2):
        raise ConfigError(f"there are estimates of shape {found.shape} and variances of shape "
                          f"{spread.shape}; give both for each draw")  # fmt: skip
    if len(found) < 2:
        raise ConfigError("one draw does not tell what is uncertain about the missing cells; give "
                          "the estimates of two or more")  # fmt: skip
    if not (spread >= 0).all():
        raise ConfigError("a variance is below 0 or missing; give the squares of standard errors")
    return Pooled(found.mean(0), spread.mean(0), found.var(0, ddof=1), len(found))
