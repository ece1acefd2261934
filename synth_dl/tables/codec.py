"""A table as one array of integer codes, and back.

The codec is fitted on the training rows only. What it keeps is plain data that travels with every
model, so it holds nothing that rests on fewer than `min_count` rows.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from msgspec import Meta, Struct
from numpy.typing import NDArray

from synth_dl.errors import DataError
from synth_dl.opening import converted
from synth_dl.privacy.ledger import Ledger
from synth_dl.spec import Spec
from synth_dl.tables.codecs.category import CategoryColumn, FixedColumn
from synth_dl.tables.codecs.columns import ColumnCodec, KeyColumn, NumberColumn, Place, SingleColumn
from synth_dl.tables.codecs.moment import MomentColumn
from synth_dl.tables.codecs.pattern import PatternColumn
from synth_dl.tables.formatting import format_column
from synth_dl.tables.rules.columns import DifferenceColumn, HeldColumn
from synth_dl.tables.rules.fitting import fit_columns, read_columns, with_keys
from synth_dl.tables.rules.implying import implied
from synth_dl.tables.rules.joint import JointColumn, TogetherColumn
from synth_dl.tables.rules.plan import Plan
from synth_dl.tables.schema import Schema

_MOST_VARIABLES, _MOST_CODES = 2**14, 2**22
CODECS: dict[str, type[SingleColumn]] = {
    "number": NumberColumn,
    "category": CategoryColumn,
    "boolean": CategoryColumn,
    "datetime": MomentColumn,
    "pattern": PatternColumn,
    "key": KeyColumn,
    "constant": FixedColumn,
    "empty": FixedColumn,
}


@dataclass(frozen=True)
class TableCodec:
    """The codecs of all columns, in file order.

    Attributes:
        schema: what the columns are.
        columns: a codec for each.
        min_count: rows that each stored category, edge or extreme rests on at least.
        ledger: of differential privacy, where all that is stored was learnt under it.
    """

    kind: ClassVar[str] = "table"
    schema: Schema
    columns: tuple[ColumnCodec, ...]
    min_count: int
    ledger: Ledger | None = None

    @classmethod
    def fit(cls, frame: pd.DataFrame, schema: Schema, *, min_count: int = 5) -> "TableCodec":
        """Fit every column on the training rows.

        Raises:
            DataError: if no column can be learnt from.
        """
        schema = with_keys(schema)
        columns = fit_columns(frame, schema, CODECS, min_count)
        codec = cls(_pruned(schema, columns), columns, min_count)
        if not len(codec.spec):
            raise DataError(
                f"no column of the table has two values that {min_count} rows share each, so there "
                "is nothing to learn; give more rows or lower data.min_count"
            )
        return codec

    @cached_property
    def rules(self) -> Plan:
        """What holds in every row."""
        return Plan.of(self.schema)

    @cached_property
    def spec(self) -> Spec:
        """What one record is. Variables without any level are left out, with their column."""
        variables = []
        for index, codec in enumerate(self.columns):
            found = codec.variables(index, len(variables))
            if found and all(variable.levels > 0 for variable in found):
                variables += found
        return Spec(tuple(variables), tuple(self.schema.names))

    def slots(self, column: int) -> list[int]:
        """Positions in the record of a column's variables."""
        return [k for k, found in enumerate(self.spec.variables) if found.column == column]

    def encode(self, frame: pd.DataFrame) -> NDArray[np.int32]:
        """[N, V] codes; -1 where a cell has none, or where its column is not in the frame."""
        codes = np.full((len(frame), len(self.spec)), -1, np.int32)
        for index, (codec, name) in enumerate(zip(self.columns, self.schema.names, strict=True)):
            slots = self.slots(index)
            if slots and isinstance(codec, HeldColumn):
                if {name, *codec.held.beside} <= {*frame.columns}:
                    codes[:, slots] = codec.encode_beside(frame)
            elif slots and isinstance(codec, SingleColumn) and name in frame.columns:
                values: Any = frame[name]
                codes[:, slots] = codec.encode(values)
        for name, broken in self.rules.broken_cells(frame):
            codes[broken[:, None] & self.variables_of(name)] = -1
        return codes

    def decode(
        self,
        codes: NDArray[np.integer],
        uniform: NDArray[np.float64],
        place: Place,
        known: Callable[[str, pd.Series], pd.Series] | None = None,
    ) -> pd.DataFrame:
        """The table behind [N, V] codes without any -1.

        Args:
            codes: [N, V].
            uniform: [N, V] draws from [0, 1) that place numbers inside their bins.
            place: where these rows stand in the whole sample.
            known: puts the known cells into a drawn column, before others are told from it.
        """
        cells: dict[str, pd.Series] = {}
        for name in self.rules.order:
            drawn = self.decode_column(name, codes, uniform, place, cells)
            cells[name] = drawn if known is None else known(name, drawn)
        return pd.DataFrame({name: cells[name] for name in self.schema.names})

    def decode_column(
        self,
        name: str,
        codes: NDArray[np.integer],
        uniform: NDArray[np.float64],
        place: Place,
        cells: Mapping[str, pd.Series],
    ) -> pd.Series:
        """One column behind [N, V] codes, beside `cells`: the columns that rules tell it from.

        Other arguments as of `decode`; codes of other columns do not matter.
        """
        codec, slots = self._drawn_by(self.schema.names.index(name))
        own, draws = codes[:, slots].astype(np.int64), uniform[:, slots]
        if isinstance(codec, HeldColumn):
            drawn = codec.decode_beside(own, draws, _frame(cells, codec.held.beside, codes))
        else:
            assert isinstance(codec, SingleColumn)  # a column is the one or the other
            drawn = codec.decode(own, draws, place)
        for rule in self.rules.implications(name):
            assert isinstance(codec, SingleColumn)  # two rules of a column are refused
            about = _frame({**cells, name: drawn}, rule.names, codes)
            drawn = implied(rule, codec, drawn, about, draws)
        return drawn

    def _drawn_by(self, index: int) -> tuple[ColumnCodec, list[int]]:
        """The codec that a column is drawn by, and the variables that it reads."""
        codec = self.columns[index]
        if isinstance(codec, TogetherColumn):
            index = self.schema.names.index(codec.joint.column.name)
        slots = self.slots(index)
        if not slots and not isinstance(codec, FixedColumn | DifferenceColumn):
            codec = FixedColumn(self.schema.columns[index], None)  # nothing of it was learnt
        return codec, slots

    def variables_of(self, name: str) -> NDArray[np.bool_]:
        """[V] which variables a column is told by."""
        found = np.zeros(len(self.spec), bool)
        found[self._drawn_by(self.schema.names.index(name))[1]] = True
        return found

    def inside(self, index: int, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """[N] whether the cells of a column lie within the extremes that it was fitted on; the
        frame has the columns that it is told from too."""
        codec = self.columns[index]
        if isinstance(codec, HeldColumn):
            return codec.inside(frame)
        if isinstance(codec, NumberColumn | MomentColumn):
            cells: pd.Series = frame.loc[:, self.schema.names[index]]
            return codec.inside(cells)
        return np.ones(len(frame), bool)

    def log_measure(self, codes: NDArray[np.integer]) -> NDArray[np.float64]:
        """[N] log of the volume behind the known codes, over all columns.

        log p(codes) minus this is log p in data units: mass where a column has a fixed precision,
        density where it has none.
        """
        total = np.zeros(len(codes))
        for index, codec in enumerate(self.columns):
            slots = self.slots(index)
            if slots:
                own = codes[:, slots].astype(np.int64)
                known = (own >= 0).all(1)
                total += np.where(known, codec.log_measure(np.maximum(own, 0)), 0.0)
        return total

    def outside(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """[N] rows that are never drawn, as they break a rule."""
        found = self.rules.broken(frame)
        for _, strange in self._strange(frame):
            found |= strange
        return found

    def broken_cells(self, frame: pd.DataFrame) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Each column that a rule holds, and [N] in which rows it breaks the rule."""
        yield from self.rules.broken_cells(frame)
        for joint, strange in self._strange(frame):
            yield from ((name, strange) for name in joint.held.members)

    def _strange(self, frame: pd.DataFrame) -> Iterator[tuple[JointColumn, NDArray[np.bool_]]]:
        """Combinations of which the frame has all columns, and [N] which rows fit none of them."""
        for codec in self.columns:
            if isinstance(codec, JointColumn) and {*codec.held.members} <= {*frame.columns}:
                yield codec, codec.strange(frame)

    def settled(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """[N, V] codes that implications leave no choice of."""
        found = np.zeros((len(frame), len(self.spec)), bool)
        for name, held in self.rules.held.items():
            for rule in held.implications:
                if rule.settles and rule.names <= {*frame.columns}:
                    found |= rule.active(frame)[:, None] & self.variables_of(name)
        return found

    def labels(self, column: int) -> list[Any]:
        """What the codes of a column's first variable stand for, missing left out.

        Categories with a coarse and a fine code are listed one by one. Raises a ConfigError for
        keys and dates, whose codes have no value of their own.
        """
        return self.columns[column].labels()

    def missing_codes(self) -> dict[int, int]:
        """For each column's first variable that can be missing, the code that says so."""
        found = {}
        for index, codec in enumerate(self.columns):
            slots = self.slots(index)
            if slots and codec.has_missing:
                found[slots[0]] = self.spec.variables[slots[0]].levels - 1
        return found

    def contents(self) -> str:
        """For the card: what the rows are, and how to draw some."""
        names = self.schema.names
        return (
            f"rows; {len(names)} columns: {', '.join(names)}.\n\n"
            "Draw rows with `synth-sample artifact=<this folder> n=1000 out=synthetic.csv` or "
            "`synth_dl.load('<this folder>').sample(1000)`."
        )

    def promise(self) -> str:
        """For the card: what of the training rows the codec holds."""
        if self.ledger is not None:
            return self.ledger.promise()
        return (
            "`model.json` holds no training row, and no category, edge or extreme that fewer than "
            f"{self.min_count} training rows share."
        )

    def check(self) -> None:
        """Refuse, by a ValueError, what cannot be drawn or written: each code is tried once."""
        spec = self.spec.variables
        if len(spec) > _MOST_VARIABLES or sum(v.levels for v in spec) > _MOST_CODES:
            raise ValueError("no training leaves so many codes")
        for codec, column in zip(self.columns, self.schema.columns, strict=True):
            found = codec.variables(0, 0)
            levels = np.array([v.levels if v.parent is None else 1 for v in found], np.int64)
            tried = np.arange(levels.max(initial=1))[:, None]
            codes = np.minimum(tried, np.maximum(levels - 1, 0))
            if not levels.all():
                codec, codes = FixedColumn(column, None), codes[:, :0]
            if isinstance(codec, DifferenceColumn | TogetherColumn):
                continue  # tried below, beside others
            try:
                uniform = np.full(codes.shape, 0.5)
                if isinstance(codec, JointColumn):
                    cells = codec.decode_beside(codes, uniform, _frame({}, (), codes))
                else:
                    assert isinstance(codec, SingleColumn)
                    cells = codec.decode(codes, uniform, Place(0, 0))
                format_column(cells, column, self.schema.dialect)
            except DataError:  # what a sample says too
                continue
            # Whatever the libraries raise for types, patterns and values that do not go together.
            except Exception as error:
                raise ValueError(f"column {column.name!r} cannot be drawn: {error}") from error
        if self.rules.rules:
            self.decode(
                np.zeros((1, len(spec)), np.int64), np.full((1, len(spec)), 0.5), Place(0, 0)
            )

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold."""
        state = {
            "kind": self.kind,
            "schema": self.schema.to_dict(),
            "min_count": self.min_count,
            "columns": [codec.to_dict() for codec in self.columns],
        }
        return state if self.ledger is None else {**state, "ledger": self.ledger.to_dict()}

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> "TableCodec":
        """The inverse of `to_dict`."""
        stored = converted(state, _Stored)
        schema = Schema.from_dict(stored.schema)
        columns = read_columns(schema, CODECS, stored.columns)
        ledger = None if stored.ledger is None else Ledger.from_dict(stored.ledger)
        return cls(schema, columns, stored.min_count, ledger)


class _Stored(Struct, forbid_unknown_fields=True):
    """What `TableCodec.to_dict` gives."""

    kind: Literal["table"]
    schema: dict[str, Any]
    min_count: Annotated[int, Meta(ge=1)]
    columns: list[dict[str, Any]]
    ledger: dict[str, Any] | None = None


def _frame(cells: Mapping[str, pd.Series], names: Iterable[str], codes: Any) -> pd.DataFrame:
    """Some of the columns that are decoded already, as many rows as there are codes."""
    return pd.DataFrame({name: cells[name] for name in names}, index=range(len(codes)))


def _pruned(schema: Schema, columns: tuple[ColumnCodec, ...]) -> Schema:
    """The schema without the declared levels that too few rows hold."""
    kept = []
    for column, codec in zip(schema.columns, columns, strict=True):
        if column.levels is not None and isinstance(codec, CategoryColumn):
            levels = codec.categories
            ordered = column.ordered and (bool(levels) or column.dtype == "category")
            column = replace(column, levels=levels or None, ordered=ordered)
        kept.append(column)
    return replace(schema, columns=tuple(kept))
