"""Text of few forms as codes: which form a row has, and the numbers in it, each like a number."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any, Self

import numpy as np
import pandas as pd
from msgspec import Meta, Struct
from numpy.typing import NDArray

from synth_dl.opening import converted
from synth_dl.spec import Variable
from synth_dl.tables.codecs.columns import (
    Codes,
    Place,
    SingleColumn,
    Uniform,
    number_variables,
    trim,
    width,
)
from synth_dl.tables.codecs.dtypes import distinct_values, restore_keys
from synth_dl.tables.codecs.form_search import MOST_FORMS, find_forms
from synth_dl.tables.codecs.forms import Form
from synth_dl.tables.codecs.number import NumberCodec
from synth_dl.tables.schema import Column


@dataclass(frozen=True)
class PatternColumn(SingleColumn):
    """Times of day, durations, addresses, ranges, quantities in several units, and the like.

    Attributes:
        forms: how the texts are written.
        numbers: for each form the codecs of its numbers.
        missing: whether the last code of the first variable stands for a missing cell.
    """

    forms: tuple[Form, ...]
    numbers: tuple[tuple[NumberCodec, ...], ...]
    missing: bool

    @classmethod
    def fit(cls, values: pd.Series, column: Column, min_count: int) -> Self:
        rows, texts = distinct_values(values)
        texts = list(map(str, texts))
        held = np.bincount(rows[rows >= 0], minlength=len(texts))
        left = np.ones(len(texts), bool)
        forms, codecs = [], []
        for form in find_forms(texts, held, min_count)[0]:
            own = np.flatnonzero(left)
            found, valid = form.read([texts[index] for index in own])
            weights, all_present = held[own[valid]], np.ones(held[own[valid]].sum(), bool)
            numbers = tuple(
                NumberCodec.fit(np.repeat(part, weights), all_present, min_count=min_count)
                for part in found[valid].T
            )
            if weights.sum() >= min_count and all(codec.values for codec in numbers):
                left[own[valid]] = False
                forms.append(form)
                codecs.append(numbers)
        missing = bool((rows < 0).sum() >= min_count)
        return cls(column, tuple(forms), tuple(codecs), missing)

    @property
    def has_missing(self) -> bool:
        return self.missing

    def variables(self, column: int, first: int) -> list[Variable]:
        name = self.column.name
        found = [Variable(name, len(self.forms) + self.missing, column)]
        for index, codecs in enumerate(self.numbers):
            for place, codec in enumerate(codecs):
                part = f"{name} (form {index + 1}, number {place + 1})"
                found += number_variables(codec, part, column, first + len(found))
        return found

    def encode(self, values: pd.Series) -> Codes:
        rows, texts = distinct_values(values)
        texts = list(map(str, texts))
        # The numbers of other forms have the first code, which is never decoded.
        known = np.zeros((len(texts) + 1, self._width), np.int64)
        known[:, 0] = -1
        for index, (form, first) in enumerate(zip(self.forms, self._firsts, strict=True)):
            left = np.flatnonzero(known[:-1, 0] < 0)
            found, valid = form.read([texts[row] for row in left])
            own = left[valid]
            known[own, 0] = index
            for codec, part in zip(self.numbers[index], found[valid].T, strict=True):
                codes = trim(codec.encode(part, np.ones(len(part), bool)), codec.children)
                known[own, first : first + codes.shape[1]] = codes
                first += codes.shape[1]
        known[(known < 0).any(1)] = -1
        if self.missing:
            known[-1] = 0
            known[-1, 0] = len(self.forms)
        return known[rows]

    def decode(self, codes: Codes, uniform: Uniform, place: Place) -> pd.Series:
        texts = np.full(len(codes), None, object)
        for index, (form, first) in enumerate(zip(self.forms, self._firsts, strict=True)):
            own = np.flatnonzero(codes[:, 0] == index)
            found = np.zeros((len(own), form.size), np.int64)
            for place_, codec in enumerate(self.numbers[index]):
                wide = width(codec.children)
                part, drawn = codes[own, first : first + wide], uniform[own, first]
                found[:, place_], _ = codec.decode(part, drawn)
                first += wide
            texts[own] = form.write(found)
        missing = codes[:, 0] == len(self.forms)
        return restore_keys(texts, missing, self.column.dtype)

    def log_measure(self, codes: Codes) -> NDArray[np.float64]:
        total = np.zeros(len(codes))
        for index, first in enumerate(self._firsts):
            own = codes[:, 0] == index
            for codec in self.numbers[index]:
                wide = width(codec.children)
                total[own] += codec.log_measure(codes[own, first : first + wide])
                first += wide
        return total

    def describe(self) -> tuple[str, str]:
        if not self.forms:
            return "", "no form is shared by enough rows"
        middle = [[codec.lows[len(codec.lows) // 2] for codec in codecs] for codecs in self.numbers]
        pairs = zip(self.forms, middle, strict=True)
        written = [form.write(np.array([row], np.int64))[0] for form, row in pairs]
        return ", ".join(written[:3]), f"{len(self.forms)} forms of text with numbers"

    @property
    def _firsts(self) -> list[int]:
        """For each form the place of its first number among the variables."""
        sizes = [sum(width(codec.children) for codec in codecs) for codecs in self.numbers]
        return np.cumsum([1, *sizes])[:-1].tolist()

    @property
    def _width(self) -> int:
        return 1 + sum(width(codec.children) for codecs in self.numbers for codec in codecs)

    def to_dict(self) -> dict[str, Any]:
        return {
            "forms": [asdict(form) for form in self.forms],
            "numbers": [[codec.to_dict() for codec in codecs] for codecs in self.numbers],
            "missing": self.missing,
        }

    @classmethod
    def from_dict(cls, column: Column, state: dict[str, Any]) -> Self:
        stored = converted(state, _Stored)
        numbers = tuple(tuple(map(NumberCodec.from_dict, codecs)) for codecs in stored.numbers)
        for form, codecs in zip(stored.forms, numbers, strict=True):
            form.check()
            if len(codecs) != form.size:
                raise ValueError("a form of texts has another number of codecs than of numbers")
        return cls(column, tuple(stored.forms), numbers, stored.missing)


class _Stored(Struct, forbid_unknown_fields=True):
    """What `PatternColumn.to_dict` gives."""

    forms: Annotated[list[Form], Meta(max_length=MOST_FORMS)]
    numbers: list[list[dict[str, Any]]]
    missing: bool
