"""The digest of a table, see `training.contents`."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from pandas.util import hash_pandas_object

from synth_dl.tables.schema import Schema
from synth_dl.training.contents import digest


def digest_of_rows(parts: Sequence[pd.DataFrame], schema: Schema) -> str:
    """Of the rows of all parts together, with the names and the types of their columns."""
    rows = [
        hash_pandas_object(part, index=False).to_numpy("<u8")  # pyright: ignore[reportCallIssue]
        for part in parts
    ]
    columns = [[column.name, column.type] for column in schema.columns]
    return digest({"columns": columns}, np.sort(np.concatenate(rows)).tobytes())
