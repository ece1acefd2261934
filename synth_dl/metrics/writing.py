"""Texts and pictures as the files of one folder."""

import json
import os
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def as_json(state: Mapping[str, Any]) -> str:
    """Plain data as indented JSON; a ValueError for numbers that JSON does not know."""
    return json.dumps(state, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_together(folder: Path, contents: "Mapping[str, str | Figure]") -> None:
    """Write texts and figures by their file names; all of them or none.

    Raises:
        OSError: if the folder cannot be written; a folder that was made for it is removed again.
    """
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=folder) as staging:
            for name, content in contents.items():
                _write(content, Path(staging, name))
            for name in contents:
                os.replace(Path(staging, name), folder / name)
    except OSError:
        if made and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
        raise


def _write(content: "str | Figure", place: Path) -> None:
    if isinstance(content, str):
        place.write_text(content, encoding="utf-8")
        return
    with warnings.catch_warnings():
        # Names in letters that the font lacks are drawn as boxes, which is known.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        content.savefig(place)
