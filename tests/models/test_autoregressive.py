"""The autoregressive model: exact probabilities, exact draws, and no look at what comes later."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
import torch
from allowed_codes import all_but
from scipy.stats import chisquare
from torch import Tensor
from untrained import model_of, uniforms

from synth_dl.likelihoods.categorical import Categorical
from synth_dl.models.autoregressive import Autoregressive
from synth_dl.networks.conditionals import Conditionals
from synth_dl.networks.orders import ColumnOrder
from synth_dl.noise import generator_for
from synth_dl.spec import Spec, Variable

torch.set_num_threads(1)

# Two units with a coarse and a fine code, one with ranks and one without, and two plain ones; the
# third column has two units, as a date with a time of day has.
SMALL = Spec(
    (
        Variable("a", 3, 0),
        Variable("b", 3, 1, True, ranks=(0.2, 0.6, float("nan")), widths=(0.4, 0.4, 0.0)),
        Variable("b (fine)", 3, 1, True, parent=1, children=(3, 2, 1)),
        Variable("c", 2, 2, True, ranks=(0.3, 0.8), widths=(0.6, 0.4)),
        Variable("c (time)", 2, 2),
        Variable("c (time) (fine)", 2, 2, parent=4, children=(2, 1)),
    ),
    ("a", "b", "c"),
)


def records(spec: Spec) -> Tensor:
    """[N, V] every record that exists."""
    every = product(*(range(variable.levels) for variable in spec.variables))
    codes = torch.tensor(list(every))
    kept = torch.ones(len(codes), dtype=torch.bool)
    for k, variable in enumerate(spec.variables):
        if variable.parent is not None and variable.children is not None:
            kept &= codes[:, k] < torch.tensor(variable.children)[codes[:, variable.parent]]
    return codes[kept]


def columns_given(spec: Spec, columns: set[int]) -> Tensor:
    """[V] whether each variable belongs to one of the columns."""
    return torch.tensor([variable.column in columns for variable in spec.variables])


SUBSETS = [set(), {0}, {1}, {2}, {0, 1}, {0, 2}, {1, 2}, {0, 1, 2}]


def test_probabilities_of_all_records_sum_to_one_in_the_natural_order() -> None:
    codes = records(SMALL)
    total = model_of(SMALL).log_prob(codes).sum(1).double().exp().sum()
    assert total.item() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("columns", SUBSETS)
def test_probabilities_of_all_records_sum_to_one_with_any_columns_given_first(
    columns: set[int],
) -> None:
    codes, model = records(SMALL), model_of(SMALL, 3)
    given = columns_given(SMALL, columns).expand(len(codes), -1)
    each = model.log_prob(codes, given).sum(1).double().exp()
    assert each.sum().item() == pytest.approx(1, abs=1e-5)
    natural = model.log_prob(codes).sum(1).double().exp()
    # Columns that stand first anyway leave the order as it is.
    assert torch.allclose(each, natural, rtol=1e-3) == (
        columns in ([set(), {0}, {0, 1}, {0, 1, 2}])
    )


@pytest.mark.parametrize("columns", [None, *SUBSETS])
def test_a_variable_depends_on_what_stands_before_it_and_on_nothing_else(
    columns: set[int] | None,
) -> None:
    codes, model = records(SMALL), model_of(SMALL, 1)
    sees = model.order.natural(codes)
    first = columns_given(SMALL, columns or set())
    if columns is not None:
        sees = model.order.given_first(codes, first.expand(len(codes), -1))
    logits = model.network(codes, sees)
    ranks = [(not first[k], k) for k in range(len(SMALL))]
    for v, u in product(range(len(SMALL)), repeat=2):
        # Records that differ in variable u alone, in pairs.
        rest = [k for k in range(len(SMALL)) if k != u]
        groups = pd.DataFrame(codes.numpy()).groupby(rest).indices.values()
        pairs = [indices[:2] for indices in groups if len(indices) > 1]
        one, two = (torch.tensor([pair[k] for pair in pairs]) for k in range(2))
        change = (logits[v][one] - logits[v][two]).abs().max().item() if pairs else 0.0
        if v != u and ranks[u] < ranks[v]:
            # A code with one fine code or without rank has no pair that differs; others do.
            assert change > 1e-4, (v, u)
        else:
            # Rows of one product are rounded differently.
            assert change < 1e-6, (v, u)


def test_gradients_reach_only_what_a_variable_may_see() -> None:
    model = model_of(SMALL, 2)
    codes = records(SMALL)[:1]
    network = model.network
    for v in range(len(SMALL)):
        network.zero_grad()
        logits = network(codes, model.order.natural(codes))[v]
        (logits * torch.arange(1.0, logits.shape[1] + 1)).sum().backward()
        reached = network.unit_maps.grad.abs().sum((1, 2)) > 0
        expected = [last < v for last in network.codes.last]
        assert reached.tolist() == expected


def test_random_orders_put_whole_columns_first() -> None:
    codes = records(SMALL).repeat(5, 1)
    order = ColumnOrder(SMALL)
    given = order.random_given(codes, generator_for(1))
    assert torch.equal(given[:, 1], given[:, 2])
    assert torch.equal(given[:, 3], given[:, 4])
    assert len(torch.unique(given, dim=0)) == 8
    sees = order.given_first(codes, given)
    assert not (sees & sees.transpose(1, 2)).any()


def test_samples_are_as_frequent_as_their_probabilities() -> None:
    model, codes = model_of(SMALL, 4, 0.7), records(SMALL)
    rows = 60_000
    drawn = model.sample(torch.full((rows, len(SMALL)), -1), uniforms(rows, SMALL, 0))
    expected = model.log_prob(codes).sum(1).double().exp().detach().numpy()
    found = pd.DataFrame(drawn.numpy()).value_counts()
    observed = np.array([found.get(tuple(code), 0) for code in codes.tolist()])
    assert observed.sum() == rows  # every drawn record exists: no impossible fine code
    assert chisquare(observed, expected / expected.sum() * rows).pvalue > 1e-3


@pytest.mark.parametrize("columns", SUBSETS[1:-1])
def test_given_cells_stay_and_the_others_follow_their_exact_conditional(columns: set[int]) -> None:
    model, codes = model_of(SMALL, 5, 0.7), records(SMALL)
    rows, first = 20_000, columns_given(SMALL, columns)
    record = codes[len(codes) // 3]
    known = torch.where(first, record, -1).expand(rows, -1)
    drawn = model.sample(known, uniforms(rows, SMALL, 1))
    assert torch.equal(drawn[:, first], known[:, first])
    matching = codes[(codes[:, first] == record[first]).all(1)]
    nats = model.log_prob(matching, first.expand(len(matching), -1))
    expected = nats[:, ~first].sum(1).double().exp().detach().numpy()
    assert expected.sum() == pytest.approx(1, abs=1e-5)
    found = pd.DataFrame(drawn.numpy()).value_counts()
    observed = np.array([found.get(tuple(code), 0) for code in matching.tolist()])
    assert observed.sum() == rows
    assert chisquare(observed, expected / expected.sum() * rows).pvalue > 1e-3


def test_rows_with_different_given_columns_are_drawn_as_each_alone() -> None:
    model, codes = model_of(SMALL, 6), records(SMALL)
    firsts = torch.stack([columns_given(SMALL, columns) for columns in SUBSETS])
    mixed = torch.where(firsts, codes[:: len(codes) // 8][:8], -1)
    noise = uniforms(8, SMALL, 2)
    together = model.sample(mixed, noise)
    for row in range(8):
        alone = model.sample(mixed[row : row + 1], noise[row : row + 1])
        assert torch.equal(together[row : row + 1], alone)
    assert torch.equal(together[-1], mixed[-1])


@pytest.mark.parametrize("columns", SUBSETS)
def test_steps_give_the_same_logits_as_one_pass(columns: set[int]) -> None:
    model, codes = model_of(SMALL, 7), records(SMALL)
    network = model.network
    first = columns_given(SMALL, columns).expand(len(codes), -1)
    whole = network(codes, model.order.given_first(codes, first))
    state = network.begin(torch.where(first, codes, -1))
    for v in range(len(SMALL)):
        free = ~first[:, v]
        if free.any():
            step = network.step(v, state, codes)
            assert torch.allclose(step, whole[v], atol=1e-5)
            network.absorb(v, state, codes, free)


def test_unknown_cells_cost_nothing_and_are_not_seen() -> None:
    model, codes = model_of(SMALL, 8), records(SMALL)
    full = model.log_prob(codes)
    for column in range(3):
        gone = columns_given(SMALL, {column})
        nats = model.log_prob(torch.where(gone, -1, codes))
        assert (nats[:, gone] == 0).all()
        before = int(gone.nonzero()[0])
        assert torch.equal(nats[:, :before], full[:, :before])
        rest = torch.where(gone, -1, codes)
        same, place = torch.unique(rest, dim=0, return_inverse=True)
        assert torch.allclose(model.log_prob(same)[place], nats, atol=1e-5)
        if column < 2:
            assert not torch.allclose(nats[:, 3:], full[:, 3:], atol=1e-3)
    # What is left of the columns before an unknown one is still a distribution.
    known = torch.unique(torch.where(columns_given(SMALL, {2}), -1, codes), dim=0)
    assert model.log_prob(known).sum(1).double().exp().sum().item() == pytest.approx(1, abs=1e-5)


def test_the_conditional_of_a_variable_is_the_ratio_of_probabilities() -> None:
    """In the natural order where all others are known, else in the one that has these first."""
    model, codes = model_of(SMALL, 9), records(SMALL)
    known = codes[:50].clone()
    known[:, 0] = -1
    found = model.conditional(known, 0)
    whole = torch.stack([model.log_prob(_with_first(known, k)).sum(1) for k in range(3)], 1)
    assert torch.allclose(found, whole.softmax(1), atol=1e-5)
    known[:, 3:] = -1
    found = model.conditional(known, 0)
    first = columns_given(SMALL, {1})
    for code in range(3):
        nats = model.log_prob(_with_first(known, code), first.expand(50, -1))[:, 0]
        assert torch.allclose(found[:, code], nats.exp(), atol=1e-5)


def _with_first(codes: Tensor, code: int) -> Tensor:
    filled = codes.clone()
    filled[:, 0] = code
    return filled


def test_a_banned_code_is_not_drawn_and_the_others_keep_their_ratios() -> None:
    model = model_of(SMALL, 10, 0.7)
    rows = 40_000
    nothing = torch.full((rows, len(SMALL)), -1)
    drawn = model.sample(nothing, uniforms(rows, SMALL, 3), all_but(SMALL, {0: 1}))
    free = model.conditional(nothing[:1], 0)[0, [0, 2]].double()
    observed = torch.bincount(drawn[:, 0], minlength=3)
    assert observed[1] == 0
    expected = (free / free.sum() * rows).numpy()
    assert chisquare(observed[[0, 2]].numpy(), expected).pvalue > 1e-3


def test_draws_by_inversion_never_give_an_impossible_code() -> None:
    likelihood = Categorical(SMALL)
    logits = torch.tensor([[-1e9, 0.0, -1e9, 1.0, -1e9]])
    edge = torch.tensor([0.0, 1e-9, 0.2689, 0.2690, 0.5, 1 - 2**-24])
    drawn = likelihood.sample(logits.expand(6, -1), edge)
    assert drawn.tolist() == [1, 1, 1, 3, 3, 3]


def test_a_nominal_variable_of_400_levels_knows_its_fine_codes_apart() -> None:
    children = (20,) * 19 + (15, 1)
    spec = Spec(
        (
            Variable("word", 21, 0),
            Variable("word (fine)", 20, 0, parent=0, children=children),
            Variable("b", 4, 1),
        ),
        ("word", "b"),
    )
    model, codes = model_of(spec, 11), records(spec)
    assert len(codes) == 4 * sum(children)
    total = model.log_prob(codes).sum(1).double().exp().sum().item()
    assert total == pytest.approx(1, abs=1e-4)
    nothing = torch.full((5000, 3), -1)
    drawn = model.sample(nothing, uniforms(5000, spec, 4))
    assert (drawn[:, 1] < torch.tensor(children)[drawn[:, 0]]).all()
    # The last column sees each word as its own.
    logits = model.network(codes, model.order.natural(codes))[2].detach()
    assert len(torch.unique(logits[::4].round(decimals=4), dim=0)) > 0.95 * sum(children)
    given = torch.full((3000, 3), -1)
    given[:, 2] = 1
    backwards = model.sample(given, uniforms(3000, spec, 5))
    assert (backwards[:, 1] < torch.tensor(children)[backwards[:, 0]]).all()


def test_one_variable_alone_is_a_distribution() -> None:
    spec = Spec((Variable("a", 5, 0),), ("a",))
    model = model_of(spec)
    assert model.log_prob(records(spec)).exp().sum().item() == pytest.approx(1, abs=1e-5)
    drawn = model.sample(torch.full((100, 1), -1), uniforms(100, spec, 0))
    assert set(drawn[:, 0].tolist()) <= set(range(5))


def test_biases_start_at_the_marginals_and_calibration_meets_them() -> None:
    generator = torch.Generator().manual_seed(1)
    codes = records(SMALL)
    codes = codes[(torch.rand(4000, generator=generator) ** 2 * len(codes)).long()]
    network = Conditionals(SMALL, SMALL.levels, context=12, width=10, embedding=4)
    model = Autoregressive(network, Categorical(SMALL)).eval()
    model.initialise(codes)
    probabilities = model.network(codes, model.order.natural(codes))[0].softmax(-1)[0]
    frequency = torch.bincount(codes[:, 0], minlength=3) / len(codes)
    assert torch.allclose(probabilities, frequency, atol=1e-3)
    shifted = model_of(SMALL, 12, 0.5)
    shifted.calibrate(codes, codes[:0], passes=30)
    logits = shifted.network(codes, shifted.order.natural(codes))
    for k, logit in enumerate(logits):
        expected = logit.softmax(-1).mean(0)
        found = torch.bincount(codes[:, k], minlength=logit.shape[1]) / len(codes)
        assert torch.allclose(expected, found, atol=0.01), k
