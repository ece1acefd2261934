"""A bar for a long evaluation: what is being done, and how long the rest may take."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

LITTLE = 0.1  # of the work, from which nothing can be told of the rest
Announce = Callable[[str], None]  # told the name of each part when it begins


def silent(_: str) -> None:
    """Nobody watches."""


@contextmanager
def bar(console: "Console", parts: Mapping[str, float]) -> Iterator[Announce]:
    """A bar with the time left, on a terminal; elsewhere nothing is shown.

    Args:
        console: where it is shown.
        parts: the parts in their order, with the time that each takes in comparison with the
            others. A part that is left out is passed over when the next one begins.
    """
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    names, whole = list(parts), sum(parts.values())
    shown = Progress(
        TextColumn("{task.description}"), BarColumn(bar_width=None), TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"), console=console, transient=True,
        disable=not console.is_terminal,
    )  # fmt: skip

    with shown:
        task = shown.add_task(names[0], total=whole, left="")

        def announce(part: str) -> None:
            done = sum(parts[name] for name in names[: names.index(part)])
            left = ""
            if done > LITTLE * whole:
                seconds = round((shown.tasks[0].elapsed or 0.0) * (whole - done) / done)
                left = f"some {timedelta(seconds=seconds)} left"
            shown.update(task, description=part, completed=done, left=left)

        yield announce
