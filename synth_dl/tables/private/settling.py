"""A drafted codec without the codes that hold nothing, by noisy counts that were paid for."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.privacy.marginals import Marginal
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.category import CategoryColumn
from synth_dl.tables.codecs.columns import NumberColumn, SingleColumn
from synth_dl.tables.codecs.moment import MomentColumn
from synth_dl.tables.codecs.number import NumberCodec
from synth_dl.tables.private.drafts import OTHER, is_textual

_BIN, _MISSING = 2.0, 4.0  # standard deviations below which a code is taken for empty


def settled(
    codec: TableCodec, singles: Sequence[Marginal]
) -> tuple[TableCodec, tuple[Marginal, ...]]:
    """The codec with the codes that clearly hold rows, and the counts of these."""
    columns, marginals = [], list(singles)
    for index, column in enumerate(codec.columns):
        slots = codec.slots(index)
        assert isinstance(column, SingleColumn)  # rules are refused before
        if not slots:
            columns.append(column)
            continue
        kept = [np.ones(len(singles[slot].counts), bool) for slot in slots]
        column = _settled_column(column, [singles[slot] for slot in slots], kept)
        columns.append(column)
        for slot, codes in zip(slots, kept, strict=True):
            counts = singles[slot].counts[codes]
            marginals[slot] = replace(singles[slot], counts=counts)
    return replace(codec, columns=tuple(columns)), tuple(marginals)


def private_codes(codec: TableCodec, frame: pd.DataFrame) -> NDArray[np.int32]:
    """[N, V] codes of the rows; categories that have none count as other or, where there is no
    such, as missing."""
    codes = codec.encode(frame)
    for index, column in enumerate(codec.columns):
        if isinstance(column, CategoryColumn):
            place = codec.slots(index)[0]
            unknown = (codes[:, place] < 0) & frame.loc[:, column.column.name].notna().to_numpy()
            if is_textual(column.column) and OTHER in column.categories:
                codes[unknown, place] = column.categories.index(OTHER)
            elif column.missing:
                codes[unknown, place] = len(column.categories)
    return codes


def _settled_column(
    column: SingleColumn, counted: Sequence[Marginal], kept: Sequence[NDArray[np.bool_]]
) -> SingleColumn:
    """The column with fewer codes; which stay is written into `kept`."""
    first = counted[0]
    if column.has_missing:
        kept[0][-1] = first.counts[-1] >= _MISSING * first.sigma
    match column:
        case CategoryColumn():
            return _settled_category(column, first, kept[0])
        case NumberColumn():
            return replace(column, codec=_settled_number(column.codec, first, kept[0]))
        case MomentColumn():
            day = _settled_number(column.day, first, kept[0])
            clock = column.clock
            if clock is not None:
                clock = _settled_number(clock, counted[1], kept[1])
            return replace(column, day=day, clock=clock)
    return column


def _settled_category(
    column: CategoryColumn, counted: Marginal, kept: NDArray[np.bool_]
) -> CategoryColumn:
    categories = column.categories
    if is_textual(column.column) and len(categories) > 1:
        place = categories.index(OTHER)
        kept[place] = counted.counts[place] >= _MISSING * counted.sigma
        categories = tuple(c for c, stays in zip(categories, kept, strict=False) if stays)
    missing = bool(column.missing and kept[-1])
    return replace(column, categories=categories, missing=missing)


def _settled_number(codec: NumberCodec, counted: Marginal, kept: NDArray[np.bool_]) -> NumberCodec:
    rows = np.maximum(counted.counts[: codec.values], 0)
    kept[: codec.values] = rows >= _BIN * counted.sigma
    kept[int(np.argmax(rows))] = True
    stay = kept[: codec.values]
    shares = rows[stay] / max(1.0, float(rows[stay].sum()))
    edges = tuple(inner for inner, stays in zip(codec.edges, stay, strict=True) if stays)
    missing = bool(codec.missing and kept[-1])
    return NumberCodec(codec.lows[stay], codec.highs[stay], shares, edges, missing)
