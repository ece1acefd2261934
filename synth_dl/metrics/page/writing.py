"""The files of a report: figures as JSON, the page, and pictures."""

from pathlib import Path

from synth_dl.metrics.page.page import report_page
from synth_dl.metrics.report import Report
from synth_dl.metrics.writing import as_json, write_together


def write_report(report: Report, folder: Path | str, *, overwrite: bool = False) -> dict[str, Path]:
    """Write `metrics.json`, `report.html` and a PNG file a picture; all of them or none.

    Args:
        report: what was found.
        folder: is made where it is missing.
        overwrite: whether an earlier report in it may be replaced; other files never are.

    Returns:
        The files by what they are: "metrics", "report" and the names of the pictures.

    Raises:
        DataError: if a report stands there, or the folder cannot be written.
    """
    figures = {name: draw() for name, draw in report.pictures.items()}
    contents = {
        "metrics.json": as_json(report.to_dict()),
        "report.html": report_page(report),
        **{f"{name}.png": figure for name, figure in figures.items()},
    }
    paths = write_together(Path(folder), contents, "the report", overwrite)
    return {path.stem: path for path in paths}
