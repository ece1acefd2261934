"""Assessments as tables for the console."""

from typing import TYPE_CHECKING

from synth_dl.metrics.figures import FEW, NATS, Assessment, Figure, shown

if TYPE_CHECKING:
    from rich.table import Table

BOUND = "≤ "  # stands before the nats of a family that knows a bound of them only
BOUND_SAID = "≤ a bound: the model itself may be better."
FEW_SAID = "With so few records the figures are uncertain."
NOTHING_SAID = (
    "The draws are told from real records as easily as independent ones are: the training was too "
    "short, or went wrong; train longer, or with a smaller model.learning_rate."
)
DIRECTIONS = {"lower": "lower", "higher": "higher", "0.5": "near 0.5"}


def assessment_table(found: Assessment) -> "Table":
    """The figures of one run beside their references, one figure a row."""
    from rich.box import SIMPLE
    from rich.markup import escape
    from rich.table import Table

    records = "images" if found.kind == "images" else "rows"
    title = f"{found.records:,} drawn {records} against as many of validation"
    table = Table(title=title, box=SIMPLE, title_justify="left")
    table.add_column("metric")
    for heading in ("synthetic", "training rows" if records == "rows" else "training images",
                    "independent"):  # fmt: skip
        table.add_column(heading, justify="right")
    table.add_column("better")
    for figure in found.figures:
        table.add_row(
            escape(with_unit(figure)),
            shown_value(figure, found),
            shown(figure.perfect, figure.unit),
            shown(figure.trivial, figure.unit),
            DIRECTIONS[figure.better],
        )
    notes = [f"{figure.title}: {figure.note}." for figure in found.figures if figure.note]
    if found.learnt_nothing:
        notes.insert(0, NOTHING_SAID)
    if found.likelihood == "bound":
        notes.append(BOUND_SAID)
    if found.records < FEW:
        notes.append(FEW_SAID)
    table.caption, table.caption_justify = escape("\n".join(notes)) or None, "left"
    return table


def with_unit(figure: Figure) -> str:
    """Title and unit of a figure."""
    return f"{figure.title}, {figure.unit}" if figure.unit else figure.title


def shown_value(figure: Figure, found: Assessment) -> str:
    """The value of a run, marked where it is a bound."""
    bound = found.likelihood == "bound" and figure.name == NATS
    return (BOUND if bound and figure.value is not None else "") + shown(figure.value, figure.unit)
