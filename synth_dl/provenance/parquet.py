"""The label in the metadata of a Parquet file, where pandas carries it from file to file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synth_dl.provenance.label import KEY, PANDAS_KEY, is_label


def key_values(manifest: Mapping[str, Any]) -> dict[str, str]:
    """What is added to the metadata of a file; what stands there already is kept.

    Under a key of its own, which every reader of Parquet shows; and, where it is a label, among
    the `attrs` that pandas gives to a frame which it reads, and writes again.
    """
    found = {KEY: json.dumps(manifest, ensure_ascii=False, default=str)}
    if is_label(manifest):
        found[PANDAS_KEY] = json.dumps({KEY: manifest}, ensure_ascii=False, default=str)
    return found


def read_label(path: Path) -> dict[str, Any] | None:
    """The label in a Parquet file; None where there is none, or the file is damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        held = pq.read_metadata(path).metadata or {}
        texts = [held.get(key.encode()) for key in (KEY, PANDAS_KEY)]
        own, attributes = (json.loads(text) if text else {} for text in texts)
    except (pa.ArrowException, OSError, ValueError, RecursionError):
        return None
    of_pandas = attributes.get(KEY) if isinstance(attributes, dict) else None
    return next((state for state in (own, of_pandas) if is_label(state)), None)
