"""A comparison of runs for the console."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from synth_dl.metrics.figures import FEW, shown
from synth_dl.runs.comparison import REFERENCES, Group
from synth_dl.runs.console import BOUND_SAID, FEW_SAID, shown_value

if TYPE_CHECKING:
    from rich.table import Table

BEST = "*"
CONTENTS_SAID = "Other runs here have data of this name too, but the contents differ."
ARROWS = {"lower": "↓", "higher": "↑", "0.5": "→ 0.5"}


def ranking_table(group: Group) -> "Table":
    """One run a row, one figure a column, the best value of each column marked by a star."""
    from rich.box import SIMPLE
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=f"runs on {escape(group.title)}", box=SIMPLE, title_justify="left")
    table.add_column("run", overflow="fold", no_wrap=True)
    table.add_column("model", no_wrap=True)
    for column in group.columns:
        heading = f"{column.title}\n{column.unit} {ARROWS[column.better]}"
        table.add_column(escape(heading), justify="right")
    best = [group.best(column) for column in group.columns]
    for place, run in enumerate(group.runs):
        cells = []
        for column, places in zip(group.columns, best, strict=True):
            figure = run.figure(column)
            cell = "–" if figure is None else shown_value(figure, run.assessment)
            # With a lone run there is nothing to be better than.
            marked = place in places and len(group.runs) > 1
            cells.append(f"[bold]{cell}[/bold]{BEST}" if marked else f"{cell} ")
        table.add_row(escape(run.name), escape(run.assessment.model), *cells)
    table.add_section()
    for which in REFERENCES:
        known = [shown(group.reference(column, which), column.unit) for column in group.columns]
        table.add_row(f"({which})", "", *(f"{cell} " for cell in known), style="dim")
    table.caption, table.caption_justify = "\n".join(_notes(group)), "left"
    return table


def _notes(group: Group) -> Sequence[str]:
    seeds = {run.assessment.seed for run in group.runs}
    records = "images" if group.kind == "images" else "rows"
    counts = sorted({run.assessment.records for run in group.runs})
    count = " or ".join(f"{each:,}" for each in counts)
    notes = [f"{BEST} best; {count} drawn {records} against as many of validation."]
    notes += [f"({which}): {said} in place of drawn ones." for which, said in REFERENCES.items()]
    if any(run.assessment.likelihood == "bound" for run in group.runs):
        notes.append(BOUND_SAID)
    if counts[0] < FEW:
        notes.append(FEW_SAID)
    if len(seeds) > 1:
        notes.append("Runs of other seeds have another split; the references are means of them.")
    if group.contents:
        notes.append(CONTENTS_SAID)
    return notes
