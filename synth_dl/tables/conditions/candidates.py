"""Candidates for the cells that known ones are told from, with their weights.

Every row has as many candidates; they agree in what is known of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth_dl.likelihoods.inversion import Allowed, place_of
from synth_dl.models.distinct import distinct
from synth_dl.sampling.scoring import conditional, nats
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.columns import Place
from synth_dl.tables.rules.held import Held
from synth_dl.tables.rules.solving import grid_in, solved

_PLACES = (0.0, 0.5, 1 - 2**-53)  # of a code's values, at which it is tried


class Candidates:
    """Candidates of some rows.

    Args:
        model: any family.
        codec: of the table.
        cells: [B] of the columns under rules that are known in all of the rows.
        codes: [B, V] what is known, -1 elsewhere.
        count: K of each row.

    Attributes:
        cells: [B · K] known and drawn cells.
        codes: [B · K, V] known and drawn codes.
        nats: [B · K] logarithms of the weights.
        holds: [B · K] whether the rules hold; after `weigh`.
    """

    def __init__(
        self, model: Any, codec: TableCodec, cells: dict[str, pd.Series], codes: Tensor, count: int
    ) -> None:
        self._model, self._codec = model, codec
        rows = np.arange(len(codes)).repeat(count)
        self.cells = {name: own.iloc[rows].reset_index(drop=True) for name, own in cells.items()}
        self.codes = codes[torch.from_numpy(rows)]
        self.nats = torch.zeros(len(rows), dtype=torch.float64)
        self.holds = np.ones(len(rows), bool)
        self._count, self._begun = count, False

    def draw(
        self, name: str, draws: Tensor, places: Tensor, present: Allowed, solved: Mapping[str, str]
    ) -> None:
        """Draw a column given all that is known and drawn; the first one of codes that rules allow.

        Args:
            name: of the column, after those that it is told from.
            draws, places: [B, K, V] draws from [0, 1) of codes, and of places inside them.
            present: for some variables, [levels] whether a code may be drawn.
            solved: as of `solve`, by columns that may follow from this one.
        """
        slots = np.flatnonzero(self._codec.variables_of(name)).tolist()
        for place, slot in enumerate(slots):
            if bool((self.codes[:, slot] >= 0).all()):
                continue  # it belongs to a combination that is known in part
            shares = self._shares(slot)
            if present and slot in present:
                shares = shares * present[slot]
            if not place and not self._begun:
                # Later columns would have to be tried for every candidate.
                shares = shares * self._allowed(name, slots, shares.shape[1], solved)
            code = place_of(shares, draws.reshape(len(shares), -1)[:, [slot]])
            self.nats -= (shares.gather(1, code)[:, 0] / shares.sum(1)).log()
            self.codes[:, slot] = code[:, 0]
        self.cells[name] = self._codec.decode_column(
            name, self.codes.numpy(), places.reshape(len(self.codes), -1).numpy(), Place(0, 0),
            self.cells,
        )  # fmt: skip
        self._begun = True

    def solve(self, name: str, computed: str) -> None:
        """The column that follows from a computed one and all else that this is computed from."""
        self.cells[name] = self._follows(name, computed, self.cells)

    def _follows(self, name: str, computed: str, cells: Mapping[str, pd.Series]) -> pd.Series:
        held = self._codec.rules.held[computed]
        grid = grid_in(self._codec.columns[self._codec.schema.names.index(name)])
        assert grid is not None  # as what computes it changes evenly with it
        return solved(held, grid, name, {n: cells[n] for n in _parts(held, name)})

    def weigh(self, drawn: Sequence[str], told: Sequence[str]) -> None:
        """Weigh the candidates by how likely they are with those that are told from them.

        As importance sampling does: by their probability over that by which they were drawn.
        """
        codec, frame = self._codec, pd.DataFrame(self.cells)
        own = torch.from_numpy(codec.encode(frame).astype(np.int64))
        self.holds = ~codec.outside(frame)
        for name in (*drawn, *told):
            index = codec.schema.names.index(name)
            slots = torch.from_numpy(np.flatnonzero(codec.variables_of(name)))
            found, before = own[:, slots], self.codes[:, slots]
            self.codes[:, slots] = torch.where(found < 0, before, found)
            # What an implication is about has had its code before.
            if name in told and len(slots) and bool((before < 0).any()):
                unseen = torch.from_numpy(~self._known(name, frame)) | (found < 0).any(1)
                self.nats[unseen] = -torch.inf
                measure = codec.columns[index].log_measure(found.clamp(min=0).numpy())
                self.nats -= torch.from_numpy(measure)
        records, which = distinct(self.codes)
        self.nats += nats(self._model, records)[which]
        self.nats.nan_to_num_(nan=-torch.inf)

    def _shares(self, slot: int) -> Tensor:
        """[B · K, levels] probabilities of the codes of a variable given all that is known."""
        records, which = distinct(self.codes)
        shares = conditional(self._model, records, slot).double()[which]
        variable = self._codec.spec.variables[slot]
        if variable.parent is not None and variable.children is not None:
            above = torch.tensor(variable.children)[self.codes[:, variable.parent].clamp(min=0)]
            shares = shares * (torch.arange(shares.shape[1]) < above[:, None])
        return shares

    def _allowed(
        self, name: str, slots: list[int], levels: int, solved: Mapping[str, str]
    ) -> Tensor:
        """[B · K, levels] whether some value behind a code keeps the rules beside known cells."""
        codec, probes = self._codec, len(_PLACES)
        first = np.arange(0, len(self.codes), self._count)  # all of a row are still the same
        count, rows = len(first), first.repeat(levels * probes)
        cells = {n: own.iloc[rows].reset_index(drop=True) for n, own in self.cells.items()}
        codes = np.zeros((len(rows), len(codec.spec)), np.int64)
        codes[:, slots[0]] = np.tile(np.arange(levels).repeat(probes), count)
        places = np.tile(np.array(_PLACES), count * levels)
        for slot in slots[1:]:
            variable = codec.spec.variables[slot]
            below = np.full(len(rows), variable.levels)
            if variable.parent is not None and variable.children is not None:
                below = np.array(variable.children)[codes[:, variable.parent]]
            codes[:, slot] = np.minimum((places * below).astype(np.int64), below - 1)
        uniform = np.repeat(places[:, None], len(codec.spec), 1)
        cells[name] = codec.decode_column(name, codes, uniform, Place(0, 0), cells)
        told = {}
        for other, computed in solved.items():
            if {*_parts(codec.rules.held[computed], other)} <= {*cells}:
                told[other] = self._follows(other, computed, cells)
        frame = pd.DataFrame({**cells, **told})
        holds: NDArray[np.bool_] = ~codec.outside(frame)
        for other in told:
            holds &= self._known(other, frame)
        found: Any = holds.reshape(count, levels, probes).any(2)
        return torch.from_numpy(found.repeat(self._count, 0))

    def _known(self, name: str, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """[N] whether the cells of a column are none that the model has never seen."""
        return self._codec.inside(self._codec.schema.names.index(name), frame)


def _parts(held: Held, name: str) -> list[str]:
    """A computed column and all that it is computed from but one."""
    return [held.name, *(other for other in held.beside if other != name)]
