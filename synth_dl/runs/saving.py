"""A comparison of runs as files: JSON, CSV and a picture."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from synth_dl.metrics.writing import as_json, write_together
from synth_dl.runs.comparison import REFERENCES, Group
from synth_dl.runs.panels import comparison_picture
from synth_dl.writing import COMPARED

FILES = ("comparison.json", "comparison.csv", "comparison.png")


def save_comparison(
    groups: Sequence[Group], folder: Path, *, overwrite: bool = False
) -> list[Path]:
    """Write `comparison.json`, `comparison.csv` and `comparison.png`; all of them or none.

    Args:
        groups: of runs.
        folder: is made where it is missing.
        overwrite: whether an earlier comparison in it may be replaced; other files never are.

    Raises:
        DataError: if a comparison stands there, or the folder cannot be written.
    """
    contents = (
        as_json({"groups": [group.to_dict() for group in groups]}),
        comparison_csv(groups),
        comparison_picture(groups),
    )
    files: dict[str, Any] = dict(zip(FILES, contents, strict=True))
    return write_together(folder, files, "the comparison", overwrite)


def comparison_csv(groups: Sequence[Group]) -> str:
    """One run a row, with both references in rows of their own; an empty cell is unknown."""
    names = list(dict.fromkeys(column.name for group in groups for column in group.columns))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COMPARED.split(","), *names])
    for group in groups:
        own = {name: [column for column in group.columns if column.name == name] for name in names}
        for run in group.runs:
            found = run.assessment
            figures = {figure.name: figure.value for figure in found.figures}
            writer.writerow(
                [group.title, run.name, found.model, found.seed, found.likelihood or "none",
                 *(figures.get(name) for name in names)]
            )  # fmt: skip
        for which in REFERENCES:
            # Of two targets no one reference holds.
            values = [
                group.reference(columns[0], which) if len(columns) == 1 else None
                for columns in own.values()
            ]
            writer.writerow([group.title, f"({which})", "", "", "", *values])
    return text.getvalue()
