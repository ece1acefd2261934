"""An assessment for TensorBoard, so that its HParams tab ranks the runs."""

from importlib import import_module
from typing import Any

from synth_dl.metrics.figures import Assessment

PREFIX = "assessment"
# Every run announces the same ones, as TensorBoard believes the first run that it finds.
METRICS = {
    "shape_error": "shape error, %",
    "trend_error": "trend error, %",
    "frechet_distance": "Fréchet distance",
    "two_sample_auc": "two-sample AUC",
    "efficiency": "efficiency",
    "validation_nats": "validation nats",
    "training_seconds": "training seconds",
    "sampling_seconds": "sampling seconds",
}
OPTIONS = {
    "model": str,
    "data": str,
    "network": str,
    "likelihood": str,
    "seed": int,
    "steps": int,
    "batch_size": int,
    "learning_rate": float,
    "weight_decay": float,
    "width": int,
    "dropout": float,
}
# TensorBoard shows five options at first: those that are said to differ.
SHOWN = ("data", "learning_rate", "model", "seed", "steps")


def write_to_board(assessment: Assessment, folder: str) -> None:
    """Add scalars `assessment/…` and one row of the HParams tab to the logs of a run.

    Args:
        assessment: of the run.
        folder: where its TensorBoard logs are; the row is named by it.
    """
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(folder) as writer:
        for figure in assessment.figures:
            if figure.value is not None:
                writer.add_scalar(f"{PREFIX}/{figure.name}", figure.value)
        # `add_hparams` would put them into a run of their own, away from the curves.
        file: Any = writer.file_writer
        for summary in _summaries(assessment):
            file.add_summary(summary)


def _summaries(assessment: Assessment) -> list[Any]:
    """What the plugin reads: which options and metrics there are, and the options of this run."""
    from torch.utils.tensorboard.summary import hparams

    known: dict[str, Any] = {
        **assessment.options,
        "model": assessment.model,
        "data": assessment.data,
        "likelihood": assessment.likelihood or "none",
        "seed": assessment.seed,
    }
    options = {
        name: str(known[name]) if kind is str else float(known[name])
        for name, kind in OPTIONS.items()
        if known.get(name) is not None
    }
    _, start, end = hparams(options, {})
    return [_experiment(), start, end]


def _experiment() -> Any:
    """All options and metrics that a run can have, whichever this one has."""
    from tensorboard.plugins.hparams import metadata

    # Classes that protobuf makes at run time, of which a type checker knows nothing.
    api_pb2: Any = import_module("tensorboard.plugins.hparams.api_pb2")
    plugin_data_pb2: Any = import_module("tensorboard.plugins.hparams.plugin_data_pb2")
    summary: Any = import_module("tensorboard.compat.proto.summary_pb2").Summary
    numbers, texts = api_pb2.DATA_TYPE_FLOAT64, api_pb2.DATA_TYPE_STRING
    experiment = api_pb2.Experiment(
        hparam_infos=[
            api_pb2.HParamInfo(
                name=name, type=texts if kind is str else numbers, differs=name in SHOWN
            )
            for name, kind in OPTIONS.items()
        ],
        metric_infos=[
            api_pb2.MetricInfo(name=api_pb2.MetricName(tag=f"{PREFIX}/{name}"), display_name=title)
            for name, title in METRICS.items()
        ],
    )
    content = plugin_data_pb2.HParamsPluginData(experiment=experiment)
    described = metadata.create_summary_metadata(content)
    tag, nothing = metadata.EXPERIMENT_TAG, metadata.NULL_TENSOR
    return summary(value=[summary.Value(tag=tag, metadata=described, tensor=nothing)])
