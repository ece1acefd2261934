"""Which known values are better answered by the natural order of a model than by one of its others.

A network of many orders learns the natural one best, so records that are drawn with known columns
first are weighed by it. Values that few training records have are the exception: the training draws
such records more often as conditions, which the natural order knows nothing of. Measured for both
sides in docs/benchmarks.md ("Conditions and the order of columns").
"""

from typing import Any

import torch
from torch import Tensor

from synth_dl.models.distinct import distinct
from synth_dl.sampling.scoring import conditional

FEWEST = 50  # training records of a value; below, the order that has it first is better
RIVALS = 8  # records that compete for each with columns that are known row by row


def refinable(model: Any, known: Tensor, rows: float) -> Tensor:
    """[N] whether the natural order is to weigh records with these known codes [N, V].

    Not where all known columns stand first in it, and not where one of the known values is due in
    fewer than `FEWEST` of the training records.

    Args:
        model: any family, in evaluation mode.
        known: codes, -1 where unknown.
        rows: training records.
    """
    if not model.refines:
        return torch.zeros(len(known), dtype=torch.bool)
    found = ~model.in_natural_order(known >= 0) & (known >= 0).any(1)
    variables = model.spec.variables
    for column in {variable.column for variable in variables}:
        slots = [k for k, each in enumerate(variables) if each.column == column]
        if variables[slots[0]].ranks is not None:
            slots = slots[:1]  # of a number the bin tells enough
        values, place = distinct(known[:, slots])
        due = _probabilities(model, values, slots) * rows
        found &= ((values < 0).any(1) | (due >= FEWEST))[place]
    return found


def _probabilities(model: Any, values: Tensor, slots: list[int]) -> Tensor:
    """[N] how likely values [N, K] of one column are by themselves."""
    codes = torch.full((len(values), len(model.spec)), -1, dtype=values.dtype)
    chance = torch.ones(len(values), dtype=torch.float64)
    for place, slot in enumerate(slots):
        each = conditional(model, codes, slot).double()
        chance *= each.gather(1, values[:, place, None].clamp(min=0))[:, 0]
        codes[:, slot] = values[:, place]
    return chance
