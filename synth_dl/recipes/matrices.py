"""Correlation matrices: whether they are positive definite, and the nearest that is."""

import numpy as np

from synth_dl.correlations import nearest_correlation
from synth_dl.recipes.distributions.base import Array
from synth_dl.recipes.ranks import to_continuous
from synth_dl.recipes.reading import Entry

_LEAST = 1e-9  # eigenvalue
_SHOWN = 6  # columns up to which the whole matrix is shown


def check_definite(entry: Entry, names: list[str], matrix: Array, measure: str, wanted: Array
                   ) -> None:  # fmt: skip
    """Refuse a matrix that is not positive definite, with its eigenvalue and the nearest one.

    Args:
        entry: where it stands.
        names: of the columns.
        matrix: of correlations, as they were asked for or as those of the noise.
        measure: of what was asked for.
        wanted: what was asked for.
    """
    least = np.linalg.eigvalsh(matrix)[0]
    if least > _LEAST:
        return
    near = nearest_correlation(matrix)
    what = "the matrix is"
    if matrix is not wanted and measure != "normal":
        near = to_continuous(measure, near.clip(-1, 1))
        what = "the correlations of the noise that would give it are"
    near = near.round(4)
    if len(names) <= _SHOWN:
        rows = ", ".join(f"[{', '.join(f'{value:g}' for value in row)}]" for row in near)
        cure = f"the nearest matrix that will do is [{rows}]"
    else:
        change = np.tril(np.abs(near - wanted), -1)
        places = np.argsort(change, axis=None)[::-1][:5]
        pairs = (np.unravel_index(place, change.shape) for place in places)
        shown = ", ".join(f"{names[j]!r} and {names[i]!r} {near[i, j]:g}" for i, j in pairs)
        cure = f"the nearest matrix that will do has, of those that change most, {shown}"
    entry.refuse(f"{what} not positive definite (smallest eigenvalue {least:.3g}); {cure}")
