"""Small tables on the coding that metrics compare."""

import pandas as pd

from synth_dl.metrics.encoded import EncodedTable
from synth_dl.tables.evaluation.encoding import encode_tables
from synth_dl.tables.schema import Column, Schema


def schema_of(**types: str) -> Schema:
    return Schema(tuple(Column(name, kind, "object") for name, kind in types.items()))


def encoded(schema: Schema, *frames: dict[str, list] | pd.DataFrame) -> list[EncodedTable]:
    tables = {f"table {place}": pd.DataFrame(frame) for place, frame in enumerate(frames)}
    return list(encode_tables(tables, schema).values())
