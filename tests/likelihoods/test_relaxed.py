"""Codes as vectors of real numbers and back: nothing is lost, and all of it has a gradient."""

import math

import numpy as np
import pytest
import torch
from allowed_codes import all_but
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest
from torch import Tensor

from synth_dl.checks.models import image_spec
from synth_dl.likelihoods.relaxed import HARMONICS, Relaxed
from synth_dl.noise import generator_for
from synth_dl.spec import Grid, Spec, Variable

torch.set_num_threads(1)

SEEDS = st.integers(0, 2**32)


@st.composite
def numbers(draw: st.DrawFn, first: int, column: int) -> tuple[Variable, ...]:
    """A number of many codes, some of them spikes, one perhaps missing, perhaps with fine codes."""
    rng = np.random.default_rng(draw(SEEDS))
    smooth, spikes = draw(st.integers(17, 60)), draw(st.integers(0, 3))
    levels = smooth + spikes + draw(st.integers(0, 1))
    widths = rng.random(levels) + 0.05
    widths *= 0.04 / widths.max()  # below the share of a spike
    beside = rng.permutation(levels)[: levels - smooth]
    children = rng.integers(1, 9, levels)
    widths[beside], children[beside] = 0.05 + 0.1 * rng.random(len(beside)), 1
    ranks = rng.permutation(np.cumsum(widths) / widths.sum() - widths / widths.sum() / 2)
    if levels > smooth + spikes:
        ranks[beside[0]], widths[beside[0]] = np.nan, 0.1 * rng.random()
    number = Variable(
        f"x{column}", levels, column, True, ranks=tuple(ranks), widths=tuple(widths)
    )  # fmt: skip
    if not draw(st.booleans()):
        return (number,)
    fine = Variable(
        f"x{column} (fine)", int(children.max()), column, True, parent=first,
        children=tuple(children.tolist()),
    )  # fmt: skip
    return number, fine


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    """Columns of every kind in any order, with or without pixels."""
    variables: list[Variable] = []
    kinds = draw(st.lists(st.sampled_from(["nominal", "few", "number", "refined"]), max_size=4))
    for column, kind in enumerate(kinds):
        name, first = f"x{column}", len(variables)
        if kind == "nominal":
            variables.append(Variable(name, draw(st.integers(1, 7)), column))
        elif kind == "few":
            levels = draw(st.integers(2, 16))
            ranks = tuple((np.arange(levels) + 0.5) / levels)
            widths = (1 / levels,) * levels
            variables.append(Variable(name, levels, column, True, ranks=ranks, widths=widths))
        elif kind == "number":
            variables.extend(draw(numbers(first, column)))
        else:  # a word with a second code, not every one of which exists
            children = tuple(draw(st.lists(st.integers(1, 4), min_size=2, max_size=4)))
            fine = max(children)
            variables.append(Variable(name, len(children), column))
            variables.append(
                Variable(f"{name} (fine)", fine, column, parent=first, children=children)
            )
    grid = None
    if not kinds or draw(st.booleans()):
        sides = st.integers(1, 4)
        channels, levels = draw(st.sampled_from([1, 3])), draw(st.sampled_from([2, 3, 17, 256]))
        grid = Grid(draw(sides), draw(sides), channels, levels)
    return Spec(tuple(variables), tuple(f"x{column}" for column in range(len(kinds))), grid)


def some_codes(spec: Spec, rows: int, seed: int) -> Tensor:
    """[rows, V] random records that exist."""
    generator = generator_for(seed)
    codes = (torch.rand(rows, len(spec), generator=generator) * torch.tensor(spec.levels)).long()
    for k, variable in enumerate(spec.variables):
        if variable.parent is not None and variable.children is not None:
            codes[:, k] %= torch.tensor(variable.children)[codes[:, variable.parent]]
    return codes


def inside(spec: Spec, rows: int, seed: int) -> Tensor:
    """[rows, V] draws from [0, 1)."""
    return torch.rand(rows, len(spec), generator=generator_for(seed, 1))


def smooth_number(children: int = 1, levels: int = 40) -> Spec:
    """A column with a number: spikes at 0 and 5, missing at the last code, ranks elsewhere."""
    widths = np.full(levels, 0.55 / (levels - 3))
    widths[[0, 5, -1]] = 0.2, 0.1, 0.15
    middles = np.cumsum(widths) - widths / 2
    middles[-1] = math.nan
    root = Variable("x", levels, 0, True, ranks=tuple(middles), widths=tuple(widths))
    many = tuple(1 if k in (0, 5, levels - 1) else children for k in range(levels))
    fine = Variable("x (fine)", children, 0, True, parent=0, children=many)
    return Spec((root, fine) if children > 1 else (root,), ("x",))


# There and back


@settings(max_examples=60, deadline=None)
@given(spec=specs(), seed=SEEDS)
def test_codes_come_back_from_their_vectors(spec: Spec, seed: int) -> None:
    relaxed, codes = Relaxed(spec), some_codes(spec, 50, seed)
    for uniform in (None, inside(spec, 50, seed).clamp(1e-3, 1 - 1e-3)):
        vectors = relaxed.features(codes, uniform)
        assert vectors.shape == (50, relaxed.layout.size)
        assert torch.equal(relaxed.harden(vectors), codes)


@settings(max_examples=30, deadline=None)
@given(spec=specs(), seed=SEEDS)
def test_codes_come_back_from_the_lowest_place_inside_them(spec: Spec, seed: int) -> None:
    relaxed, codes = Relaxed(spec), some_codes(spec, 50, seed)
    assert torch.equal(relaxed.harden(relaxed.features(codes, torch.zeros(codes.shape))), codes)


@settings(max_examples=40, deadline=None)
@given(spec=specs(), seed=SEEDS)
def test_what_a_network_sees_has_the_announced_size_and_is_finite(spec: Spec, seed: int) -> None:
    relaxed, codes = Relaxed(spec), some_codes(spec, 20, seed)
    codes[inside(spec, 20, seed) < 0.4] = -1
    vectors = relaxed.features(codes)
    lifted, seen = relaxed.lift(vectors), relaxed.seen(codes)
    assert lifted.shape == (20, relaxed.lifted_layout.size)
    assert seen.shape == (20, relaxed.seen_layout.size)
    assert seen.isfinite().all()
    assert relaxed.lifted_layout.flat == relaxed.onehots + len(relaxed.ranked) * (1 + 2 * HARMONICS)
    uniform = torch.rand(20, len(relaxed.blocks), generator=generator_for(seed))
    made = relaxed.relax(torch.randn(vectors.shape, generator=generator_for(seed)), uniform)
    assert made.shape == vectors.shape
    hard = relaxed.harden(made)
    assert (hard >= 0).all()
    assert (hard < torch.tensor(spec.levels)).all()
    for k, variable in enumerate(spec.variables):
        if variable.parent is not None and variable.children is not None:
            assert (hard[:, k] < torch.tensor(variable.children)[hard[:, variable.parent]]).all()


@settings(max_examples=40, deadline=None)
@given(spec=specs(), seed=SEEDS)
def test_unknown_codes_are_zeros(spec: Spec, seed: int) -> None:
    relaxed, codes = Relaxed(spec), some_codes(spec, 20, seed)
    nothing = torch.full_like(codes, -1)
    assert (relaxed.features(nothing) == 0).all()
    assert (relaxed.seen(nothing) == 0).all()
    for block, (first, size) in enumerate(relaxed.blocks):
        gone = codes.clone()
        gone[:, [k for k, own in enumerate(relaxed.block_of) if own == block]] = -1
        found, full = relaxed.features(gone), relaxed.features(codes)
        assert (found[:, first : first + size] == 0).all()
        assert (full[:, first : first + size].sum(1) == 1).all()
        others = torch.ones(relaxed.layout.size, dtype=torch.bool)
        others[first : first + size] = False
        others[[relaxed.onehots + at for at, number in enumerate(relaxed.ranked)
                if relaxed.block_of[number.root] == block]] = False  # fmt: skip
        assert torch.equal(found[:, others], full[:, others])


# Ranks


@pytest.mark.parametrize("children", [1, 6])
def test_ranks_of_codes_that_follow_the_training_shares_are_uniform(children: int) -> None:
    spec = smooth_number(children)
    shares, rows = np.array(spec.variables[0].widths), 20_000
    rng = np.random.default_rng(0)
    codes = np.zeros((rows, len(spec)), np.int64)
    codes[:, 0] = rng.choice(len(shares), rows, p=shares / shares.sum())
    if children > 1:
        codes[:, 1] = rng.integers(0, np.array(spec.variables[1].children)[codes[:, 0]])
    relaxed = Relaxed(spec)
    vectors = relaxed.features(torch.from_numpy(codes), inside(spec, rows, 1))
    has_rank = vectors[:, 0] == 1
    assert has_rank.float().mean().item() == pytest.approx(0.55, abs=0.02)
    assert kstest(vectors[has_rank, relaxed.onehots].numpy(), "uniform").pvalue > 1e-3


def test_spikes_and_missing_are_states_and_few_values_are_categories() -> None:
    relaxed = Relaxed(smooth_number())
    assert relaxed.blocks == [(0, 4)]  # has a rank, 0, 5, missing
    states = relaxed.features(torch.tensor([[1], [0], [5], [39]]))[:, :4]
    assert torch.equal(states, torch.eye(4))
    few = Spec((Variable("x", 16, 0, True, ranks=(0.5,) * 16, widths=(1 / 16,) * 16),), ("x",))
    assert Relaxed(few).blocks == [(0, 16)]
    assert Relaxed(few).ranked == []


def test_order_is_kept_by_ranks() -> None:
    relaxed = Relaxed(smooth_number(4))
    codes = torch.tensor([[k, fine] for k in (1, 2, 3, 4, 6, 7) for fine in range(4)])
    ranks = relaxed.features(codes)[:, relaxed.onehots]
    assert (ranks.diff() > 0).all()


# A generator's outputs


def test_categories_are_drawn_by_the_softmax_and_have_its_gradient() -> None:
    spec = Spec((Variable("a", 3, 0), Variable("b", 5, 1)), ("a", "b"))
    relaxed, rows = Relaxed(spec), 20_000
    outputs = torch.tensor([0.3, -1.0, 1.2, 0.0, 2.0, -2.0, 0.5, 1.0], requires_grad=True)
    made = relaxed.relax(outputs.expand(rows, -1), inside(spec, rows, 2))
    for first, size in relaxed.blocks:
        block = made[:, first : first + size].detach()
        torch.testing.assert_close(block.max(1).values, torch.ones(rows))
        torch.testing.assert_close(block.sum(1), torch.ones(rows))
        shares = outputs.detach()[first : first + size].double().softmax(0).numpy()
        counts = block.round().sum(0).double().numpy()
        assert chisquare(counts, shares * rows).pvalue > 1e-3
    weights = torch.arange(8.0)
    (found,) = torch.autograd.grad((made * weights).sum() / rows, outputs)
    soft = torch.cat([part.softmax(0) for part in outputs.split([3, 5])])
    (wanted,) = torch.autograd.grad((soft * weights).sum(), outputs)
    assert wanted.abs().min() > 1e-3
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-3)


def test_ranks_and_pixels_stay_inside_and_have_a_gradient() -> None:
    ranked = Relaxed(smooth_number())
    outputs = 10 * torch.randn(500, ranked.layout.size, generator=generator_for(1))
    outputs.requires_grad_(True)
    ranks = ranked.relax(outputs, torch.rand(500, 1, generator=generator_for(2)))[:, -1]
    assert (ranks >= 0).all()
    assert (ranks <= 1).all()
    pixels = Relaxed(image_spec(3, 2, 3, 17))
    raw = (10 * torch.randn(50, 18, generator=generator_for(3))).requires_grad_(True)
    made = pixels.relax(raw, torch.empty(50, 0))
    codes = pixels.harden(made)
    assert (codes.min(), codes.max()) == (0, 16)
    assert made.abs().max() <= 1 - 1 / 17
    for loss, source in ((ranks.sum(), outputs), (made.sum(), raw)):
        (slope,) = torch.autograd.grad(loss, source)
        assert slope.isfinite().all()
        assert (slope != 0).any()


def test_a_pixel_that_is_dithered_keeps_its_level() -> None:
    spec = image_spec(4, 3, 1, 17, classes=2)
    relaxed, codes = Relaxed(spec), some_codes(spec, 200, 4)
    uniform = torch.rand(200, 12, generator=generator_for(5)).clamp(1e-3, 1 - 1e-3)
    moved = relaxed.dither(relaxed.features(codes), uniform)
    assert torch.equal(relaxed.harden(moved), codes)
    assert torch.equal(moved[:, :2], relaxed.features(codes)[:, :2])
    assert (moved[:, 2:] != relaxed.features(codes)[:, 2:]).float().mean() > 0.99


@pytest.mark.parametrize("code", [0, 5, 39])
def test_a_banned_code_never_comes_out(code: int) -> None:
    words = Variable("w", 4, 1)
    spec = Spec((*smooth_number().variables, words), ("x", "w"))
    relaxed = Relaxed(spec)
    outputs = torch.randn(5000, relaxed.layout.size, generator=generator_for(6))
    uniform = torch.rand(5000, 2, generator=generator_for(7))
    free = relaxed.harden(relaxed.relax(outputs, uniform))
    assert (free[:, 0] == code).any()
    assert (free[:, 1] == 2).any()
    held = relaxed.harden(relaxed.relax(outputs, uniform, all_but(spec, {0: code, 1: 2})))
    assert (held[:, 0] != code).all()
    assert (held[:, 1] != 2).all()
    other = relaxed.harden(relaxed.relax(outputs, uniform, all_but(spec, {1: 2})))
    assert torch.equal(other[:, 0], free[:, 0])
