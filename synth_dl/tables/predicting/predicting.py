"""What is predicted of a column by its distribution given the others: a value, an interval."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from synth_dl.errors import ConfigError
from synth_dl.sampling.drawing import CHUNK
from synth_dl.tables.codecs.columns import NumberColumn
from synth_dl.tables.codecs.dtypes import restore_choices
from synth_dl.tables.predicting.numbers import Pieces
from synth_dl.tables.predicting.target import Target

Value = Literal["mean", "median", "mode"]
VALUES: tuple[str, ...] = ("mean", "median", "mode")


@dataclass(frozen=True)
class Prediction:
    """What is predicted of a column.

    Attributes:
        target: the column.
        value: of a number its `mean`, `median` or `mode`; of a class the likeliest, its `mode`.
        interval: of a number, the probability that its value lies between two more, with the same
            probability on both sides; None for no such values.
    """

    target: Target
    value: str
    interval: float | None = None

    @classmethod
    def of(cls, target: Target, value: Any = None, interval: Any = None) -> "Prediction":
        """What a user asks for.

        Raises:
            ConfigError: for another value, an interval of no probability, or what a class lacks.
        """
        name = target.column.name
        if value is not None and value not in VALUES:
            raise ConfigError(f"value={value}: it must be one of {', '.join(VALUES)}")
        if not target.is_number and value not in (None, "mode"):
            raise ConfigError(f"value={value} is for numbers, and column {name!r} holds classes; "
                              "leave value out for the likeliest class")  # fmt: skip
        if interval is not None:
            is_share = isinstance(interval, float | int) and not isinstance(interval, bool)
            if not is_share or not 0 < interval < 1:
                raise ConfigError(f"interval={interval}: it must be a probability between 0 and 1, "
                                  "such as 0.9")  # fmt: skip
            if not target.is_number:
                raise ConfigError(f"interval is for numbers, and column {name!r} holds classes; "
                                  "leave it out")  # fmt: skip
        return cls(target, value or ("mean" if target.is_number else "mode"), interval)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns of an answer: the value, and the ends of the interval."""
        name = self.target.column.name
        return (name,) if self.interval is None else (name, f"{name} low", f"{name} high")

    def answer(self, model: Any, *codes: NDArray[np.int64]) -> pd.DataFrame:
        """[N, 1 or 3] the values of rows, of which codes [N, V] are known.

        Several codes are of the same rows, and the mean of their probabilities counts.
        """
        every = zip(*(_shares(self.target, model, each) for each in codes), strict=True)
        parts = [self.values(np.mean(part, axis=0)) for part in every]
        return pd.concat(parts, ignore_index=True) if parts else self.values(self._nothing)

    def values(self, shares: NDArray[np.float64]) -> pd.DataFrame:
        """[N, 1 or 3] by the probabilities [N, M] of all codes."""
        if not self.target.is_number:
            column, present = self.target.column, np.ones(len(shares), bool)
            found = restore_choices(self.target.labels, shares.argmax(1), present, column)
            return pd.DataFrame({self.names[0]: found})
        ways: dict[str, Callable[[NDArray[np.float64]], Any]] = {
            "mean": self._pieces.means,
            "median": lambda each: self._pieces.quantiles(each, 0.5),
            "mode": self._pieces.modes,
        }
        found = [ways[self.value](shares)]
        if self.interval is not None:
            ends = (1 - self.interval) / 2, (1 + self.interval) / 2
            found += [self._pieces.quantiles(shares, end) for end in ends]
        return pd.DataFrame(dict(zip(self.names, found, strict=True)))

    @cached_property
    def _pieces(self) -> Pieces:
        assert isinstance(self.target.inner, NumberColumn)  # asked of numbers alone
        return Pieces.of(self.target.inner)

    @property
    def _nothing(self) -> NDArray[np.float64]:
        return np.zeros((0, int(self.target.children.sum())))


def probabilities(target: Target, model: Any, codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """[N, labels] of the classes of a column, or of the values and stretches of a number."""
    if target.is_number:
        parts = [target.coarse_shares(model, part).numpy() for part in _parts(codes)]
    else:
        parts = list(_shares(target, model, codes))
    return np.concatenate(parts) if parts else np.zeros((0, len(target.labels)))


def _shares(
    target: Target, model: Any, codes: NDArray[np.int64]
) -> Iterator[NDArray[np.float64]]:  # fmt: skip
    for part in _parts(codes):
        yield target.shares(model, part).numpy()


def _parts(codes: NDArray[np.int64]) -> Iterator[torch.Tensor]:
    """Few rows at once, as all probabilities of a row take much memory."""
    for first in range(0, len(codes), CHUNK):
        yield torch.from_numpy(codes[first : first + CHUNK])
