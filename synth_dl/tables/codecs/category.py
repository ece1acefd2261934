"""Categories as codes; those that fewer than `min_count` rows share get none.

Many categories are split into a coarse and a fine code, so that a column of fifty thousand names
costs two small softmaxes and not a large one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

SPLIT_ABOVE = 256  # categories; from here on two codes cost less than one


@dataclass(frozen=True)
class CategoryCodec:
    """Codes of one category.

    Attributes:
        categories: the categories that have a code, in order; plain str, int, float or bool.
        missing: whether the last coarse code stands for a missing value.
    """

    categories: tuple[Any, ...]
    missing: bool

    @classmethod
    def fit(
        cls, values: pd.Series, *, min_count: int = 5, declared: Sequence[Any] | None = None
    ) -> "CategoryCodec":
        """Keep the categories that at least `min_count` rows share.

        Args:
            values: a column; missing values are counted apart.
            declared: categories in their order, of which those seen often enough are kept.
        """
        counts = values.value_counts(dropna=True)
        common = {_plain(value) for value in counts.index[counts.to_numpy() >= min_count]}
        order = sorted(common, key=_sort_key) if declared is None else list(declared)
        kept = tuple(value for value in order if value in common)
        return cls(kept, missing=int(values.isna().sum()) >= min_count)

    @property
    def fine(self) -> int:
        """Fine codes under a full coarse code; 1 where one code is enough."""
        count = len(self.categories)
        return 1 if count <= SPLIT_ABOVE else int(np.ceil(np.sqrt(count)))

    @property
    def children(self) -> tuple[int, ...]:
        """Fine codes under each coarse code."""
        full, rest = divmod(len(self.categories), self.fine)
        return (self.fine,) * full + ((rest,) if rest else ()) + (1,) * self.missing

    def encode(self, values: pd.Series) -> NDArray[np.int64]:
        """[N, 2] coarse and fine codes; -1, -1 for a category without a code."""
        distinct, inverse = _factorize(values)
        index = {value: code for code, value in enumerate(self.categories)}
        table = np.array([index.get(_plain(value), -1) for value in distinct] + [-1], np.int64)
        joint = table[inverse]
        codes = np.stack([joint // self.fine, joint % self.fine], axis=1)
        codes[joint < 0] = -1
        if self.missing:
            codes[inverse < 0] = (len(self.children) - 1, 0)
        return codes

    def decode(self, codes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Indices into `categories`, and whether a value is present."""
        joint = codes[:, 0] * self.fine + codes[:, 1]
        present = joint < len(self.categories)
        if self.missing:
            present &= codes[:, 0] < len(self.children) - 1
        return np.where(present, joint, 0), present

    def to_dict(self) -> dict[str, Any]:
        """Plain data that JSON can hold."""
        return {"categories": list(self.categories), "missing": self.missing}

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> "CategoryCodec":
        """The inverse of `to_dict`."""
        return cls(tuple(state["categories"]), state["missing"])


def _factorize(values: pd.Series) -> tuple[list[Any], NDArray[np.int64]]:
    """Distinct values and [N] indices into them, -1 for missing."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return list(values.cat.categories), values.cat.codes.to_numpy().astype(np.int64)
    inverse, distinct = pd.factorize(values)
    return list(distinct), inverse


def _plain(value: Any) -> Any:
    """A value as JSON gives it back."""
    value = value.item() if isinstance(value, np.generic) else value
    return value if isinstance(value, str | int | float | bool) else str(value)


def _sort_key(value: Any) -> tuple[str, Any]:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return ("", value) if number else ("text", str(value))
