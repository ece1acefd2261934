"""Correlation matrices that are positive definite."""

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def nearest_correlation(matrix: Matrix, least: float = 1e-3) -> Matrix:
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
    result = result / np.outer(scale, scale)
    result = (result + result.T) / 2
    np.fill_diagonal(result, 1.0)
    return result
