"""Tables from nothing: what a recipe says of columns, drawn row by row, with exact densities."""

from synth_dl.recipes.recipe import Recipe

__all__ = ["Recipe"]
