"""Columns that rules tell known ones from, and that lack: drawn given these.

Under `start <= end` the code of an end means something beside its start only. Where an end is known
and its start is not, starts are drawn given all else that is known of the row, among those that the
rule allows, and compete by the probability of the end beside each (importance resampling, Rubin
1987). Under `total = a + b` the one that lacks last follows from the total.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth_dl.errors import ConfigError
from synth_dl.likelihoods.inversion import Allowed, place_of
from synth_dl.noise import generator_for, stratified
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.conditions.beside import check_beside, columns_known, sides_of
from synth_dl.tables.conditions.candidates import Candidates
from synth_dl.tables.conditions.given import Given
from synth_dl.tables.conditions.lacking import Task, tasks_of

COMPETING = 64  # candidates for each row
ROWS = 128  # whose candidates are drawn together, which is part of what a seed means
STREAM = 14  # sets the noise of these draws apart
_NEARLY_ONE = 1 - 2**-24


def lacks_sides(codec: TableCodec, known: Given) -> bool:
    """Whether some row has a known column without one that it is told from."""
    return bool(sides_of(codec, known.cells, known.known)[0].any())


def repeated(known: Given, count: int) -> Given:
    """One row that stands for all, as so many rows."""
    cells = known.cells.iloc[np.zeros(count, int)].reset_index(drop=True)
    return replace(known, cells=cells, known=known.known.repeat(count, 0),
                   codes=known.codes.repeat(count, 1), repeated=False, masks={})  # fmt: skip


def complete_sides(
    model: Any,
    codec: TableCodec,
    known: Given,
    seed: int,
    present: Allowed = None,
    first: int = 0,
) -> Given:
    """The same cells, with those that known ones are told from.

    Args:
        model: any family.
        codec: of the table.
        known: cells of rows.
        seed: of the sample.
        present: for some variables, [levels] whether a code may be drawn.
        first: row within all rows, a multiple of `ROWS`.

    Raises:
        ConfigError: by a family that gives no probabilities, and where no value that the model
            knows keeps the rules beside a known one.
    """
    dependents, _ = sides_of(codec, known.cells, known.known)
    if not dependents.any():
        return known
    if model.likelihood_kind is None:
        check_beside(codec, columns_known(known.cells, known.known), known.option)
    model.eval()
    codes, filled = known.codes.clone(), _Filled(known)
    for task, rows in tasks_of(codec, known.cells, known.known).items():
        for own, noise in _batches(rows, len(codec.spec), (seed, STREAM, task.place), first):
            cells = {name: known.cells[name].iloc[own] for name in task.known}
            found = Candidates(model, codec, cells, codes[own], COMPETING + 2)
            for name in task.drawn:
                found.draw(name, noise.draws, noise.places, present, dict(task.solved))
            for name, computed in task.solved:
                found.solve(name, computed)
            found.weigh(task.drawn, [*(name for name, _ in task.solved), *task.dependents])
            chosen = _chosen(codec, task, found, noise.choice, own, known, first)
            codes[own] = found.codes[chosen]
            for name in task.found:
                filled.add(name, own, found.cells[name].iloc[chosen])
    return filled.given(codes)


@dataclass(frozen=True)
class _Noise:
    """[B, K, V] draws from [0, 1) of codes and places inside them, and [B] of choices."""

    draws: Tensor
    places: Tensor
    choice: Tensor


def _batches(
    rows: NDArray[np.int64], variables: int, stream: tuple[int, ...], first: int
) -> Iterator[tuple[NDArray[np.int64], _Noise]]:
    """The rows in parts with their noise, which depends on the row and the stream alone."""
    # Two more, of the ends of what is allowed, stand in where all others break a rule.
    ends = torch.tensor([0.0, _NEARLY_ONE])[:, None].expand(ROWS, 2, variables)
    for number in np.unique(rows // ROWS):
        own = rows[rows // ROWS == number]
        generator = generator_for(*stream, first // ROWS + int(number))
        draws = stratified((ROWS, COMPETING, variables), generator)
        places = torch.rand(ROWS, COMPETING, variables, generator=generator)
        draws, places = (torch.cat([each, ends], 1) for each in (draws, places))
        choice = torch.rand(ROWS, generator=generator)
        at = own % ROWS
        yield own, _Noise(draws[at], places[at].double(), choice[at])


def _chosen(
    codec: TableCodec, task: Task, found: Candidates, choice: Tensor, rows: NDArray[np.int64],
    known: Given, first: int,
) -> NDArray[np.int64]:  # fmt: skip
    """[B] places of the candidates that are taken."""
    shape = (len(rows), COMPETING + 2)
    holds = torch.from_numpy(found.holds).view(shape)
    nats = found.nats.view(shape)[:, :-2].masked_fill(~holds[:, :-2], -torch.inf)
    likely = nats.isfinite().any(1)
    shares = torch.zeros(shape, dtype=torch.float64)
    shares[likely, :-2] = nats[likely].softmax(1)
    # A known value that the model has never seen beside others says nothing but what rules say.
    shares[~likely, :-2] = holds[~likely, :-2].double()
    ends = shares.sum(1) == 0
    shares[ends] = holds[ends].double()
    lost = (shares.sum(1) == 0).nonzero()[:, 0]
    if len(lost):
        _refuse(codec, task, int(rows[lost[0]]), known, first)
    place = place_of(shares, choice[:, None])[:, 0]
    return (torch.arange(len(rows)) * shape[1] + place).numpy()


def _refuse(codec: TableCodec, task: Task, row: int, known: Given, first: int) -> None:
    """Say, by a ConfigError, beside which known cell nothing that lacks keeps the rules."""
    name = task.dependents[-1]
    of_row = f" of row {first + row + 1}" if known.option == "given" else ""
    others, said = " and ".join(map(repr, task.found)), codec.rules.held[name].said
    raise ConfigError(
        f"{known.option}: no value of {others} that the model draws keeps {said} "
        f"beside {name!r} = {known.cells[name].iloc[row]}{of_row}; correct it, give {others} too, "
        f"or leave {name!r} out"
    )


class _Filled:
    """Cells that become known, gathered part by part."""

    def __init__(self, known: Given) -> None:
        self._known = known
        self._parts: dict[str, list[tuple[NDArray[np.int64], pd.Series]]] = {}

    def add(self, name: str, rows: NDArray[np.int64], values: pd.Series) -> None:
        """Cells of a column in some rows."""
        self._parts.setdefault(name, []).append((rows, values))

    def given(self, codes: Tensor) -> Given:
        """All that is known now."""
        known, columns = self._known, dict(self._known.cells.items())
        marks = columns_known(known.cells, known.known)
        for name, parts in self._parts.items():
            mark = marks.get(name, np.zeros(len(codes), bool)).copy()
            values = np.full(len(codes), None, dtype=object)
            if name in columns:
                values[:] = columns[name].astype("object").to_numpy()
            for rows, cells in parts:
                values[rows], mark[rows] = cells.astype("object").to_numpy(), True
            columns[name], marks[name] = pd.Series(values, dtype="object"), mark
        cells = pd.DataFrame(columns)
        return replace(known, cells=cells, known=np.stack([marks[n] for n in cells.columns], 1),
                       codes=codes)  # fmt: skip
