"""Tables from nothing: what a recipe says of columns, drawn row by row, with exact densities."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synth_dl.recipes.recipe import Recipe

__all__ = ["Recipe"]


def __getattr__(name: str) -> Any:
    # Loaded at first use, so that rules, which are read by a few modules of this room, need not
    # wait for the distributions of scipy.
    if name != "Recipe":
        raise AttributeError(f"module 'synth_dl.recipes' has no attribute {name!r}")
    from synth_dl.recipes.recipe import Recipe

    return Recipe
