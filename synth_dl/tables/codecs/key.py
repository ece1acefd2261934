"""Identifiers and free text: the model learns which pattern a row has, and values are drawn fresh.

The state holds patterns that many values share, and no value, except a text without any letter or
digit (a dash, or nothing at all) that `min_count` rows hold, which comes back as it is. Fresh
values are drawn independently of the real ones, so that one may coincide with a real one by chance.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal, Self

import numpy as np
import pandas as pd
import pyarrow as pa
from msgspec import Meta, Struct
from numpy.typing import NDArray

from synth_dl.errors import ArtifactError, DataError
from synth_dl.identifiers.check_digits import find_check, put_right
from synth_dl.identifiers.permutation import mix, number_rows
from synth_dl.identifiers.realistic import Realistic
from synth_dl.opening import converted
from synth_dl.tables.codecs import key_patterns
from synth_dl.tables.codecs.dtypes import distinct_values, largest_integer, restore_keys
from synth_dl.tables.codecs.key_draw import IntegerRange, Run, TextPattern, require
from synth_dl.tables.schema import check_dtype

Pattern = TextPattern | IntegerRange | Realistic
_CHECKED = 1000  # distinct values of which nearly all must pass a test of check digits
_SAMPLE = 100_000  # distinct texts that patterns are looked for in
_REPEATED = 1.5  # rows a value from which on fresh values repeat, too
_CHUNK, _MOST_BLANK, _MOST_PATTERNS = 16_384, 8, 256


@dataclass(frozen=True)
class KeyCodec:
    """Codes of a column of identifiers or free text.

    Attributes:
        patterns: what the values look like, the most frequent first; at least one.
        strides: for each pattern, rows of the table for each fresh value; 1 where none repeats.
        dtype: pandas dtype of the column.
        has_missing: whether at least `min_count` training rows are missing.
        check: the test of check digits that the values pass, if any.
    """

    patterns: tuple[Pattern, ...]
    strides: tuple[int, ...]
    dtype: str
    has_missing: bool
    check: str | None = None

    @property
    def levels(self) -> int:
        """Number of codes: the patterns, then missing if there is such a code."""
        return len(self.patterns) + self.has_missing

    @classmethod
    def fit(cls, values: pd.Series, min_count: int = 5, source: Realistic | None = None) -> Self:
        """Learn the patterns of a training column.

        Args:
            values: strings or integers, some of them missing.
            min_count: how many distinct values must share whatever is kept.
            source: draws realistic values in place of those of patterns.

        Raises:
            DataError: the column holds fractions.
        """
        rows, found = distinct_values(values)
        held = np.bincount(rows[rows >= 0], minlength=len(found))
        dtype, worded, followers = str(values.dtype), np.arange(len(found)), 1
        patterns: list[tuple[Pattern, int]]
        if source is not None:
            patterns = [(source, 1)]
        elif isinstance(found, np.ndarray):
            most = largest_integer(dtype, found)
            patterns = [(key_patterns.integer_range(found, most, min_count), 1)]
        else:
            texts = pa.array(found, pa.large_string())
            worded = np.flatnonzero(key_patterns.skeletons(texts, "text").notna())
            sample = texts.take(pa.array(worded[:: 1 + len(worded) // _SAMPLE]))
            patterns = [*key_patterns.find_patterns(sample, min_count)]
            followers = sum(count for _, count in patterns)
            blank = np.delete(np.arange(len(found)), worded)
            for text in [found[i] for i in blank if held[i] >= min_count][:_MOST_BLANK]:
                patterns.append((TextPattern("runs", text, (Run(((text, 1.0),)),)), len(values)))
        often = held[worded].sum() / max(1, len(worded))  # rows that show one value
        share = 0 if often < _REPEATED else len(values) * followers / len(worded)
        strides = tuple(max(1, round(share / count)) for _, count in patterns)
        kept, missing = tuple(pattern for pattern, _ in patterns), (rows < 0).sum() >= min_count
        check = None if source else find_check(list(map(str, found[:_CHECKED])), min_count)
        return cls(kept, strides, dtype, bool(missing), check)

    def encode(self, values: pd.Series) -> NDArray[np.int64]:
        """[N] the pattern of each row, or the code of missing ones; -1 where there is none."""
        rows, found = distinct_values(values)
        missing = len(self.patterns) if self.has_missing else -1
        return np.append(self._codes_of(found), missing)[rows]

    def _codes_of(self, found: Sequence[Any] | NDArray) -> NDArray[np.int64]:
        patterns = [pattern for pattern in self.patterns if isinstance(pattern, TextPattern)]
        if not patterns:
            return np.zeros(len(found), np.int64)
        texts = pa.array(list(map(str, found)), pa.large_string())
        codes = pd.Series(np.nan, range(len(texts)))
        for level in ("runs", "words", "text"):
            known = {p.skeleton: code for code, p in enumerate(patterns) if p.level == level}
            if known:
                codes = codes.fillna(key_patterns.skeletons(texts, level).map(known))
        return codes.fillna(-1).to_numpy(np.int64)

    def decode(self, codes: NDArray[np.int64], first_row: int, seed: int) -> pd.Series:
        """[N] a fresh value for each row, all that it depends on being the code, the number of the
        row in the whole sample (`first_row` is that of the first one) and the seed.

        Where no real value repeats, none repeats in a sample of up to 2**40 rows. Elsewhere a fresh
        value is met as often as a real one on average. A DataError says where a code is unknown
        or the type of integers has no value left.
        """
        codes = np.asarray(codes, np.int64)
        if codes.size and not 0 <= codes.min() <= codes.max() < self.levels:
            raise DataError(f"codes of a key column run from 0 to {self.levels - 1}; complete the "
                            "unknown ones before they are decoded")  # fmt: skip
        first = self.patterns[0]
        result = np.zeros(len(codes), np.uint64 if isinstance(first, IntegerRange) else object)
        for code, (pattern, stride) in enumerate(zip(self.patterns, self.strides, strict=True)):
            key = int(mix(mix(np.array([seed % 2**64], np.uint64)) + np.uint64(code))[0])
            chosen = np.flatnonzero(codes == code)
            for rows in np.array_split(chosen, 1 + len(chosen) // _CHUNK):
                numbers = number_rows(rows + first_row, stride, key)
                drawn = np.asarray(pattern.draw(numbers, key), result.dtype)
                if self.check is not None:
                    right = [put_right(str(value), self.check) for value in drawn.tolist()]
                    drawn = np.array(right, object).astype(result.dtype)
                if isinstance(pattern, TextPattern) and pattern.further:
                    # A short text may follow another pattern; one of many words never does.
                    strange = self._codes_of(drawn) != code
                    drawn[strange] = pattern.draw(numbers[strange], key, key_patterns.SPACES + 1)
                result[rows] = drawn
        if isinstance(first, IntegerRange) and first.most < 2**63:
            result = result.view(np.int64)
        return restore_keys(result, codes == len(self.patterns), self.dtype)

    def describe(self) -> str:
        """What samples will hold, by an example."""
        return f"fresh values like {str(self.decode(np.zeros(1, np.int64), 0, 0)[0])[:40]}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold."""
        state = asdict(self)
        if self.check is None:
            del state["check"]
        return state

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """The inverse of `to_dict`; an ArtifactError for a state that an earlier version wrote, and
        a ValueError for one that no training leaves."""
        if "domains" in state:
            raise ArtifactError("its identifiers were learnt in another way, by an earlier version "
                                "of synth_dl; train again")  # fmt: skip
        marked = {"level": TextPattern, "low": IntegerRange, "kind": Realistic}
        stored = converted(state, _Stored)
        patterns = tuple(
            converted(entry, marked[min(marked.keys() & entry.keys())]) for entry in stored.patterns
        )
        require(len(stored.strides) == len(patterns))
        check_dtype(stored.dtype)
        return cls(
            patterns, tuple(stored.strides), stored.dtype, stored.has_missing, check=stored.check
        )


class _Stored(Struct, forbid_unknown_fields=True):
    """What `KeyCodec.to_dict` gives."""

    patterns: Annotated[list[dict[str, Any]], Meta(min_length=1, max_length=_MOST_PATTERNS)]
    strides: list[Annotated[int, Meta(ge=1, lt=2**40)]]
    dtype: str
    has_missing: bool
    check: Literal["iban", "luhn", "article", "book"] | None = None
