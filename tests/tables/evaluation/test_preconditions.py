"""Rows of a holdout that stand in the real table too: by chance, or because they were copied."""

import numpy as np
import pandas as pd
import pytest

from synth_dl.tables.evaluation.preconditions import without_training_rows
from synth_dl.tables.schema import Column, Schema

SCHEMA = Schema(tuple(Column(name, "category", "object") for name in "abcd"))


def rows(count: int, levels: int, seed: int) -> pd.DataFrame:
    """Rows of which some values are frequent and others rare."""
    rng = np.random.default_rng(seed)
    drawn = np.floor(levels * rng.random((count, 4)) ** 3).astype(int)
    return pd.DataFrame(drawn.astype(str), columns=list("abcd"))


@pytest.mark.parametrize("levels", [2, 5, 20, 60, 2000])
@pytest.mark.parametrize("sizes", [(300, 300), (4000, 500), (500, 4000)])
def test_rows_that_are_equal_by_chance_stay(levels: int, sizes: tuple[int, int]) -> None:
    for seed in range(10):
        both = rows(sum(sizes), levels, seed)
        frames = {"real": both[: sizes[0]], "holdout": both[sizes[0] :].reset_index(drop=True)}
        kept, notes = without_training_rows(frames, SCHEMA)
        # Where no real row is repeated, the few that equal one by chance are taken out.
        assert len(kept) >= 0.97 * sizes[1], (seed, notes)


@pytest.mark.parametrize("levels", [20, 60, 2000])
def test_rows_that_were_copied_are_taken_out(levels: int) -> None:
    for seed in range(10):
        real, fresh = rows(1000, levels, seed), rows(500, levels, seed + 100)
        by_chance = fresh.merge(real.drop_duplicates()).shape[0]
        frames = {"real": real, "holdout": pd.concat([fresh, real[:500]], ignore_index=True)}
        kept, notes = without_training_rows(frames, SCHEMA)
        assert len(notes) == 1, seed
        # What is left is equal to real rows about as often as fresh rows are.
        left = kept.merge(real.drop_duplicates()).shape[0] / len(kept)
        assert left == pytest.approx(by_chance / 500, abs=0.2), seed
