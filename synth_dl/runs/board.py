"""Figures of a run for its logs; TensorBoard ranks the runs by them in its HParams tab."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytorch_lightning.loggers import Logger, TensorBoardLogger

from synth_dl.metrics.figures import Assessment

if TYPE_CHECKING:
    from synth_dl.metrics.report import Report

PREFIX = "assessment"
# What a report sets beside each other, by the attribute of its metrics.
REPORTED = {"synthetic": "report", "holdout": "report_holdout", "independent": "report_trivial"}
FOLDER, ENDING = "tensorboard", ".report"  # of the logs of a run, and of the file of a report


def log_assessment(
    found: Assessment, options: Mapping[str, Any], loggers: Iterable[Logger]
) -> None:
    """Tell each logger the figures, as `assessment/…`, and all options of the run.

    Args:
        found: of the run.
        options: of the run, by the names that a command line gives them.
        loggers: of any kind.
    """
    named = {name: found.options[name] for name in ("network", "steps", "batch_size")}
    named |= {"model": found.model, "data": found.data, "seed": found.seed}
    named |= {"likelihood": found.likelihood or "none"} | dict(options)
    figures = {
        f"{PREFIX}/{figure.name}": figure.value
        for figure in found.figures
        if figure.value is not None
    }
    for logger in loggers:
        if isinstance(logger, TensorBoardLogger):
            _add_row(logger, named)
        else:
            logger.log_hyperparams(named)
        logger.log_metrics(figures, step=int(found.options["steps"]))
        logger.finalize("success")


def log_report(report: "Report", run: Path) -> Path | None:
    """Add the figures of a report to the TensorBoard logs of its run, in the place of earlier ones.

    They are `report/…`, and `report_holdout/…` and `report_trivial/…` of the two references.

    Args:
        report: on what the model of the run made.
        run: the folder of the run.

    Returns:
        The file, or None where the run keeps no such logs or they cannot be written.
    """
    from torch.utils.tensorboard.writer import SummaryWriter

    folder = run / FOLDER
    if not folder.is_dir():
        return None
    earlier = list(folder.glob(f"events.out.tfevents.*{ENDING}"))
    try:
        with SummaryWriter(str(folder), filename_suffix=ENDING) as writer:
            for metric in report.metrics:
                for role, prefix in REPORTED.items():
                    value = getattr(metric, role)
                    if value is not None:
                        writer.add_scalar(f"{prefix}/{metric.name}", value, 0)
        for file in earlier:
            file.unlink()
    except OSError:
        return None
    return next(iter(folder.glob(f"events.out.tfevents.*{ENDING}")), None)


def _add_row(logger: TensorBoardLogger, options: dict[str, Any]) -> None:
    """A row of the HParams tab, in the logs of the run itself.

    Lightning's way adds a list of the options and metrics that there are, and TensorBoard believes
    the first list that it finds. Without one it gathers those of all runs.
    """
    from torch.utils.tensorboard.summary import hparams

    _, start, end = hparams(options, {})
    writer: Any = logger.experiment._get_file_writer()
    for summary in (start, end):
        writer.add_summary(summary)
