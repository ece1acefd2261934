"""The codecs of all columns, those held by rules among them: fitted, and read from an artifact."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.tables.codecs.columns import ColumnCodec, KeyColumn, NumberColumn, SingleColumn
from synth_dl.tables.codecs.dtypes import is_integer
from synth_dl.tables.codecs.moment import MomentColumn
from synth_dl.tables.limits import clipped
from synth_dl.tables.rules.columns import DifferenceColumn
from synth_dl.tables.rules.implying import check_value
from synth_dl.tables.rules.joint import JointColumn, TogetherColumn
from synth_dl.tables.rules.plan import Plan
from synth_dl.tables.rules.rule import Unique, read_rule
from synth_dl.tables.schema import Column, Schema

Classes = Mapping[str, type[SingleColumn]]  # codecs by the type of the column


def with_keys(schema: Schema) -> Schema:
    """The schema in which columns that must be unique are keys.

    Raises:
        DataError: for a rule that is none of this table, or a column that cannot be one.
    """
    rules = [part for text in schema.rules for part in read_rule(text, schema)]
    unique = {rule.column: rule for rule in rules if isinstance(rule, Unique)}
    return replace(
        schema,
        columns=tuple(
            _key(column, unique[column.name]) if column.name in unique else column
            for column in schema.columns
        ),
    )


def fit_columns(
    frame: pd.DataFrame, schema: Schema, classes: Classes, min_count: int
) -> tuple[ColumnCodec, ...]:
    """A codec for each column, fitted on the training rows that keep what it is held to.

    Raises:
        DataError: for rules that contradict each other, or so many of the rows.
    """
    frame = _limited(frame, schema)
    plan = Plan.of(schema, frame)
    plan.check(frame)
    broken = dict(plan.broken_cells(frame))
    found: dict[str, ColumnCodec] = {}
    for name in plan.order:
        column, held = schema.column(name), plan.held.get(name)
        rows = frame if name not in broken else _without(frame, broken[name])
        if held is not None and held.members:
            found[name] = _fit_member(frame, schema, plan, name, found, min_count)
            continue
        values: pd.Series = rows.loc[:, name]
        codec = classes[column.type].fit(values, column, min_count)
        if held is not None and held.unique and isinstance(codec, KeyColumn):
            single = replace(codec.codec, strides=(1,) * len(codec.codec.strides))
            codec = replace(codec, codec=single)
        for rule in plan.implications(name):
            check_value(rule, codec)
        if held is not None and held.sides and isinstance(codec, NumberColumn | MomentColumn):
            codec = DifferenceColumn.beside(rows, codec, held, min_count)
        found[name] = codec
    return tuple(found[name] for name in schema.names)


def read_columns(
    schema: Schema, classes: Classes, states: Sequence[dict[str, Any]]
) -> tuple[ColumnCodec, ...]:
    """The codecs of an artifact; a ValueError for a state that no fit leaves."""
    plan, found = Plan.of(schema), dict[str, ColumnCodec]()
    stored = dict(zip(schema.names, states, strict=True))
    for name in plan.order:
        column, held, state = schema.column(name), plan.held.get(name), stored[name]
        if held is not None and held.members and held.members[0] == name:
            members = tuple(map(schema.column, held.members))
            found[name] = JointColumn.read(members, held, state)
        elif held is not None and held.members:
            found[name] = _member(column, plan, found)
        elif held is not None and held.sides:
            found[name] = DifferenceColumn.read(classes[column.type], held, column, state)
        else:
            found[name] = classes[column.type].from_dict(column, state)
    return tuple(found[name] for name in schema.names)


def _fit_member(
    frame: pd.DataFrame, schema: Schema, plan: Plan, name: str, found: Mapping[str, ColumnCodec],
    min_count: int,
) -> ColumnCodec:  # fmt: skip
    held = plan.held[name]
    if held.members[0] != name:
        return _member(schema.column(name), plan, found)
    out = np.zeros(len(frame), bool)
    for member in held.members:
        out |= plan.held[member].broken(frame, plan.kinds[member])
    members = tuple(map(schema.column, held.members))
    return JointColumn.beside(_without(frame, out), members, held, min_count)


def _limited(frame: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """The frame with cells beyond the declared limits at the limits."""
    limits = {c.name: (c.minimum, c.maximum) for c in schema.columns}
    changed = {
        name: clipped(frame.loc[:, name], *ends)
        for name, ends in limits.items()
        if ends != (None, None)
    }
    return frame.assign(**changed) if changed else frame


def _without(frame: pd.DataFrame, rows: NDArray[np.bool_]) -> pd.DataFrame:
    return frame.iloc[np.flatnonzero(~rows)].reset_index(drop=True)


def _member(column: Column, plan: Plan, found: Mapping[str, ColumnCodec]) -> TogetherColumn:
    held = plan.held[column.name]
    joint = found[held.members[0]]
    if not isinstance(joint, JointColumn):
        raise ValueError("a combination has lost its first column")
    return TogetherColumn(column, held, held.members.index(column.name), joint)


def _key(column: Column, rule: Unique) -> Column:
    """The same column as a key."""
    if column.type == "key":
        if column.kind is not None:
            rule.refuse(f"column {column.name!r} has the kind {column.kind!r}, whose values may "
                        "repeat; remove its `kind`")  # fmt: skip
        return column
    whole = is_integer(column.dtype) or (column.type == "number" and column.decimals == 0)
    if column.type not in ("number", "category", "pattern", "constant") or not (
        whole or column.type != "number"
    ):
        rule.refuse(f"column {column.name!r} is of type {column.type}, and only whole numbers and "
                    "texts are drawn without repeating one; name another column")  # fmt: skip
    key = Column(column.name, "key", column.dtype, missing=column.missing, stored=column.stored)
    return replace(key, label=column.label)
