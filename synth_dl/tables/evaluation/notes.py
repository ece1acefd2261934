"""What is said in words of tables: what could not be told of them, and what is uncertain."""

from collections.abc import Mapping

from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.report import Metric
from synth_dl.tables.evaluation.encoding import LEFT_OUT_TYPES
from synth_dl.tables.schema import Schema

NO_HOLDOUT = (
    "Without a holdout this report cannot tell whether fresh real rows look like the synthetic "
    "ones (two-sample AUC against fresh rows), what a model trained on synthetic rows is worth "
    "(efficiency), or whether training rows were memorised (nearer share, the gap of the two AUCs, "
    "and how many copies are normal), and the figures lack their real reference."
)
FEW_ROWS = 50


def notes_on(
    tables: Mapping[str, EncodedTable],
    schema: Schema,
    target: str | None,
    metrics: tuple[Metric, ...],
) -> list[str]:
    """What a reader must know before the figures.

    Args:
        tables: `real`, `synthetic` and, where there is one, `holdout`.
        schema: of all of them.
        target: the first column that is predicted, or None.
        metrics: whose notes are told too.
    """
    notes = []
    if "holdout" not in tables:
        notes.append(NO_HOLDOUT)
    elif target is None:
        notes.append("Without a target there is no efficiency: name a column to predict.")
    left_out = [str(column.name) for column in schema.columns if column.type in LEFT_OUT_TYPES]
    if left_out:
        notes.append(f"Left out, as keys or free text: {', '.join(left_out)}.")
    holdout, synthetic = tables.get("holdout"), tables["synthetic"]
    if holdout is not None and not 0.8 < len(synthetic) / len(holdout) < 1.25:
        notes.append(
            f"The holdout has {len(holdout):,} rows, the synthetic table {len(synthetic):,}: "
            "shape and trend errors of the smaller are higher by sampling alone."
        )
    few = [role for role, table in tables.items() if len(table) < FEW_ROWS]
    if few:
        notes.append(f"Fewer than {FEW_ROWS} rows in: {', '.join(few)}; the figures are uncertain.")
    notes.extend(f"{metric.title}: {metric.note}." for metric in metrics if metric.note)
    return notes
