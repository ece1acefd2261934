"""Where rows come from that no trained model draws: what the sampling command asks of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

COUNT = 1000  # rows, where neither the user nor the source says how many
ALONE = ""  # name of a table that is the only one


@dataclass(frozen=True)
class Part:
    """Some rows of a sample.

    Attributes:
        tables: by their names, or by `ALONE`; each a frame of pandas or a table of Arrow.
    """

    tables: dict[str, Any]

    def __len__(self) -> int:
        """Rows of the first table, which are those that n counts."""
        return len(next(iter(self.tables.values())))


class Source(Protocol):
    """A recipe or a simulator.

    Attributes:
        count: how many rows are made where nobody says.
    """

    count: int

    def parts(self, start: int, stop: int, seed: int, size: int | None) -> Iterator[Part]:
        """Rows `start` to `stop` of the sample of that seed, part by part.

        Args:
            start: the first row.
            stop: the row after the last.
            seed: of the sample.
            size: rows in a part, as far as the source can choose.
        """
        ...

    def describe(self) -> dict[str, Any]:
        """For the manifest: plain data on what the rows were made by."""
        ...
