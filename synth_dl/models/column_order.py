"""In which order the columns of a table are drawn, and which of them are known."""

import difflib
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from synth_dl.errors import ConfigError
from synth_dl.models.distinct import distinct
from synth_dl.spec import Spec


def few_values_first(spec: Spec) -> list[int]:
    """The variables in the order in which they are drawn; those of a column stay together."""
    first: dict[int, int] = {}
    for variable in spec.variables:
        first.setdefault(variable.column, variable.levels)
    columns = [variable.column for variable in spec.variables]
    return sorted(range(len(spec)), key=lambda v: (first[columns[v]], columns[v], v))


def patterns(known: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Each set of variables [V] that some records [B, V] know, and the places of these records."""
    sets, which = distinct(known)
    for place, pattern in enumerate(sets):
        yield pattern, (which == place).nonzero()[:, 0]


def variables_of(spec: Spec, columns: Sequence[str]) -> Tensor:
    """[V] which variables belong to the columns of these names.

    Raises:
        ConfigError: for a name that no column has.
    """
    if isinstance(columns, str):
        raise ConfigError(f"model.given: write sets of columns, such as [[{columns}]]")
    for name in columns:
        if name not in spec.columns:
            close = difflib.get_close_matches(str(name), spec.columns, n=1, cutoff=0.0)
            meant = f"; did you mean {close[0]!r}?" if close else ""
            raise ConfigError(f"model.given names {name!r}, which is no column{meant}")
    chosen = {spec.columns.index(name) for name in columns}
    return torch.tensor([variable.column in chosen for variable in spec.variables])
