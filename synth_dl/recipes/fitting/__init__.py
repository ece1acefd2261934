"""Known distributions fitted to a table: the fit is a recipe."""

from synth_dl.recipes.fitting.fitted import FittedRecipe, fit_recipe

__all__ = ["FittedRecipe", "fit_recipe"]
