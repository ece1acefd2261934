"""Copies, replicated uniques, disclosive rows, guesses and canaries, each with a known answer."""

import numpy as np
import pandas as pd
import pytest
from encoded_tables import encoded, schema_of
from known_tables import fresh, known, ten_times, with_noise

from synth_dl.errors import ConfigError
from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.privacy.attacks import attack_scores
from synth_dl.metrics.privacy.canaries import plant_canaries
from synth_dl.metrics.privacy.copies import exact_copies, most_exposed, near_copies
from synth_dl.metrics.privacy.disclosure import disclosive_rows, replicated_uniques, telling_keys
from synth_dl.metrics.privacy.inference import attribute_inference_gain
from synth_dl.metrics.privacy.membership import membership_success
from synth_dl.metrics.privacy.parts import Parts

KEYS = schema_of(age="category", town="category", ill="category")


def test_uniques_and_disclosive_rows_by_hand() -> None:
    real, made = encoded(
        KEYS,
        {"age": list("aabbc"), "town": list("xyxxx"), "ill": list("ynyny")},
        {"age": list("aabbd"), "town": list("xyxxx"), "ill": list("yyyyy")},
    )
    # Unique by age and town: ax, ay and cx, of which ax and ay occur once in the second table.
    assert replicated_uniques(real, made, ["age", "town"]) == 40.0
    # ax -> y is right, ay -> y is wrong, bx -> y is right once and wrong once, cx is not there.
    assert disclosive_rows(real, made, ["age", "town"], "ill") == 40.0
    # The real table itself discloses ax, ay and cx, and not bx.
    assert disclosive_rows(real, real, ["age", "town"], "ill") == 60.0
    assert replicated_uniques(real, real, ["age", "town"]) == 60.0


def test_numbers_are_cut_into_ten_parts_and_missing_is_one_of_its_own() -> None:
    schema = schema_of(a="number", b="category")
    numbers = [*map(float, range(100)), None]
    real, made = encoded(
        schema,
        {"a": numbers, "b": ["x"] * 101},
        {"a": [5.5, 95.0, None], "b": ["x"] * 3},
    )
    # The missing one is unique; every other part holds ten rows.
    assert replicated_uniques(real, made, ["a"]) == pytest.approx(100 / 101)
    assert disclosive_rows(real, made, ["a"], "b") == pytest.approx(2_100 / 101)


def test_keys_are_those_that_single_rows_out() -> None:
    assert telling_keys(known(9_000, 0)) == ["group", "size", "price", "count"]
    assert "price" not in telling_keys(known(400, 0), "price")


def test_exact_copies_beside_the_number_to_be_expected() -> None:
    schema = schema_of(a="category")
    train, holdout, made = encoded(
        schema, {"a": list("aab")}, {"a": list("acccc")}, {"a": ["a"] * 10}
    )
    found = exact_copies(train, holdout, made)
    assert (found.found, found.expected, found.asked) == (10, 2.0, 10)
    assert found.percent == 100.0
    # Fisher: 10 of 10 against 1 of 5, all 11 of 15: C(5, 1) / C(15, 11).
    assert found.p_value == pytest.approx(5 / 1365)


def test_near_copies_are_one_percent_of_fresh_rows() -> None:
    train, holdout = known(2_000, 0), known(2_000, 1)
    honest = near_copies(train, holdout, fresh(train, 2))
    assert honest.expected == pytest.approx(20, abs=20)
    assert honest.p_value > 0.01
    for make in (with_noise, ten_times):
        copied = near_copies(train, holdout, make(train, 3))
        assert copied.percent > 10
        assert copied.p_value < 1e-6


def test_the_rows_that_are_copied_are_the_most_exposed() -> None:
    train, holdout = known(800, 0), known(800, 1)
    chosen = np.arange(100, 105)
    train.values[chosen, 1] = [60, -60, 90, -90, 30]  # sizes that nothing else has
    made = np.concatenate([known(795, 2).values, train.values[chosen]])
    found = most_exposed(train, holdout, EncodedTable(train.columns, made))
    assert len(found) == 10
    assert {each["row"] for each in found[:5]} == set(chosen.tolist())
    assert found[0]["to_synthetic"] == 0.0
    assert most_exposed(train, train, holdout) == []


def test_a_copied_column_is_guessed_of_training_rows_alone() -> None:
    rng = np.random.default_rng(0)

    def secrets(rows: int) -> EncodedTable:
        schema = schema_of(x="number", secret="category")
        frame = {"x": rng.normal(size=rows), "secret": rng.choice(list("ab"), rows)}
        return encoded(schema, frame)[0]

    train, holdout = secrets(600), secrets(600)
    parts = Parts.of(train, holdout)
    assert parts is not None
    copied = attribute_inference_gain(parts, train, "secret")
    honest = attribute_inference_gain(parts, secrets(600), "secret")
    assert copied is not None
    assert honest is not None
    assert copied.points > 15
    assert copied.others == pytest.approx(50, abs=8)
    assert abs(honest.points) < 4 * honest.standard_error
    numbers = attribute_inference_gain(parts, train, "x")
    assert numbers is not None
    assert numbers.others == 50.0


def test_canaries_are_alike_and_planted_as_often_as_said() -> None:
    frame = pd.DataFrame({"a": range(100), "b": [f"w{k}" for k in range(100)]})
    canaries = plant_canaries(frame, count=20, repeats=3, seed=1)
    assert len(canaries.training) == 160
    assert len(canaries.planted) == len(canaries.withheld) == 20
    counted = canaries.training.value_counts()
    assert all(counted[tuple(row)] >= 3 for row in canaries.planted.itertuples(index=False))
    assert canaries.training.dtypes.equals(frame.dtypes)
    with pytest.raises(ConfigError, match="from 1 on"):
        plant_canaries(frame, count=0)
    with pytest.raises(ConfigError, match="two rows"):
        plant_canaries(frame.head(1))


def test_planted_canaries_that_were_memorised_are_found() -> None:
    real, columns = known(1_000, 0), known(1, 0).columns
    found = plant_canaries(pd.DataFrame(real.values), count=40, repeats=10)
    planted, withheld = (
        EncodedTable(columns, each.to_numpy()) for each in (found.planted, found.withheld)
    )
    parts = Parts.of_canaries(planted, withheld, known(1_000, 1))
    memorised = EncodedTable(columns, np.concatenate([known(960, 2).values, planted.values]))
    caught = membership_success([attack_scores(parts, memorised)], parts.members)
    honest = membership_success([attack_scores(parts, known(1_000, 2))], parts.members)
    assert caught is not None
    assert honest is not None
    assert caught.accused
    assert caught.auc.value > 0.95
    assert not honest.accused
