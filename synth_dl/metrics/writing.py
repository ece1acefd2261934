"""Texts and pictures as the files of one folder."""

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth_dl.writing import PNG_SIGN, SIGN, AtomicWriter, check_free

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def as_json(state: Mapping[str, Any]) -> str:
    """Plain data as indented JSON; a ValueError for numbers that JSON does not know."""
    signed = {"written_by": SIGN, **state}
    return json.dumps(signed, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


class FilesWriter(AtomicWriter):
    """Writes files into one folder, all of them or none; only files of ours are replaced."""

    def check(self) -> None:
        """A DataError if one of the places is taken."""
        check_free(beside=self.paths, overwrite=self.overwrite)


def write_together(
    folder: Path, contents: "Mapping[str, str | Figure]", what: str, overwrite: bool
) -> list[Path]:
    """Write texts and figures by their file names; all of them or none.

    Args:
        folder: is made where it is missing.
        contents: by file name.
        what: they are, for messages.
        overwrite: whether files of ours that stand there may be replaced.

    Returns:
        The files.

    Raises:
        DataError: if a place is taken or the folder cannot be written.
    """
    paths = [folder / name for name in contents]
    with FilesWriter(*paths, what=what, overwrite=overwrite) as writer:
        for path, content in zip(paths, contents.values(), strict=True):
            _write(content, writer.temporary(path))
    return paths


def _write(content: "str | Figure", place: Path) -> None:
    if isinstance(content, str):
        place.write_text(content, encoding="utf-8")
        return
    # Loaded here, as only pictures need it.
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with warnings.catch_warnings():
        # Names in letters that the font lacks are drawn as boxes, which is known.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        # Where there is a layout to find, `savefig` draws all of it twice.
        FigureCanvasAgg(content).print_png(place, metadata=PNG_SIGN)
