"""Evaluation of files: reads the tables, has them compared, prints and writes the report.

Metrics know no files and files know no metrics; this is where the two meet.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth_dl.errors import ConfigError, DataError

if TYPE_CHECKING:
    import pandas as pd

# Characters a line where the table goes into a file or a pipe, so that metrics keep one line each.
PLAIN_WIDTH = 120


@dataclass(frozen=True)
class RunFiles:
    """What a run folder says about itself in its `run.json`.

    Attributes:
        artifact: folder of the model.
        train: the rows that were trained on.
        holdout: rows kept from training, or None.
        schema: file with the schema of the table.
        target: the column that an evaluation predicts, or None.
        synthetic: rows that were drawn already, or None.
    """

    artifact: Path
    train: Path
    holdout: Path | None
    schema: Path | None
    target: str | None
    synthetic: Path | None


def run(
    *,
    run: str | None,
    real: str | None,
    holdout: str | None,
    synthetic: str | None,
    artifact: str | None,
    target: str | None,
    schema: str | None,
    columns: list[str] | None,
    missing: list[str] | None,
    out: str | None,
    seed: int,
    trust: Sequence[str] | None = None,
) -> Path:
    """Compare a synthetic table with a real one; print the table and write the report.

    Args:
        run: a run folder, which knows real, holdout, schema and target and can draw the rows; what
            is given here goes before what it knows.
        real: file of the rows that the model was trained on.
        holdout: file of real rows that the model never saw.
        synthetic: file of the rows to judge.
        artifact: folder of a model to draw the rows from, if there is no such file.
        target: the column that is predicted for machine-learning efficiency.
        schema: file with the schema of the real file; guessed if None.
        columns: names, where the files have no header row.
        missing: texts that stand for a missing cell.
        out: folder for the report; `report`, or the same in the run folder, if None.
        seed: of drawing and of comparing.
        trust: packages whose classes the artifact may name.

    Returns:
        The folder of the report.

    Raises:
        ConfigError: if it is not said what to compare.
        DataError: if a file cannot be used.
    """
    known = read_run_files(Path(run)) if run is not None else None
    if known is not None:
        # Another real file may have other columns, and then the run's schema is not its schema.
        schema = schema or (str(known.schema) if known.schema and real is None else None)
        real = real or str(known.train)
        holdout = holdout or (str(known.holdout) if known.holdout else None)
        synthetic = synthetic or (str(known.synthetic) if known.synthetic else None)
        target = target or known.target
        out = out or f"{run}/report"
    if real is None:
        raise ConfigError("it is not said what to evaluate: give run=FOLDER or real=FILE.")
    source = Path(artifact) if artifact else known.artifact if known else None
    if synthetic is None and source is None:
        raise ConfigError("no rows to judge are given: add synthetic=FILE.")
    _compare(
        real=Path(real),
        holdout=Path(holdout) if holdout else None,
        synthetic=Path(synthetic) if synthetic else None,
        artifact=source,
        target=target,
        schema=Path(schema) if schema else None,
        columns=columns,
        missing=missing,
        out=Path(out or "report"),
        seed=seed,
        trust=trust,
    )
    return Path(out or "report")


def kind_of_run(folder: Path) -> str:
    """`table` or `images`; `table` too for a folder that is no run, which is for others to say."""
    try:
        return json.loads((folder / "run.json").read_text(encoding="utf-8")).get("kind", "table")
    except (OSError, ValueError, AttributeError):
        return "table"


def read_run_files(folder: Path) -> RunFiles:
    """The files of a run.

    Raises:
        DataError: if the folder is no run, or its training has not ended.
    """
    place = folder / "run.json"
    try:
        state: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
        train = state["train"]
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataError(
            f"'{folder}' is no run folder, as it has no run.json: name one that a training left."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"'{place}' is damaged: train again, or give real=FILE.") from error

    def path(key: str) -> Path | None:
        return folder / state[key] if state.get(key) else None

    return RunFiles(
        artifact=folder / "artifact",
        train=folder / train,
        holdout=path("holdout"),
        schema=path("schema"),
        target=state.get("target"),
        synthetic=path("synthetic"),
    )


def _compare(
    *,
    real: Path,
    holdout: Path | None,
    synthetic: Path | None,
    artifact: Path | None,
    target: str | None,
    schema: Path | None,
    columns: list[str] | None,
    missing: list[str] | None,
    out: Path,
    seed: int,
    trust: Sequence[str] | None,
) -> None:
    from rich.console import Console

    from synth_dl.tables.evaluation import evaluate, write_report
    from synth_dl.tables.reading.table import read_table
    from synth_dl.tables.schema import Schema

    declared = Schema.load(schema) if schema is not None else None
    table = read_table(real, columns=columns, missing=missing, schema=declared)

    def like_real(path: Path) -> "pd.DataFrame":
        # The schema of the real file says the names, so a header row may be there or not.
        return read_table(path, missing=missing, schema=table.schema).frame

    held = like_real(holdout) if holdout is not None else None
    if synthetic is not None:
        drawn = like_real(synthetic)
    else:
        from synth_dl.artifact import existing, kind_of
        from synth_dl.tables.synthesizer import Synthesizer

        assert artifact is not None
        if kind_of(existing(artifact)) != Synthesizer.kind:
            raise ConfigError(f"artifact={artifact}: this is a model of images: add data=NAME.")
        drawn = Synthesizer.load(artifact, trust).sample(len(table.frame), seed=seed)
    report = evaluate(
        table.frame, drawn, schema=table.schema, holdout=held, target=target, seed=seed
    )
    write_report(report, out)
    console = Console()
    if not console.is_terminal:
        console = Console(width=PLAIN_WIDTH)
    for note in table.notes:
        console.print(f"{real.name}: {note}", highlight=False, markup=False)
    console.print(report.table())
    console.print(f"the report is in {out}", highlight=False, markup=False)
