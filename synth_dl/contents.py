"""A short digest of what a run learned from, whatever its seed and its split.

Two runs can be compared if they read the same records, and a name does not say so. The digests of
single records are sorted, so that neither their order nor the part that they went to counts.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.util import hash_pandas_object

from synth_dl.codecs.schema import Schema
from synth_dl.data.images.image_set import ImageSet

DIGITS = 16


def digest_of_rows(parts: Sequence[pd.DataFrame], schema: Schema) -> str:
    """Of the rows of all parts together, with the names and the types of their columns."""
    rows = [
        hash_pandas_object(part, index=False).to_numpy("<u8")  # pyright: ignore[reportCallIssue]
        for part in parts
    ]
    columns = [[column.name, column.type] for column in schema.columns]
    return _digest({"columns": columns}, np.sort(np.concatenate(rows)).tobytes())


def digest_of_images(parts: Sequence[ImageSet], levels: int, drawn: bool) -> str:
    """Of the images of all parts together, with their labels.

    Args:
        parts: none of them twice.
        levels: that are learned.
        drawn: whether the pixels were drawn by the seed; sizes and labels are what stands then.
    """
    first = parts[0]
    head = {"shape": first.shape, "levels": levels, "classes": first.classes, "drawn": drawn}
    images = sorted(record for part in parts for record in _records(part, drawn))
    return _digest(head, b"".join(images))


def _records(images: ImageSet, drawn: bool) -> Iterable[bytes]:
    labels = _labels(images)
    if drawn:
        return (label.tobytes() for label in labels)
    pixels = np.ascontiguousarray(images.pixels)
    return (
        hashlib.sha256(label.tobytes() + image.tobytes()).digest()
        for label, image in zip(labels, pixels, strict=True)
    )


def _labels(images: ImageSet) -> NDArray[np.int64]:
    """One for each image, -1 where there are none."""
    return np.full(len(images), -1) if images.labels is None else images.labels.astype("<i8")


def _digest(head: dict[str, Any], records: bytes) -> str:
    text = json.dumps(head, sort_keys=True).encode()
    return hashlib.sha256(text + records).hexdigest()[:DIGITS]
