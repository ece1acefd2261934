"""Draws from many distributions at once, each by two look-ups, by the alias method (Walker 1977).

A distribution over K codes is cut into K slots of equal mass, each of which holds one code up to a
threshold and another one above. A uniform number names a slot and a place in it.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class AliasTables:
    """Tables of several columns, each of as many distributions as it has rows.

    Args:
        tables: for each column, [R, K] shares that sum to 1 in each row.
    """

    def __init__(self, tables: list[Tensor]) -> None:
        built = [_built(table.double().numpy()) for table in tables]
        self._threshold = torch.cat([torch.from_numpy(each[0]).flatten() for each in built])
        self._other = torch.cat([torch.from_numpy(each[1]).flatten() for each in built])
        sizes = torch.tensor([0, *(table.numel() for table in tables)])
        self._first = sizes.cumsum(0)[:-1]
        self._levels = torch.tensor([table.shape[1] for table in tables])

    def draw(self, row: Tensor, uniform: Tensor) -> Tensor:
        """[B, F] codes of all columns.

        Args:
            row: [B, F] or [B, 1], which distribution of each column.
            uniform: [B, F] draws from [0, 1).
        """
        place = uniform * self._levels
        slot = torch.minimum(place.long(), self._levels - 1)
        at = (row * self._levels + self._first + slot).view(-1)
        stays = place - slot < self._threshold.index_select(0, at).view_as(place)
        return torch.where(stays, slot, self._other.index_select(0, at).view_as(slot))


def _built(shares: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """[R, K] the threshold and the other code of each slot, all rows at once.

    Slots are filled up from the largest share that is left, the smallest one first; what is left of
    the largest falls below one slot at last, and is filled up from the next.
    """
    rows, levels = np.arange(len(shares)), shares.shape[1]
    order = shares.argsort(1, kind="stable")
    left = shares * (levels / shares.sum(1, keepdims=True))
    threshold = np.ones(shares.shape, np.float32)
    other = np.broadcast_to(np.arange(levels), shares.shape).copy()
    low, high = np.zeros(len(shares), np.int64), np.full(len(shares), levels - 1)
    for _ in range(levels - 1):
        largest = order[rows, high]
        spent = left[rows, largest] < 1
        slot = np.where(spent, largest, order[rows, low])
        donor = np.where(spent, order[rows, high - 1], largest)
        threshold[rows, slot] = left[rows, slot]
        other[rows, slot] = donor
        left[rows, donor] -= 1 - left[rows, slot]
        high, low = high - spent, low + ~spent
    return threshold, other
