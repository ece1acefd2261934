"""Why a row is unlikely, column by column."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from synth_dl.errors import ConfigError, DataError
from synth_dl.tables.frames import taken
from synth_dl.tables.predicting.predicting import Prediction
from synth_dl.tables.predicting.scoring import Scoring
from synth_dl.tables.predicting.target import Target


def one_row(row: Any) -> Any:
    """A table of the one row that a user gives.

    Raises:
        DataError: for anything but one row.
    """
    if isinstance(row, pd.Series):
        return row.to_frame().T.infer_objects()
    if isinstance(row, Mapping) and all(np.ndim(cell) == 0 for cell in row.values()):
        return pd.DataFrame([dict(row)])
    frame = taken(row, "the row")
    if len(frame) != 1:
        raise DataError(f"there are {len(frame):,} rows, and one is explained; give a single one, "
                        "such as frame.iloc[0]")  # fmt: skip
    return frame


def explanation(scoring: Scoring, tidy: pd.DataFrame) -> pd.DataFrame:
    """A line a column that the model learnt, as of `Synthesizer.explain`.

    Args:
        scoring: of the model.
        tidy: [1, columns] in the types of the schema.
    """
    codec, found = scoring.codec, scoring.surprise(tidy)
    told = np.isinf(found.nats[0]) | [bool(codec.slots(k)) for k in range(len(codec.columns))]
    kept = [k for k, name in enumerate(codec.schema.names) if told[k] and name in tidy]
    kept.sort(key=lambda index: -found.excess[0, index])
    codes = codec.encode(tidy).astype(np.int64)
    lines = []
    for index in kept:
        name = codec.schema.names[index]
        cell: pd.Series = tidy.loc[:, name]
        lines.append({"column": name, "value": cell.iloc[0], "nats": found.nats[0, index],
                      "typical": found.typical[0, index],
                      "expected": _expected(scoring, codes, name)})  # fmt: skip
    columns = ["column", "value", "nats", "typical", "expected"]
    table = pd.DataFrame(lines, columns=columns).astype({"value": "object", "expected": "object"})
    return table.set_index("column")


def _expected(scoring: Scoring, codes: Any, name: str) -> Any:
    """What the model expects of a column given the others, None where it cannot tell."""
    try:
        target = Target.of(scoring.codec, name)
    except ConfigError:
        return None
    value = "median" if target.is_number else "mode"
    return Prediction.of(target, value).answer(scoring.model, codes)[name].iloc[0]
