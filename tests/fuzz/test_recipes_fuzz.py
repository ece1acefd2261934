"""Recipes that nobody meant to write: read or refused in one sentence, never a crash."""

import random
import warnings

import pytest
from fuzzing import bounded, mutated

from synth_dl.errors import DataError
from synth_dl.recipes import Recipe

TEXT = b"""rows: 20
columns:
  id: {pattern: "AB-[0-9]{4}[a-f]?"}
  kind: {values: {north: 0.5, south: 0.3, no: 0.2}, ordered: true}
  age: {distribution: normal, loc: 45, scale: 12, between: [18, 90], decimals: 0}
  pay: {distribution: lognorm, s: 0.5, zero: 0.3, missing: 0.05, by: kind, cases: {no: {s: 1}}}
  n: {distribution: poisson, mu: "exp(age / 40)", spikes: {3: 0.1}}
  day: {between: [2019-01-01, 2019-12-31], weekdays: [1, 1, 1, 1, 1, 0.2, 0.1]}
  limit: {formula: "round(min(pay * 0.3, 20000), -2) if age > 30 and kind != 'no' else 2 ** n"}
  mix: {mixture: [{weight: 1, distribution: uniform}, {weight: 2, quantiles: [0, 0, 3]}]}
correlation: {measure: kendall, pairs: [[age, kind, 0.4], [day, mix, -0.2]]}
"""


def test_a_mutated_recipe_is_drawn_or_refused(fuzz_seeds: range) -> None:
    for seed in fuzz_seeds:
        text = mutated(TEXT, random.Random(seed))
        try:
            with bounded(), warnings.catch_warnings():
                warnings.simplefilter("error")
                recipe = Recipe.parse(text.decode("utf-8", "replace"))
                recipe.log_prob(recipe.sample(20, seed=seed))
        except DataError as error:
            if "\n" in str(error):
                pytest.fail(f"seed {seed}: more than one line: {error}")
        except BaseException as error:
            pytest.fail(f"seed {seed}: {type(error).__name__}: {error}")
