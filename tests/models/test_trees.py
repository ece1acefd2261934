"""Sequential trees: exact likelihood, draws that agree with it, any columns first, the artifact."""

from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from allowed_codes import all_but
from scipy.stats import chisquare
from torch import Tensor

from synth_dl.errors import ConfigError
from synth_dl.models.trees import MOST_PATTERNS, Trees
from synth_dl.sampling.drawing import Drawing
from synth_dl.spec import Grid, Spec, Variable

torch.set_num_threads(1)

SMALL = Spec(
    (
        Variable("letter", 3, 0),
        Variable("number", 4, 1, ordered=True),
        Variable("number (fine)", 3, 1, ordered=True, parent=1, children=(3, 1, 2, 1)),
        Variable("answer", 2, 2),
        Variable("size", 5, 3, ordered=True),
    ),
    ("letter", "number", "answer", "size"),
)


def rows_of(spec: Spec, count: int, seed: int) -> Tensor:
    """Codes in which each variable follows from the ones before it, with some noise."""
    generator = np.random.default_rng(seed)
    codes = np.zeros((count, len(spec)), np.int64)
    for index, variable in enumerate(spec.variables):
        levels = np.full(count, variable.levels)
        if variable.parent is not None:
            levels = np.array(variable.children)[codes[:, variable.parent]]
        before = codes[:, :index].sum(1) * (1 + codes[:, 0])
        drawn = generator.integers(0, levels)
        codes[:, index] = np.where(generator.random(count) < 0.5, before % levels, drawn)
    return torch.from_numpy(codes)


def fitted(spec: Spec = SMALL, count: int = 3000, seed: int = 0, **options: Any) -> Trees:
    model = Trees(spec, **options)
    model.fit(rows_of(spec, count, seed), rows_of(spec, max(3, count // 10), seed + 1))
    return model.eval()


def every_record(spec: Spec) -> Tensor:
    """All records that there can be."""
    found = []
    for record in product(*(range(levels) for levels in spec.levels)):
        own = zip(record, spec.variables, strict=True)
        if all(v.parent is None or code < (v.children or ())[record[v.parent]] for code, v in own):
            found.append(record)
    return torch.tensor(found)


def drawn_from(model: Trees, given: Tensor, seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return model.sample(given, torch.rand(given.shape, generator=generator))


def unknown(rows: int, spec: Spec = SMALL) -> Tensor:
    return torch.full((rows, len(spec)), -1)


def agrees(found: Tensor, records: Tensor, chances: Tensor) -> bool:
    """Whether drawn codes [N, V] are as frequent as the chances [R] of all records [R, V] say."""
    which = (found[:, None] == records).all(2).double().argmax(1)
    counts = torch.bincount(which, minlength=len(records)).double()
    expected = chances / chances.sum() * len(found)
    often = expected > 5
    seen, wanted = (np.append(x[often], x[~often].sum() + 1e-9) for x in (counts, expected))
    return chisquare(seen, wanted).pvalue > 1e-3


@pytest.mark.parametrize("count", [30, 300, 3000])
def test_probabilities_of_all_records_sum_to_one(count: int) -> None:
    nats = fitted(count=count).log_prob(every_record(SMALL)).sum(1)
    assert float(nats.exp().sum()) == pytest.approx(1, abs=1e-5)


def test_draws_are_as_frequent_as_their_probability_says() -> None:
    model, records = fitted(), every_record(SMALL)
    found = drawn_from(model, unknown(40_000))
    assert agrees(found, records, model.log_prob(records).sum(1).exp())


@pytest.mark.parametrize("options", [{}, {"given": [["size"], ["answer", "number"]]}])
@pytest.mark.parametrize("first", [(4,), (1, 2, 3)])
def test_draws_agree_with_the_order_that_has_the_given_first(
    first: tuple[int, ...], options: dict[str, Any]
) -> None:
    model, records = fitted(**options), every_record(SMALL)
    given = torch.zeros(len(SMALL), dtype=torch.bool)
    given[list(first)] = True
    nats = model.log_prob(records, given.expand(len(records), -1))
    assert float(nats.sum(1).exp().sum()) == pytest.approx(1, abs=1e-5)
    known = unknown(20_000)
    known[:, list(first)] = torch.tensor([2, 1, 1] if len(first) > 1 else [3])
    fits = (records[:, list(first)] == known[0, list(first)]).all(1)
    found = drawn_from(model, known)
    assert (found[:, list(first)] == known[:, list(first)]).all()
    assert agrees(found, records[fits], nats[fits].sum(1).exp())


def test_orders_of_the_model_s_own_draws_are_close_to_its_conditionals() -> None:
    model, records = fitted(), every_record(SMALL)
    joint = model.log_prob(records).sum(1).exp()
    known = unknown(20_000)
    known[:, 4] = 3
    fits = records[:, 4] == 3
    found = drawn_from(model, known)
    for variable in range(4):
        levels = SMALL.levels[variable]
        exact = torch.zeros(levels, dtype=torch.float64)
        exact.index_add_(0, records[fits, variable], joint[fits] / joint[fits].sum())
        share = torch.bincount(found[:, variable], minlength=levels) / len(found)
        assert (share - exact).abs().max() < 0.02


@pytest.mark.parametrize("variable", [0, 1, 2, 3, 4])
def test_a_conditional_given_all_else_is_exact(variable: int) -> None:
    model, records = fitted(), every_record(SMALL)
    joint = model.log_prob(records).sum(1).exp()
    own = [variable, 2] if variable == 1 else [variable]
    others = [v for v in range(len(SMALL)) if v not in own]
    for record in records[::37]:
        asked = record.clone()
        asked[own] = -1
        fits = (records[:, others] == record[others]).all(1)
        exact = torch.zeros(SMALL.levels[variable], dtype=torch.float64)
        exact.index_add_(0, records[fits, variable], joint[fits])
        found = model.conditional(asked[None], variable)[0].double()
        assert torch.allclose(found, exact / exact.sum(), atol=1e-5)


def test_the_buffers_of_one_model_make_another_one_that_draws_the_same() -> None:
    model = fitted(given=[["size"]])
    other = Trees(SMALL, given=[["size"]])
    other.load_state_dict(model.state_dict())
    for known in (unknown(500), rows_of(SMALL, 500, 9)):
        known[:, 4] = known[:, 4].clamp(max=2)
        assert torch.equal(drawn_from(model, known), drawn_from(other, known))
    # An order that neither holds is grown from the same draws.
    given = unknown(500)
    given[:, 3] = 1
    assert torch.equal(drawn_from(model, given), drawn_from(other, given))


DAMAGES = {
    "variables": lambda values: values + 1,
    "seen": torch.zeros_like,
    "roots": lambda values: values + 1,
    "halves": lambda values: values + 1,
    "asked": lambda values: values + 1,
    "below": torch.zeros_like,
    "unknown": lambda values: values + 2,
    "offset": lambda values: values + 10**6,
    "sizes": lambda values: -values,
    "shares": lambda values: values + 0.1,
}


@pytest.mark.parametrize("name", DAMAGES)
def test_buffers_that_no_fit_leaves_are_refused(name: str) -> None:
    state = fitted(seed=4).state_dict()
    state[name] = DAMAGES[name](state[name])
    with pytest.raises(ValueError, match=r"tree|halves|probabilities|variable"):
        Trees(SMALL).load_state_dict(state)


def test_leaves_rest_on_min_count_rows_at_least() -> None:
    for smallest in (5, 40):
        codes = rows_of(SMALL, 2000, 7)
        model = Trees(SMALL, min_count=smallest)
        model.fit(codes, rows_of(SMALL, 200, 8))
        for (variable, _), tree in model._trees.items():
            if tree.halved:
                continue
            start = tree._start(codes, SMALL.variables[variable].parent)
            held = torch.bincount(tree._leaves(codes, start), minlength=len(tree.shares))
            # A code that is refined may have fewer rows than that; its tree is then a single leaf.
            alone = torch.isin(torch.arange(len(tree.shares)), tree.below[tree.roots.long(), 0])
            assert bool(((held >= smallest) | alone).all())


def test_a_banned_code_is_never_drawn() -> None:
    model = fitted()
    noise = torch.rand(3000, len(SMALL), generator=torch.Generator().manual_seed(3))
    found = model.sample(unknown(3000), noise, all_but(SMALL, {1: 0, 4: 2}))
    assert not bool((found[:, 1] == 0).any() | (found[:, 4] == 2).any())
    assert bool((found >= 0).all())


def test_many_sets_of_known_columns_are_met_by_particles() -> None:
    model = fitted()
    known = rows_of(SMALL, 800, 5)
    hidden = torch.rand(800, 4, generator=torch.Generator().manual_seed(5)) < 0.5
    known[hidden[:, [0, 1, 1, 2, 3]]] = -1
    assert len(torch.unique(known >= 0, dim=0)) > MOST_PATTERNS
    drawing = Drawing(model, 0, len(known), 0, known)
    assert not drawing.direct
    found = torch.from_numpy(np.concatenate([drawn.codes for drawn in drawing]))
    assert torch.equal(found[known >= 0], known[known >= 0])
    nats = model.log_prob(found).sum(1)
    assert bool(nats.isfinite().all())
    real = model.log_prob(rows_of(SMALL, 3000, 6)).sum(1)
    assert float(nats.mean()) == pytest.approx(float(real.mean()), abs=0.15)


def test_500_categories_unknown_codes_and_few_rows() -> None:
    spec = Spec(
        (
            Variable("town", 500, 0),
            Variable("price", 30, 1, ordered=True),
            Variable("state", 40, 2),
        ),
        ("town", "price", "state"),
    )
    generator = torch.Generator().manual_seed(0)
    town = torch.randint(500, (6000,), generator=generator)
    noise = torch.randint(-2, 3, (6000,), generator=generator)
    price = ((town * 7919) % 26 + 2 + noise).clamp(0, 29)
    codes = torch.stack([town, price, town // 13], 1)
    codes[torch.rand(codes.shape, generator=generator) < 0.05] = -1
    model = Trees(spec)
    model.fit(codes[:5000], codes[5000:])
    model.check_state()
    nats = -model.log_prob(codes[5000:])
    assert bool(nats.isfinite().all())
    assert bool((nats[codes[5000:] < 0] == 0).all())
    # Three columns that knew nothing of each other would have 13 nats, and 95 % of 8 are needed.
    assert float(nats.sum(1).mean()) < 10
    found = model.sample(unknown(2000, spec), torch.rand(2000, 3, generator=generator))
    assert bool((found >= 0).all())
    few = Trees(spec)
    few.fit(codes[:30], codes[30:33])
    assert bool(few.log_prob(codes[100:200]).isfinite().all())


def test_one_column_alone() -> None:
    spec = Spec((Variable("x", 7, 0, ordered=True),), ("x",))
    model, codes = Trees(spec), torch.arange(7).repeat_interleave(torch.arange(1, 8))[:, None]
    model.fit(codes, codes[:0])
    shares = model.conditional(torch.full((1, 1), -1), 0)[0]
    assert torch.allclose(shares, torch.arange(1, 8) / 28, atol=0.01)


def test_what_it_is_not_for_is_refused() -> None:
    with pytest.raises(ConfigError, match="trees is for tables"):
        Trees(Spec((), (), Grid(4, 4, 1, 2)))
    with pytest.raises(ConfigError, match="'sise', which is no column; did you mean 'size'"):
        Trees(SMALL, given=[["sise"]])
    with pytest.raises(ConfigError, match=r"write sets of columns, such as \[\[size\]\]"):
        Trees(SMALL, given=["size"])  # type: ignore[list-item]
    with pytest.raises(ConfigError, match="min_count"):
        Trees(SMALL, min_count=0)
