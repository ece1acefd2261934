"""Missing cells filled: by draws given the known cells of a row, or by predictions."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import torch

from synth_dl.errors import ConfigError
from synth_dl.sampling.drawing import CHUNK, Drawing
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.columns import Place
from synth_dl.tables.conditions.given import Given, given_rows
from synth_dl.tables.conditions.rows import Cells
from synth_dl.tables.predicting.predicting import VALUES, Prediction
from synth_dl.tables.predicting.target import Target

BLOCK = 8 * CHUNK  # rows that are looked at together, whose number is part of what a seed means


def seed_of_draw(seed: int, draw: int) -> int:
    """The seed of one of several draws; the first has that of the user."""
    if not draw:
        return seed
    return int(np.random.SeedSequence([seed % 2**64, draw]).generate_state(1, np.uint64)[0] >> 1)


def check_value(value: Any) -> None:
    """Refuse, by a ConfigError, what no cell can be filled with."""
    if value not in ("draw", *VALUES):
        raise ConfigError(f"value={value}: it must be one of draw, {', '.join(VALUES)}")


def blocks_of(cells: Cells) -> Iterator[Cells]:
    """The rows, block by block."""
    for first in range(0, len(cells), BLOCK):
        yield cells.rows(first, first + BLOCK)


def fill(
    codec: TableCodec, model: Any, cells: Cells, seed: int, first: int = 0, value: str = "draw"
) -> pd.DataFrame:
    """A block of rows with each unknown cell filled.

    A filled cell is never missing, unless its column always is.

    Args:
        codec: of the model.
        model: any family.
        cells: the rows.
        seed: of the draws.
        first: row of the block within all rows.
        value: `draw`, or what is predicted of numbers; classes then get the likeliest one, and
            columns that cannot be predicted a draw.
    """
    known = given_rows(codec, cells.values, cells.absent)
    model.eval()
    levels = codec.spec.levels
    present = {
        each: torch.arange(levels[each]) != code for each, code in codec.missing_codes().items()
    }
    parts = []
    last = first + len(cells)
    for drawn in Drawing(model, first, last, seed, known.codes, present, offset=first):
        full = codec.decode(drawn.codes, drawn.uniform, Place(drawn.first, seed))
        parts.append(known.write_into(full, drawn.first - first))
    filled = pd.concat(parts, ignore_index=True)
    return filled if value == "draw" else _predicted(codec, model, known, filled, value)


def _predicted(
    codec: TableCodec, model: Any, known: Given, filled: pd.DataFrame, value: str
) -> pd.DataFrame:
    """The rows with what is predicted in place of drawn cells, each column by the known cells."""
    columns, codes = dict(filled.items()), known.codes.numpy()
    given = {name: known.known[:, index] for index, name in enumerate(known.cells.columns)}
    for name in codec.schema.names:
        rows = np.flatnonzero(~given.get(name, np.zeros(len(filled), bool)))
        if not len(rows):
            continue
        try:
            target = Target.of(codec, name)
        except ConfigError:
            continue  # a date, a key, or a column of one value: what was drawn stays
        prediction = Prediction.of(target, value if target.is_number else "mode")
        found = prediction.answer(model, codes[rows])[name]
        drawn: pd.Series = filled.loc[:, name]
        if pd.api.types.is_integer_dtype(drawn.dtype):
            found = found.round()
        values = drawn.astype("object").to_numpy(copy=True)
        values[rows] = found.astype("object").to_numpy()
        columns[name] = pd.Series(values).astype(drawn.dtype)
    return pd.DataFrame(columns)
