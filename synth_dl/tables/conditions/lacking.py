"""Which columns lack of rows in which columns are known that rules tell from them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.columns import Place
from synth_dl.tables.conditions.beside import sides_of, told_from
from synth_dl.tables.rules.solving import grid_in, is_even

_TRIED = 16  # rows of any codes, on which a formula is tried


@dataclass(frozen=True)
class Task:
    """What rows that lack the same columns ask for.

    Attributes:
        dependents: known columns that are told from some that lack.
        drawn: those that lack and are drawn, each after those that it is told from.
        solved: by a column that lacks and is not drawn, the computed one that it follows from.
        known: the columns under the same rules that are known.
        place: of the first dependent among the columns.
    """

    dependents: tuple[str, ...]
    drawn: tuple[str, ...]
    solved: tuple[tuple[str, str], ...]
    known: tuple[str, ...]
    place: int

    @property
    def found(self) -> tuple[str, ...]:
        """All that lacks."""
        return (*self.drawn, *(name for name, _ in self.solved))

    @classmethod
    def those(
        cls, codec: TableCodec, dependents: set[str], lacking: set[str], known: set[str]
    ) -> Iterator["Task"]:
        """How to find what lacks of rows with these columns: those apart that no rule ties."""
        groups: list[set[str]] = []
        for name in (each for each in codec.rules.order if each in dependents | lacking):
            held = codec.rules.held.get(name)
            own = {name} if held is None else {name} | (told_from(held) & lacking)
            tied = [group for group in groups if group & own]
            groups = [group for group in groups if not group & own] + [own.union(*tied)]
        for group in groups:
            about = {n for rule in codec.rules.rules if rule.names & group for n in rule.names}
            yield cls._of(codec, dependents & group, lacking & group, known & about)

    @classmethod
    def _of(
        cls, codec: TableCodec, dependents: set[str], lacking: set[str], known: set[str]
    ) -> "Task":
        solved: dict[str, str] = {}
        for name in sorted(dependents):
            formula = codec.rules.held[name].formula
            if formula is None:
                continue
            # The one that is decoded last, so that nothing that lacks is told from it but by rule.
            parts = [part for part in reversed(codec.rules.order)
                     if part in formula.by.names & lacking and part not in solved]  # fmt: skip
            found = next((part for part in parts if _solvable(codec, name, part)), None)
            if found is not None:
                solved[found] = name
        order = codec.rules.order
        drawn = tuple(name for name in order if name in lacking and name not in solved)
        inside = tuple(name for name in order if name in dependents)
        beside = tuple(name for name in order if name in known)
        return cls(inside, drawn, (*solved.items(),), beside, codec.schema.names.index(inside[0]))


def tasks_of(
    codec: TableCodec, cells: pd.DataFrame, known: NDArray[np.bool_]
) -> dict[Task, NDArray[np.int64]]:
    """The rows in which each set of columns lacks; args as of `sides_of`."""
    dependents, lacking = sides_of(codec, cells, known)
    names = np.array(codec.schema.names)
    here = np.zeros_like(lacking)
    for place, name in enumerate(cells.columns):
        here[:, codec.schema.names.index(name)] = known[:, place] & (name in codec.rules.names)
    patterns, which = np.unique(
        np.concatenate([dependents, lacking, here], 1), axis=0, return_inverse=True
    )
    found: dict[Task, list[NDArray[np.int64]]] = {}
    for place, pattern in enumerate(patterns):
        parts = [{*names[own].tolist()} for own in np.split(pattern, 3)]
        for task in Task.those(codec, *parts) if parts[0] else ():
            found.setdefault(task, []).append(np.flatnonzero(which == place))
    return {task: np.sort(np.concatenate(rows)) for task, rows in found.items()}


def _solvable(codec: TableCodec, computed: str, name: str) -> bool:
    """Whether a column follows from what is computed from it, in rows of any codes."""
    formula = codec.rules.held[computed].formula
    grid = grid_in(codec.columns[codec.schema.names.index(name)])
    if grid is None or formula is None:
        return False
    levels = np.array([each.levels if each.parent is None else 1 for each in codec.spec.variables])
    tried = np.linspace(0, 1 - 2**-53, _TRIED)[:, None]
    uniform = np.repeat(tried, len(levels), 1)
    frame = codec.decode((tried * levels).astype(np.int64), uniform, Place(0, 0))
    return is_even(formula, grid, name, frame)
