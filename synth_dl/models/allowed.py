"""Which codes of a record may be drawn: a mask a variable.

What a user says of a column becomes the codes that its variables may have together; each may stand
for values of which a part is allowed only. Here they become masks, one variable after another: what
a variable may have depends on the codes before it in its column, which is told by a state.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth_dl.likelihoods.inversion import Allowed

__all__ = ["Allowed", "AllowedCodes", "Mask", "Masks", "Walk"]

FREE = 0  # the state in which a later variable of a column may have any code


@dataclass(frozen=True)
class Mask:
    """Which codes a variable may have.

    Attributes:
        weights: [S, levels] in each state, how much of what a code stands for is allowed; 0 where
            nothing is. A row alone is for the first variable of a column.
        after: [S, levels] the state of the next variable of the column after each code.
    """

    weights: Tensor
    after: Tensor


Masks = Mapping[int, Mask]  # by variable; all variables of a column, or none


class Walk:
    """Goes through the restricted variables of records, those of a column coarse before fine.

    Args:
        masks: of all variables of the restricted columns.
        records: how many.
        device: where their codes lie.
    """

    def __init__(self, masks: Masks, records: int, device: torch.device | None = None) -> None:
        self.masks = masks
        self._state = torch.zeros(records, dtype=torch.long, device=device)

    def weights(self, variable: int) -> Tensor:
        """[N, levels] how much of what a code stands for is allowed."""
        return self._mask(variable).weights.to(self._state.device)[self._state]

    def follow(self, variable: int, codes: Tensor) -> Tensor:
        """Go on with codes [N] of the variable; [N] how much of them is allowed."""
        mask, state = self._mask(variable), self._state
        self._state = mask.after.to(state.device)[state, codes]
        return mask.weights.to(state.device)[state, codes]

    def take(self, places: Tensor) -> None:
        """Go on with these records [M] of the present ones."""
        self._state = self._state[places]

    def _mask(self, variable: int) -> Mask:
        mask = self.masks[variable]
        if len(mask.weights) == 1:  # so it is of the first variable of a column
            self._state = torch.zeros_like(self._state)
        return mask


@dataclass(frozen=True)
class AllowedCodes:
    """The codes that the variables of one column may have.

    Attributes:
        codes: [J, width] codes that go together; -1 for any code from here on.
        weights: [J] how much of what they stand for is allowed; a share, or in one unit for all.
    """

    codes: NDArray[np.int64]
    weights: NDArray[np.float64]

    def masks(self, variables: Sequence[int], levels: Sequence[int]) -> dict[int, Mask]:
        """The same as masks.

        Args:
            variables: [width] places of the column's variables in a record.
            levels: of all variables.
        """
        found = {}
        state, count = np.zeros(len(self.codes), np.int64), 1
        for place, variable in enumerate(variables):
            weights = np.zeros((count, levels[variable]))
            after = np.full(weights.shape, FREE)
            if place:
                weights[FREE] = 1.0
            own = np.flatnonzero(self.codes[:, place] >= 0)
            code = self.codes[own, place]
            last = place == len(variables) - 1
            ends = np.ones(len(own), bool) if last else self.codes[own, place + 1] < 0
            weights[state[own], code] = np.where(ends, self.weights[own], 1.0)
            # Prefixes that go on have states of their own.
            keys = state[own[~ends]] * levels[variable] + code[~ends]
            distinct, which = np.unique(keys, return_inverse=True)
            after[np.divmod(distinct, levels[variable])] = np.arange(len(distinct)) + 1
            state, count = np.zeros(len(self.codes), np.int64), len(distinct) + 1
            state[own[~ends]] = which + 1
            found[variable] = Mask(torch.from_numpy(weights), torch.from_numpy(after))
        return found
