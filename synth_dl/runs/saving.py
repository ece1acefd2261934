"""A comparison of runs as files: JSON, CSV and a picture."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from synth_dl.errors import ConfigError
from synth_dl.metrics.writing import as_json, write_together
from synth_dl.runs.comparison import REFERENCES, Group
from synth_dl.runs.panels import comparison_picture


def save_comparison(groups: Sequence[Group], folder: Path) -> list[Path]:
    """Write `comparison.json`, `comparison.csv` and `comparison.png`; all of them or none.

    Raises:
        ConfigError: if the folder cannot be written.
    """
    contents = {
        "comparison.json": as_json({"groups": [group.to_dict() for group in groups]}),
        "comparison.csv": comparison_csv(groups),
        "comparison.png": comparison_picture(groups),
    }
    try:
        write_together(folder, contents)
    except OSError as error:
        raise ConfigError(
            f"the comparison cannot be written to '{folder}' ({error.strerror or error}): choose "
            "another folder by --out, or make room there"
        ) from error
    return [folder / name for name in contents]


def comparison_csv(groups: Sequence[Group]) -> str:
    """One run a row, with both references in rows of their own; an empty cell is unknown."""
    names = list(dict.fromkeys(column.name for group in groups for column in group.columns))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["data", "run", "model", "seed", "likelihood", *names])
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
