"""Classes of rows: the values of a column, or the combinations of values of several columns."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.errors import ConfigError
from synth_dl.sampling.balance import check_number
from synth_dl.sampling.shares import Shares, shares_of
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.category import CategoryColumn
from synth_dl.tables.codecs.columns import NumberColumn
from synth_dl.tables.conditions.beside import all_known, check_beside
from synth_dl.tables.conditions.cells import where_cell
from synth_dl.tables.conditions.unseen import asked_by, never_seen
from synth_dl.tables.rules.columns import HeldColumn


@dataclass(frozen=True)
class Classes:
    """Classes of rows.

    Attributes:
        cells: [K] rows of the columns that they are classes of.
        codes: [K, V] codes of these cells, -1 in other columns.
        shares: of each, which sum to one.
        said: whether a user says shares.
        option: for messages.
    """

    cells: pd.DataFrame
    codes: NDArray[np.int64]
    shares: tuple[Fraction, ...]
    said: bool
    option: str

    @property
    def column(self) -> str:
        """What they are classes of, for people."""
        return ", ".join(self.cells.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """Of each, for people."""
        shown = self.cells.astype("object").where(self.cells.notna(), "missing")
        return tuple(", ".join(map(str, row)) for row in shown.itertuples(index=False))

    def only(self, kept: NDArray[np.bool_]) -> "Classes":
        """Some of the classes, whose shares are scaled to sum to one."""
        shares = [share for share, here in zip(self.shares, kept, strict=True) if here]
        total = sum(shares, Fraction(0))
        return replace(
            self,
            cells=self.cells.loc[kept].reset_index(drop=True),
            codes=self.codes[kept],
            shares=tuple(share / total for share in shares),
        )

    def counts(self, codes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """[K] how many rows of [N, V] codes are of each class, and [N] which are of none."""
        slots = np.flatnonzero((self.codes >= 0).any(0))
        own = pd.MultiIndex.from_arrays(list(self.codes[:, slots].T))
        place = own.get_indexer(pd.MultiIndex.from_arrays(list(codes[:, slots].T)))
        return np.bincount(place[place >= 0], minlength=len(own)), place < 0


def classes_of(codec: TableCodec, option: str, asked: Any) -> Classes:
    """The classes that a user names, as `shares_of` takes them.

    Raises:
        ConfigError: for an unknown column, one that has no classes or too many, a value that the
            model does not know, or shares that are none.
    """
    labels = {each.label: each.name for each in codec.schema.columns if each.label is not None}
    found = shares_of(option, asked, [*codec.schema.names, *labels])
    columns = {labels.get(name) or str(name): shares for name, shares in found.items()}
    check_beside(codec, all_known(columns), option)
    values = {name: _values(codec, option, name, shares) for name, shares in columns.items()}
    said = any(shares is not None for shares in columns.values())
    count = math.prod(map(len, values.values()))
    check_number(option, _combinations(columns), count, least=1 if said else 2)
    places = np.array(list(product(*(range(len(each)) for each in values.values()))))
    cells = pd.DataFrame({name: each.iloc[places[:, k]].reset_index(drop=True)
                          for k, (name, each) in enumerate(values.items())})  # fmt: skip
    equal = Fraction(1)
    each = [list(shares.values()) if shares else [equal / len(values[name])] * len(values[name])
            for name, shares in columns.items()]  # fmt: skip
    joint = tuple(math.prod(shares, start=equal) for shares in product(*each))
    return Classes(cells, codec.encode(cells).astype(np.int64), joint, said, option)


def _combinations(columns: Mapping[str, Shares]) -> str:
    names = " and ".join(f"'{name}'" for name in columns)
    return f"column {names}" if len(columns) == 1 else f"the combination of {names}"


def _values(codec: TableCodec, option: str, name: str, shares: Shares) -> pd.Series:
    """The values of a column that are classes, in its type."""
    index = codec.schema.names.index(name)
    inner, column = codec.columns[index], codec.schema.columns[index]
    if column.type == "constant":
        check_number(option, f"column '{name}'", 1)
    if isinstance(inner, HeldColumn):
        raise ConfigError(
            f"{option}: column '{name}' is drawn beside others by the rule {inner.held.said}, so "
            "its classes cannot be balanced; choose another column"
        )
    if not isinstance(inner, CategoryColumn | NumberColumn):
        raise ConfigError(
            f"{option}: column '{name}' is of type {column.type}, which has no classes; choose a "
            "category, a boolean or a number of few values"
        )
    labels = codec.labels(index) if codec.slots(index) else []
    if shares is None:
        values: Sequence[Any] = labels
        if any(isinstance(label, pd.Interval) for label in labels):
            cure = "choose another column" + (
                f", or name some values with their shares, as in {option}.{name}={{VALUE: SHARE}}"
                if option == "balance" else ""
            )  # fmt: skip
            raise ConfigError(f"{option}: column '{name}' is a number of so many values that the "
                              f"model keeps intervals of them; {cure}")  # fmt: skip
        check_number(option, f"column '{name}'", len(labels))
    else:
        values = list(shares)
    levels = inner.categories if isinstance(inner, CategoryColumn) else ()
    dialect = codec.schema.dialect
    with asked_by(f"{option}.{name}"):
        cells = [where_cell(column, value, dialect, levels) for value in values]
    joined: pd.Series = pd.concat(cells, ignore_index=True)
    _check_known(codec, option, joined, index)
    return joined


def _check_known(codec: TableCodec, option: str, cells: pd.Series, index: int) -> None:
    """Refuse values that the model does not know, and two that are the same."""
    inner, name = codec.columns[index], codec.schema.names[index]
    own = codec.encode(pd.DataFrame({name: cells}))[:, codec.slots(index)]
    lost = (own < 0).any(1) if own.shape[1] else np.ones(len(cells), bool)
    if isinstance(inner, NumberColumn):
        lost |= ~inner.inside(cells)
    if lost.any():
        value = cells.iloc[int(lost.argmax())]
        raise ConfigError(never_seen(codec, index, value, f"{option}.{name}"))
    if cells.duplicated().any():
        twice = cells.iloc[int(cells.duplicated().to_numpy().argmax())]
        raise ConfigError(f"{option}.{name} names the value '{twice}' twice: leave one of the two "
                          "out")  # fmt: skip
