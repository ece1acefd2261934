"""Assessments of runs as tables for the console: of one run, and of several side by side."""

from typing import TYPE_CHECKING

from synth_dl.metrics.console import figures_table
from synth_dl.metrics.figures import FEW, NATS, Assessment, Figure, shown
from synth_dl.runs.comparison import REFERENCES, Group

if TYPE_CHECKING:
    from rich.table import Table

BEST = "*"
BOUND = "≤ "  # stands before the nats of a family that knows a bound of them only
BOUND_SAID = "≤ a bound: the model itself may be better."
FEW_SAID = "With so few records the figures are uncertain."
NOTHING_SAID = (
    "The draws are told from real records as easily as independent ones are: the training was too "
    "short, or went wrong; train longer, or with a smaller model.learning_rate."
)
ALONE_SAID = (
    "The draws are told from real records as easily as independent ones are: this family does not "
    "hold what joins the columns of these data; take another model=."
)
CONTENTS_SAID = "Other runs here have data of this name too, but the contents differ."
DIRECTIONS = {"lower": "lower", "higher": "higher", "0.5": "near 0.5"}
ARROWS = {"lower": "↓", "higher": "↑", "0.5": "→ 0.5"}


def assessment_table(found: Assessment) -> "Table":
    """The figures of one run beside their references, one figure a row."""
    from rich.box import SIMPLE
    from rich.markup import escape

    records = _records(found.kind)
    rows = (
        (
            escape(with_unit(figure)),
            shown_value(figure, found),
            shown(figure.perfect, figure.unit),
            shown(figure.trivial, figure.unit),
            DIRECTIONS[figure.better],
        )
        for figure in found.figures
    )
    notes = [f"{figure.title}: {figure.note}." for figure in found.figures if figure.note]
    if found.learnt_nothing:
        at_once = found.options.get("steps") == 1  # it was fitted, and not trained
        notes.insert(0, ALONE_SAID if at_once else NOTHING_SAID)
    notes += _cautions([found])
    title = f"{found.records:,} drawn {records} against as many of validation"
    roles = ("synthetic", f"training {records}", "independent")
    return figures_table(title, roles, rows, notes, box=SIMPLE, title_justify="left")


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
    table.caption, table.caption_justify = "\n".join(_ranking_notes(group)), "left"
    return table


def with_unit(figure: Figure) -> str:
    """Title and unit of a figure."""
    return f"{figure.title}, {figure.unit}" if figure.unit else figure.title


def shown_value(figure: Figure, found: Assessment) -> str:
    """The value of a run, marked where it is a bound."""
    bound = found.likelihood == "bound" and figure.name == NATS
    return (BOUND if bound and figure.value is not None else "") + shown(figure.value, figure.unit)


def _ranking_notes(group: Group) -> list[str]:
    assessments = [run.assessment for run in group.runs]
    counts = sorted({found.records for found in assessments})
    count = " or ".join(f"{each:,}" for each in counts)
    notes = [f"{BEST} best; {count} drawn {_records(group.kind)} against as many of validation."]
    notes += [f"({which}): {said} in place of drawn ones." for which, said in REFERENCES.items()]
    notes += _cautions(assessments)
    if len({found.seed for found in assessments}) > 1:
        notes.append("Runs of other seeds have another split; the references are means of them.")
    if group.contents:
        notes.append(CONTENTS_SAID)
    return notes


def _records(kind: str) -> str:
    return "images" if kind == "images" else "rows"


def _cautions(assessments: list[Assessment]) -> list[str]:
    notes = []
    if any(found.likelihood == "bound" for found in assessments):
        notes.append(BOUND_SAID)
    if any(found.records < FEW for found in assessments):
        notes.append(FEW_SAID)
    return notes
