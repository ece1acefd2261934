"""Correlation matrices: whether they are positive definite, and the nearest that is."""

import numpy as np

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
        near = to_continuous(measure, near)
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


def nearest_correlation(matrix: Array, least: float = 1e-3) -> Array:
    """The nearest correlation matrix with no eigenvalue below `least` (Higham 2002)."""
    size = len(matrix)
    least = min(least, 0.5 / size)
    result, correction = matrix.copy(), np.zeros_like(matrix)
    for _ in range(1000):
        values, vectors = np.linalg.eigh(result - correction)
        projected = (vectors * np.maximum(values, least)) @ vectors.T
        correction = projected - (result - correction)
        before, result = result, projected.copy()
        np.fill_diagonal(result, 1.0)
        if np.abs(result - before).max() < 1e-10:
            break
    values, vectors = np.linalg.eigh(result)
    result = (vectors * np.maximum(values, least)) @ vectors.T
    scale = np.sqrt(np.diag(result))
    return result / np.outer(scale, scale)
