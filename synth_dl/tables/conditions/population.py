"""Hybrid rows: some columns from a recipe, such as the known margins of a census."""

from typing import Any, Protocol, runtime_checkable

import pandas as pd

from synth_dl.errors import ConfigError, DataError
from synth_dl.sampling.columns import unknown_column
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.category import CategoryColumn, FixedColumn
from synth_dl.tables.conditions.rows import Cells
from synth_dl.tables.conditions.unseen import never_seen
from synth_dl.tables.reading.matching import match_frame

PREFIX = "recipe:"  # begins what given= says where it is a recipe


@runtime_checkable
class Population(Protocol):
    """What is asked of a `synth_dl.Recipe`, whose module loads much that few need."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        ...

    @property
    def tables(self) -> dict[str, tuple[str, ...]]:
        """Of linked tables, the columns of each."""
        ...

    @property
    def rows(self) -> int | None:
        """Rows that are drawn where no number is asked for."""
        ...

    def sample(self, n: int | None = None, seed: int = 0, start: int = 0) -> Any:
        """[n] rows from number `start` on."""
        ...


def population(codec: TableCodec, recipe: Population, n: int, seed: int, name: str) -> Cells:
    """The first n rows of a recipe in the types of the model's columns, whose others are unknown.

    A missing cell of the recipe is known to be missing.

    Args:
        codec: of the model.
        recipe: of one table.
        n: rows.
        seed: of the recipe's rows.
        name: of the recipe, for messages.

    Raises:
        ConfigError: for a column or a value that the model does not know, or a recipe that leaves
            nothing to draw.
        DataError: for linked tables, or a column of another type.
    """
    names = codec.schema.names
    if recipe.tables:
        raise DataError(f"{name}: it is a recipe of linked tables; give one of a single table")
    unknown = [column for column in recipe.columns if column not in names]
    if unknown:
        raise ConfigError(unknown_column(unknown[0], names, name))
    if len(recipe.columns) == len(names):
        raise ConfigError(f"{name}: it draws every column of the model, which has nothing left to "
                          "draw; leave columns out of it, or draw from recipe= alone")  # fmt: skip
    rows: pd.DataFrame = recipe.sample(n, seed)
    cells = Cells(match_frame(rows, codec.schema, name), rows.isna()).whole()
    for column in cells.values.columns:
        _check_seen(codec, name, column, cells.values.loc[:, column])
    return cells


def _check_seen(codec: TableCodec, name: str, column: str, cells: pd.Series) -> None:
    """Refuse a recipe with categories that the model never saw."""
    index = codec.schema.names.index(column)
    slots = codec.slots(index)
    if not isinstance(codec.columns[index], CategoryColumn | FixedColumn):
        return
    found = pd.Series(cells.dropna().unique())
    own = codec.encode(pd.DataFrame({column: found}))[:, slots]
    fixed = getattr(codec.columns[index], "value", None)
    strange = (own < 0).any(1) if slots else (found.astype("str") != str(fixed)).to_numpy()
    if strange.any():
        raise ConfigError(never_seen(codec, index, found.iloc[int(strange.argmax())], name))
