"""Which cells of a user's rows the model knows the value of."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synth_dl.tables.codec import TableCodec
from synth_dl.tables.conditions import given
from synth_dl.tables.rules.columns import HeldColumn

logger = logging.getLogger(__name__)


def forget_unseen(
    codec: TableCodec, frame: pd.DataFrame, codes: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """[N, columns] cells whose value is present, but has no code or lies beyond the extremes.

    They become unknown in `codes` [N, V].

    Args:
        codec: of the model.
        frame: rows in the types of the schema.
        codes: of these rows, which are changed.
    """
    unseen = np.zeros((len(frame), len(codec.columns)), bool)
    for index, (inner, name) in enumerate(zip(codec.columns, codec.schema.names, strict=True)):
        slots = codec.slots(index)
        if not slots or name not in frame:
            continue
        values: pd.Series = frame.loc[:, name]
        unseen[:, index] = (codes[:, slots] < 0).any(1) & values.notna().to_numpy()
        if not isinstance(inner, HeldColumn) or {*inner.held.beside} <= {*frame.columns}:
            unseen[:, index] |= ~codec.inside(index, frame)
        codes[np.flatnonzero(unseen[:, index])[:, None], slots] = -1
    return unseen


@contextmanager
def said_once() -> Iterator[None]:
    """Within it each warning about given cells is heard once, however many blocks there are."""
    said: set[str] = set()

    def new(record: logging.LogRecord) -> bool:
        text = record.getMessage()
        first = text not in said
        said.add(text)
        return first

    given.logger.addFilter(new)
    try:
        yield
    finally:
        given.logger.removeFilter(new)


def warn_of_unseen(codec: TableCodec, unseen: NDArray[np.bool_]) -> None:
    """Say which columns hold values that count as unknown, if any."""
    strange = [
        name for name, cells in zip(codec.schema.names, unseen.T, strict=True) if cells.any()
    ]
    if strange:
        logger.warning(
            "some values of %s are rarer than the model keeps or were never seen; they count as "
            "unknown",
            ", ".join(strange),
        )
