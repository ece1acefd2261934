"""Conditions on columns that rules hold to others, and are drawn beside these."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.errors import ConfigError
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.rules.held import Held


def check_beside(
    codec: TableCodec,
    known: Mapping[str, NDArray[np.bool_]],
    option: str,
    names: Iterable[str] | None = None,
) -> None:
    """Refuse cells that are known without those that they are told from.

    Args:
        codec: of the table.
        known: [N] which cells of each column are.
        option: that the user says them by.
        names: of the columns that are held against it; all known ones if None.

    Raises:
        ConfigError: naming the columns that lack.
    """
    nowhere = np.zeros(1, bool)
    for name in known if names is None else names:
        held, rows = codec.rules.held.get(name), known.get(name, np.ones(1, bool))
        if held is None:
            continue
        for other in sorted(told_from(held)):
            if (rows & ~known.get(other, nowhere)).any():
                raise ConfigError(
                    f"{option}: column {name!r} is drawn beside {other!r} by the rule {held.said}, "
                    f"so it can be known only where {other!r} is; give {other!r} too, or leave "
                    f"{name!r} out"
                )


def sides_of(
    codec: TableCodec, cells: pd.DataFrame, known: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """[N, columns] known cells that are told from others that are not, and what of these lacks.

    Args:
        codec: of the table.
        cells: [N] rows of some columns.
        known: [N, columns of `cells`] which cells are known, those known to be missing among them.
    """
    names, marks = codec.schema.names, columns_known(cells, known)
    nowhere = np.zeros(len(cells), bool)
    dependents, lacking = np.zeros((2, len(cells), len(names)), bool)
    for name in reversed(codec.rules.order):
        held = codec.rules.held.get(name)
        if held is None:
            continue
        place, own = names.index(name), marks.get(name, nowhere)
        if name in marks and not held.implications:
            own = own & cells[name].notna().to_numpy(bool)  # a missing cell is told from nothing
        for other in told_from(held):
            lacks = (own | lacking[:, place]) & ~marks.get(other, nowhere)
            lacking[:, names.index(other)] |= lacks
            dependents[:, place] |= own & lacks
    return dependents, lacking


def stands_alone(codec: TableCodec, name: str) -> bool:
    """Whether a column can be known where no other one is."""
    held = codec.rules.held.get(name)
    return held is None or not told_from(held)


def told_from(held: Held) -> set[str]:
    """The columns without which a column cannot be known."""
    return held.needs - {*held.members}


def check_kept(codec: TableCodec, cells: pd.DataFrame) -> None:
    """Refuse, by a ConfigError, fixed cells that break a rule."""
    for text, count in codec.rules.counts(cells).items():
        if count:
            raise ConfigError(f"where: the values break the rule {text!r}, so no row has them; "
                              "correct one of them")  # fmt: skip


def is_held(codec: TableCodec, index: int) -> bool:
    """Whether the code of a column means something beside others only."""
    held = codec.rules.held.get(codec.schema.names[index])
    return held is not None and bool(held.sides)


def refuse_held(codec: TableCodec, name: str) -> None:
    """Raise a ConfigError, as a column has no codes that a range or a set could be told by."""
    held = codec.rules.held[name]
    others = " and ".join(map(repr, held.beside))
    raise ConfigError(f"where: column {name!r} is drawn beside {others} by the rule {held.said}, "
                      f"so it can be held to one value, and to no range or set; give one value of "
                      f"it, or ranges for {others}")  # fmt: skip


def columns_known(cells: pd.DataFrame, known: NDArray[np.bool_]) -> dict[str, NDArray[np.bool_]]:
    """[N] which cells of each column are known."""
    return {name: known[:, place] for place, name in enumerate(cells.columns)}


def all_known(names: Iterable[str]) -> dict[str, NDArray[np.bool_]]:
    """Columns that are known in every row."""
    return {name: np.ones(1, bool) for name in names}
