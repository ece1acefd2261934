"""What a check measured, and the table of all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Result:
    """One measured value and the most that it may be.

    Attributes:
        check: what was looked at.
        model: in which model.
        value: measured; NaN passes no check.
        limit: the largest value that is right.
    """

    check: str
    model: str
    value: float
    limit: float

    @property
    def ok(self) -> bool:
        return self.value <= self.limit


def table_of(results: Sequence[Result]) -> Any:
    """A rich table with one line a check."""
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table(box=SIMPLE)
    table.add_column("check")
    table.add_column("model")
    table.add_column("measured", justify="right")
    table.add_column("limit", justify="right")
    table.add_column("")
    for each in results:
        verdict = "[green]ok" if each.ok else "[bold red]FAILED"
        table.add_row(each.check, each.model, _number(each.value), _number(each.limit), verdict)
    return table


def _number(value: float) -> str:
    return f"{value:.0f}" if value == round(value, 0) else f"{value:.1e}"
