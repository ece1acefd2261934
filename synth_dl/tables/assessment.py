"""A quick assessment of a model of a table: draws against validation rows."""

from typing import TYPE_CHECKING

import pandas as pd

from synth_dl.metrics.efficiency import machine_learning_efficiency
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.figures import TOLD_APART, Figure
from synth_dl.metrics.marginals import shape_error
from synth_dl.metrics.measuring import (
    SEED,
    beside_references,
    likelihood_figures,
    timed_draw,
)
from synth_dl.metrics.references import independent_columns
from synth_dl.metrics.trends import trend_error
from synth_dl.metrics.two_sample import two_sample_auc
from synth_dl.tables.evaluation.encoding import encode_tables

if TYPE_CHECKING:
    from synth_dl.tables.synthesizer import Synthesizer

MOST_ROWS, FEWEST_ROWS = 2000, 200
CELLS = 40_000  # of a table; wider ones are assessed on fewer rows, as time goes with cells
COUNTED = "in data units; the nats of the log are those of codes"


def assess_table(
    synthesizer: "Synthesizer", train: pd.DataFrame, validation: pd.DataFrame, target: str | None
) -> tuple[int, list[Figure]]:
    """Shape, trend, two-sample AUC, efficiency, likelihood and seconds of a model.

    Training rows in the place of drawn ones are what a perfect generator gets, independent columns
    what a trivial one gets.

    Args:
        synthesizer: the model.
        train: rows that it was trained on, in random order.
        validation: rows that it was not trained on, in random order.
        target: the column that efficiency predicts, or None.

    Returns:
        How many rows each of the tables has at most, and the figures.
    """
    columns = max(1, len(validation.columns))
    count = min(MOST_ROWS, max(FEWEST_ROWS, CELLS // columns), len(validation))
    validation, train = validation.head(count), train.head(count)
    drawn, sampling = timed_draw(lambda: synthesizer.sample(count, seed=SEED))
    tables = encode_tables(
        {"drawn": drawn, "training": train, "validation": validation}, synthesizer.codec.schema
    )
    real = tables["validation"]
    sets = (tables["drawn"], tables["training"], independent_columns(tables["training"], SEED))

    def tell_apart(table: EncodedTable) -> float | None:
        found = two_sample_auc(real, table, SEED)
        return None if found is None else found.auc

    figures = [
        beside_references(
            "shape_error", "shape error", "%", "lower", lambda each: shape_error(real, each), sets
        ),
        beside_references(
            "trend_error", "trend error", "%", "lower", lambda each: trend_error(real, each), sets
        ),
        beside_references(TOLD_APART, "two-sample", "AUC", "0.5", tell_apart, sets),
        *_efficiency(real, sets, target),
        *likelihood_figures(
            synthesizer.model, lambda: synthesizer.log_prob(validation), "row", COUNTED
        ),
        sampling,
    ]
    return count, figures


def _efficiency(
    real: EncodedTable, sets: tuple[EncodedTable, ...], target: str | None
) -> list[Figure]:
    """What a model learned from each table is worth on the validation rows."""
    meaning = {column.name: column for column in real.columns}.get(target or "")
    if target is None or meaning is None:
        return []

    def score(table: EncodedTable) -> float | None:
        found = machine_learning_efficiency(table, real, target, SEED)
        return None if found is None else found.score

    unit = "R2" if meaning.numeric else "AUC"
    title = f"efficiency on {target}"
    return [beside_references("efficiency", title, unit, "higher", score, sets)]
