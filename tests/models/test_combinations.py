"""Restricted columns against enumeration, by each family: their codes, shares and draws."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from synth_dl.checks.models import TABLE, every_record, table_model
from synth_dl.errors import ConfigError
from synth_dl.likelihoods.categorical import Categorical
from synth_dl.likelihoods.relaxed import Relaxed
from synth_dl.models.allowed import AllowedCodes, Masks
from synth_dl.models.chow_liu import ChowLiu
from synth_dl.models.combinations import combinations, combinations_of
from synth_dl.models.copula import Copula
from synth_dl.models.distributions import Distributions
from synth_dl.models.gan import GAN
from synth_dl.models.mixture import Mixture
from synth_dl.models.trees import Trees
from synth_dl.models.vae import VAE
from synth_dl.networks.dense import Dense
from synth_dl.noise import generator_for
from synth_dl.sampling.drawing import Drawing

torch.set_num_threads(1)

# By column of `TABLE`, codes of its variables and how much of each is allowed. The last one of `b`
# is the whole of a coarse code, the last two of `c` are a part of the second variable.
ALLOWED = {
    0: AllowedCodes(np.array([[0], [2]]), np.array([1.0, 1.0])),
    1: AllowedCodes(np.array([[0, 1], [0, 2], [1, -1]]), np.array([0.25, 1.0, 1.0])),
    2: AllowedCodes(np.array([[1, -1, -1], [0, 0, 1]]), np.array([1.0, 0.5])),
}
SLOTS = {0: [0], 1: [1, 2], 2: [3, 4, 5]}
CASES = ([0], [1], [2], [0, 2], [1, 2], [0, 1, 2])


def masks_of(columns: list[int]) -> Masks:
    found: dict[int, Any] = {}
    for column in columns:
        found |= ALLOWED[column].masks(SLOTS[column], TABLE.levels)
    return found


def weights_of(codes: Tensor, columns: list[int]) -> Tensor:
    """[N] how much of each record [N, V] is allowed, by the tables of codes."""
    weights = torch.ones(len(codes), dtype=torch.float64)
    for column in columns:
        own, allowed = codes[:, SLOTS[column]].numpy(), ALLOWED[column]
        part = np.zeros(len(codes))
        for row, weight in zip(allowed.codes, allowed.weights, strict=True):
            part[((own == row) | (row < 0)).all(1)] = weight
        weights *= torch.from_numpy(part)
    return weights


@cache
def records(count: int, seed: int) -> Tensor:
    """Dependent codes of `TABLE`."""
    noise = torch.rand(count, len(TABLE), generator=generator_for(seed))
    return table_model(seed=3, scale=1.5).sample(torch.full((count, len(TABLE)), -1), noise)


def neural(family: type) -> Any:
    """A VAE or a GAN of random weights."""
    likelihood: Any = Categorical(TABLE) if family is VAE else Relaxed(TABLE)
    network = Dense(width=12, blocks=1)
    model = family(network, likelihood, **({"latent": 2} if family is VAE else {"noise": 3}))
    generator = generator_for(5)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.4)
    return model.eval()


@cache
def closed(family: type) -> Any:
    model = family(TABLE)
    model.fit(records(3000, 0), records(500, 1))
    return model.eval()


FAMILIES: dict[str, Callable[[], Any]] = {
    "autoregressive": lambda: table_model(seed=4, scale=1.5),
    "chow_liu": lambda: closed(ChowLiu),
    "distributions": lambda: closed(Distributions),
    "copula": lambda: closed(Copula),
    "mixture": lambda: closed(Mixture),
    "trees": lambda: closed(Trees),
    "vae": lambda: neural(VAE),
}
# Of shares: by draws for a bound, by trees of other orders for trees.
NEAR = {"copula": 0.02, "vae": 0.02, "trees": 0.03}
# Bounds take long.
TRIED = [
    (family, columns)
    for family in FAMILIES
    for columns in (CASES if family not in ("vae", "copula") else ([1], [0, 2]))
]


@cache
def chances(family: str, columns: tuple[int, ...] = ()) -> Tensor:
    """[N] probability of every record, in the natural order or in that which has columns first."""
    model, cells = FAMILIES[family](), every_record(TABLE)
    with torch.inference_mode():
        if model.likelihood_kind == "bound":
            return model.bound(cells, 4096)[0].double().exp() if not columns else chances(family)
        given = torch.zeros_like(cells, dtype=torch.bool) if columns else None
        if given is not None:
            given[:, [slot for column in columns for slot in SLOTS[column]]] = True
        return model.log_prob(cells, given).double().sum(1).exp()


def places_among(drawn: Tensor, cells: Tensor) -> Tensor:
    """[N] which of all records each drawn one is; an IndexError if it is none of them."""
    places = torch.full(TABLE.levels, -1)
    places[tuple(cells.T)] = torch.arange(len(cells))
    found = places[tuple(drawn.T)]
    if (drawn < 0).any() or (found < 0).any():
        raise IndexError("a drawn record is none of the model's")
    return found


@pytest.mark.parametrize(("family", "columns"), TRIED)
def test_shares_are_those_of_all_records_that_are_allowed(family: str, columns: list[int]) -> None:
    model, cells = FAMILIES[family](), every_record(TABLE)
    found = model.combinations(masks_of(columns), generator_for(0))
    assert found.exact
    assert float(found.shares.sum()) == pytest.approx(1)
    slots = [slot for column in columns for slot in SLOTS[column]]
    rest = [slot for slot in range(len(TABLE)) if slot not in slots]
    assert (found.codes[:, slots] >= 0).all()
    assert (found.codes[:, rest] == -1).all()
    due = chances(family, tuple(columns)) * weights_of(cells, columns)
    near = NEAR.get(family, 1e-5)
    assert found.probability == pytest.approx(float(due.sum()), abs=near)
    total = 0.0
    for codes, share in zip(found.codes, found.shares, strict=True):
        own = (cells[:, slots] == codes[slots]).all(1)
        wanted = float(due[own].sum() / due.sum())
        assert float(share) == pytest.approx(wanted, abs=2 * near)
        total += wanted
    assert total == pytest.approx(1)  # none is left out


@pytest.mark.parametrize(("family", "columns"), TRIED)
def test_draws_are_as_frequent_as_among_all_records_of_the_model(
    family: str, columns: list[int]
) -> None:
    """For the autoregressive model that is its natural order, in which it draws unconditionally."""
    model, cells = FAMILIES[family](), every_record(TABLE)
    count = 1024 if family in ("copula", "vae") else 20_000
    drawing = Drawing(model, 0, count, 3, masks=masks_of(columns))
    drawn = torch.from_numpy(np.concatenate([part.codes for part in drawing]))
    assert (weights_of(drawn, columns) > 0).all()
    due = chances(family) * weights_of(cells, columns)
    observed = torch.bincount(places_among(drawn, cells), minlength=len(cells)) / count
    apart = 0.5 * float((observed - due / due.sum()).abs().sum())
    assert apart < 0.04 + len(cells) ** 0.5 / (2 * count) ** 0.5
    several = len(columns) > 1 or drawing.effective_sample_size is not None
    assert (drawing.effective_sample_size is not None) == several
    if drawing.effective_sample_size is not None:
        size = drawing.effective_sample_size
        assert 0 < size["least"] <= size["mean"] * (1 + 1e-9)
        assert size["mean"] <= size["particles"] * (1 + 1e-9)


@pytest.mark.parametrize("columns", [[1], [2], [1, 2], [0, 2]])
@pytest.mark.parametrize("way", ["restricted first", "natural"])
def test_competing_draws_follow_the_natural_order(way: str, columns: list[int]) -> None:
    model, cells, masks = FAMILIES["autoregressive"](), every_record(TABLE), masks_of(columns)
    generator, count = generator_for(2), 20_000
    uniform = torch.rand(8 * count, len(TABLE), generator=generator)
    choice = torch.rand(count + 1, generator=generator)
    if way == "natural":
        drawn, size = model.sample_masked(masks, uniform, choice)
    else:
        found = model.combinations(masks, generator_for(0))
        first = found.draw(torch.rand(8 * count, generator=generator))
        drawn, size, _ = model.sample_reordered(first, uniform, choice)
    assert (weights_of(drawn, columns) > 0).all()
    due = chances("autoregressive") * weights_of(cells, columns)
    observed = torch.bincount(places_among(drawn, cells), minlength=len(cells)) / count
    assert 0.5 * float((observed - due / due.sum()).abs().sum()) < 0.05
    assert count < size <= 8 * count


@pytest.mark.parametrize("family", ["autoregressive", "chow_liu", "mixture", "trees"])
def test_rows_are_the_same_whatever_part_is_asked_for(family: str) -> None:
    model, masks = FAMILIES[family](), masks_of([1, 2])
    whole = np.concatenate([part.codes for part in Drawing(model, 0, 5000, 7, masks=masks)])
    for first, last in ((0, 10), (2040, 2060), (4095, 5000)):
        part = np.concatenate([p.codes for p in Drawing(model, first, last, 7, masks=masks)])
        assert (part == whole[first:last]).all()
    other = next(iter(Drawing(model, 0, 2000, 8, masks=masks))).codes
    assert (other != whole[:2000]).any()


def test_a_gan_goes_by_what_its_draws_show() -> None:
    model = neural(GAN)
    columns = [0, 1]
    drawing = Drawing(model, 0, 4000, 2, masks=masks_of(columns))
    drawn = torch.from_numpy(np.concatenate([part.codes for part in drawing]))
    weights = weights_of(drawn, columns)
    assert (weights > 0).all()
    free = Drawing(model, 0, 60_000, 9)
    rows = torch.from_numpy(np.concatenate([part.codes for part in free]))
    due = weights_of(rows, columns)
    assert drawing.combinations is not None
    assert drawing.combinations.probability == pytest.approx(float(due.mean()), abs=0.01)
    for code in (0, 2):
        among = float(due[rows[:, 0] == code].sum() / due.sum())
        assert float((drawn[:, 0] == code).double().mean()) == pytest.approx(among, abs=0.04)


def test_a_gan_that_never_meets_a_condition_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    model = neural(GAN)
    nothing = torch.zeros(4096, len(TABLE), dtype=torch.long)
    monkeypatch.setattr(model, "sample", lambda *_: nothing + 1)
    with pytest.raises(ConfigError, match=r"none of 65,536 of its records meets"):
        model.combinations(masks_of([0]), generator_for(0))


def test_the_likely_ones_are_kept_and_the_others_in_proportion() -> None:
    """Shares of 40 · 40 · 3 combinations, of which 100 are kept, are right on average."""
    spec = TABLE.__class__.from_dict({
        "variables": [{**TABLE.to_dict()["variables"][0], "name": name, "levels": levels,
                       "column": column} for column, (name, levels) in enumerate(
                           (("p", 40), ("q", 40), ("r", 3)))],
        "columns": ("p", "q", "r"),
    })  # fmt: skip
    generator = generator_for(1)
    tables = [torch.randn(40, 40, generator=generator).mul(1.5).softmax(1) for _ in range(2)]

    def conditional(codes: Tensor, variable: int) -> Tensor:
        if variable == 0:
            return tables[0][:1].expand(len(codes), -1)
        if variable == 1:
            return tables[1][codes[:, 0]]
        return tables[0][codes[:, 0], :3] / tables[0][codes[:, 0], :3].sum(1, keepdim=True)

    masks: dict[int, Any] = {}
    for variable, levels in enumerate(spec.levels):
        every = np.arange(levels if variable < 2 else 2)[:, None]
        masks |= AllowedCodes(every, np.ones(len(every))).masks([variable], spec.levels)
    whole = combinations(conditional, spec, masks, range(3), generator_for(0))
    assert whole.exact
    wanted = torch.zeros(40, dtype=torch.float64).index_add_(0, whole.codes[:, 0], whole.shares)
    found, probability = torch.zeros(40, dtype=torch.float64), []
    for seed in range(200):
        part = combinations(conditional, spec, masks, range(3), generator_for(seed), most=100)
        assert len(part.codes) <= 101
        assert 50 < part.effective <= part.particles == 100
        assert not part.exact
        found.index_add_(0, part.codes[:, 0], part.shares)
        probability.append(part.probability)
    assert (found / 200 - wanted).abs().max() < 0.004
    assert np.mean(probability) == pytest.approx(whole.probability, rel=0.01)


def test_nothing_that_is_allowed_has_a_probability_of_zero() -> None:
    model = closed(ChowLiu)
    masks = AllowedCodes(np.zeros((0, 1), np.int64), np.zeros(0)).masks([0], TABLE.levels)
    found = model.combinations(masks, generator_for(0))
    assert (len(found.codes), found.probability) == (0, 0.0)
    assert len(combinations_of(records(50, 0), TABLE, masks).codes) == 0
