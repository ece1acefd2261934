"""How unlikely rows are, beside rows of the model itself, and which columns make them so."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from synth_dl.sampling.drawing import Drawing
from synth_dl.sampling.scoring import conditional, nats
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.columns import Place
from synth_dl.tables.predicting.cells import forget_unseen

FRESH, FRESH_SEED = 10_000, 20_000_081  # rows that others are compared with


@dataclass(frozen=True)
class Scores:
    """How likely rows are.

    Attributes:
        log_prob: [N] nats of the cells that the model knows, as of `Synthesizer.log_prob`.
        unseen: [N, columns] cells whose value the model does not know.
        percentile: [N] per cent of fresh rows that are less likely, from 0 to 100. A value that the
            model does not know counts as probable as it can be at most.
    """

    log_prob: NDArray[np.float64]
    unseen: NDArray[np.bool_]
    percentile: NDArray[np.float64]

    def table(self) -> pd.DataFrame:
        """One line a row."""
        counts = self.unseen.sum(1)
        return pd.DataFrame(
            {"log_prob": self.log_prob, "percentile": self.percentile, "unseen": counts}
        )


@dataclass(frozen=True)
class Surprise:
    """How unlikely each cell is given the others of its row.

    Attributes:
        nats: [N, columns] -log p(cell | the other cells), of the code of the cell; 0 where nothing
            is known. A value that the model does not know has the least that it can have, and one
            that breaks a rule of its column is infinitely unlikely.
        typical: [N, columns] its mean over what the model expects there.
    """

    nats: NDArray[np.float64]
    typical: NDArray[np.float64]

    @property
    def excess(self) -> NDArray[np.float64]:
        """[N, columns] nats above the typical ones."""
        return self.nats - self.typical


@dataclass
class Scoring:
    """Scores of rows by a model.

    Args:
        model: of a family with a likelihood.
        codec: of the table.
        rows: that it was trained on; infinite where nothing tells.
    """

    model: Any
    codec: TableCodec
    rows: float
    _fresh: dict[frozenset[str], NDArray[np.float64]] = field(default_factory=dict)

    def scores(self, frame: pd.DataFrame) -> Scores:
        """Of rows in the types of the schema, which may lack columns.

        Raises:
            ConfigError: by a family that has no likelihood.
        """
        found, least, unseen = self._nats(frame)
        return Scores(found, unseen, self._percentiles(least, frozenset(map(str, frame))))

    def surprise(self, frame: pd.DataFrame) -> Surprise:
        """Of the cells of such rows.

        Raises:
            ConfigError: by a family that gives no probabilities.
        """
        codes = self.codec.encode(frame).astype(np.int64)
        unseen = forget_unseen(self.codec, frame, codes)
        known = torch.from_numpy(codes)
        shape = len(frame), len(self.codec.columns)
        found, typical = np.zeros(shape), np.zeros(shape)
        for index in range(len(self.codec.columns)):
            if slots := self.codec.slots(index):
                nats, mean = _of_column(self.model, known, slots)
                found[:, index] = np.where(unseen[:, index], -self._rare, nats)
                there = unseen[:, index] | (codes[:, slots[0]] >= 0)
                typical[:, index] = np.where(there, mean, 0.0)
        for name, broken in self.codec.broken_cells(frame):
            found[broken, self.codec.schema.names.index(name)] = np.inf
        return Surprise(found, typical)

    @property
    def _rare(self) -> float:
        """The most log-probability that a value can have which the codec does not keep."""
        return float(np.log(self.codec.min_count / min(max(self.rows, self.codec.min_count), 1e9)))

    def _nats(
        self, frame: pd.DataFrame
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
        """[N] nats of the known cells, and of all with the most that unknown ones can have."""
        codes = self.codec.encode(frame).astype(np.int64)
        outer = codes.copy()  # beyond the extremes those of the outermost bins
        unseen = forget_unseen(self.codec, frame, codes)
        settled = torch.from_numpy(self.codec.settled(frame))
        found = nats(self.model, torch.from_numpy(codes), settled=settled).numpy()
        found = np.where(self.codec.outside(frame), -np.inf, found - self.codec.log_measure(codes))
        outer[codes >= 0] = -1
        least = found + unseen.sum(1) * self._rare - self.codec.log_measure(outer)
        return found, least, unseen

    def _percentiles(
        self, found: NDArray[np.float64], names: frozenset[str]
    ) -> NDArray[np.float64]:
        """[N] per cent of fresh rows, of the same columns, that have fewer nats."""
        if names not in self._fresh:
            self.model.eval()
            frames = [
                self.codec.decode(drawn.codes, drawn.uniform, Place(drawn.first, FRESH_SEED))
                for drawn in Drawing(self.model, 0, FRESH, FRESH_SEED)
            ]
            fresh = pd.concat(frames, ignore_index=True)
            kept = [name for name in self.codec.schema.names if name in names]
            self._fresh[names] = np.sort(self._nats(fresh.loc[:, kept])[1])
        return 100 * np.searchsorted(self._fresh[names], found) / FRESH


def _of_column(
    model: Any, codes: torch.Tensor, slots: list[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """[N] nats of a column's codes given all others, and their mean over what may be there.

    One variable after another: a fine code is judged given its coarse one.
    """
    given, known = codes.clone(), codes[:, slots[0]] >= 0
    given[:, slots] = -1
    total, mean = (torch.zeros(len(codes), dtype=torch.float64) for _ in range(2))
    for slot in slots:
        shares = conditional(model, given, slot).double()
        shares = shares / shares.sum(1, keepdim=True)
        own = shares.gather(1, codes[:, slot, None].clamp(min=0))[:, 0]
        tiny = torch.finfo(torch.float64).tiny
        total -= torch.where(known, own.clamp(min=tiny).log(), 0.0)
        mean -= torch.special.xlogy(shares, shares).sum(1)
        given[:, slot] = codes[:, slot]
    return total.numpy(), mean.numpy()
