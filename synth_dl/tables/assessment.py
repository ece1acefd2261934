"""A quick assessment of a model of a table: draws against validation rows."""

from typing import TYPE_CHECKING

import pandas as pd

from synth_dl.metrics.encoded import independent_columns
from synth_dl.metrics.figures import Figure
from synth_dl.metrics.marginals import shape_error
from synth_dl.metrics.measuring import SEED, AgainstValidation, likelihood_figures, timed_draw
from synth_dl.metrics.trends import trend_error
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
    drawn, sampling = timed_draw(lambda: pd.concat(synthesizer.stream(0, count, SEED)))
    real, drawn, perfect = encode_tables(
        {"validation": validation, "drawn": drawn, "training": train}, synthesizer.codec.schema
    ).values()
    sets = AgainstValidation(real, drawn, perfect, independent_columns(perfect, SEED))
    figures = [
        sets.figure("shape_error", "shape error", "%", "lower", shape_error),
        sets.figure("trend_error", "trend error", "%", "lower", trend_error),
        sets.two_sample(),
    ]
    if target is not None and target in real.names:
        figures.append(sets.efficiency(target, target))
    figures += likelihood_figures(
        synthesizer.model, lambda: synthesizer.log_prob(validation), "row", COUNTED
    )
    return count, [*figures, sampling]
