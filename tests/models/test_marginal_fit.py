"""Mixtures of products fitted to counts of few columns: recovery, noise, warm starts, refusals."""

from dataclasses import replace
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from synth_dl.models.marginal_fit import Products, fit_mixture
from synth_dl.privacy.marginals import Marginal

torch.set_num_threads(1)

SIZES = (3, 4, 2, 5)
ROWS = 10_000


def known(seed: int = 0) -> Products:
    """Three components far from each other."""
    rng = np.random.default_rng(seed)
    tables = tuple(rng.dirichlet(np.full(size, 0.4), 3) for size in SIZES)
    return Products(np.array([0.5, 0.3, 0.2]), tables)


def measured(mixture: Products, columns: tuple[int, ...], sigma: float = 0.0) -> Marginal:
    """Expected counts, with normal noise on them."""
    counts = mixture.marginal(columns) * ROWS
    noise = np.random.default_rng(sum(columns)).normal(0, sigma, counts.shape)
    return Marginal(columns, counts + noise, sigma)


def every(size: int, sigma: float = 0.0) -> list[Marginal]:
    return [measured(known(), columns, sigma) for columns in combinations(range(len(SIZES)), size)]


def fit(marginals: list[Marginal], steps: int = 300, **changed: Any) -> Products:
    options = {"sizes": SIZES, "components": 12, "generator": torch.Generator().manual_seed(0)}
    return fit_mixture(marginals, steps=steps, **{**options, **changed})  # type: ignore[arg-type]


def distance(found: NDArray[np.float64], wanted: NDArray[np.float64]) -> float:
    return float(np.abs(found - wanted).sum() / 2)


def furthest(found: Products, size: int = 2) -> float:
    """The largest total variation distance of all marginals of that many columns."""
    return max(
        distance(found.marginal(columns), known().marginal(columns))
        for columns in combinations(range(len(SIZES)), size)
    )


@pytest.mark.parametrize("columns", [(), (2,), (0, 3), (3, 0), (0, 1, 2), (0, 1, 2, 3)])
def test_a_marginal_is_a_sum_over_all_records(columns: tuple[int, ...]) -> None:
    mixture = known()
    wanted = np.zeros([SIZES[column] for column in columns])
    for record in product(*map(range, SIZES)):
        parts = zip(mixture.tables, record, strict=True)
        chances = mixture.weights * np.prod([table[:, code] for table, code in parts], 0)
        wanted[tuple(record[column] for column in columns)] += chances.sum()
    assert mixture.marginal(columns) == pytest.approx(wanted)


def test_exact_pairs_give_back_the_pairs_of_a_known_mixture() -> None:
    found = fit([*every(1), *every(2)])
    assert furthest(found) < 0.01
    assert furthest(fit(every(1))) > 0.1  # columns alone do not tell them
    assert found.sizes == SIZES


def test_three_columns_tell_what_pairs_do_not() -> None:
    """Of three bits each two are independent, and their sum is even."""
    even = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]]]) * ROWS / 4
    found = fit([Marginal((0, 1, 2), even, 0.0)], sizes=(2, 2, 2))
    assert distance(found.marginal((0, 1, 2)), even / ROWS) < 0.04  # of columns alone it is 0.5


def test_noisy_counts_below_zero_leave_a_mixture_that_is_near() -> None:
    marginals = [*every(1, 60.0), *every(2, 40.0)]
    assert min(each.counts.min() for each in marginals) < 0
    found = fit(marginals)
    assert furthest(found) < 0.06
    for table in found.tables:
        assert (table >= 0).all()
        assert table.sum(1) == pytest.approx(1)


@pytest.mark.parametrize("turned", [False, True])
def test_what_has_less_noise_counts_more(turned: bool) -> None:
    near = Marginal((0,), np.array([7000.0, 2000, 1000]), 5.0)
    far = Marginal((0,), np.array([1000.0, 2000, 7000]), 500.0)
    marginals = [far, near] if turned else [near, far]
    shares = fit(marginals, sizes=(3,)).marginal([0])
    assert shares == pytest.approx(np.array([0.7, 0.2, 0.1]), abs=0.01)


def test_a_column_that_nothing_was_measured_of_stays_even() -> None:
    found = fit([measured(known(), (0,))], sizes=(3, 4), components=200)
    assert found.marginal([1]) == pytest.approx(np.full(4, 0.25), abs=0.03)


def test_a_start_is_gone_on_from() -> None:
    marginals = [*every(1), *every(2)]
    begun = fit(marginals, steps=60)
    generator = torch.Generator().manual_seed(5)
    before = generator.get_state()
    again = fit(marginals, steps=60, start=begun, generator=generator)
    assert torch.equal(generator.get_state(), before)
    assert furthest(again) < furthest(begun)
    same = fit(marginals, steps=0, start=begun)
    for one, other in zip(same.tables, begun.tables, strict=True):
        assert one == pytest.approx(other, abs=1e-6)


def test_the_same_generator_gives_the_same_mixture() -> None:
    one, other = fit(every(1), 5), fit(every(1), 5)
    assert all(np.array_equal(a, b) for a, b in zip(one.tables, other.tables, strict=True))
    changed = fit(every(1), 5, generator=torch.Generator().manual_seed(1))
    assert not np.array_equal(one.tables[0], changed.tables[0])


PAIR = measured(known(), (0, 1))


@pytest.mark.parametrize(
    ("marginals", "changed", "said"),
    [
        ([], {}, "no marginals"),
        ([replace(PAIR, columns=(0, 0))], {}, "columns"),
        ([replace(PAIR, columns=(0, 4))], {}, "there are 4"),
        ([replace(PAIR, columns=(0, 2))], {}, "another shape"),
        ([replace(PAIR, counts=PAIR.counts * np.nan)], {}, "no numbers"),
        ([replace(PAIR, sigma=-1.0)], {}, "no numbers"),
        ([replace(PAIR, columns=())], {}, "one, two or three"),
        ([PAIR], {"components": 0}, "take 1 or more"),
        ([PAIR], {"start": known()}, "columns or components"),
        ([PAIR], {"sizes": (3, 4), "start": known(), "components": 3}, "columns or components"),
    ],
)
def test_what_is_no_marginal_is_refused(
    marginals: list[Marginal], changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        fit(marginals, **changed)
