"""The variables of a column: a coarse one and, where a code has several children, a fine one."""

import numpy as np
from numpy.typing import NDArray

from synth_dl.spec import Variable
from synth_dl.tables.codecs.number import NumberCodec

Codes = NDArray[np.int64]


def number_variables(codec: NumberCodec, name: str, column: int, first: int) -> list[Variable]:
    """The variables of a number, with ranks; `first` is the index of the first in the spec."""
    ranks = tuple(float(rank) for rank in codec.ranks())
    widths = tuple(float(width) for width in codec.widths())
    coarse = Variable(name, codec.levels, column, True, ranks=ranks, widths=widths)
    return [coarse, *split_variables(codec.children, name, column, first, True)[1:]]


def split_variables(
    children: tuple[int, ...], name: str, column: int, first: int, ordered: bool
) -> list[Variable]:
    """Variables of a column whose coarse codes have so many fine codes each."""
    found = [Variable(name, len(children), column, ordered)]
    most = max(children, default=1)
    if most > 1:
        fine = Variable(f"{name} (fine)", most, column, ordered, parent=first, children=children)
        found.append(fine)
    return found


def width(children: tuple[int, ...]) -> int:
    """Number of variables of a column whose coarse codes have so many fine codes each."""
    return 1 + (max(children, default=1) > 1)


def trim(codes: Codes, children: tuple[int, ...]) -> Codes:
    """[N, 2] codes without the fine one where no code has several children."""
    return codes[:, : width(children)]


def pad(codes: Codes) -> Codes:
    """[N, 2] codes, with a fine code of 0 where there is none."""
    return codes if codes.shape[1] == 2 else np.concatenate([codes, 0 * codes], axis=1)
