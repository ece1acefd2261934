"""The mixture of products: what it recovers, refinements and masks against enumeration, refusals.

What it shares with the other families in closed form is in `test_closed_form`.
"""

from itertools import combinations, product

import numpy as np
import pytest
import torch
from torch import Tensor

from synth_dl.errors import ConfigError
from synth_dl.likelihoods.inversion import Allowed
from synth_dl.models.component_shares import ColumnShares, Strengths
from synth_dl.models.marginal_fit import Products
from synth_dl.models.mixture import Mixture
from synth_dl.spec import Spec, Variable

torch.set_num_threads(1)

CHILDREN = (2, 3, 1)
FINE = Spec(
    (
        Variable("size", 3, 0, ordered=True, ranks=(0.2, 0.5, 0.8)),
        Variable("size (fine)", 3, 0, ordered=True, parent=0, children=CHILDREN),
        Variable("a", 3, 1),
        Variable("b", 2, 2),
    ),
    ("size", "a", "b"),
)
PLAIN = Spec(tuple(Variable(str(v), size, v) for v, size in enumerate((3, 4, 5))), ("x", "y", "z"))


def hidden(seed: int = 0) -> Products:
    """Three components that make three columns depend on each other."""
    rng = np.random.default_rng(seed)
    tables = tuple(rng.dirichlet(np.full(size, 0.3), 3) for size in PLAIN.levels)
    return Products(np.array([0.5, 0.3, 0.2]), tables)


def draws(mixture: Products, count: int, seed: int = 1) -> Tensor:
    """[N, V] codes."""
    rng = np.random.default_rng(seed)
    component = rng.choice(len(mixture.weights), count, p=mixture.weights)
    columns = [
        (rng.random(count)[:, None] > table[component].cumsum(1)[:, :-1]).sum(1)
        for table in mixture.tables
    ]
    return torch.from_numpy(np.stack(columns, 1))


def pair(model: Mixture, one: int, other: int) -> Tensor:
    """[levels of one, levels of the other] by the likelihood."""
    levels = model.spec.levels
    codes = torch.full((levels[one] * levels[other], len(levels)), -1)
    codes[:, [one, other]] = torch.tensor(list(product(range(levels[one]), range(levels[other]))))
    return model.log_prob(codes).sum(1).exp().view(levels[one], levels[other])


def fitted(spec: Spec, codes: Tensor, components: int | None = None, seed: int = 0) -> Mixture:
    model = Mixture(spec, components)
    model.seed = seed
    model.fit(codes[: -len(codes) // 8], codes[-len(codes) // 8 :])
    return model


@pytest.fixture(scope="module")
def refined() -> Mixture:
    """Fitted to records with a refinement."""
    rng = np.random.default_rng(4)
    size = rng.choice(3, 2000, p=[0.5, 0.3, 0.2])
    fine = rng.integers(0, np.array(CHILDREN)[size])
    a = np.where(rng.random(2000) < 0.7, size, rng.integers(0, 3, 2000))
    b = (rng.random(2000) < np.where(a == 2, 0.9, 0.2)).astype(int)
    return fitted(FINE, torch.from_numpy(np.stack([size, fine, a, b], 1)))


def cells() -> Tensor:
    """[L, V] all records of `FINE` that may be."""
    found = [each for each in product(*map(range, FINE.levels)) if each[1] < CHILDREN[each[0]]]
    return torch.tensor(found)


def test_pairs_of_a_known_mixture_are_recovered() -> None:
    truth = hidden()
    model = fitted(PLAIN, draws(truth, 8000))
    for one, other in combinations(range(3), 2):
        wanted = truth.marginal((one, other))
        alone = np.outer(wanted.sum(1), wanted.sum(0))
        found = pair(model, one, other).numpy()
        assert np.abs(found - wanted).sum() / 2 < 0.03
        assert np.abs(alone - wanted).sum() / 2 > 0.1


def test_unknown_cells_are_left_out() -> None:
    truth = hidden()
    codes = draws(truth, 8000)
    gone = torch.rand(codes.shape, generator=torch.Generator().manual_seed(2)) < 0.3
    model = fitted(PLAIN, codes.masked_fill(gone, -1))
    found = pair(model, 0, 2).numpy()
    assert np.abs(found - truth.marginal((0, 2))).sum() / 2 < 0.04


@pytest.mark.parametrize("components", [None, 1, 5])
def test_as_many_components_as_asked_for(components: int | None) -> None:
    model = fitted(PLAIN, draws(hidden(), 400), components)
    assert model.facts == {"components": components or round(2 * 350**0.5)}
    assert len(model.weights) == model.facts["components"]


def test_the_seed_decides_the_weights() -> None:
    codes = draws(hidden(), 400)
    one, again, other = (fitted(PLAIN, codes, seed=seed).shares for seed in (0, 0, 1))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_one_record_is_enough() -> None:
    model = Mixture(PLAIN)
    model.fit(torch.tensor([[0, 1, 2]]), torch.zeros(0, 3, dtype=torch.long))
    likeliest = model.log_prob(torch.tensor([[0, 1, 2], [1, 1, 2], [0, 0, 0]])).sum(1)
    assert int(likeliest.argmax()) == 0


@pytest.mark.parametrize("known", [[1], [1, 3], [0, 1], [2]])
def test_a_refinement_alone_tells_of_what_it_refines(refined: Mixture, known: list[int]) -> None:
    every = cells()
    chances = refined.log_prob(every).sum(1).exp()
    assert float(chances.sum()) == pytest.approx(1)
    parts = every[:, known].unique(dim=0)
    asked = torch.full((len(parts), len(FINE)), -1)
    asked[:, known] = parts
    alike = (every[:, None, known] == parts[None]).all(2)
    wanted = (chances[:, None] * alike).sum(0)
    assert refined.log_prob(asked).sum(1).exp().numpy() == pytest.approx(wanted.numpy())
    for variable in {0, 1, 2, 3} - set(known):
        shares = torch.zeros(len(parts), FINE.levels[variable], dtype=torch.float64)
        shares.index_add_(1, every[:, variable], (chances[:, None] * alike).T)
        shares = shares / shares.sum(1, keepdim=True)
        found = refined.conditional(asked, variable)
        assert found.numpy() == pytest.approx(shares.numpy(), abs=1e-6)


def test_records_that_know_other_variables_do_not_disturb_each_other(refined: Mixture) -> None:
    codes = cells().repeat(8, 1)
    gone = torch.rand(codes.shape, generator=torch.Generator().manual_seed(6)) < 0.5
    codes = codes.masked_fill(gone, -1)
    alone = torch.cat([refined.log_prob(each[None]) for each in codes])
    assert torch.allclose(refined.log_prob(codes), alone)
    for variable in range(len(FINE)):
        apart = torch.cat([refined.conditional(each[None], variable) for each in codes])
        assert torch.allclose(refined.conditional(codes, variable), apart, atol=1e-6)


MASKS: list[dict[int, list[bool]]] = [
    {1: [False, True, True]},
    {0: [True, False, True], 1: [False, True, False]},
    {2: [False, True, True], 3: [True, True]},
    {0: [False] * 3},  # nothing allowed is no mask
]


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("given", [{}, {3: 1}, {0: 1, 2: 0}, {1: 0}])
def test_draws_under_masks_are_as_frequent_as_enumeration_says(
    refined: Mixture, mask: dict[int, list[bool]], given: dict[int, int]
) -> None:
    every, count = cells(), 20_000
    chances = refined.log_prob(every).sum(1).exp()
    for variable, code in given.items():
        chances = chances * (every[:, variable] == code)
    allowed: Allowed = {variable: torch.tensor(each) for variable, each in mask.items()}
    for variable, each in allowed.items():
        if variable not in given and each.any():
            chances = chances * each[every[:, variable]]
    start = torch.full((count, len(FINE)), -1)
    for variable, code in given.items():
        start[:, variable] = code
    noise = torch.rand(count, refined.noise_size, generator=torch.Generator().manual_seed(3))
    drawn = refined.sample(start, noise, allowed)
    place = (drawn[:, None] == every[None]).all(2)
    assert bool(place.any(1).all())  # none that may not be
    found = place.double().mean(0)
    wanted = chances / chances.sum()
    error = (wanted * (1 - wanted) / count).sqrt()
    assert bool(((found - wanted).abs() < 5 * error + 1e-9).all())


def test_a_record_is_drawn_by_its_own_noise(refined: Mixture) -> None:
    given = torch.full((300, len(FINE)), -1)
    given[::3, 2] = 1
    noise = torch.rand(300, refined.noise_size, generator=torch.Generator().manual_seed(8))
    whole = refined.sample(given, noise)
    assert torch.equal(refined.sample(given[40:50], noise[40:50]), whole[40:50])


def test_a_mixture_of_marginals_is_taken_as_it_is() -> None:
    truth, model = hidden(), Mixture(PLAIN)
    model.take(truth)
    assert pair(model, 0, 2).numpy() == pytest.approx(truth.marginal((0, 2)), abs=1e-6)
    with pytest.raises(ValueError, match="other sizes"):
        Mixture(FINE).take(truth)


def test_fine_codes_are_even_where_marginals_tell_nothing_of_them() -> None:
    model, shares = Mixture(FINE), [np.array([[0.2, 0.3, 0.5]]), np.full((1, 3), 1 / 3)]
    model.take(Products(np.ones(1), (*shares, np.array([[0.5, 0.5]]))))
    for coarse, count in enumerate(CHILDREN):
        given = torch.tensor([[coarse, -1, -1, -1]])
        wanted = [1 / count] * count + [0.0] * (3 - count)
        assert model.conditional(given, 1)[0].tolist() == pytest.approx(wanted)


def test_smoothing_keeps_the_shares_of_all_components_together() -> None:
    """What one component loses by the tilt another one gains."""
    generator = torch.Generator().manual_seed(0)
    counts = torch.rand(12, 5, generator=generator).double() ** 4 * 50
    marginal = counts.sum(1) / counts.sum()
    ranks = [*torch.rand(11, generator=generator).double().sort()[0].tolist(), float("nan")]
    column = ColumnShares(marginal, ranks)
    shares = column.shares(counts, Strengths(own=1e9, tilt=1e-9))
    assert torch.allclose(shares @ counts.sum(0), counts.sum(1))
    assert torch.allclose(shares.sum(0), torch.ones(5).double())
    assert not torch.allclose(shares, counts / counts.sum(0), rtol=0.1)


def test_the_shares_of_a_number_follow_near_values() -> None:
    """Codes that a component has not seen are likelier near those that it has."""
    marginal = torch.full((40,), 1 / 40)
    ranks = [(place + 0.5) / 40 for place in range(40)]
    counts = torch.zeros(40, 1)
    counts[8] = 8.0
    near = ColumnShares(marginal, ranks).shares(counts)[:, 0]
    assert float(near[9]) > 1.5 * float(near[32])
    nominal = ColumnShares(marginal, None).shares(counts)[:, 0]
    assert float(nominal[9]) == pytest.approx(float(nominal[32]))


def test_shares_beyond_the_memory_are_refused() -> None:
    wide = Spec(tuple(Variable(str(v), 4000, v) for v in range(4)), ("a", "b", "c", "d"))
    with pytest.raises(ConfigError, match=r"components=5000: with 16,000 values .* at most 4,194"):
        Mixture(wide, 5000).fit(torch.zeros(6000, 4).long(), torch.zeros(2, 4).long())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"components": 0}, "model.components=0: it must be a whole number from 1 on"),
        ({"components": 351}, "model.components=351: .* 350 to learn from; take at most 350"),
    ],
)
def test_components_that_cannot_be_are_refused(options: dict[str, int], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        fitted(PLAIN, draws(hidden(), 400), **options)
