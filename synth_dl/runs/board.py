"""An assessment for the loggers of a run; TensorBoard ranks the runs by it in its HParams tab."""

from collections.abc import Iterable, Mapping
from typing import Any

from pytorch_lightning.loggers import Logger, TensorBoardLogger

from synth_dl.metrics.figures import Assessment

PREFIX = "assessment"


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
