"""What is known of the rows to draw: fixed columns, or rows with some cells filled in."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth_dl.errors import ConfigError
from synth_dl.models.allowed import AllowedCodes, Masks
from synth_dl.sampling.columns import unknown_column
from synth_dl.sampling.conditions import condition_of, is_single
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.category import CategoryColumn, FixedColumn
from synth_dl.tables.codecs.columns import KeyColumn, NumberColumn
from synth_dl.tables.codecs.moment import MomentColumn
from synth_dl.tables.conditions.allowed import (
    AllowedColumn,
    allowed_column,
    is_ordered,
    known_values,
)
from synth_dl.tables.conditions.beside import (
    all_known,
    check_beside,
    check_kept,
    is_held,
    refuse_held,
    sides_of,
)
from synth_dl.tables.conditions.cells import where_cell
from synth_dl.tables.conditions.joint import JointConditions, wholly_known
from synth_dl.tables.conditions.unseen import never_seen
from synth_dl.tables.promise import nullable
from synth_dl.tables.rules.joint import JointColumn

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Given:
    """Known cells of rows, or of one row that stands for all.

    Attributes:
        cells: the known values; what it holds elsewhere does not matter.
        known: [N, columns of `cells`] which cells are known, those known to be missing among them.
        codes: [N, V] codes of the known cells, -1 elsewhere.
        repeated: whether the one row stands for every row that is drawn.
        masks: of all columns that are held to a value, a range or a set.
        codec: that decodes ranges and sets to allowed values alone; None where there are none.
        places: where the N rows are classes, [rows] which of them each row that is drawn has.
        option: that the user says them by.
    """

    cells: pd.DataFrame
    known: NDArray[np.bool_]
    codes: Tensor
    repeated: bool
    masks: Masks = field(default_factory=dict)
    codec: TableCodec | None = None
    places: NDArray[np.int64] | None = None
    option: str = "given"

    def written(self, first: int, name: str, drawn: pd.Series) -> pd.Series:
        """A drawn column of the rows from `first` on with each known cell exactly as it was given.

        The categories of all known cells are among its own, so that parts of a sample have one
        type.
        """
        if name not in self.cells.columns:
            return drawn
        index = self.cells.columns.get_loc(name)
        if not self.known[:, index].any():
            return drawn
        places = np.zeros(len(drawn), int) if self.repeated else np.arange(len(drawn)) + first
        places = places if self.places is None else self.places[places]
        cells: pd.Series = self.cells.loc[:, name]
        return _overwrite(drawn, cells, places, self.known[places, index])


def given_rows(codec: TableCodec, cells: pd.DataFrame, absent: pd.DataFrame) -> Given:
    """Known cells of a partly filled table.

    Args:
        codec: of the model.
        cells: values in the training table's types, missing where unknown.
        absent: True where a cell is known to be missing.
    """
    known = cells.notna().to_numpy() | absent.to_numpy(dtype=bool)
    return _given(codec, cells, known, repeated=False)


def fixed_columns(codec: TableCodec, values: Mapping[str, Any], *, told: bool = True) -> Given:
    """What all rows are held to: a value, a pair as a range, a set, or `Not` around one of these.

    None (or NaN) stands for a missing cell.

    Args:
        codec: of the model.
        values: by column.
        told: whether the columns that rules tell others from must be there too.

    Raises:
        ConfigError: for an unknown column, or what its column cannot be or the model does not know.
    """
    names = codec.schema.names
    cells, restricted = {}, {}
    joint = JointConditions(codec)
    called = {column.label: column.name for column in codec.schema.columns}
    for label, value in values.items():
        name = called.get(label, label) if label is not None else label
        if name not in names:
            raise ConfigError(unknown_column(str(name), names))
        index = names.index(name)
        if joint.take(index, value):
            continue
        inner = codec.columns[index]
        levels = known_values(inner)
        condition = condition_of(value, is_ordered(inner), set(map(str, levels)).__contains__)
        if is_single(condition):
            levels = inner.categories if isinstance(inner, CategoryColumn) else ()
            column, dialect = codec.schema.columns[index], codec.schema.dialect
            cells[name] = where_cell(column, condition, dialect, levels)
        elif is_held(codec, index):
            refuse_held(codec, name)
        else:
            restricted[index] = allowed_column(codec, index, condition)
    frame = pd.DataFrame(cells, index=[0])
    single, held = [*cells, *joint.single], [*cells, *(names[index] for index in restricted)]
    restricted |= joint.allowed()
    if told or restricted:
        check_beside(codec, all_known(single), "where", held)
    check_kept(codec, pd.DataFrame({**cells, **joint.single}, index=[0]))
    given = _given(codec, frame, np.ones((1, len(frame.columns)), bool), repeated=True)
    return _held(codec, given, restricted)


def _held(codec: TableCodec, given: Given, restricted: Mapping[int, AllowedColumn]) -> Given:
    """Fixed cells as masks too, beside those of restricted columns."""
    found: dict[int, AllowedCodes] = {index: each.codes for index, each in restricted.items()}
    for name in given.cells.columns:
        index = codec.schema.names.index(name)
        codes = given.codes[:, codec.slots(index)].numpy()
        if codes.size and (codes >= 0).all():
            found[index] = AllowedCodes(codes, np.ones(1))
    levels, masks = codec.spec.levels, {}
    for index, allowed in found.items():
        masks |= allowed.masks(codec.slots(index), levels)
    columns = list(codec.columns)
    for index, each in restricted.items():
        columns[index] = each.codec
    held = replace(codec, columns=tuple(columns)) if restricted else None
    return replace(given, masks=masks, codec=held)


def _given(
    codec: TableCodec, cells: pd.DataFrame, known: NDArray[np.bool_], repeated: bool
) -> Given:
    codes = codec.encode(cells).astype(np.int64)
    absent = cells.isna().to_numpy()
    strange, full, beyond = [], [], []
    dependents, _ = sides_of(codec, cells, known)
    for index, name in enumerate(cells.columns):
        column = codec.schema.names.index(name)
        inner, slots = codec.columns[column], codec.slots(column)
        unknown = np.flatnonzero(~known[:, index])
        codes[unknown[:, None], slots] = -1
        lost = known[:, index] & (codes[:, slots] < 0).any(1)
        if is_held(codec, column):
            alone = np.flatnonzero(dependents[:, column])
            codes[alone[:, None], slots] = -1  # until the columns that it is told from are drawn
            lost &= ~dependents[:, column]
        if isinstance(inner, JointColumn):
            lost &= wholly_known(inner, cells, known)
        if (lost & ~absent[:, index]).any():
            strange.append(name)
            if repeated and not isinstance(inner, KeyColumn):
                raise ConfigError(never_seen(codec, column, cells.loc[:, name].iloc[0]))
        elif isinstance(inner, NumberColumn | MomentColumn) and repeated:
            if (known[:, index] & ~inner.inside(cells.loc[:, name])).any():
                beyond.append(name)
        elif isinstance(inner, FixedColumn) and repeated and inner.value is not None:
            cell = cells.loc[:, name].iloc[0]
            if not absent[0, index] and str(cell) != str(inner.value):
                raise ConfigError(never_seen(codec, column, cell))
        if (lost & absent[:, index]).any():
            full.append(name)
    if beyond:
        logger.warning(
            "where: the value of %s lies beyond those that the model keeps; the other columns are "
            "drawn as for the outermost one",
            ", ".join(beyond),
        )
    if full:
        logger.warning(
            "%s: never missing in training, or in too few rows to be kept; the given cells are "
            "written as missing and count as unknown when the other columns are drawn",
            ", ".join(full),
        )
    if strange:
        logger.warning(
            "values given for %s are rarer than the model keeps or were never seen; they are "
            "written as given and count as unknown when the other columns are drawn",
            ", ".join(strange),
        )
    option = "where" if repeated else "given"
    return Given(cells, known, torch.from_numpy(codes), repeated, option=option)


def _overwrite(
    drawn: pd.Series, cells: pd.Series, places: NDArray[np.int64], known: NDArray[np.bool_]
) -> pd.Series:
    """A drawn column with its known cells in place, which stand at these places of `cells`."""
    if isinstance(drawn.dtype, pd.CategoricalDtype):
        present = cells.dropna().unique()
        drawn = drawn.cat.add_categories(
            [value for value in present if value not in drawn.cat.categories]
        )
    values = drawn.astype("object").to_numpy(copy=True)
    values[known] = cells.iloc[places].astype("object").to_numpy()[known]
    return _as_dtype(pd.Series(values, dtype="object"), drawn.dtype)


def _as_dtype(values: pd.Series, dtype: Any) -> pd.Series:
    """In the drawn column's type, or its nullable twin where a cell is now missing."""
    absent = values.isna()
    if absent.any():
        values = values.where(~absent, None)
        if isinstance(dtype, np.dtype) and dtype.kind in "iub":
            dtype = nullable(str(dtype))
    return values.astype(dtype)
