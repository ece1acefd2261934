"""Identifiers and free text: fresh values of the same patterns, never a real one.

A column becomes the number of the pattern that each value follows; going back, every row gets a
new value of its pattern. The state holds patterns that many values share, and beginnings that no
real value has (see `key_fresh`); it holds no value, and nothing that tells whether a value was in
the data. The one exception is a text without any letter or digit, such as a dash or nothing at
all: where `min_count` rows hold it, it names nobody and comes back as it is.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from synth_dl.errors import DataError
from synth_dl.tables.codecs.key_fresh import Search
from synth_dl.tables.codecs.key_patterns import (
    MOST_TEMPLATES,
    Pattern,
    fallback_pieces,
    find_patterns,
    frequent_domains,
)
from synth_dl.tables.codecs.key_real import RealValues, TakenHeads
from synth_dl.tables.codecs.key_shapes import LEVELS, mix, skeleton_hashes
from synth_dl.tables.codecs.key_template import Template
from synth_dl.tables.codecs.key_values import distinct_texts, largest_integer, restored, wider

_SAMPLE = 200_000
_HEADS = 1024
_FEWEST_HEADS = 32
_IDENTIFIERS_A_BLOCK = 16
_REPEATED = 1.5  # rows a value from which on fresh values repeat, too


@dataclass(frozen=True)
class KeyCodec:
    """Codes of a column of identifiers or free text.

    Attributes:
        patterns: what the values look like, the most frequent first.
        domains: e-mail domains that are kept as they are.
        dtype: pandas dtype that `decode` gives back: that of the training column, or a wider
            integer type where its own has too few values left.
        number: whether the values are integers.
        unique: whether no value repeats in training; then none repeats in a sample.
        has_missing: whether at least `min_count` training rows are missing.
    """

    patterns: tuple[Template, ...]
    domains: frozenset[str]
    dtype: str
    number: bool
    unique: bool
    has_missing: bool

    @property
    def templates(self) -> int:
        """Number of patterns, at least 1."""
        return len(self.patterns)

    @property
    def levels(self) -> int:
        """Number of codes: the patterns, then missing if there is such a code."""
        return len(self.patterns) + self.has_missing

    @classmethod
    def fit(cls, values: pd.Series, min_count: int = 5, seed: int = 0) -> "KeyCodec":
        """Learn the patterns of a training column.

        Args:
            values: strings or integers, some of them missing.
            min_count: how many distinct values must share whatever is kept.
            seed: of the draws of beginnings that no real value has.

        Raises:
            DataError: the column holds fractions.
        """
        generator = np.random.default_rng(seed)
        rows, texts, number = distinct_texts(values)
        held = np.bincount(rows[rows >= 0], minlength=len(texts))
        blank = skeleton_hashes(texts, frozenset(), ())[1]
        worded = np.flatnonzero(~blank)
        has_missing = bool((rows < 0).sum() >= min_count)
        unique = bool((held[worded] == 1).all())
        chosen = worded
        if len(worded) > _SAMPLE:
            chosen = np.sort(generator.choice(worded, _SAMPLE, replace=False))
        sample = [texts[int(i)] for i in chosen.tolist()]
        domains = frozenset() if number else frequent_domains(sample, min_count)
        patterns = find_patterns(sample, domains, number, min_count, generator)
        scale = len(worded) / max(1, len(sample))
        repeats = unique or held[worded].mean() < _REPEATED
        dtype = str(values.dtype)
        templates = _with_heads(
            patterns, texts, scale, len(values), dtype if number else None, repeats, generator
        )
        if templates is None:
            dtype = wider(dtype)
            templates = _with_heads(patterns, texts, scale, len(values), dtype, repeats, generator)
        for i in np.flatnonzero(blank & (held >= min_count)).tolist():
            if len(templates or ()) < MOST_TEMPLATES:
                templates = [*(templates or ()), Template("blank", texts[i], 0, (), None, 1)]
        return cls(tuple(templates or ()), domains, dtype, number, unique, has_missing)

    def encode(self, values: pd.Series) -> np.ndarray:
        """The pattern of each row as int64; the last code for missing ones, if there is one, and
        -1 for values that follow no pattern."""
        rows, texts, _ = distinct_texts(values)
        levels = [level for level in LEVELS if any(t.level == level for t in self.patterns)]
        hashes, blank = skeleton_hashes(texts, self.domains, levels)
        codes = np.full(len(texts) + 1, -1, dtype=np.int64)
        for level in levels:
            numbers = [i for i, template in enumerate(self.patterns) if template.level == level]
            known = np.array([self.patterns[i].hash for i in numbers], dtype=np.uint64)
            order = np.argsort(known)
            place = np.minimum(np.searchsorted(known[order], hashes[level]), len(known) - 1)
            follows = (known[order][place] == hashes[level]) & ~blank & (codes[:-1] < 0)
            codes[:-1][follows] = np.array(numbers)[order][place][follows]
        for number, template in enumerate(self.patterns):
            if template.level == "text":
                codes[:-1][(codes[:-1] < 0) & ~blank] = number
            elif template.level == "blank" and template.skeleton in texts:
                codes[texts.index(template.skeleton)] = number
        codes[-1] = self.templates if self.has_missing else -1
        return codes[rows]

    def decode(self, codes: np.ndarray, first_row: int, seed: int) -> pd.Series:
        """A fresh value of its pattern for each row.

        The value depends on the code, the number of the row in the whole sample and the seed
        only. In a column where no value repeats, none repeats in a sample of up to 2**40 rows,
        blanks apart. In others a fresh value is met as often as a real one on average.

        Args:
            codes: codes of the rows, none of them unknown.
            first_row: number of the first row in the whole sample, from 0.
            seed: any integer; another seed gives other values.

        Raises:
            DataError: a code is out of range, or the integer type has no fresh values left.
        """
        codes = np.asarray(codes, dtype=np.int64)
        if codes.size and not 0 <= codes.min() <= codes.max() < self.levels:
            raise DataError(
                f"Codes of a key column run from 0 to {self.levels - 1}; complete the unknown ones "
                "before they are decoded."
            )
        keys = mix(
            mix(np.array([seed % 2**64], dtype=np.uint64))
            + np.arange(self.templates, dtype=np.uint64)
        )
        result = np.full(len(codes), None, dtype=object)
        digits = len(str(largest_integer(self.dtype))) - 1 if self.number else None
        for number in np.unique(codes).tolist():
            if number == self.templates:
                continue
            chosen = np.flatnonzero(codes == number)
            template, key = self.patterns[number], int(keys[number])
            rows = chosen.astype(np.uint64) + np.uint64(first_row)
            which, inverse = _identifiers(rows, template.stride, key), slice(None)
            if template.stride > 1:
                which, inverse = np.unique(which, return_inverse=True)
            drawn = np.array(template.draw(which, key, digits), dtype=object)
            result[chosen] = drawn[inverse]
        return restored(result, self.dtype, self.number)

    def describe(self) -> str:
        """What samples will hold, in a few words."""
        template = self.patterns[0]
        if template.tail:
            return "fresh text"
        shown = "".join(piece.shown for piece in template.pieces)
        more = f" (and {self.templates - 1} more patterns)" if self.templates > 1 else ""
        return f"fresh values like {shown[:40] or 'a blank'}{more}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold."""
        return {
            "patterns": [template.to_dict() for template in self.patterns],
            "domains": sorted(self.domains),
            "dtype": self.dtype,
            "number": self.number,
            "unique": self.unique,
            "has_missing": self.has_missing,
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> "KeyCodec":
        """The inverse of `to_dict`."""
        patterns = tuple(Template.from_dict(template) for template in state["patterns"])
        return cls(**(state | {"patterns": patterns, "domains": frozenset(state["domains"])}))


def _with_heads(
    patterns: list[Pattern],
    texts: list[str],
    scale: float,
    rows: int,
    integer: str | None,
    once: bool,
    generator: np.random.Generator,
) -> list[Template] | None:
    """Templates with beginnings of fresh values; None if the integer type is too small for them."""
    real, taken = RealValues(texts), TakenHeads()
    largest = largest_integer(integer) if integer else None
    total = sum(pattern.members for pattern in patterns)
    templates = []
    for pattern in patterns:
        distinct = pattern.members * scale
        search = Search(
            real=real,
            taken=taken,
            distinct=distinct,
            rows=rows,
            budget=max(_FEWEST_HEADS, _HEADS * pattern.members // total),
            largest=largest,
        )
        found = search.find(pattern.pieces, generator)
        if found is None and integer != wider(integer or ""):
            return None
        if found is None:
            continue
        stride = 1 if once else max(1, round(rows / distinct))
        templates.append(
            Template(pattern.level, pattern.skeleton, pattern.kept, *found, stride, pattern.tail)
        )
    if templates:
        return templates
    digits = len(str(largest)) - 1 if largest else 0
    pieces = fallback_pieces(bool(integer), digits)
    search = Search(real, taken, max(1, rows), rows, _FEWEST_HEADS, largest)
    found = search.find(pieces, generator)
    return None if found is None else [Template("text", "", 0, *found, 1)]


def _identifiers(rows: np.ndarray, stride: int, key: int) -> np.ndarray:
    """The number of the fresh value that each row shows: its own, or one of those of its block."""
    if stride == 1:
        return rows
    size = np.uint64(_IDENTIFIERS_A_BLOCK)
    return rows // (size * np.uint64(stride)) * size + mix(rows ^ np.uint64(key)) % size
