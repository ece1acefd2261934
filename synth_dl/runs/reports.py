"""Reports of evaluations and plain files, found and read to be set side by side."""

import csv
import io
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth_dl.errors import DataError
from synth_dl.metrics.figures import FILE as ASSESSMENT
from synth_dl.metrics.figures import read_assessment
from synth_dl.metrics.page.comparison import comparison_page
from synth_dl.metrics.report import Metric, shown
from synth_dl.metrics.standing import SECONDS, Candidate, Standing
from synth_dl.metrics.writing import as_json, write_together
from synth_dl.opening import converted, read_json
from synth_dl.runs.comparison import RUN_FILES, names_of
from synth_dl.writing import REPORTS_COMPARED

if TYPE_CHECKING:
    from rich.table import Table

METRICS, REPORT = "metrics.json", "report"
FILES = ("comparison.json", "comparison.csv", "comparison.html")
_TIMES = ("training_seconds", "sampling_seconds")
_TABLES = (".csv", ".tsv", ".parquet", ".pq", ".gz", ".bz2", ".zst")
_MARK = "*"


def are_reports(places: Sequence[str], judged: bool) -> bool:
    """Whether any place is a report or a table, so that none is taken for a run.

    Args:
        places: that are to be compared.
        judged: whether real rows are named, by which any file is judged.
    """
    return any(
        _is_report(place)
        or (place.is_file() and (judged or place.name == METRICS or place.suffix in _TABLES))
        for place in map(Path, places)
    )


def find_candidates(
    places: Sequence[str], judge: Callable[[Path], dict[str, Any]]
) -> list[Candidate]:
    """What stands in the places.

    Args:
        places: folders of reports, `metrics.json` of such, runs that have a report, or files of
            synthetic rows.
        judge: gives the report on such a file, as plain data.

    Raises:
        DataError: if there is no report, it is damaged, or they are of other columns.
    """
    once = list({Path(place).resolve(): Path(place) for place in places}.values())
    found = []
    for name, place in zip(names_of(once), once, strict=True):
        if place.is_file() and place.name != METRICS:
            found.append(_candidate(name, place, judge(place), None))
            continue
        folder = place.parent if place.is_file() else place
        if not folder.is_dir():
            raise DataError(f"there is no '{place}': name reports, or files of synthetic rows")
        folder = folder if _is_report(folder) else folder / REPORT
        if not _is_report(folder):
            raise DataError(f"'{place}' has no report: name the folder of one, or make it by "
                            f"synth-evaluate run={place}")  # fmt: skip
        try:
            state = read_json(folder / METRICS, dict[str, Any])
        except ValueError as error:
            raise _damaged(folder / METRICS) from error
        found.append(_candidate(name, folder, state, _seconds(folder.parent)))
    columns = {frozenset(each.facts.get("columns") or ()) for each in found}
    if len(columns) > 1:
        raise DataError("the reports are of tables with other columns, so that no figure can be "
                        "compared: name reports on the same real table")  # fmt: skip
    return found


def standing_table(found: Standing) -> "Table":
    """One figure a row and one report a column, the best value of each figure marked."""
    from rich.box import SIMPLE
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=f"sorted by {found.sorted_by}", box=SIMPLE, title_justify="left")
    table.add_column("figure")
    for each in found.candidates:
        table.add_column(escape(each.name), justify="right", overflow="fold")
    table.add_column("better")
    for metric in found.figures:
        best = found.best(metric.name)
        cells = [shown(each.value(metric.name), metric.unit) + (_MARK if each.name in best else " ")
                 for each in found.candidates]  # fmt: skip
        unit = f", {metric.unit}" if metric.unit and metric.unit not in metric.title else ""
        table.add_row(escape(f"{metric.title}{unit}"), *cells, metric.better)
    times = ["–" if each.seconds is None else f"{each.seconds:.0f}" for each in found.candidates]
    table.add_row("training and sampling, s", *(f"{each} " for each in times), "lower")
    table.caption, table.caption_justify = "\n".join(_notes(found)), "left"
    return table


def save_standing(found: Standing, folder: Path, *, overwrite: bool = False) -> list[Path]:
    """Write `comparison.json`, `comparison.csv` and `comparison.html`; all of them or none.

    Raises:
        DataError: if a comparison stands there, or the folder cannot be written.
    """
    contents = as_json(found.to_dict()), _csv(found), comparison_page(found)
    files: dict[str, Any] = dict(zip(FILES, contents, strict=True))
    return write_together(folder, files, "the comparison", overwrite)


def _is_report(folder: Path) -> bool:
    run = any((folder / name).is_file() for name in (ASSESSMENT, *RUN_FILES))
    return (folder / METRICS).is_file() and not run


def _candidate(name: str, place: Path, state: dict[str, Any], seconds: float | None) -> Candidate:
    try:
        metrics = converted(state.get("metrics"), dict[str, Metric])
    except ValueError as error:
        raise _damaged(place / METRICS) from error
    facts = {key: value for key, value in state.items() if key != "metrics"}
    return Candidate(name, str(place), metrics, seconds, facts)


def _damaged(place: Path) -> DataError:
    return DataError(f"'{place}' is no report, or it is damaged: make it anew by synth-evaluate")


def _seconds(run: Path) -> float | None:
    """Of training and drawing, where a report lies in a run that tells them."""
    with suppress(DataError):
        figures = {each.name: each.value for each in read_assessment(run).figures}
        known = [figures.get(name) for name in _TIMES]
        return sum(value for value in known if value is not None) if any(known) else None
    return None


def _notes(found: Standing) -> list[str]:
    notes = [f"{_MARK} best."]
    grey = [each.name for each in found.candidates if found.dominated(each)]
    if grey:
        notes.append(f"dominated in {found.fidelity}, {found.privacy} and {SECONDS}: "
                     f"{', '.join(grey)}.")  # fmt: skip
    rows = {str(dict(each.facts.get("rows") or {}).get("real")) for each in found.candidates}
    if len(rows) > 1:
        notes.append(f"The reports rest on {' and '.join(sorted(rows))} real rows: figures of "
                     "other numbers of rows differ by that alone.")  # fmt: skip
    return notes


def _csv(found: Standing) -> str:
    """One report a row; an empty cell is unknown."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*REPORTS_COMPARED.split(","), *(metric.name for metric in found.figures)])
    for each in found.candidates:
        figures = [each.value(metric.name) for metric in found.figures]
        writer.writerow([each.name, each.place, found.dominated(each), each.seconds, *figures])
    return text.getvalue()
