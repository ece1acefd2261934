"""Tables made by a rule with a fixed seed, of kinds that the real ones here are not.

Rows come from a few hidden groups and two hidden numbers, so that columns depend on each other in
ways that no single pair shows. Fresh rows of the same rule are the holdout.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

GROUPS = 6


@dataclass(frozen=True)
class MadeUp:
    """Rows to learn from, fresh rows of the same rule, and the column to predict."""

    train: pd.DataFrame
    holdout: pd.DataFrame
    target: str


def small(seed: int = 11) -> MadeUp:
    """300 rows × 9: numbers, categories and a yes or no."""
    return _split(_mixed(600, numbers=4, categories=4, seed=seed), 300)


def wide(seed: int = 12) -> MadeUp:
    """50,000 rows × 74: 40 numbers, 33 categories and a yes or no."""
    return _split(_mixed(60_000, numbers=40, categories=33, seed=seed), 50_000)


def numbers(seed: int = 13) -> MadeUp:
    """20,000 rows × 12, continuous numbers only."""
    frame = _mixed(25_000, numbers=12, categories=0, seed=seed).drop(columns="answer")
    return _split(frame, 20_000, "number 9")


def missing(seed: int = 14) -> MadeUp:
    """10,000 rows × 20, of whose cells four in five are missing; which ones depends on others."""
    frame = _mixed(15_000, numbers=10, categories=9, seed=seed)
    rng = np.random.default_rng(seed + 1000)
    lean = rng.normal(size=len(frame))
    for name in frame.columns[:-1]:
        # Hidden where a trait of the row and the answer say so, and by chance.
        score = 1.0 + lean + 0.8 * (frame["answer"] == "yes") + rng.normal(size=len(frame))
        frame[name] = frame[name].where(score < rng.normal(0, 0.5, size=len(frame)))
    return _split(frame, 10_000)


def rare(seed: int = 15) -> MadeUp:
    """20,000 rows × 12, of which 3 % are positive."""
    return _split(_mixed(30_000, numbers=6, categories=5, seed=seed, positive=0.03), 20_000)


def _split(frame: pd.DataFrame, rows: int, target: str = "answer") -> MadeUp:
    fresh = frame.iloc[rows:].reset_index(drop=True)
    return MadeUp(frame.iloc[:rows].reset_index(drop=True), fresh, target)


def _mixed(
    rows: int, numbers: int, categories: int, seed: int, positive: float = 0.3
) -> pd.DataFrame:
    """A table with `numbers` + `categories` columns and an `answer` that follows from them."""
    rng = np.random.default_rng(seed)
    group = rng.choice(GROUPS, rows, p=rng.dirichlet(np.full(GROUPS, 3.0)))
    hidden = rng.normal(size=(rows, 2)) + rng.normal(0, 1.5, (GROUPS, 2))[group]
    columns: dict[str, np.ndarray] = {}
    score = np.zeros(rows)
    for index in range(numbers):
        value = _NUMBERS[index % len(_NUMBERS)](rng, hidden, group)
        columns[f"number {index + 1}"] = value
        ranks = pd.Series(value).rank(pct=True).to_numpy()
        score += rng.normal() * (ranks - 0.5) * 3
    for index in range(categories):
        levels = int(rng.choice([2, 3, 5, 8, 20, 60]))
        slopes = rng.normal(0, 1.0, (levels, 2))
        starts = rng.normal(0, 1.0, (GROUPS, levels))
        logits = hidden @ slopes.T + starts[group] + rng.gumbel(size=(rows, levels))
        code = logits.argmax(1)
        columns[f"kind {index + 1}"] = np.array([f"k{level:02d}" for level in range(levels)])[code]
        score += rng.normal(0, 1.0, levels)[code]
    score += rng.logistic(size=rows)
    yes = score > np.quantile(score, 1 - positive)
    columns["answer"] = np.where(yes, "yes", "no")
    return pd.DataFrame(columns)


Rule = Callable[[np.random.Generator, np.ndarray, np.ndarray], np.ndarray]


def _smooth(rng: np.random.Generator, hidden: np.ndarray, group: np.ndarray) -> np.ndarray:
    slope = rng.normal(size=2)
    return np.tanh(hidden @ slope) * 3 + rng.normal(0, 0.4, len(group))


def _skewed(rng: np.random.Generator, hidden: np.ndarray, group: np.ndarray) -> np.ndarray:
    return np.exp(1 + 0.5 * hidden[:, 0] + rng.normal(0, 0.5, len(group))).round(2)


def _whole(rng: np.random.Generator, hidden: np.ndarray, group: np.ndarray) -> np.ndarray:
    return rng.poisson(np.exp(np.clip(1 + 0.4 * hidden[:, 1], -2, 4)))


def _spiked(rng: np.random.Generator, hidden: np.ndarray, group: np.ndarray) -> np.ndarray:
    value = np.abs(hidden.sum(1) * 100 + rng.normal(0, 30, len(group))).round(1)
    return np.where(rng.random(len(group)) < 0.3 + 0.1 * group, 0.0, value)


_NUMBERS: tuple[Rule, ...] = (_smooth, _skewed, _whole, _spiked)
