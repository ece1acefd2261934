"""What the trees of a variable predict: its codes at once, halves of them, or a refinement."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from synth_dl.spec import Variable

Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Part:
    """The rows of one tree.

    Attributes:
        rows, shown: places of its training and validation rows.
        codes, watched: what is predicted of them.
    """

    rows: Whole
    shown: Whole
    codes: Whole
    watched: Whole


@dataclass(frozen=True)
class Task:
    """What trees are grown for, one for each part of the rows.

    Attributes:
        levels: of the codes that are predicted.
        parts: [R] rows of each tree.
        start: [R, levels] distribution that the counts of a tree are drawn to.
        pull: how many rows that counts for.
        regression: whether splits are by the spread of ranks, not by entropy.
        halves: see `ConditionalTree`.
    """

    levels: int
    parts: Sequence[Part]
    start: NDArray[np.float64]
    pull: float = 1.0
    regression: bool = False
    halves: Whole = field(default_factory=lambda: np.zeros((0, 2), np.int64))


def tasks(target: Variable, own: Whole, watched: Whole) -> Iterator[Task]:
    """The ways to predict a variable that refines nothing.

    Args:
        target: the variable.
        own, watched: [N] and [M] its codes in training and validation rows.
    """
    part = Part(np.arange(len(own)), np.arange(len(watched)), own, watched)
    even = np.full((1, target.levels), 1 / target.levels)
    yield Task(target.levels, [part], even)
    if target.levels > 2:
        if target.ordered:
            yield Task(target.levels, [part], even, regression=True)
        yield _halved(target.levels, own, watched)


def refinement(
    target: Variable, own: Whole, watched: Whole, owner: Whole, owned: Whole
) -> Iterator[Task]:
    """The way to predict a refinement: one tree for each code that it refines, and for unknown.

    Args:
        target: the variable.
        own, watched: [N] and [M] its codes in training and validation rows.
        owner, owned: [N] and [M] those of the variable that it refines.
    """
    children = np.array(target.children or (), np.int64)
    parts = []
    for code in (*range(len(children)), -1):
        rows, shown = np.flatnonzero(owner == code), np.flatnonzero(owned == code)
        parts.append(Part(rows, shown, own[rows], watched[shown]))
    possible = np.arange(target.levels) < np.append(children, target.levels)[:, None]
    even = possible / possible.sum(1, keepdims=True).clip(1)
    # Few rows share a code that is refined.
    yield Task(target.levels, parts, even, pull=10.0)


def _halved(levels: int, own: Whole, watched: Whole) -> Task:
    """A code as a chain of yes and no: in which half of the rows it lies, in which quarter, ..."""
    mass = np.bincount(own, minlength=levels) + 0.1  # no half without any chance
    ends, halves, start, parts = [(0, levels)], [], [], []
    for first, stop in ends:  # it grows meanwhile
        sums = np.cumsum(mass[first:stop])
        cut = first + 1 + int(np.argmin(np.abs(sums[:-1] - sums[-1] / 2)))
        lower = mass[first:cut].sum() / sums[-1]
        start.append([lower, 1 - lower])
        pair = []
        for half in ((first, cut), (cut, stop)):
            single = half[1] - half[0] == 1
            pair.append(-1 - half[0] if single else len(ends))
            ends.extend([] if single else [half])
        halves.append(pair)
        rows, shown = (np.flatnonzero((c >= first) & (c < stop)) for c in (own, watched))
        upper, seen = own[rows] >= cut, watched[shown] >= cut
        parts.append(Part(rows, shown, upper.astype(np.int64), seen.astype(np.int64)))
    return Task(2, parts, np.array(start), halves=np.array(halves, np.int64))
