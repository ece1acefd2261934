"""Partly synthetic rows: some columns stay as they are given, the others are drawn."""

import logging
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from synth_dl.errors import ConfigError
from synth_dl.sampling.balance import table_lines
from synth_dl.sampling.columns import listed, unknown_column
from synth_dl.tables.schema import Schema

logger = logging.getLogger(__name__)

_SHOWN = 40  # columns in a table on the console


@dataclass(frozen=True)
class Keeping:
    """Which columns of given rows stay.

    Attributes:
        option: `keep` or `synthesize`, by which the user says it.
        columns: those that stay, or those that are drawn.
        schema: of the model.
    """

    option: str
    columns: tuple[str, ...]
    schema: Schema

    @classmethod
    def of(cls, keep: Any, synthesize: Any, schema: Schema) -> "Keeping | None":
        """What a user says by one of the two options, if anything.

        Raises:
            ConfigError: for a column that the model does not have, or for none.
        """
        if keep is None and synthesize is None:
            return None
        option, said = ("keep", keep) if keep is not None else ("synthesize", synthesize)
        return cls(option, _named(option, said, schema), schema)

    def choice(self, present: Sequence[str]) -> list[str]:
        """Of the columns of given rows, those that stay; a warning names what nobody knows.

        Raises:
            ConfigError: if a column that is to stay is not there, or none is left to draw.
        """
        known = [name for name in present if name in self.schema.names]
        lacking = [name for name in self.columns if name not in known]
        if self.option == "keep" and lacking:
            raise ConfigError(f"keep names '{lacking[0]}', which the given rows do not have; they "
                              f"have {', '.join(map(repr, known)) or 'no column of the model'}"
                              )  # fmt: skip
        kept = [name for name in known if (name in self.columns) == (self.option == "keep")]
        if not kept:
            raise ConfigError(f"{self.option} leaves no given column to stay as it is; leave given "
                              "out to draw all of them")  # fmt: skip
        if len(kept) == len(self.schema.names):
            raise ConfigError(f"{self.option} leaves no column to draw; name fewer")
        foreign = [name for name in present if name not in self.schema.names]
        if foreign:
            logger.warning(
                "the model does not know %s of the given rows, which the result does not hold",
                ", ".join(foreign),
            )
        return kept


def real_cells(kept: Sequence[str], schema: Schema, rows: int) -> dict[str, int]:
    """How many cells of each column are real where these columns stay."""
    return {name: rows if name in kept else 0 for name in schema.names}


def cell_lines(cells: dict[str, int], rows: int) -> list[str]:
    """The counts of `real_cells` for the console, those with real cells first."""
    ordered = sorted(cells.items(), key=lambda item: -item[1])
    shown = [(name, count, rows - count) for name, count in ordered[:_SHOWN]]
    rest = ordered[_SHOWN:]
    if rest:
        real = sum(count for _, count in rest)
        shown.append((f"{len(rest)} more columns", real, rows * len(rest) - real))
    total = sum(cells.values())
    shown.append(("all", total, rows * len(cells) - total))
    return table_lines(("column", "real cells", "drawn cells"), shown)


def _named(option: str, said: Any, schema: Schema) -> tuple[str, ...]:
    """Names of columns, by which a frame may call them otherwise than a file."""
    called = {column.label: column.name for column in schema.columns if column.label is not None}
    found = []
    for item in listed(option, said, [*called, *schema.names]):
        name = called.get(item, item) if isinstance(item, Hashable) else item
        if name not in schema.names:
            raise ConfigError(unknown_column(str(name), schema.names, option))
        found.append(name)
    return tuple(dict.fromkeys(found))
