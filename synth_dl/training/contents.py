"""A short digest of what a run learned from, whatever its seed and its split.

Two runs can be compared if they read the same records, and a name does not say so. The digests of
single records are sorted, so that neither their order nor the part that they went to counts.
"""

import hashlib
import json
from typing import Any

DIGITS = 16


def digest(head: dict[str, Any], records: bytes) -> str:
    """Of what the records are, and of the sorted digests of all of them."""
    text = json.dumps(head, sort_keys=True).encode()
    return hashlib.sha256(text + records).hexdigest()[:DIGITS]
