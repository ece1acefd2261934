"""What is known of rows, completed by what must be drawn first, and is given then.

These are the columns that known ones are told from by rules, see `sides`, and combinations of which
a part is known. Only combinations that have the known cells are drawn, each as the model finds it
given the other known cells of the row.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth_dl.likelihoods.inversion import Allowed
from synth_dl.noise import generator_for
from synth_dl.sampling.scoring import column_chances
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.columns import trim
from synth_dl.tables.conditions.given import Given
from synth_dl.tables.conditions.sides import complete_sides
from synth_dl.tables.rules.joint import JointColumn, plain

STREAM = 8  # sets the noise of these draws apart
_ROWS = 4096  # at once


def completed(
    model: Any, codec: TableCodec, known: Given, seed: int, first: int = 0,
    present: Allowed = None,
) -> Given:  # fmt: skip
    """The same cells with those that are drawn first.

    Args:
        model: any family.
        codec: of the table.
        known: cells of rows.
        seed: of the sample.
        first: row within all rows.
        present: for some variables, [levels] whether a code may be drawn.

    Raises:
        ConfigError: by a family that gives no probabilities, if something must be drawn first; and
            where no value keeps the rules beside a known cell.
    """
    whole = replace(known, codes=_combinations(model, codec, known, seed + first))
    return complete_sides(model, codec, whole, seed, present, first)


def _combinations(model: Any, codec: TableCodec, known: Given, seed: int) -> Tensor:
    """[N, V] known codes, with those of combinations of which a part is known."""
    codes = known.codes
    for index, joint in enumerate(codec.columns):
        if isinstance(joint, JointColumn) and codec.slots(index):
            rows, allowed = _partly_known(joint, known)
            if len(rows):
                codes = codes.clone()
                _draw(model, codec.slots(index), joint, codes, rows, allowed, seed + index)
    return codes


def _draw(
    model: Any, slots: list[int], joint: JointColumn, codes: Tensor, rows: NDArray[np.int64],
    allowed: NDArray[np.bool_], seed: int,
) -> None:  # fmt: skip
    """Fill the combinations of some rows in."""
    uniform = torch.rand(len(codes), generator=generator_for(seed, STREAM), dtype=torch.float64)
    for first in range(0, len(rows), _ROWS):
        part = rows[first : first + _ROWS]
        mask = torch.from_numpy(allowed[first : first + _ROWS])
        sums = (column_chances(model, codes[part], slots).double() * mask).cumsum(1)
        target = uniform[part, None] * sums[:, -1:]
        # Where the model finds all of them impossible, the first that is allowed.
        number = torch.where(
            sums[:, -1] > 0, (sums <= target).sum(1), mask.int().argmax(1)
        ).numpy()  # fmt: skip
        both = np.stack([number // joint.codes.fine, number % joint.codes.fine], axis=1)
        own = torch.from_numpy(trim(both, joint.codes.children))
        codes[torch.from_numpy(part)[:, None], torch.tensor(slots)] = own


def _partly_known(joint: JointColumn, known: Given) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Rows of which a part of the combination is known, and [rows, K] which ones have it."""
    cells, names = known.cells, [member.name for member in joint.members]
    count = len(cells)
    present = np.zeros((count, len(names)), bool)
    allowed = np.ones((count, len(joint.rows)), bool)
    for place, name in enumerate(names):
        if name not in cells.columns:
            continue
        present[:, place] = known.known[:, cells.columns.get_loc(name)]
        values: pd.Series = cells.loc[:, name]
        which, distinct = pd.factorize(values)
        table = np.array([[row[place] == plain(value) for row in joint.rows]
                          for value in [*distinct, None]], bool)  # fmt: skip
        allowed &= table[which] | ~present[:, [place]]
    partly = present.any(1) & ~present.all(1) & allowed.any(1)
    rows = np.flatnonzero(partly)
    return rows, allowed[rows]
