"""A table as a recipe: every column by itself, and their dependence by a copula if asked for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.api import types
from threadpoolctl import threadpool_limits

from synth_dl.errors import DataError
from synth_dl.recipes.fitting.categories import fit_categories, fit_moments, fit_truth, plain
from synth_dl.recipes.fitting.copula import FittedCopula, Latent, fit_copula, number_codes
from synth_dl.recipes.fitting.ends import short
from synth_dl.recipes.fitting.numbers import NumberFit, fit_number
from synth_dl.recipes.fitting.pictures import number_figure
from synth_dl.recipes.fitting.text import recipe_text
from synth_dl.recipes.recipe import Recipe

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Entry = dict[str, Any]


@dataclass(frozen=True)
class FittedRecipe:
    """A recipe that was fitted to a table.

    Attributes:
        data: the recipe as dictionaries.
        notes: by column, how it was found; "correlation" says how the copula was.
        numbers: by column of numbers, the families with their figures.
        min_count: rows that share whatever is told.
    """

    data: Entry
    notes: dict[str, str]
    numbers: dict[str, NumberFit]
    min_count: int = 10

    def figure(self, name: str) -> "Figure":
        """Picture of a column of numbers: data, fit and quantiles."""
        return number_figure(name, self.numbers[name], self.min_count)

    @cached_property
    def text(self) -> str:
        """The recipe as YAML, with the notes as comments."""
        return recipe_text(self.data, self.notes)

    @cached_property
    def recipe(self) -> Recipe:
        """The recipe, to draw from and to ask for probabilities."""
        return Recipe.parse(self.text)


def fit_recipe(
    frame: pd.DataFrame, *, copula: bool, min_count: int = 10, seed: int = 0
) -> FittedRecipe:
    """Fit known distributions to the columns of a table.

    Args:
        frame: [N] rows of numbers, categories, datetimes and truth values, missing cells as such.
        copula: whether the dependence of the columns is fitted too.
        min_count: rows that share whatever is told: categories, spikes, ends and quantiles.
        seed: of choices of rows and of the bootstrap.

    Raises:
        DataError: for a table without rows or columns.
    """
    if not len(frame) or not len(frame.columns):
        raise DataError("the table has no rows or no columns; a distribution needs some")
    # Thousands of products of a few numbers each: threads only wait for each other.
    with threadpool_limits(1, "blas"):
        return _fit_table(frame, copula, min_count, seed)


def _fit_table(frame: pd.DataFrame, copula: bool, min_count: int, seed: int) -> FittedRecipe:
    columns: dict[str, Entry] = {}
    notes: dict[str, str] = {}
    numbers: dict[str, NumberFit] = {}
    for name in frame.columns:
        values = _column(frame, name)
        present: Any = values[_present(values)]
        columns[name], notes[name], number = _fit_column(present, min_count, seed)
        if number is not None:
            numbers[name] = number
        missing = len(values) - len(present)
        if missing >= min_count or not len(present):
            columns[name]["missing"] = short(missing / len(values))
    data: Entry = {"rows": len(frame), "columns": columns}
    if copula:
        _correlate(data, notes, frame, min_count, seed)
    return FittedRecipe(data, notes, numbers, min_count)


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    found: Any = frame[name]
    return found


def _present(values: pd.Series) -> Any:
    there = values.notna().to_numpy(bool)
    if types.is_numeric_dtype(values.dtype) and not types.is_bool_dtype(values.dtype):
        there = there & np.isfinite(values.to_numpy(np.float64, na_value=np.nan))
    return there


def _fit_column(
    present: pd.Series, min_count: int, seed: int
) -> tuple[Entry, str, NumberFit | None]:
    if types.is_bool_dtype(present.dtype):
        return *fit_truth(present, min_count), None
    if types.is_datetime64_any_dtype(present.dtype):
        if not len(present):
            return {"between": [pd.Timestamp(2000, 1, 1)] * 2}, "no dates", None
        return *fit_moments(present, min_count), None
    if types.is_numeric_dtype(present.dtype):
        fit = fit_number(present.to_numpy(np.float64), min_count, seed)
        return dict(fit.entry), fit.note, fit
    if not len(present):
        return {"values": ["none"]}, "no values", None
    return *fit_categories(present, min_count), None


def _correlate(
    data: Entry, notes: dict[str, str], frame: pd.DataFrame, min_count: int, seed: int
) -> None:
    """Add the copula to the recipe: hidden columns of what is missing, orders, correlations."""
    columns: dict[str, Entry] = data["columns"]
    latents = {name: _latent(_column(frame, name), columns[name]) for name in frame.columns
               if "sequence" not in columns[name]}  # fmt: skip
    masks = _missing_columns(frame, columns, latents)
    fitted = fit_copula(latents, seed)
    if fitted is None:
        return
    for name in masks:
        gone = masks[name]
        if gone in fitted.columns:
            columns.setdefault(gone, {"boolean": columns[name]["missing"], "hidden": True})
            notes.setdefault(gone, "whether cells are missing, for the correlation")
            columns[name]["missing"] = f"where(`{gone}`, 1, 0)"
    for name in fitted.columns:
        entry = columns[name]
        if latents[name].free:
            entry["values"] = _in_order(entry["values"], fitted, name)
            notes[name] += "; in the order that keeps most of their dependence"
        if any(isinstance(value, str) for value in entry.get("values", ())):
            entry["ordered"] = True
    data["correlation"] = fitted.entry
    notes["correlation"] = fitted.note


def _latent(values: pd.Series, entry: Entry) -> Latent:
    """Codes of a column in the copula; those of categories are places in the entry."""
    there = _present(values)
    weights = entry.get("values")
    if not isinstance(weights, Mapping) or types.is_numeric_dtype(values.dtype):
        return Latent(np.where(there, number_codes(values), -1))
    places = {category: place for place, category in enumerate(weights)}
    codes, distinct = pd.factorize(values)
    table = np.array([places.get(plain(value), -1) for value in distinct] + [-1], np.int64)
    return Latent(table[codes], len(weights) > 2 and "ordered" not in entry)


def _missing_columns(
    frame: pd.DataFrame, columns: dict[str, Entry], latents: dict[str, Latent]
) -> dict[str, str]:
    """By column with missing cells, the hidden column that says where; columns may share one."""
    found: dict[str, str] = {}
    kept: dict[bytes, str] = {}
    for name in list(latents):
        share = columns[name].get("missing", 0)
        if not 0 < share < 1:
            continue
        gone = ~_present(_column(frame, name))
        key = np.packbits(gone).tobytes()
        if key not in kept:
            plain = re.sub(r"[^\w .-]", "_", name).strip("_ ")  # for the expressions that name it
            taken = {*frame.columns, *kept.values()}
            kept[key] = _unused(f"{plain}_missing".lstrip("_"), taken)
            latents[kept[key]] = Latent(gone.astype(np.int64))
        found[name] = kept[key]
    return found


def _unused(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _in_order(weights: Entry, fitted: FittedCopula, name: str) -> Entry:
    order = np.argsort(fitted.places[name])
    categories = list(weights)
    return {categories[code]: weights[categories[code]] for code in order}
