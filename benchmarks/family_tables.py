"""The figures of `families.py` as tables in Markdown, for docs/benchmarks.md."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        name: of the figure in a line of results.
        title: in words.
        best: the value that is best; what lies farthest from it is the worst seed.
        reference: name of the figure that stands beside it, or None.
        reach: what was to be reached, or None.
        digits: after the point.
        total: whether seeds are counted for which it is true.
    """

    name: str
    title: str
    best: float = 0.0
    reference: str | None = None
    reach: float | None = None
    digits: int = 2
    total: bool = False


def section(title: str, note: str, figures: tuple[Figure, ...], lines: list[dict[str, Any]]) -> str:
    """The tables of one row of the benchmark, one for each model that was measured.

    Args:
        title: of the row.
        note: what a reader must know about its figures.
        figures: the lines of a table.
        lines: what was measured, by seed.
    """
    parts = [f"### {title}"] + ([note] if note else [])
    for model in dict.fromkeys(line["model"] for line in lines):
        own = [line for line in lines if line["model"] == model]
        parts.append("\n".join(_table(figures, own)))
    return "\n\n".join(parts)


def _table(figures: tuple[Figure, ...], lines: list[dict[str, Any]]) -> Iterator[str]:
    yield f"`{lines[0]['model']}`: {_made_with(lines)}"
    yield ""
    yield f"| | mean of {_seeds(lines)} | worst | real | to reach |"
    yield "|---|---|---|---|---|"
    for figure in figures:
        values = [line[figure.name] for line in lines if line.get(figure.name) is not None]
        if values:
            yield _line(figure, values, lines)
    reasons = [
        f"seed {line['seed']} ({'; '.join(line['reasons'])})"
        for line in lines
        if line.get("reasons")
    ]
    if reasons:
        yield ""
        yield f"Diverged: {', '.join(reasons)}."


def _line(figure: Figure, values: list[Any], lines: list[dict[str, Any]]) -> str:
    beside = [line[name] for line in lines if (name := figure.reference) and name in line]
    cells = [
        np.mean(values),
        max(values, key=lambda value: abs(value - figure.best)),
        np.mean(beside) if beside else None,
        figure.reach,
    ]
    shown = ["" if cell is None else f"{cell:,.{figure.digits}f}" for cell in cells]
    if figure.total:
        shown[:2] = [f"{sum(values)} of {len(values)}", ""]
    return f"| {' | '.join([figure.title, *shown])} |".replace("  ", " ")


def _seeds(lines: list[dict[str, Any]]) -> str:
    return "1 seed" if len(lines) == 1 else f"{len(lines)} seeds"


def _made_with(lines: list[dict[str, Any]]) -> str:
    """The settings, each with all values that occur."""
    said = []
    for name, words in _SETTINGS.items():
        values = list(dict.fromkeys(str(_plain(line[name])) for line in lines if line[name]))
        if values:
            said.append(words.format(", ".join(values)))
    return f"{'; '.join(said)}."


def _plain(value: Any) -> Any:
    return " ".join(value) if isinstance(value, list) else value


_SETTINGS = {
    "commit": "Commit {}",
    "max_time": "`max_time={}`",
    "samples": "{} drawn",
    "importance": "{} importance samples",
    "words": "`{}`",
    "jobs": "trainings at a time: {}",
    "threads": "threads each: {}",
}
