"""Values that few training records have: such records are drawn more often, and users are told."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from synth_dl.spec import Spec

RARE = 0.2  # of the mean of its column: a value that is less frequent is a rare one
FEW = 20  # records that a condition rests on, below which users are told
SELDOM = "values of fewer than 20 records"  # the fact of a training that says which these are


class RareRows:
    """Draws a column, one of its rare values, and a record that has it.

    So a rare value is seen often enough to be learnt as a condition. Records that are chosen by
    what a model is given teach it nothing wrong about the rest of them. The bins of a number hold
    equally many records, so a number has rare values only where single values have codes.

    Args:
        spec: what one record is.
        codes: [N, V] training records.
        columns: those to choose among; all that the variables of the spec belong to if not given.
    """

    def __init__(self, spec: Spec, codes: Tensor, columns: Iterable[int] | None = None) -> None:
        self._codes = codes
        self._columns: list[int] = []
        rows, counts = [], []
        every = _columns(spec)
        for column in every if columns is None else sorted(set(columns)):
            value = values_of(spec, codes, column)
            order = value.argsort(stable=True)[int((value < 0).sum()) :]
            times = value[order].unique_consecutive(return_counts=True)[1]
            rare = times < RARE * times.double().mean()
            if rare.any():
                self._columns.append(column)
                rows.append(order[rare.repeat_interleave(times)].int())
                counts.append(times[rare])
        self._values = torch.tensor([len(each) for each in counts], dtype=torch.long)
        self._first = self._values.cumsum(0) - self._values
        self._rows, self._counts = (_joined(each) for each in (rows, counts))
        self._starts = self._counts.cumsum(0) - self._counts
        pixels = [-1] * (len(spec) - len(spec.variables))
        self._of_variable = torch.tensor([each.column for each in spec.variables] + pixels)

    def __len__(self) -> int:
        """How often the records have a rare value."""
        return len(self._rows)

    def draw(self, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """[B, V] records, and [B, V] the variables of the column that each was chosen by."""
        device = generator.device
        uniform = torch.rand(3, size, generator=generator, device=device, dtype=torch.float64).cpu()
        place = (uniform[0] * len(self._columns)).long()
        value = self._first[place] + (uniform[1] * self._values[place]).long()
        at = self._starts[value] + (uniform[2] * self._counts[value]).long()
        records = self._codes[self._rows[at].to(self._codes.device, torch.long)]
        chosen = torch.tensor(self._columns)[place]
        return records.to(device).long(), (self._of_variable == chosen[:, None]).to(device)


def seldom_seen(spec: Spec, codes: Tensor) -> dict[str, list[int]]:
    """By column, the values (as `values_of`) that fewer than `FEW` of the records [N, V] have.

    Bins of a number are left out, as their neighbours tell about them too.
    """
    found: dict[str, list[int]] = {}
    number = {variable.column for variable in spec.variables if variable.ranks is not None}
    for column in _columns(spec):
        value, times = values_of(spec, codes, column).unique(return_counts=True)
        most = RARE * float(times.double().mean()) if column in number else FEW
        few = value[(value >= 0) & (times < min(FEW, most))].tolist()
        if few:
            found[spec.columns[column]] = few
    return found


def columns_seldom_seen(spec: Spec, known: Tensor, seldom: Mapping[str, Any]) -> list[str]:
    """Names of the columns of which known codes [N, V] hold a value as `seldom_seen` found it."""
    found = []
    for column in _columns(spec):
        few = seldom.get(spec.columns[column])
        asked = values_of(spec, known, column).unique().tolist()
        if isinstance(few, list) and any(value in few for value in asked):
            found.append(spec.columns[column])
    return found


def values_of(spec: Spec, codes: Tensor, column: int) -> Tensor:
    """[N] one number for each value of a column in [N, V] codes, -1 where it is unknown.

    The first variable of the column counts, and its fine code where it is a category: fine codes of
    a number are no values of their own.
    """
    first = [variable.column for variable in spec.variables].index(column)
    value = codes[:, first].cpu().long()
    if spec.variables[first].ranks is not None:
        return value
    for k, variable in enumerate(spec.variables):
        if variable.parent == first:
            fine = codes[:, k].cpu().long()
            value = torch.where((value < 0) | (fine < 0), -1, value * variable.levels + fine)
    return value


def _columns(spec: Spec) -> list[int]:
    return sorted({variable.column for variable in spec.variables})


def _joined(parts: list[Tensor]) -> Tensor:
    return torch.cat(parts).long() if parts else torch.empty(0, dtype=torch.long)
