"""A comparison of runs as files: JSON, CSV and a picture."""

import csv
import io
import json
import os
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

from synth_dl.errors import ConfigError
from synth_dl.runs.comparison import REFERENCES, Group
from synth_dl.runs.panels import comparison_picture

NAME = "comparison"


def save_comparison(groups: Sequence[Group], folder: Path) -> list[Path]:
    """Write `comparison.json`, `comparison.csv` and `comparison.png`; all of them or none.

    Raises:
        ConfigError: if the folder cannot be written.
    """
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{NAME}-", dir=folder) as staging:
            files = _write(groups, Path(staging))
            for file in files:
                os.replace(file, folder / file.name)
    except OSError as error:
        if made and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
        raise ConfigError(
            f"the comparison cannot be written to '{folder}' ({error.strerror or error}): choose "
            "another folder by --out, or make room there"
        ) from error
    return [folder / file.name for file in files]


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


def _write(groups: Sequence[Group], folder: Path) -> list[Path]:
    files = [folder / f"{NAME}.{ending}" for ending in ("json", "csv", "png")]
    state = {"groups": [group.to_dict() for group in groups]}
    text = json.dumps(state, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    files[0].write_text(text, encoding="utf-8")
    files[1].write_text(comparison_csv(groups), encoding="utf-8")
    with warnings.catch_warnings():
        # Names in letters that the font lacks are drawn as boxes, which is known.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        comparison_picture(groups).savefig(files[2])
    return files
