"""Families in closed form against enumeration: likelihoods, conditions, draws, stored buffers."""

import subprocess
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from allowed_codes import all_but
from torch import Tensor

import synth_dl
from synth_dl.correlations import nearest_correlation
from synth_dl.errors import ConfigError
from synth_dl.models.chow_liu import ChowLiu
from synth_dl.models.closed_form import ClosedFormModel
from synth_dl.models.copula import Copula
from synth_dl.models.mixture import Mixture
from synth_dl.spec import Spec, Variable

torch.set_num_threads(1)

CHILDREN = (1, 3, 2)
SPEC = Spec(
    (
        Variable("a", 3, 0),
        Variable("size", 3, 1, ordered=True, ranks=(0.2, 0.5, 0.8)),
        Variable("size (fine)", 3, 1, ordered=True, parent=1, children=CHILDREN),
        Variable("b", 4, 2),
        Variable("c", 2, 3, ordered=True, ranks=(0.3, float("nan"))),
    ),
    ("a", "size", "b", "c"),
)
KNOWN = ([0], [3], [1], [1, 2], [0, 4], [1, 3, 4])
FAMILIES: dict[str, Callable[[Spec], ClosedFormModel]] = {
    "chow_liu": ChowLiu, "copula": Copula, "mixture": Mixture,
}  # fmt: skip


def records(count: int, seed: int = 0) -> Tensor:
    """[N, V] dependent codes."""
    rng = np.random.default_rng(seed)
    a = rng.choice(3, count, p=[0.5, 0.3, 0.2])
    size = np.where(rng.random(count) < 0.7, a, rng.integers(0, 3, count))
    fine = rng.integers(0, np.array(CHILDREN)[size])
    b = np.where(rng.random(count) < 0.6, (a + 2) % 4, rng.integers(0, 4, count))
    c = (rng.random(count) < np.where(size == 2, 0.8, 0.1)).astype(int)
    return torch.from_numpy(np.stack([a, size, fine, b, c], 1))


def every() -> Tensor:
    """[L, V] all records that may be."""
    found = [each for each in product(*map(range, SPEC.levels)) if each[2] < CHILDREN[each[1]]]
    return torch.tensor(found)


@pytest.fixture(scope="module", params=FAMILIES)
def model(request: pytest.FixtureRequest) -> ClosedFormModel:
    found = FAMILIES[request.param](SPEC)
    found.fit(records(3000), records(500, seed=1))
    return found.eval()


def nats(model: Any, codes: Tensor) -> Tensor:
    if model.likelihood_kind == "bound":
        return model.bound(codes, 4096)[0]
    return model.log_prob(codes).double().sum(1)


def test_all_records_together_have_probability_one(model: ClosedFormModel) -> None:
    assert float(nats(model, every()).exp().sum()) == pytest.approx(1, abs=2e-3)


def test_draws_are_as_frequent_as_the_likelihood_says(model: ClosedFormModel) -> None:
    count, cells = 40_000, every()
    noise = torch.rand(count, model.noise_size, generator=torch.Generator().manual_seed(0))
    drawn = model.sample(torch.full((count, len(SPEC)), -1), noise)
    found, times = drawn.unique(dim=0, return_counts=True)
    counts = dict(zip(map(tuple, found.tolist()), times.tolist(), strict=True))
    expected = count * nats(model, cells).exp().numpy()
    observed = np.array([counts.pop(tuple(cell), 0) for cell in cells.tolist()])
    assert not counts  # none that may not be
    often = expected > 5
    statistic = ((observed - expected)[often] ** 2 / expected[often]).sum()
    assert statistic < often.sum() + 4 * np.sqrt(2 * often.sum())


@pytest.mark.parametrize("known", KNOWN)
def test_what_is_known_is_marginalised_over_the_rest(
    model: ClosedFormModel, known: list[int]
) -> None:
    cells = every()
    chances = nats(model, cells).exp()
    parts = cells[:, known].unique(dim=0)
    asked = torch.full((len(parts), len(SPEC)), -1)
    asked[:, known] = parts
    summed = [float(chances[(cells[:, known] == part).all(1)].sum()) for part in parts]
    assert nats(model, asked).exp().numpy() == pytest.approx(np.array(summed), abs=2e-3)


@pytest.mark.parametrize("variable", [0, 1, 3, 4])
@pytest.mark.parametrize("known", KNOWN)
def test_conditionals_are_those_of_the_joint_distribution(
    model: ClosedFormModel, known: list[int], variable: int
) -> None:
    if variable in known:
        return
    cells = every()
    chances = nats(model, cells).exp()
    parts = cells[:, known].unique(dim=0)
    asked = torch.full((len(parts), len(SPEC)), -1)
    asked[:, known] = parts
    found = model.conditional(asked, variable)
    for row, part in enumerate(parts):
        alike = (cells[:, known] == part).all(1)
        wanted = torch.zeros(SPEC.levels[variable], dtype=torch.float64)
        wanted.index_add_(0, cells[alike, variable], chances[alike])
        wanted = (wanted / wanted.sum()).numpy()
        exact = model.likelihood_kind == "exact"
        assert found[row].numpy() == pytest.approx(wanted, abs=1e-5 if exact else 0.02)


def test_draws_given_known_codes_follow_from_them(model: ClosedFormModel) -> None:
    """By the last variable, given two others; the first is drawn after what it decides."""
    known = {3: 2, 4: 1}
    cells, count = every(), 20_000
    alike = torch.stack([cells[:, each] == code for each, code in known.items()]).all(0)
    chances = nats(model, cells[alike]).exp()
    given = torch.full((count, len(SPEC)), -1)
    for each, code in known.items():
        given[:, each] = code
    generator = torch.Generator().manual_seed(3)
    if model.direct(given >= 0):
        drawn = model.sample(given, torch.rand(count, model.noise_size, generator=generator))
    else:
        noise = torch.rand(count, 32, model.noise_size, generator=generator)
        drawn, sizes = model.complete(
            given, noise, torch.rand(count, len(SPEC) + 1, generator=generator)
        )
        assert bool(((sizes >= 1) & (sizes <= 32 + 1e-6)).all())
    for variable in (0, 1):
        wanted = torch.zeros(SPEC.levels[variable], dtype=torch.float64)
        wanted.index_add_(0, cells[alike, variable], chances / chances.sum())
        found = torch.bincount(drawn[:, variable], minlength=3).double() / count
        assert found.numpy() == pytest.approx(wanted.numpy(), abs=0.02)
    assert bool((drawn[:, 2] < torch.tensor(CHILDREN)[drawn[:, 1]]).all())


def test_a_banned_code_is_never_drawn(model: ClosedFormModel) -> None:
    noise = torch.rand(4000, model.noise_size, generator=torch.Generator().manual_seed(2))
    drawn = model.sample(torch.full((4000, len(SPEC)), -1), noise, all_but(SPEC, {0: 0, 4: 1}))
    assert set(drawn[:, 0].tolist()) == {1, 2}
    assert set(drawn[:, 4].tolist()) == {0}


def test_buffers_go_to_another_model_and_back(model: ClosedFormModel) -> None:
    again = type(model)(SPEC)
    again.load_state_dict(model.state_dict())
    assert torch.equal(nats(again, every()), nats(model, every()))


def test_strange_buffers_are_refused(model: ClosedFormModel) -> None:
    state = model.state_dict()
    strange = {
        "parents": [torch.zeros(5, dtype=torch.long), torch.full((5,), 9), torch.zeros(2).long()],
        "tables": [torch.zeros(0), -state["tables"], state["tables"] * 2],
        "weights": [state["weights"] * 2] if "weights" in state else [],
        "order": [state["order"] * 0] if "order" in state else [],
        "shares": [state["shares"] * 2, -state["shares"]] if "shares" in state else [],
        "correlation": [torch.ones(4, 4).double()] if "correlation" in state else [],
    }
    for name, values in strange.items():
        for value in values if name in state else ():
            with pytest.raises(ValueError, match=r"[a-z]"):
                type(model)(SPEC).load_state_dict({**state, name: value})
    with pytest.raises(ValueError, match="another model"):
        type(model)(SPEC).load_state_dict({})
    with pytest.raises(ValueError, match="another form"):
        type(model)(SPEC).load_state_dict({**state, "tables": state["tables"].double()})


def test_the_tree_is_the_best_one() -> None:
    """`b` and `size` hang on `a`, and `c` on `size`."""
    model = ChowLiu(SPEC)
    model.fit(records(3000), records(500, seed=1))
    joined = {frozenset(pair) for pair in enumerate(model.parents.tolist()) if pair[1] >= 0}
    assert joined == {frozenset(pair) for pair in ((0, 1), (1, 2), (0, 3), (1, 4))}


def test_variables_that_tell_nothing_are_not_joined() -> None:
    rng = np.random.default_rng(0)
    spec = Spec((Variable("a", 5, 0), Variable("b", 5, 1)), ("a", "b"))
    codes = torch.from_numpy(rng.integers(0, 5, (2000, 2)))
    model = ChowLiu(spec)
    model.fit(codes[:1500], codes[1500:])
    assert model.parents.tolist() == [-1, -1]


def test_too_many_values_are_refused() -> None:
    spec = Spec(tuple(Variable(str(v), 9000, v) for v in range(2)), ("a", "b"))
    for family in FAMILIES.values():
        with pytest.raises(ConfigError, match="take model=autoregressive"):
            family(spec).fit(torch.zeros(10, 2).long(), torch.zeros(2, 2).long())


def test_a_correlation_of_cut_normal_numbers_is_found() -> None:
    rng = np.random.default_rng(5)
    wanted = np.array([[1, 0.8, -0.5], [0.8, 1, -0.2], [-0.5, -0.2, 1]])
    z = rng.standard_normal((60_000, 3)) @ np.linalg.cholesky(wanted).T
    cuts = ([-1.0, 0.5], [0.0], [-0.5, 0.0, 0.5, 1.5])
    codes = torch.from_numpy(
        np.stack([np.searchsorted(cut, column) for cut, column in zip(cuts, z.T, strict=True)], 1)
    )
    names = ("x", "y", "z")
    own = tuple(
        Variable(name, len(cut) + 1, v, ordered=True)
        for v, (name, cut) in enumerate(zip(names, cuts, strict=True))
    )
    model = Copula(Spec(own, names))
    model.fit(codes[:50_000], codes[50_000:])
    assert model.correlation.numpy() == pytest.approx(wanted, abs=0.02)


def test_the_nearest_correlation_matrix() -> None:
    """The example of Higham (2002), section 4."""
    found = nearest_correlation(np.array([[1.0, 1, 0], [1, 1, 1], [0, 1, 1]]))
    nearest = np.array([[1, 0.7607, 0.1573], [0.7607, 1, 0.7607], [0.1573, 0.7607, 1]])
    assert found == pytest.approx(nearest, abs=2e-3)
    assert np.linalg.eigvalsh(found)[0] > 0
    sound = np.array([[1, 0.3], [0.3, 1]])
    assert nearest_correlation(sound) == pytest.approx(sound)


def test_an_artifact_is_drawn_from_without_the_libraries_of_a_training(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"a": generator.choice(["x", "y"], 300), "b": generator.normal(size=300)})
    for family in FAMILIES:
        synth_dl.fit(frame, model=family, progress=False).save(tmp_path / family)
    program = """
import sys, synth_dl
for path in sys.argv[1:]:
    synth = synth_dl.load(path)
    synth.sample(5, where={"a": "x"}, seed=1)
    synth.log_prob(synth.sample(5, seed=1))
heavy = {"pytorch_lightning", "lightning_fabric", "torchmetrics", "tensorboard", "matplotlib",
         "sklearn", "lightgbm", "hydra", "scipy.stats"}
print(sorted(heavy & sys.modules.keys()))
"""
    command = [sys.executable, "-c", program, *(str(tmp_path / family) for family in FAMILIES)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_cells_that_are_missing_at_random_do_not_weaken_a_copula() -> None:
    generator = np.random.default_rng(5)
    x = generator.normal(size=2000)
    y = x + 0.4 * generator.normal(size=2000)
    frame = pd.DataFrame({"x": np.where(generator.random(2000) < 0.15, np.nan, x), "y": y})
    drawn = synth_dl.fit(frame, model="copula", progress=False, seed=1).sample(5000, seed=1)
    assert drawn["x"].corr(drawn["y"]) > 0.75  # 0.93 in the data
    gone = drawn["x"].isna()
    assert gone.mean() == pytest.approx(0.15, abs=0.03)
    assert abs(drawn["y"][gone].mean()) < 0.6
