"""Exact counts of classes, and which row is of which class."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from synth_dl.errors import ConfigError
from synth_dl.noise import generator_for

# Set the order of the classes apart from the noise of chunks, which have one number, or a stream
# and their number; a 0 at the end would be no number of its own.
CLASS_STREAM = (8, 1)
MOST_CLASSES = 1000
MOST_ROWS = 250_000_000  # the order of their classes takes 24 bytes each
_SHOWN = 20  # classes in a table on the console


@dataclass(frozen=True)
class ClassCounts:
    """How many rows of each class are drawn.

    Attributes:
        column: what the classes are values of, for people.
        names: of the classes.
        drawn: rows of each that are drawn.
        real: rows of each that are there already; None where none count.

    Raises:
        ConfigError: for more rows than can be put in order.
    """

    column: str
    names: tuple[str, ...]
    drawn: tuple[int, ...]
    real: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if self.total > MOST_ROWS:
            raise ConfigError(f"{self.total:,} rows are more than can be balanced at once; draw "
                              f"{MOST_ROWS:,} at most, and more with another seed")  # fmt: skip

    @property
    def total(self) -> int:
        """Rows that are drawn."""
        return sum(self.drawn)

    def classes(self, seed: int) -> NDArray[np.int64]:
        """[total] class of each row, in an order that depends on the counts and the seed alone."""
        each = torch.arange(len(self.drawn)).repeat_interleave(torch.tensor(self.drawn))
        order = torch.randperm(self.total, generator=generator_for(seed, *CLASS_STREAM))
        return each[order].numpy()

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for a manifest."""
        found: dict[str, Any] = {
            "of": self.column,
            "drawn": dict(zip(self.names, self.drawn, strict=True)),
        }
        if self.real is not None:
            found["real"] = dict(zip(self.names, self.real, strict=True))
        return found

    @property
    def largest(self) -> str:
        """That all classes are as large as each other, in words."""
        count = max(self.real or self.drawn, default=0)
        return f"each of the {len(self.names)} classes of {self.column} has {count:,} rows"

    def lines(self) -> list[str]:
        """The counts as a table for the console."""
        columns = [("rows", self.drawn)]
        if self.real is not None:
            sums = tuple(a + b for a, b in zip(self.real, self.drawn, strict=True))
            columns = [("real", self.real), ("drawn", self.drawn), ("together", sums)]
        names, left = self.names[:_SHOWN], len(self.names) - _SHOWN
        rows = [(name, *(held[place] for _, held in columns)) for place, name in enumerate(names)]
        if left > 0:
            rest = (sum(held[_SHOWN:]) for _, held in columns)
            rows.append((f"{left} more classes", *rest))
        return table_lines([self.column, *(title for title, _ in columns)], rows)


def exact_counts(shares: Sequence[Fraction], n: int) -> tuple[int, ...]:
    """Whole numbers that sum to n, each its share of n rounded by the largest remainders.

    Args:
        shares: of the classes, which sum to one.
        n: rows.
    """
    wanted = [share * n for share in shares]
    counts = [int(each) for each in wanted]
    order = sorted(range(len(counts)), key=lambda place: counts[place] - wanted[place])
    for place in order[: n - sum(counts)]:
        counts[place] += 1
    return tuple(counts)


def missing_counts(real: Sequence[int]) -> tuple[int, ...]:
    """What each class lacks of the largest one."""
    largest = max(real, default=0)
    return tuple(largest - each for each in real)


def check_number(option: str, column: str, count: int, least: int = 2) -> None:
    """Refuse columns of too many classes, or of one, by a ConfigError."""
    if count > MOST_CLASSES:
        named = ", or name some with their shares, as in balance.COLUMN={VALUE: SHARE}"
        raise ConfigError(
            f"{option}: {column} has {count:,} values, and at most {MOST_CLASSES:,} classes can be "
            f"balanced; choose a column of fewer values{named if option == 'balance' else ''}"
        )
    if count < least:
        held = "one value" if count else "no value that the model knows"
        raise ConfigError(f"{option}: {column} has {held}, so there is nothing to balance; choose "
                          "another column")  # fmt: skip


def table_lines(titles: Sequence[str], rows: Sequence[Sequence[str | int]]) -> list[str]:
    """Texts, and counts to the right of them, under their titles."""
    shown = [[each if isinstance(each, str) else f"{each:,}" for each in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(titles, *shown, strict=True)]
    return [
        "  ".join(cell.ljust(width) if not place else cell.rjust(width)
                  for place, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in (titles, *shown)
    ]  # fmt: skip
