"""Membership attacks: what they are judged on, and whom they accuse."""

import numpy as np
import pytest
from known_tables import fresh, known, ten_times, with_noise
from sklearn.metrics import roc_auc_score, roc_curve

from synth_dl.metrics.encoded import EncodedTable
from synth_dl.metrics.privacy.attacks import attack_scores, density_ratio, likelihood_ratio
from synth_dl.metrics.privacy.membership import Success, membership_success
from synth_dl.metrics.privacy.parts import Parts


def attacked(make, rows: int, seed: int, holdout: int | None = None) -> Success:
    train = known(rows, 10 * seed)
    parts = Parts.of(train, known(holdout or rows, 10 * seed + 1), seed)
    assert parts is not None
    samples = [attack_scores(parts, make(train, 10 * seed + place), seed) for place in (2, 3, 4)]
    found = membership_success(samples, parts.members, seed)
    assert found is not None
    return found


@pytest.mark.parametrize("make", [with_noise, ten_times])
@pytest.mark.parametrize("rows", [400, 1_500])
def test_a_generator_that_copies_is_accused(make, rows: int) -> None:
    found = attacked(make, rows, 1)
    assert found.accused
    assert found.auc.corrected > 0.52
    assert found.true_positives.corrected > 5


def test_draws_from_the_known_distribution_are_accused_at_the_stated_level_only() -> None:
    found = [attacked(fresh, 300, seed, (None, 150, 700)[seed % 3]) for seed in range(2, 42)]
    assert sum(each.accused for each in found) <= 2  # 3 or more of 40 have probability 0.8 %
    assert 0.3 < np.mean([each.p_value for each in found]) < 0.7
    assert np.mean([each.auc.corrected for each in found]) == pytest.approx(0.5, abs=0.01)
    assert np.mean([each.true_positives.corrected for each in found]) == pytest.approx(1, abs=0.6)


def test_memorised_rows_of_a_rare_kind_are_found_among_the_isolated() -> None:
    train = known(2_000, 0)
    parts = Parts.of(train, known(2_000, 1))
    assert parts is not None
    isolated = parts.isolated
    kept = parts.places[parts.members & isolated]
    made = EncodedTable(train.columns, np.concatenate([known(2_000, 2).values, train.values[kept]]))
    scores = attack_scores(parts, made)
    among = {name: score[isolated] for name, score in scores.items()}
    rest = {name: score[~isolated] for name, score in scores.items()}
    found = membership_success([among], parts.members[isolated])
    others = membership_success([rest], parts.members[~isolated])
    assert found is not None
    assert others is not None
    assert found.accused
    assert found.auc.corrected > 0.9
    assert others.auc.corrected < 0.55


def test_figures_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    members = np.arange(600) < 300
    scores = {"a": rng.normal(size=600) + members, "b": rng.normal(size=600)}
    found = membership_success([scores], members)
    assert found is not None
    assert found.auc.attack == "a"
    assert found.auc.value == pytest.approx(roc_auc_score(members, scores["a"]), abs=1e-5)
    curve = roc_curve(members, scores["a"], drop_intermediate=False)
    highest = curve[1][curve[0] <= 0.01 + 1e-12].max()
    assert found.true_positives.value == pytest.approx(100 * highest)
    assert found.attacks["b"]["auc"] == pytest.approx(roc_auc_score(members, scores["b"]), abs=1e-5)


def test_equal_scores_are_guesses() -> None:
    members = np.arange(400) < 200
    found = membership_success([{"a": np.zeros(400)}], members)
    assert found is not None
    assert found.auc.value == 0.5
    assert found.true_positives.value < 4
    assert found.p_value > 0.1
    assert membership_success([{"a": np.zeros(18)}], np.arange(18) < 9) is None


def test_the_best_of_many_useless_attacks_is_corrected() -> None:
    rng = np.random.default_rng(0)
    members = np.arange(400) < 200
    values, corrected = [], []
    for seed in range(30):
        scores = {str(name): rng.normal(size=400) for name in range(20)}
        found = membership_success([scores], members, seed)
        assert found is not None
        values.append(found.auc.value)
        corrected.append(found.auc.corrected)
    assert np.mean(values) > 0.54
    assert np.mean(corrected) == pytest.approx(0.5, abs=0.01)


def test_parts_are_equal_in_size_and_have_no_row_in_common() -> None:
    train, holdout = known(500, 0), known(200, 1)
    values = holdout.values.copy()
    values[:30] = train.values[:30]
    values[30:40] = values[40:50]
    parts = Parts.of(train, EncodedTable(train.columns, values))
    assert parts is not None
    members, others = parts.rows.values[parts.members], parts.rows.values[~parts.members]
    assert len(members) == len(others)
    assert not (members[:, None] == others[None]).all(axis=2).any()
    assert not (members[:, None] == parts.reference.values[None]).all(axis=2).any()
    assert 30 <= parts.shared <= 60
    assert 5 <= parts.repeated <= 40
    assert (train.values[parts.places[parts.members]] == members).all()
    assert (values[parts.places[~parts.members]] == others).all()
    assert len(parts.reference) >= 0.4 * 200


def test_parts_of_different_populations_are_not_exchangeable() -> None:
    same = Parts.of(known(500, 0), known(500, 1))
    shifted = known(500, 1)
    shifted.values[:, 1] += 2
    other = Parts.of(known(500, 0), shifted)
    assert same is not None
    assert other is not None
    assert same.exchangeable > 0.01
    assert other.exchangeable == 0.001
    assert Parts.of(known(500, 0), known(500, 0)) is None


def test_the_density_ratio_is_that_of_normal_distributions() -> None:
    rng = np.random.default_rng(0)
    made, known_points = rng.normal(1, 1, (4_000, 1)), rng.normal(0, 1, (4_000, 1))
    points = np.linspace(-1, 2, 50)[:, None]
    found = density_ratio(points, made, known_points, rng)
    truth = points[:, 0] - 0.5  # log N(x; 1, 1) - log N(x; 0, 1)
    assert np.corrcoef(found, truth)[0, 1] > 0.98
    assert np.abs(found - truth).max() < 0.4


def test_the_likelihood_ratio_takes_off_what_any_row_of_that_kind_has() -> None:
    reference, rows = known(2_000, 0), known(400, 1)
    common = 3 * reference.values[:, 0]
    asked = 3 * rows.values[:, 0]
    asked[:50] += 1.0
    asked[60] = -np.inf
    found = likelihood_ratio(rows, asked, reference, common)
    assert np.isfinite(found).all()
    assert found[:50].min() > found[61:].max()
