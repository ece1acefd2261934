"""Numbers of which some values are allowed only: which codes have these, and draws of them."""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from synth_dl.tables.codecs.draws import count_free, draw_integers, draw_reals
from synth_dl.tables.codecs.intervals import Intervals
from synth_dl.tables.codecs.number import NumberCodec


@dataclass(frozen=True)
class CutNumber(NumberCodec):
    """The codes of a number, each cut to its allowed values: it decodes to these alone.

    Attributes:
        allowed: values, of the type of the codec.
    """

    allowed: Intervals

    @classmethod
    def of(cls, codec: NumberCodec, allowed: Intervals) -> Self:
        """The same codec, cut."""
        return cls(**{each.name: getattr(codec, each.name) for each in fields(codec)},
                   allowed=allowed)  # fmt: skip

    @cached_property
    def weights(self) -> NDArray[np.float64]:
        """[fine codes] which share of the values behind each of them is allowed.

        Where all allowed values are points on the real line, they have no share: then it is their
        number by the width of the code, so that they are as likely as their density says.
        """
        owner, _, _, share = self._pieces
        return np.bincount(owner, share, minlength=len(self._parts[0])).astype(np.float64)

    @property
    def points_beside_atoms(self) -> bool:
        """Whether points without any probability are asked for beside values that have some."""
        if self.grid or not self._dense:
            return False
        atoms = np.isin(self.allowed.lows, self._atoms)
        return bool(atoms.any() and not atoms.all())

    @cached_property
    def codes(self) -> NDArray[np.int64]:
        """[fine codes, 2] coarse and fine code of each."""
        owner, first = self._parts[2:]
        return np.stack([owner, np.arange(len(owner)) - first[owner]], axis=1)

    def place_of(self, codes: NDArray[np.int64]) -> NDArray[np.int64]:
        """[N] which of the fine codes [N, 2] or [N, 1] are; 0 for those of a missing value."""
        present = codes[:, 0] < self.values
        place = self._parts[3][np.where(present, codes[:, 0], 0)] + codes[:, 1:].sum(1)
        return np.where(present, place, 0)

    def decode(
        self, codes: NDArray[np.int64], uniform: NDArray[np.float64]
    ) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        present = codes[:, 0] < self.values
        owner, lows, highs, share = self._pieces
        if not len(owner):
            return np.zeros(len(codes), self.lows.dtype), present
        place = self.place_of(codes)
        first, stop = (np.searchsorted(owner, place, side=side) for side in ("left", "right"))
        sums = np.append(0.0, share.cumsum())
        target = sums[first] + uniform * (sums[stop] - sums[first])
        piece = np.searchsorted(sums, target, side="right") - 1
        piece = np.clip(piece, np.minimum(first, len(owner) - 1), np.maximum(stop - 1, 0))
        inside = np.clip((target - sums[piece]) / share[piece], 0, np.nextafter(1, 0))
        draw = draw_integers if self.grid else draw_reals
        return draw(lows[piece], highs[piece], inside, self._atoms), present

    @cached_property
    def _pieces(self) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[Any], NDArray[np.float64]]:
        """[P] fine code, lower and upper bound and share of each allowed piece of a code."""
        low, high = (bound[:, None] for bound in self._parts[:2])
        atom = low == high
        held = self.allowed.hold(low[:, 0])[:, None]
        if self.grid:
            lows = np.maximum(low, self.allowed.lows)
            highs = np.minimum(high, self.allowed.highs + 1)
            inner = np.maximum(highs, lows)
            part = count_free(lows, inner, self._atoms)
            whole = np.maximum(count_free(low, high, self._atoms), 1)
            share = np.where(atom, 0.0, part / whole)
        else:
            lows = np.maximum(low, self.allowed.lows)
            highs = np.maximum(np.minimum(high, self.allowed.highs), lows)
            # Halves, as the difference of two numbers may be too large where no half of it is.
            half = np.where(atom, 1.0, high.astype(np.float64) / 2 - low.astype(np.float64) / 2)
            part = highs.astype(np.float64) / 2 - lows.astype(np.float64) / 2
            share = np.where(atom, 0.0, part / half)
            if self._dense:
                inside = (self.allowed.lows >= low) & (self.allowed.lows < high)
                share = np.where(inside & ~atom, 1 / half, 0.0)
        # An atom is one piece, whatever interval it lies in.
        first = np.arange(share.shape[1]) == 0
        share = np.where(atom & held & first, 1.0, share)
        lows, highs = (np.where(atom, low, bounds) for bounds in (lows, highs))
        owner, piece = np.nonzero(share > 0)
        return owner, lows[owner, piece], highs[owner, piece], share[owner, piece]

    @property
    def _dense(self) -> bool:
        """Whether all allowed values are points, which have a density and no probability."""
        return not self.grid and bool((self.allowed.lows == self.allowed.highs).all())
