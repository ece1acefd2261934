"""Where rows come from that no trained model draws: what the sampling command asks of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

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
        read: files that must not be replaced.
    """

    count: int

    @property
    def linked(self) -> bool | None:
        """Whether it makes several tables; None where only a run can tell."""
        ...

    def parts(self, start: int, stop: int, seed: int, size: int | None) -> Iterator[Part]:
        """Rows `start` to `stop` of the sample of that seed, part by part.

        Args:
            start: the first row.
            stop: the row after the last.
            seed: of the sample.
            size: rows in a part, where the source can choose.
        """
        ...

    def describe(self) -> dict[str, Any]:
        """For the manifest: plain data on what the rows were made by."""
        ...
