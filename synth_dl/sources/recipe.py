"""A recipe as a source of rows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synth_dl.provenance.origin import digest_of
from synth_dl.recipes.recipe import Recipe
from synth_dl.sources.source import ALONE, COUNT, Part

LARGE, SMALL = 1 << 16, 1 << 13  # rows in a part: where nobody says, and at least


class RecipeSource:
    """The rows of a recipe, see `Source`. A seed has the same rows whatever part is asked for.

    Args:
        path: of the recipe.

    Raises:
        DataError: with file and line, if it is none.
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.recipe = Recipe.load(path)
        self.count = self.recipe.rows or COUNT

    def parts(self, start: int, stop: int, seed: int, size: int | None) -> Iterator[Part]:
        """Rows `start` to `stop`, about `size` at once."""
        at_once = LARGE if size is None else max(size, SMALL)
        for rows in self.recipe.batches(stop - start, seed, start, at_once):
            yield Part(rows if isinstance(rows, dict) else {ALONE: rows})

    def describe(self) -> dict[str, Any]:
        """Name and digest of its file."""
        return {"recipe": {"path": str(self.path), "sha256": digest_of(self.path)}}
