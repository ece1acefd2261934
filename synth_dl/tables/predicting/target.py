"""A column that is predicted, and the probability of each of its values given the others."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synth_dl.errors import ConfigError
from synth_dl.sampling.columns import unknown_column
from synth_dl.sampling.scoring import conditional
from synth_dl.tables.codec import TableCodec
from synth_dl.tables.codecs.columns import ColumnCodec, NumberColumn
from synth_dl.tables.schema import Column

logger = logging.getLogger(__name__)

# Of a coarse code: where it is less probable, its fine codes count as equally likely, as the
# parts of a bin hold equally many training rows.
SELDOM = 1e-3
AT_ONCE = 2**17  # coarse codes of rows whose fine codes are asked for together


@dataclass(frozen=True)
class Target:
    """A column that can be predicted.

    Attributes:
        codec: of the table.
        index: of the column.
        labels: what its coarse codes stand for, missing left out; of a category every one.
    """

    codec: TableCodec
    index: int
    labels: list[Any]

    @classmethod
    def of(cls, codec: TableCodec, name: Any, option: str = "target") -> Self:
        """The column of that name, or of that label.

        Args:
            codec: of the model.
            name: as the user says it.
            option: by which, for messages.

        Raises:
            ConfigError: for a name that is no column, and for a column of which nothing can be
                predicted: a key, a date, one without several values.
        """
        columns = enumerate(codec.schema.columns)
        index = next((k for k, each in columns if name in (each.name, each.label)), None)
        if index is None:
            raise ConfigError(unknown_column(str(name), codec.schema.names, option))
        if not codec.slots(index) or not (labels := codec.labels(index)):
            raise ConfigError(_unlearnt(codec, index))
        return cls(codec, index, labels)

    def warn_of_unused(self, present: Collection[str]) -> None:
        """Say which columns of rows are not used, as their codes mean nothing without this one."""
        for name, held in self.codec.rules.held.items():
            if name in present and self.column.name in held.beside:
                logger.warning(
                    "%s of the rows is not used, as the rule %s tells it from %s; train without "
                    "the rule to predict by it", name, held.said, self.column.name,
                )  # fmt: skip

    @property
    def column(self) -> Column:
        """As in the schema."""
        return self.codec.schema.columns[self.index]

    @property
    def inner(self) -> ColumnCodec:
        """Its codec."""
        return self.codec.columns[self.index]

    @property
    def slots(self) -> list[int]:
        """Its variables: a coarse one, and a fine one where there is one."""
        return self.codec.slots(self.index)

    @property
    def is_number(self) -> bool:
        """Whether its values have a mean."""
        return isinstance(self.inner, NumberColumn)

    @property
    def children(self) -> NDArray[np.int64]:
        """[K] fine codes under each coarse code, that for missing left out."""
        variables = self.codec.spec.variables
        coarse = variables[self.slots[0]].levels - self.inner.has_missing
        if len(self.slots) == 1:
            return np.ones(coarse, np.int64)
        return np.array(variables[self.slots[1]].children or (), np.int64)[:coarse]

    def coarse_shares(self, model: Any, codes: Tensor) -> Tensor:
        """[B, K] probabilities of the coarse codes, missing left out, that sum to 1.

        Args:
            model: any family.
            codes: [B, V] what is known of the other columns.
        """
        codes = codes.clone()
        codes[:, self.slots] = -1
        shares = conditional(model, codes, self.slots[0]).double()[:, : len(self.children)]
        return shares / shares.sum(1, keepdim=True)

    def shares(self, model: Any, codes: Tensor) -> Tensor:
        """[B, M] probabilities of every code, each coarse one with all its fine ones in order.

        Args and errors as of `coarse_shares`.
        """
        coarse, children = self.coarse_shares(model, codes), torch.from_numpy(self.children)
        if len(self.slots) == 1:
            return coarse
        fine = (coarse / children).repeat_interleave(children, 1)
        first = children.cumsum(0) - children
        least = SELDOM if self.is_number else 0.0
        asked = ((coarse > least) & (children > 1)).nonzero()
        for rows, above in (part.T for part in asked.split(AT_ONCE)):
            filled = codes[rows]
            filled[:, self.slots[0]], filled[:, self.slots[1]] = above, -1
            found = conditional(model, filled, self.slots[1]).double()
            places = torch.arange(found.shape[1])
            real = places < children[above, None]
            found = found.where(real, 0.0)
            found = found / found.sum(1, keepdim=True) * coarse[rows, above, None]
            at = (first[above, None] + places)[real]
            fine[rows[:, None].expand_as(real)[real], at] = found[real]
        return fine


def _unlearnt(codec: TableCodec, index: int) -> str:
    """Why nothing of a column can be predicted."""
    held = codec.schema.columns[index]
    if held.type == "constant":
        return f"column {held.name!r} has one value only; there is nothing to predict"
    if held.type == "empty":
        return f"column {held.name!r} is missing in every row; there is nothing to predict"
    codec.labels(index)  # more rows would not help a type that cannot be predicted
    return (
        f"the model knows no value of column {held.name!r}, as too few of its training rows "
        f"share one (at least {codec.min_count} must); train on more rows, or with a "
        "smaller min_count"
    )
