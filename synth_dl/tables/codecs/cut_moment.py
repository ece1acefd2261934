"""Dates with a time of day of which some are allowed only.

Whole days are a matter of the day alone. A day of which a part is allowed has codes of the clock of
its own, so that an interval of moments is its whole days and up to two such parts.
"""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from synth_dl.models.allowed import AllowedCodes
from synth_dl.tables.codecs.columns import Codes, Uniform, trim, width
from synth_dl.tables.codecs.cut import CutNumber
from synth_dl.tables.codecs.intervals import Intervals
from synth_dl.tables.codecs.moment import MomentColumn


@dataclass(frozen=True)
class Part:
    """Moments of some days within some times; of all times where `clock` is None."""

    day: CutNumber
    clock: CutNumber | None


@dataclass(frozen=True)
class CutMoment(MomentColumn):
    """Moments that decode to allowed ones alone.

    Attributes:
        parts: the whole days first.
    """

    parts: tuple[Part, ...] = ()

    @classmethod
    def of(cls, column: MomentColumn, allowed: Intervals) -> Self:
        """The same column, cut.

        Args:
            column: with a clock.
            allowed: in steps since 1970, as `grid_of` counts them.
        """
        assert column.clock is not None
        size = column.steps_a_day
        (first, begin), (last, end) = (np.divmod(x, size) for x in (allowed.lows, allowed.highs))
        apart = first < last
        early, late = apart & (begin > 0), apart & (end < size - 1)
        whole = Intervals(first + early, last - late)
        full = apart | ((begin == 0) & (end == size - 1))
        full &= whole.lows <= whole.highs
        whole = Intervals(whole.lows[full], whole.highs[full])
        within = ~apart & ~full
        boxes = [
            *((day, low, size - 1) for day, low in zip(first[early], begin[early], strict=True)),
            *((day, 0, high) for day, high in zip(last[late], end[late], strict=True)),
            *zip(first[within], begin[within], end[within], strict=True),
        ]
        parts = [Part(CutNumber.of(column.day, whole), None)]
        for day, low, high in boxes:
            own = Intervals.points(np.array([day]))
            times = Intervals(np.array([low]), np.array([high]))
            parts.append(Part(CutNumber.of(column.day, own), CutNumber.of(column.clock, times)))
        held = {each.name: getattr(column, each.name) for each in fields(MomentColumn)}
        return cls(**held, parts=tuple(parts))

    def allowed_codes(self) -> AllowedCodes:
        """The codes of day and clock that have allowed moments."""
        assert self.clock is not None
        whole, *parts = self.parts
        days = trim(whole.day.codes, self.day.children)
        times = trim(self._times.codes, self.clock.children)
        cut = sum((part.day.weights for part in parts), np.zeros(len(days)))
        free = np.flatnonzero((whole.day.weights > 0) & (cut == 0))
        codes = [np.pad(days[free], ((0, 0), (0, times.shape[1])), constant_values=-1)]
        weights = [whole.day.weights[free]]
        for day in np.flatnonzero(cut > 0):
            joint = np.full(len(times), whole.day.weights[day])
            for part in parts:
                if part.clock is not None and part.day.weights[day]:
                    joint += part.day.weights[day] * part.clock.weights
            codes.append(np.concatenate([np.repeat(days[[day]], len(times), 0), times], axis=1))
            weights.append(joint)
        every = np.concatenate(weights)
        return AllowedCodes(np.concatenate(codes)[every > 0], every[every > 0])

    def steps_behind(
        self, codes: Codes, uniform: Uniform
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        assert self.clock is not None
        wide = width(self.day.children)
        present = codes[:, 0] < self.day.values
        day = self.parts[0].day.place_of(codes[:, :wide])
        time = self._times.place_of(codes[:, wide:])
        chances = np.array([
            part.day.weights[day] * (1.0 if part.clock is None else part.clock.weights[time])
            for part in self.parts
        ])  # fmt: skip
        sums = chances.cumsum(0)
        target = uniform[:, 0] * sums[-1]
        chosen = np.minimum((sums <= target).sum(0), len(self.parts) - 1)
        days, steps = np.zeros((2, len(codes)), np.int64)
        for place, part in enumerate(self.parts):
            own = np.flatnonzero(present & (chosen == place))
            before = sums[place, own] - chances[place, own]
            inside = np.clip((target[own] - before) / chances[place, own], 0, np.nextafter(1, 0))
            days[own] = part.day.decode(codes[own, :wide], inside)[0]
            clock = self.clock if part.clock is None else part.clock
            steps[own] = clock.decode(codes[own, wide:], uniform[own, wide])[0]
        return days, steps, present

    @cached_property
    def _times(self) -> CutNumber:
        """The whole clock."""
        assert self.clock is not None
        return CutNumber.of(self.clock, Intervals.between(None, None, self.clock.lows.dtype))
