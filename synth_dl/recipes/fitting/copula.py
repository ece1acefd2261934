"""The Gaussian copula of a table: correlations of the normal noise behind all its columns.

Numbers, dates, ranks and truth values have an order; categories that have none are put in one.
Whether a cell is missing is a column of its own, hidden in the recipe.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from synth_dl.correlations import nearest_correlation
from synth_dl.recipes.fitting.ends import short
from synth_dl.recipes.fitting.latent import CLOSEST, Codes, cut, polychoric
from synth_dl.recipes.fitting.observed import Vector
from synth_dl.recipes.fitting.orders import order_categories

DIGITS = 4
FINE = 256  # cells of a number while orders are sought
REPAIRED = 0.0005  # change of a correlation that is worth a word
MOST_ROWS = 100_000
_UNKNOWN_ROUNDS = 30


@dataclass(frozen=True)
class Latent:
    """What a column is in the copula.

    Attributes:
        codes: [N] places in order, or codes of categories; -1 where unknown.
        free: whether the order of the codes is to be found.
    """

    codes: Codes
    free: bool = False


@dataclass(frozen=True)
class FittedCopula:
    """The copula.

    Attributes:
        columns: names, as in the recipe.
        matrix: correlations of the noise, positive definite.
        places: by column whose order was found, the place of each of its codes.
        note: what was repaired, in words.
    """

    columns: list[str]
    matrix: Vector
    places: dict[str, Codes]
    note: str

    @property
    def entry(self) -> dict[str, Any]:
        """Of a recipe."""
        rows = [[float(value) for value in row] for row in self.matrix]
        return {"measure": "normal", "columns": list(self.columns), "matrix": rows}


def fit_copula(latents: dict[str, Latent], seed: int = 0) -> FittedCopula | None:
    """Orders and correlations; None where fewer than two columns have more than one value.

    Args:
        latents: by column.
        seed: of the choice of rows, where there are more than 100,000, and of the orders.
    """
    known = {name: latent for name, latent in latents.items() if _varies(latent.codes)}
    if len(known) < 2:
        return None
    rows = len(next(iter(known.values())).codes)
    some = np.sort(np.random.default_rng(seed).permutation(rows)[:MOST_ROWS])
    codes = {
        name: latent.codes[some] if latent.free else cut(latent.codes[some], FINE)
        for name, latent in known.items()
    }
    # A category of which the chosen rows have none keeps a place.
    free = [name for name, latent in known.items() if latent.free]
    places = order_categories(codes, free, seed)
    for name, order in places.items():
        codes[name] = np.append(order, -1)[codes[name]]
    columns = list(codes)
    matrix, unknown = _correlations([cut(codes[name]) for name in columns])
    repaired = _definite(matrix, unknown)
    return FittedCopula(columns, repaired, places, _note(columns, matrix, repaired, unknown))


def number_codes(values: pd.Series) -> Codes:
    """[N] ranks of numbers, dates and truth values; -1 where missing."""
    return pd.factorize(values, sort=True)[0].astype(np.int64)


def _varies(codes: Codes) -> bool:
    present = codes[codes >= 0]
    return bool(len(present)) and present.min() < present.max()


def _correlations(cells: list[Codes]) -> tuple[Vector, np.ndarray]:
    """[D, D] correlations, and which of them no row tells."""
    size = len(cells)
    matrix, unknown = np.eye(size), np.zeros((size, size), bool)
    for i in range(size):
        for j in range(i):
            found = polychoric(cells[i], cells[j])
            unknown[i, j] = unknown[j, i] = found is None
            matrix[i, j] = matrix[j, i] = 0.0 if found is None else found
    return matrix, unknown


def _definite(matrix: Vector, unknown: np.ndarray) -> Vector:
    """The nearest positive definite matrix; what no row tells is as the others let expect."""
    filled = matrix.copy()
    repaired = _rounded(filled)
    for _ in range(_UNKNOWN_ROUNDS if unknown.any() else 0):
        filled[unknown] = repaired[unknown]
        before, repaired = repaired, _rounded(filled)
        if np.abs(repaired - before).max() < 1e-3:
            break
    return repaired


def _rounded(matrix: Vector) -> Vector:
    found = nearest_correlation(np.clip(matrix, -1, 1))
    found = np.clip((found + found.T) / 2, -CLOSEST, CLOSEST).round(DIGITS)
    np.fill_diagonal(found, 1.0)
    return found


def _note(columns: list[str], matrix: Vector, repaired: Vector, unknown: np.ndarray) -> str:
    change = np.where(unknown, 0.0, np.abs(matrix - repaired))
    least = float(np.linalg.eigvalsh(matrix)[0])
    if least > 0 or change.max() <= REPAIRED:
        return "correlations of the normal noise, by maximum likelihood"
    i, j = np.unravel_index(int(change.argmax()), change.shape)
    return (
        "correlations of the normal noise, by maximum likelihood; the matrix was not positive "
        f"definite (smallest eigenvalue {least:.3g}) and is replaced by the nearest that is, which "
        f"changes {columns[j]} and {columns[i]} most: {short(round(matrix[i, j], DIGITS))} to "
        f"{short(round(repaired[i, j], DIGITS))}"
    )
