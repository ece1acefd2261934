"""What a sample was made by: digests of files, and versions of libraries."""

import hashlib
import platform
from importlib import metadata
from pathlib import Path

_AT_ONCE = 1 << 20  # bytes


def digest_of(*files: Path) -> str:
    """SHA-256 of the bytes of files, one behind the other."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while part := stream.read(_AT_ONCE):
                digest.update(part)
    return digest.hexdigest()


def versions(*libraries: str) -> dict[str, str]:
    """Of this package, of the libraries that are named, and of Python."""
    found = {name: metadata.version(name) for name in ("synth_dl", *libraries)}
    return found | {"python": platform.python_version()}
